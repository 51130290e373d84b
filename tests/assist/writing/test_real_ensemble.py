"""The network's own small model drafts: each draft is judged, and none is shown unread."""

import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest

from vanne.config import Home
from vanne.train.model import current
from vanne_assist.writing.builder import Answers
from vanne_assist.writing.counts import Counts
from vanne_assist.writing.drafting import Draft, Failure, Wish, drafts
from vanne_assist.writing.ensemble import Ensemble
from vanne_assist.writing.prompts import prompt
from vanne_assist.writing.settings import WritingSettings

pytestmark = pytest.mark.model


def test_what_the_small_model_writes_is_judged_before_it_is_shown(
    learnt: Path, tmp_path: Path
) -> None:
    store = Path(shutil.copytree(learnt, tmp_path / "model"))
    version = current(store).version
    settings = WritingSettings(backend="ensemble", drafts=2, max_tokens=40)
    writer = Ensemble(store, settings)
    wish = Wish(Answers(what="I mended the old kettle.", result="It holds water."), "en")
    try:
        events = list(drafts(writer, wish, settings, Counts(Home(tmp_path)), _NOON, documents=list))
    finally:
        writer.close()
    assert not [event for event in events if isinstance(event, Failure)]
    made = [event for event in events if isinstance(event, Draft)]
    assert len(made) == len(events) == 2, "a sentence was shown before the comparison"
    assert all(draft.text for draft in made)
    assert writer.name == f"vanne/{version[:12]}" == made[0].mark.model
    rate = Counts(Home(tmp_path)).rate(writer.name, prompt("post").label)
    assert rate.judged == 2 and rate.accepted == sum(draft.is_accepted for draft in made)


_NOON = datetime(2026, 11, 26, 12, tzinfo=UTC)
