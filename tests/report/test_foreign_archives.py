"""Forty and more archives made like foreign ones: no false *used*, no false *not used*."""

import json

import pytest

from tests.table import every

from .foreign_archives import WRONG, ForeignArchive, answers, foreign_archives, outcome, plain

ALL = foreign_archives()
DEVELOPMENT = [archive for archive in ALL if not archive.is_put_aside]
PUT_ASIDE = [archive for archive in ALL if archive.is_put_aside]
MOST_WRONG_PUT_ASIDE = 0
"""How many rows of the half that is put aside are wrong at most: a figure, and no promise yet."""


def named(archive: ForeignArchive) -> str:
    return archive.folder.name


@every("archive", DEVELOPMENT, ids=named)
def test_no_row_is_said_to_be_used_or_not_used_that_is_not(archive: ForeignArchive) -> None:
    found = list(answers(archive))
    assert found
    assert [str(answer) for answer in found if answer.outcome in WRONG] == []


def test_few_rows_that_were_put_aside_are_wrong() -> None:
    found = [a for archive in PUT_ASIDE for a in answers(archive)]
    assert len(found) > 200
    assert sum(answer.outcome in WRONG for answer in found) <= MOST_WRONG_PUT_ASIDE


@every("archive", ALL, ids=named)
def test_each_row_that_is_expected_stands_in_its_file(archive: ForeignArchive) -> None:
    for part in archive.expected["file"]:
        content = (archive.folder / "files" / part["path"]).read_bytes()
        is_wide = content.startswith((b"\xff\xfe", b"\xfe\xff"))
        encodings = ("utf-8", "cp1252", "utf-16") if is_wide else ("utf-8", "cp1252")
        text = "".join(content.decode(encoding, errors="replace") for encoding in encodings)
        if part["path"].endswith(".json") and text.isascii():  # written as Meta writes it
            text = json.dumps(json.loads(content), ensure_ascii=False)
            text = text.encode("latin-1", errors="replace").decode(errors="replace")
        for row in part.get("rows", []):
            assert row["says"] in plain(text).replace('\\"', '"'), part["path"]


def test_the_halves_are_alike_and_cover_each_network() -> None:
    networks = [
        {archive.expected["network"] for archive in half} for half in (DEVELOPMENT, PUT_ASIDE)
    ]
    assert len(ALL) > 40
    assert abs(len(DEVELOPMENT) - len(PUT_ASIDE)) < 2
    assert {"linkedin", "facebook", "instagram", "x", "tiktok"} <= networks[0] & networks[1]
    assert len(networks[0] | networks[1]) > 12


@pytest.mark.parametrize(
    ("expected", "got", "said"),
    [
        (("used",), "used (allowed)", "right"),
        (("not-known",), "used (allowed)", "false used"),
        (("used", "not-known"), "not-used (minor)", "false not used"),
        (("used",), "not-known (region-unknown)", "not told"),
        (("used",), "no item", "unread"),
        (("not-known",), "no item", "right"),
    ],
)
def test_an_answer_is_wrong_in_one_of_four_ways(
    expected: tuple[str, ...], got: str, said: str
) -> None:
    assert outcome(expected, got) == said
