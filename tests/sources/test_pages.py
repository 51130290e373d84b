"""Downloads as HTML, the form that Facebook and Instagram send unless one asks for JSON."""

import time
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.table import every
from vanne.sources import Reading, read_archives, survey
from vanne.sources.cards import MAX_DEPTH, cards_of, moment_of
from vanne.sources.markup import pieces_of, pieces_of_parts
from vanne.sources.row_kinds import kind_of_page
from vanne.words import LANGUAGES, Message

from .conftest import MakeZip
from .meta_account import (
    FORMS,
    Form,
    facebook_html,
    facebook_json,
    instagram_html,
    instagram_json,
)

PICTURES = {
    f"{folder}/{number}.jpg": b"\xff\xd8\xff " + number.encode()
    for folder, number in (
        ("posts/media/lake", "1"), ("posts/media/lake", "2"), ("messages/inbox/bram_1/photos", "3"),
    )
}  # fmt: skip
MakeFiles = Callable[..., dict[str, str]]


def said(reading: Reading) -> list[tuple[Any, ...]]:
    """What each item is, whichever reader made it."""
    is_state = {"profile"}
    return sorted(
        (
            str(item.category), item.text or "", item.author or "", item.media or "", item.subjects,
            item.visibility or "", tuple(item.fields.items()), (item.source or "").split("/")[0],
            None if item.category in is_state else item.created_at,
        )
        for item in reading.items
    )  # fmt: skip


@every("lang", LANGUAGES)
@every("form", FORMS)
@every(("as_json", "as_html"), [(facebook_json, facebook_html), (instagram_json, instagram_html)])
def test_a_download_as_html_gives_the_items_of_the_same_one_as_json(
    make_zip: MakeZip, as_json: MakeFiles, as_html: MakeFiles, form: Form, lang: str
) -> None:
    with survey([make_zip({**as_json(lang), **PICTURES}, "a.zip")]) as archives:
        expected, closed = said(archives.read()), archives.closed
    with survey([make_zip({**as_html(lang, form), **PICTURES}, "b.zip")]) as archives:
        reading = archives.read()
        assert archives.closed == closed
    assert said(reading) == expected
    assert {reason for file in reading.files for reason in file.reasons} <= {
        Message("photo-counted"), Message("nothing-of-yours"),
    }  # fmt: skip


def test_a_page_that_nobody_reads_says_what_to_ask_for(make_zip: MakeZip) -> None:
    pages = facebook_html("en", "2025")
    unknown = {
        "facebook-z/something/new_things.html": pages["posts/your_posts_1.html"],
        "facebook-z/posts/your_posts_2.html": "<html><main class='x1'>a new form</main></html>",
        "facebook-z/index.html": pages["start_here.html"],
    }
    reading = read_archives([make_zip(unknown)])
    assert {file.path.split("/")[-1]: set(file.reasons) for file in reading.files} == {
        "new_things.html": {Message("ask-for-json")}, "index.html": {Message("nothing-of-yours")},
        "your_posts_2.html": {Message("ask-for-json")},
    }  # fmt: skip


@every(
    ("text", "at"),
    [
        ("Sep 8, 2016, 4:36 PM", 1473352560),
        ("Sep 8, 2016, 4:36\u202fPM", 1473352560),
        ("8. Sept. 2016, 16:36", 1473352560),
        ("8 sept. 2016 à 16:36", 1473352560),
        ("8 set 2016, 16:36", 1473352560),
        ("set 08, 2016 4:36 pm", 1473352560),
        ("sept. 08, 2016 4:36 p. m.", 1473352560),
        ("8/9/2016, 16:36", 1473352560),
        ("9/8/2016, 4:36 PM", 1473352560),
        ("2016-09-08 16:36", 1473352560),
        ("2016年9月8日 16:36", 1473352560),
        ("Thursday, September 8, 2016 at 6:36pm UTC+02", 1473352560),
        ("Feb 30, 2016, 4:36 PM", None),
        ("8 ~~ 2016 16:36", None),
    ],
)
def test_a_time_is_read_in_the_language_of_the_account(text: str, at: int | None) -> None:
    assert moment_of(text) == at


@pytest.mark.parametrize(
    "name", ["who_you've_followed", "who_you’ve_followed", "who_youve_followed"]
)
def test_packers_write_the_apostrophe_of_a_page_in_several_ways(name: str) -> None:
    kind = kind_of_page(f"connections/followers/{name}.html", "facebook")
    assert kind is not None
    assert (kind.network, kind.category) == ("facebook", "follow")


def test_a_post_whose_time_nobody_understands_still_counts(make_zip: MakeZip) -> None:
    page = facebook_html("en", "2022")["posts/your_posts_1.html"].replace("Nov 14", "Xyz 14")
    (file,) = read_archives([make_zip({"posts/your_posts_1.html": page})]).files
    assert [item.created_at for item in file.items] == [None] * 4


CUT = facebook_html("fr", "2022")["posts/your_posts_1.html"] + "<script>a</b></script><p a='>'"


@given(st.lists(st.integers(0, len(CUT)), max_size=8))
def test_a_page_that_comes_in_parts_is_the_same_page(cuts: list[int]) -> None:
    edges = [0, *sorted(cuts), len(CUT)]
    parts = [CUT[start:end] for start, end in pairwise(edges)]
    assert list(pieces_of_parts(parts)) == list(pieces_of(CUT))


@pytest.mark.parametrize(
    "page",
    [
        "<div class='_a6-g'>" * 60_000,
        "<div class='_a6-g'><h2>" + "<i" * 60_000,
        "<div class='_a6-g'><b " + "a='" * 60_000,
        "</div></x>" * 100_000,
        "<div class='_a6-g'><table>" + "<tr><td>a" * 60_000,
        "<ul class=_a6-q>" * 40_000 + "<script>" * 40_000,
    ],
    ids=["cards in cards", "open tags", "open quotes", "ends", "open rows", "scripts"],
)
def test_a_hostile_page_takes_time_in_proportion(page: str) -> None:
    parts = [page[at : at + (1 << 18)] for at in range(0, len(page), 1 << 18)]
    began = time.process_time()
    cards = sum(1 for _ in cards_of(pieces_of_parts(parts)))
    assert cards <= MAX_DEPTH
    assert time.process_time() - began < 10


HEAD, BODY = '<div class="_a6-h">Bram</div>', '<div class="_a6-p">Hoi</div>'
DATE = '<div class="_a6-o">Nov 14, 2023 10:13:20 pm</div>'


@pytest.mark.parametrize(
    ("card", "is_item"),
    [
        (HEAD + BODY + DATE, True),
        (HEAD + BODY + BODY + DATE, True),  # an update, or a comment under it
        (2 * (HEAD + BODY + DATE), False),
        (HEAD + 2 * (BODY + DATE), False),
        (f'<div class="_a6-g">{2 * (HEAD + BODY + DATE)}</div>' + BODY, False),
    ],
)
def test_a_card_that_may_be_several_records_is_listed_and_no_item(
    card: str, is_item: bool, make_zip: MakeZip
) -> None:
    page = f'<html><title>Facebook</title><body><div class="_a6-g">{card}</div></body></html>'
    name = "your_facebook_activity/messages/inbox/bram_1/message_1.html"
    (file,) = read_archives([make_zip({name: page})]).files
    assert (file.rows, file.item_count, len(file.listed)) == (1, int(is_item), int(not is_item))
    if not is_item:
        assert file.reasons == {Message("ask-for-json"): 1}
