"""A chat that reaches an assistant is never said not to be used."""

import tomllib
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest

from tests.table import every
from vanne.packs import working
from vanne.report.inspection import inspect
from vanne.report.inspection_words import headline
from vanne.words import LANGUAGES, words

CASES = tomllib.loads(
    (Path(__file__).parents[1] / "cases" / "assistants.toml").read_text(encoding="utf-8")
)["case"]
NOW = datetime(2026, 12, 3, tzinfo=UTC)


def written(case: dict[str, Any], folder: Path) -> Path:
    for path, text in case["files"].items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text.lstrip(), encoding="utf-8")
    return folder


def packed(case: dict[str, Any], folder: Path) -> Path:
    """Return the zip of the case, or the folder if it has none."""
    if "zip" not in case:
        return written(case, folder)
    with ZipFile(folder / case["zip"], "w") as archive:
        for path, text in case["files"].items():
            archive.writestr(path, text.lstrip())
    return folder / case["zip"]


@pytest.mark.parametrize("case", CASES, ids=lambda case: str(case["says"]))
def test_each_message_is_what_it_is_to_the_assistant(case: dict[str, Any], tmp_path: Path) -> None:
    found = inspect([packed(case, tmp_path)], region="CH", as_of=NOW)
    rows = [f"{each.item.category} {each.state.state}" for each in found.decided]
    assert rows == case["rows"]
    assert found.reading.rows == found.item_count + sum(
        len(file.listed) for file in found.reading.files
    )


@every("lang", LANGUAGES)
def test_a_chat_between_people_is_told_with_its_exception(lang: str, tmp_path: Path) -> None:
    chat = "12/03/2026, 09:15 - Anna: hi\n12/03/2026, 09:16 - Marc: hi\n"
    (tmp_path / "WhatsApp Chat with Marc.txt").write_text(chat)
    found, w = inspect([tmp_path], region="CH", as_of=NOW), words(lang)
    assert {each.state.state for each in found.decided} == {"not-used"}
    assert w("unless someone in the chat passes it to Meta AI") in headline(found, w)


def test_every_pack_that_names_an_assistant_reads_what_it_writes() -> None:
    """The packs whose policy says that prompts are claimed are those that read some."""
    from vanne.policy import load
    from vanne.sources.readers import record_kinds

    reading = {kind.network for kind in record_kinds() if kind.assistant}
    reading |= {kind.network for kind in record_kinds() if kind.category == "ai_prompt"}
    reading |= {kind.network for kind in record_kinds() if kind.rule in ("grok", "my-ai")}
    shared = {"facebook", "instagram"} if "meta" in reading else set()
    for pack in working():
        if pack.facts.policy and pack.files("readers"):
            rules = load(pack.facts.policy).purpose("generative-ai-training")
            claims = "ai_prompt" in rules.listed and pack.key != "linkedin"  # its own tables
            assert claims <= (pack.key in reading | shared), pack.key
