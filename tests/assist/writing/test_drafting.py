"""Drafts over HTTP: behind the guard, marked, within a budget."""

from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.assist.model_server import Model, Trouble
from vanne.config import Home
from vanne.errors import BusyError, InputError, LimitError
from vanne_assist.brief.criteria import Passage
from vanne_assist.model_server import ModelServer, WritingSettings
from vanne_assist.writing.builder import Answers
from vanne_assist.writing.drafting import (
    Draft,
    DraftRequest,
    drafts,
)
from vanne_assist.writing.prompts import post_prompt

NOON = datetime(2026, 11, 26, 12, tzinfo=UTC)
ANSWERS = Answers(what="I moved our billing to Python.", result="Requests became faster.")
WISH = DraftRequest(ANSWERS, "en", member="anna")
GOOD = "Requests became faster. We moved our billing to Python, and it was worth it."
BAD = "Requests became faster. My name is [Your Name]. More follows."
MARKED = "Requests became faster. After ten years at Google I moved our billing."


def written(
    settings: WritingSettings,
    home: Path,
    wish: DraftRequest = WISH,
    found: list[Draft] | None = None,
) -> list[Draft]:
    found = [] if found is None else found
    with closing(ModelServer(settings)) as server:
        for draft in drafts(Home(home), server, wish, settings, NOON):
            found.append(draft)
    return found


def test_a_good_draft_is_accepted_and_a_bad_one_is_not(
    model: Model, settings: WritingSettings, tmp_path: Path
) -> None:
    model.replies = [GOOD, BAD]
    good, bad = written(settings, tmp_path)
    assert good.is_accepted and good.text == GOOD and (good.own.own, good.own.words) == (6, 7)
    assert not bad.is_accepted


def test_what_the_member_did_not_write_is_marked_to_be_checked(
    model: Model, settings: WritingSettings, tmp_path: Path
) -> None:
    model.replies = [MARKED]
    draft = written(settings, tmp_path)[0]
    assert draft.is_accepted and draft.text == MARKED
    assert [(f.kind, f.said) for f in draft.findings] == [("figure", "ten"), ("name", "Google")]


def test_the_mark_says_which_model_wrote_with_which_prompt(
    model: Model, settings: WritingSettings, tmp_path: Path
) -> None:
    model.replies = [GOOD]
    mark = written(settings, tmp_path)[0].mark
    assert mark["digital_source_type"].endswith("/compositeWithTrainedAlgorithmicMedia")
    assert mark["model"] == "small" and mark["prompt"] == post_prompt().label


def test_a_draft_of_anybody_s_is_stopped_when_it_has_ended(
    model: Model, settings: WritingSettings, tmp_path: Path
) -> None:
    model.replies = ["I enjoy working with people who share my values and work ethic."]
    draft, *_ = written(settings, tmp_path)
    assert [f.kind for f in draft.findings] == ["not-own"] and not draft.is_accepted


def test_marks_of_screening_in_own_items_are_no_facts(
    model: Model, settings: WritingSettings, tmp_path: Path
) -> None:
    model.replies = ["Requests became faster at our billing. Call [PHONE]."]
    wish = replace(WISH, own=(Passage("a-1", "post", "Call [PHONE] or write to [EMAIL].", "en"),))
    assert [f.kind for f in written(settings, tmp_path, wish)[0].findings] == ["talk"]
    asked = model.asked[-1]["messages"][1]["content"]
    assert "Call" in asked and "[PHONE]" not in asked and "[EMAIL]" not in asked


def test_an_answer_that_is_cut_is_no_draft(
    model: Model, settings: WritingSettings, tmp_path: Path
) -> None:
    model.replies = [Trouble("length", text="Requests became")]
    assert [f.kind for f in written(settings, tmp_path)[0].findings] == ["cut"]


def test_a_back_end_that_is_down_is_said(
    model: Model, settings: WritingSettings, tmp_path: Path
) -> None:
    model.replies = [Trouble(500)]
    with pytest.raises(BusyError):
        written(settings, tmp_path)


def test_a_member_has_so_many_tokens_a_day(
    model: Model, settings: WritingSettings, tmp_path: Path
) -> None:
    model.replies = [GOOD]
    poor = replace(settings, tokens_a_day=1200, max_tokens=400)
    for member in ("anna", "bruno"):  # what one member uses is not another's
        found: list[Draft] = []
        with pytest.raises(LimitError, match="used up"):
            written(poor, tmp_path, replace(WISH, member=member), found)
        assert len(found) == 1


def test_own_items_ground_a_draft(model: Model, settings: WritingSettings, tmp_path: Path) -> None:
    model.replies = ["We moved our billing to Python at Globex. It took us three weeks."]
    assert written(settings, tmp_path)[0].findings
    wish = replace(WISH, own=(Passage("a-1", "post", "I work at Globex. Three weeks.", "en"),))
    assert not written(settings, tmp_path, wish)[0].findings
    assert "Globex" in model.asked[-1]["messages"][1]["content"]


@pytest.mark.parametrize(
    "answers",
    [Answers(), Answers(what=" \n "), Answers(what="x" * 50_000), Answers(points=("a",) * 21)],
)
def test_nothing_and_too_much_are_refused(
    settings: WritingSettings, tmp_path: Path, answers: Answers
) -> None:
    with pytest.raises(InputError):
        written(settings, tmp_path, replace(WISH, answers=answers))
