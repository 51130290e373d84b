"""The archives of other networks, and CVs: what each file becomes, and that nothing is lost."""

import io
import json
import os
import shutil
import subprocess
import sys
import zipfile
from collections import Counter
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.table import every
from vanne.sources import FileReading, Reading, read_archives, survey
from vanne.sources.people import person_id
from vanne.sources.readers import record_kinds
from vanne.sources.records import repaired
from vanne.terms import Item
from vanne.words import Message

from .conftest import MakeZip, reasons

FIXTURES = Path(__file__).parents[1] / "fixtures"
NETWORKS = [
    *("facebook-2019", "facebook-2025", "instagram", "instagram-2025", "x", "mastodon"),
    "discourse",
    *("bluesky", "cv", "linkedin-api"),
]
BRAM = person_id("", "Bram Oosterling")
PIECE_BYTES = 1 << 18


def read(name: str) -> Reading:
    return read_archives([FIXTURES / name])


def file_of(reading: Reading, ending: str) -> FileReading:
    return next(file for file in reading.files if file.path.endswith(ending))


def said(items: tuple[Item, ...]) -> list[tuple[str | None, str | None]]:
    return [(item.category, item.text) for item in items]


@every("network", NETWORKS)
def test_every_file_is_there_and_its_counts_close(network: str) -> None:
    reading = read(network)
    assert len(reading.files) == sum(path.is_file() for path in (FIXTURES / network).rglob("*"))
    for file in reading.files:
        assert file.rows == len(file.items) + len(file.listed) > 0
    assert len({item.item_id for item in reading.items}) == sum(1 for _ in reading.items)


def test_facebook_of_2019() -> None:
    reading = read("facebook-2019")
    assert said(file_of(reading, "your_posts_1.json").items) == [
        ("post", "Été à Genève 😀"),
        ("post", "Der Fluss führt"),
        ("post", "Ana Lac was at the lake."),
        ("post", "Last"),
    ]
    assert file_of(reading, "your_posts_1.json").items[1].subjects == (BRAM,)
    mine, theirs = file_of(reading, "message_1.json").items
    assert (mine.author, theirs.author, theirs.text) == (None, BRAM, "grüezi")
    assert {mine.category, theirs.category} == {"private_message"}
    assert reasons(file_of(reading, "sediment.json")) == [(1, "unknown file"), (2, "unknown file")]
    assert reading.facts.birth_date == date(1990, 1, 2)
    assert reading.facts.location == "Bern, Switzerland"
    (school,) = reading.facts.schools
    assert not school.is_attended(date(2020, 1, 1))


def test_a_picture_is_what_the_record_that_names_it_says() -> None:
    reading = read("facebook-2019")
    (photo,), (private,) = (file_of(reading, end).items for end in ("/1.jpg", "/2.jpg"))
    assert (photo.category, photo.media) == ("photo", "posts/media/lake/1.jpg")
    assert photo.created_at == datetime(2020, 1, 1, 0, 0, 1, tzinfo=UTC)
    assert private.category == "private_message"
    (tweeted,) = file_of(read("x"), "1-Eabc.jpg").items
    assert (tweeted.category, tweeted.created_at is None) == ("photo", False)


def test_facebook_of_2025_with_one_post_alone_and_an_encrypted_thread() -> None:
    reading = read("facebook-2025")
    counts = Counter(item.category for item in reading.items)
    assert counts == {"post": 3, "group_post": 1, "private_message": 1}
    assert file_of(reading, "Bram_3.json").items[0].text == "Zoë, whole"
    (why,) = file_of(reading, "start_here.html").listed
    assert why.reason == Message("nothing-of-yours")


def test_instagram() -> None:
    reading = read("instagram")
    assert Counter(item.category for item in reading.items) == {
        "post": 2,
        "photo": 1,
        "comment": 1,
        "contact": 1,
        "reaction": 1,
        "profile": 1,
    }
    assert said(file_of(reading, "posts_1.json").items) == [("post", "Zoë"), ("post", "Two")]
    assert reading.facts.birth_date == date(1990, 1, 2)


def test_instagram_of_2025_names_its_fields_in_the_account_s_language() -> None:
    reading = read("instagram-2025")
    assert {f.reader for f in reading.files if f.path.endswith("posts.json")} == {
        "instagram/labelled-reactions", "instagram/labelled-saved",
    }  # fmt: skip
    liked = file_of(reading, "liked_posts.json").items
    assert [(i.category, i.text, i.media) for i in liked] == [
        ("reaction", None, f"https://www.instagram.com/p/{post}/") for post in "abc"
    ]
    assert liked[0].subjects == (BRAM, person_id("", "bram.o"))
    assert liked[0].created_at == datetime(2025, 1, 1, tzinfo=UTC)
    assert said(file_of(reading, "saved_posts.json").items) == [("follow", None)]
    assert said(file_of(reading, "hype.json").items) == [("comment", "Bravo, Zoë")]
    (post,) = file_of(reading, "posts_1.json").items
    assert (post.category, post.text, post.media) == ("post", "Été au lac", "media/posts/1.jpg")
    for name, category in (("pending_follow", "follow"), ("blocked_profiles", "contact")):
        (found,) = next(file for file in reading.files if name in file.path).items
        assert (found.category, found.subjects) == (category, (person_id("", "bram.o"),))
    assert said(file_of(reading, "ads_about_meta.json").items) == [("inference", "Oui")]
    (photo,) = file_of(reading, "1.jpg").items
    assert (photo.category, photo.created_at) == ("photo", post.created_at)


def test_what_content_and_name_do_not_tell_is_listed() -> None:
    file = file_of(read("instagram-2025"), "something_new.json")
    assert (said(file.items), reasons(file)) == ([], [(1, "unknown file")])


def test_a_semicolon_that_ends_a_piece_of_a_long_file_of_x_stays(make_zip: MakeZip) -> None:
    begun = 'window.YTD.tweets.part0 = [{"tweet": {"id_str": "1", "full_text": "'
    text = "a" * (PIECE_BYTES - len(begun) - 1) + "; and on"
    when = '"created_at": "Sun Mar 21 12:53:22 +0000 2021"'
    path = make_zip({"data/tweets.js": f'{begun}{text}", {when}}}}}];'})
    (file,) = read_archives([path]).files
    assert ([item.text for item in file.items], reasons(file)) == ([text], [])


def test_x_names_the_author_of_what_was_passed_on() -> None:
    reading = read("x")
    own, passed, answer, _ = file_of(reading, "tweets.js").items
    assert (own.category, own.text, own.author) == ("post", "a & b", None)
    assert passed.author == person_id("", "bram")
    assert answer.category == "comment"
    sent, got = file_of(reading, "direct-messages.js").items
    assert (sent.author, got.author is None) == (None, False)
    prompt, output = file_of(reading, "grok-chat-item.js").items
    assert (prompt.category, output.category) == ("ai_prompt", "ai_output")
    assert file_of(reading, "device-token.js").items[0].category == "credential"


def test_mastodon_tells_by_addresses_who_may_see_a_post() -> None:
    reading = read("mastodon")
    found = [(i.category, i.visibility) for i in file_of(reading, "outbox.json").items]
    assert found == [
        ("post", "public"),
        ("post", "unlisted"),
        ("post", "followers"),
        ("private_message", "direct"),
        ("reaction", "public"),
    ]
    assert file_of(reading, "outbox.json").items[0].text == "Fish & chips"


def test_mastodon_writes_some_tables_without_a_header() -> None:
    reading = read("mastodon")
    found = {
        name: [(i.category, i.text or i.media) for i in file_of(reading, f"{name}.csv").items]
        for name in ("blocked_accounts", "lists", "bookmarks", "blocked_domains")
    }
    assert found == {
        "blocked_accounts": [("contact", "troll@m.example"), ("contact", "spam@n.example")],
        "lists": [("contact", "bram@m.example"), ("contact", "ana@n.example")],
        "bookmarks": [("reaction", "https://m.example/@bram/1")],
        "blocked_domains": [("contact", "bad.example"), ("contact", "worse.example")],
    }


def test_discourse_keeps_private_topics_apart_in_any_language(tmp_path: Path) -> None:
    items = file_of(read("discourse"), "user_archive.csv").items
    assert [i.category for i in items] == ["post", "private_message", "post", "post"]
    text = (
        FIXTURES / "discourse" / "user_archive-ana-260601-101010-1" / "user_archive.csv"
    ).read_text()
    (tmp_path / "a.csv").write_text(text.replace(",Non,", ",Illë,"))
    unknown = read_archives([tmp_path]).items
    assert {item.category for item in unknown} == {"private_message"}


def test_discourse_keeps_what_only_moderators_saw_apart() -> None:
    reading = read("discourse")
    found = {
        name: [(i.category, i.visibility) for i in file_of(reading, f"{name}.csv").items]
        for name in ("flags", "queued_posts", "category_preferences")
    }
    assert found == {
        "flags": [("feedback", "private")],
        "queued_posts": [("post", "queued")],
        "category_preferences": [("follow", None)],
    }


def test_a_bluesky_repository() -> None:
    file = read("bluesky").files[0]
    assert said(file.items) == [("post", "Héllo"), ("reaction", None), ("profile", "Ana")]
    assert reasons(file) == [
        (3, "odd value in text"),
        (5, "unknown part of the file"),
        (6, "nested more than 64 deep"),
        (7, "no type of record"),
    ]


def test_cvs() -> None:
    reading = read("cv")
    assert said(file_of(reading, "cv.docx").items) == [("cv", "Ana Lac\nHydrologist 2020")]
    assert said(file_of(reading, "cv.pdf").items) == [("cv", "Ana Lac, Hydrologist")]
    assert ("position", "Boss\nLac AG\n2020-01 –\ngauges") in said(
        file_of(reading, "resume.json").items
    )
    everything = " ".join(item.text or "" for item in reading.items)
    assert "@example.org" not in everything
    assert reading.facts.country == "CH"


def test_a_reference_is_by_whoever_wrote_it() -> None:
    items = file_of(read("cv"), "resume.json").items
    assert [i.author for i in items if i.category == "recommendation"] == [BRAM]


def test_linkedins_api_gives_what_the_archive_gives(make_zip: MakeZip) -> None:
    head = "Date,ShareLink,ShareCommentary,SharedUrl,MediaUrl,Visibility\n"
    archive = make_zip({"Shares.csv": head + "2026-02-09 01:21:47,l,hello,,,PUBLIC\n"})
    alone = read("linkedin-api")
    assert [i.category for i in alone.items] == ["post", "group_post", "post", "post", "profile"]
    assert reasons(alone.files[0]) == [(6, "unknown part of the file")]
    both = read_archives([archive, FIXTURES / "linkedin-api"])
    assert Counter(i.text for i in both.items)["hello"] == 1
    assert {i.item_id for i in alone.items} == {i.item_id for i in both.items}


def test_archives_of_several_networks_make_one_reading() -> None:
    several = [FIXTURES / name for name in ("x", "mastodon", "facebook-2019")]
    both, one_by_one = read_archives(several), [read_archives([path]) for path in several]
    assert both.rows == sum(reading.rows for reading in one_by_one)
    assert sum(1 for _ in both.items) == sum(1 for r in one_by_one for _ in r.items)


def test_a_file_is_known_by_what_is_in_it(tmp_path: Path) -> None:
    for at, source in enumerate(
        [
            FIXTURES / "linkedin" / "2026-complete" / "Positions.csv",
            FIXTURES / "cv" / "cv.pdf",
            FIXTURES / "cv" / "cv.docx",
            FIXTURES / "bluesky" / "repo.car",
            FIXTURES / "x" / "data" / "tweets.js",
        ]
    ):
        name = f"{at}.csv" if source.suffix == ".csv" else f"{at}.bin"
        (tmp_path / name).write_bytes(source.read_bytes())
    readers = [file.reader for file in read_archives([tmp_path]).files]
    assert readers == [
        *("linkedin/positions", "cv/pdf", "cv/word"),
        *("bluesky/repository", "x/tweets"),
    ]


# one row that is broken


def broken_in(tmp_path: Path, source: str, old: str, new: str) -> tuple[FileReading, FileReading]:
    """Read a fixture as it is, and with one place of it broken."""
    path = FIXTURES / source
    text = path.read_text()
    assert text.count(old) == 1, text.count(old)
    whole = read_archives([path]).files[0]
    target = tmp_path / path.name
    target.write_text(text.replace(old, new))
    return whole, read_archives([target]).files[0]


POSTS = "facebook-2019/posts/your_posts_1.json"
TWEETS, OUTBOX, RESUME = "x/data/tweets.js", "mastodon/outbox.json", "cv/resume.json"
FORUM = "discourse/user_archive-ana-260601-101010-1/user_archive.csv"
LABELLED = "instagram-2025/your_instagram_activity/likes/liked_posts.json"
INSTAGRAM = "instagram/your_instagram_activity/media/posts_1.json"
API = "linkedin-api/snapshot.json"


@pytest.mark.parametrize(
    ("source", "old", "new", "row"),
    [
        (POSTS, '"timestamp": 1577836802', '"timestamp": "yesterday"', 3),
        (POSTS, '"timestamp": 1577836802', '"timestamp": -99999999999999', 3),
        (POSTS, '"timestamp": 1577836802', '"timestamp": 15778', 3),
        (POSTS, '"title": "Ana Lac was at the lake."', '"title": {"a": ["\\ud83d"]}', 3),
        (INSTAGRAM, '"title": "Two"', '"title": 2', 2),
        (LABELLED, '"timestamp": 1735776000', '"timestamp": "lately"', 2),
        (LABELLED, '"https://www.instagram.com/p/c/"', "[3]", 3),
        (TWEETS, '"full_text": "RT @bram: hey"', '"full_text": null', 2),
        (TWEETS, '"full_text": "RT @bram: hey"', '"full_text": ["RT"]', 2),
        (OUTBOX, '"content": "<p>quiet</p>"', '"content": {}', 2),
        (OUTBOX, '"id": "2",\n   "type": "Create"', '"id": "2", "type": "Conceal"', 2),
        (RESUME, '"company": "Old AG"', '"company": ["Old AG"]', 3),
        ("mastodon/lists.csv", "ana@n.example", "ana@n.example,x", 2),
        (FORUM, "encore,,0", "encore,0", 3),
        (FORUM, "2024-05-02 10:00:00 UTC", "some day", 3),
        (FORUM, "encore,", '"enc"ore,', 3),
        (API, '"Date": "2026-02-10 01:21:47"', '"Date": "soon"', 2),
        (API, '"Date": "2026-02-10 01:21:47"', '"Date": ["2026"]', 2),
    ],
)
def test_breaking_one_row_lists_exactly_that_row(
    tmp_path: Path, source: str, old: str, new: str, row: int
) -> None:
    whole, broken = broken_in(tmp_path, source, old, new)
    assert {r for r, _ in reasons(broken)} - {r for r, _ in reasons(whole)} == {row}
    assert broken.rows == whole.rows
    kept, before = ([(i.text, i.media) for i in file.items] for file in (broken, whole))
    assert set(kept) < set(before)
    assert len(broken.items) == len(before) - 1


@pytest.mark.parametrize(
    ("source", "old", "new", "row"),
    [
        (POSTS, '"timestamp": 1577836802', '"timestamp": 15778x', 3),
        (POSTS, '"timestamp": 1577836802,', '"timestamp: 1577836802,', 3),
        (POSTS, '"attachments": [', '"attachments": [[', 2),
        (INSTAGRAM, '"title": "Two"', '"title": "Two', 2),
        (TWEETS, '"full_text": "RT @bram: hey",', '"full_text": "RT @bram: hey"}', 2),
        (RESUME, '"company": "Old AG"', '"company": "Old AG', 3),
    ],
)
def test_behind_a_row_that_is_no_json_all_the_rest_is_listed_as_one(
    tmp_path: Path, source: str, old: str, new: str, row: int
) -> None:
    whole, broken = broken_in(tmp_path, source, old, new)
    *_, (first, _), (last, why) = reasons(broken)
    assert (first, last, why) == (row, row + 1, str(Message("rest-unread")))
    kept, before = ([(i.text, i.media) for i in file.items] for file in (broken, whole))
    assert kept == before[: len(kept)]
    assert broken.rows == len(broken.items) + len(broken.listed) == row + 1


def test_a_page_of_a_pdf_that_cannot_be_read_costs_itself(tmp_path: Path) -> None:
    data = (FIXTURES / "cv" / "pages.pdf").read_bytes()
    second = b"<< /Length 42 >>\nstream\nBT /F1 12 Tf 20 200 Td (Hydrologist)"
    assert data.count(second) == 1
    broken = second.replace(b"/Length 42 ", b"/Filter /No ")
    (tmp_path / "cv.pdf").write_bytes(data.replace(second, broken))
    (whole,), (cut,) = (
        read_archives([path]).files for path in (FIXTURES / "cv" / "pages.pdf", tmp_path / "cv.pdf")
    )
    assert (said(whole.items), reasons(whole)) == (
        [("cv", "Ana Lac\nHydrologist\nGauges")], [],
    )  # fmt: skip
    assert said(cut.items) == [("cv", "Ana Lac\nGauges")]
    assert reasons(cut) == [(2, "page 2 of the PDF cannot be read")]


@pytest.mark.parametrize(
    ("part", "kept", "why"),
    [
        ("word/header1.xml", "Hydrologist", str(Message("word-part-unreadable"))),
        ("word/document.xml", "Ana Lac", str(Message("not-xml"))),
    ],
)
def test_a_part_of_a_word_file_that_cannot_be_read_costs_itself(
    tmp_path: Path, part: str, kept: str, why: str
) -> None:
    with (
        zipfile.ZipFile(FIXTURES / "cv" / "header.docx") as whole,
        zipfile.ZipFile(tmp_path / "cv.docx", "w") as broken,
    ):
        for name in whole.namelist():
            text = whole.read(name).decode()
            broken.writestr(name, text.replace("</w:p>", "</w:q>") if name == part else text)
    (file,) = read_archives([tmp_path]).files
    assert said(file.items) == [("cv", kept)]
    assert reasons(file) == [(2, why)]


def test_a_document_that_is_cut_off_keeps_its_whole_rows(tmp_path: Path) -> None:
    text = (FIXTURES / POSTS).read_text()
    (tmp_path / "p.json").write_text(text[: text.index('"title": "Ana Lac was')])
    reading = read_archives([tmp_path])
    assert reasons(reading.files[0]) == [(3, "truncated")]
    assert [str(note) for note in reading.notes] == ["p.json: cut off, the last row is not whole"]


# what is hostile


def word(xml: bytes) -> bytes:
    """A Word file whose body is this."""
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as packed:
        packed.writestr("[Content_Types].xml", "<Types/>")
        packed.writestr("word/document.xml", xml)
    return data.getvalue()


@pytest.mark.parametrize(
    ("name", "data", "why"),
    [
        ("a.json", b"[" * 1_000_000, "nested more than 64 deep"),
        (
            "b.json",
            b'[{"timestamp":1577836800,"data":' + b'{"a":' * 70 + b"1" + b"}" * 71 + b"]",
            "64 deep",
        ),
        ("c.json", b'{"$schema":"x","a":' + b"[" * 500_000, "nested more than 64 deep"),
        ("d.docx", word(b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'), "document type"),
        ("e.docx", word(b"<a>" * 5000), "nested more than 200 deep"),
        ("g.pdf", b"%PDF-1.7\n" + b"\0" * 400 + b"%%EOF", "cannot be read"),
        (
            "h.json",
            b'[{"timestamp":1577836800,"data":[{"post":"' + b"x" * (17 << 20) + b'"}]}]',
            "16 MiB",
        ),
    ],
)
def test_what_is_hostile_is_listed_and_the_limit_is_named(
    tmp_path: Path, name: str, data: bytes, why: str
) -> None:
    (tmp_path / name).write_bytes(data)
    (file,) = read_archives([tmp_path]).files
    assert not file.items
    assert why in str(file.listed[0].reason)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("Zo\u00c3\u00ab", "Zoë"),
        ("\u00f0\u009f\u0098\u0080", "😀"),
        ("Zoë", "Zoë"),
        ("€ \u00c3\u00ab", "€ \u00c3\u00ab"),
        ("plain", "plain"),
    ],
)
def test_what_was_written_byte_by_byte_is_made_whole_once(written: str, meant: str) -> None:
    assert repaired(written) == meant
    assert repaired(repaired(written)) == meant


def test_every_kind_says_what_it_reads() -> None:
    assert len({kind.reader for kind in record_kinds()}) == len(record_kinds())
    assert all(kind.reads and (kind.keys or kind.inner) for kind in record_kinds())


# any bytes

SEEDS = [
    path
    for network in NETWORKS
    for path in sorted((FIXTURES / network).rglob("*"))
    if path.is_file() and path.suffix not in (".jpg", ".pdf")
]


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=40
)
@given(data=st.data())
def test_a_file_that_is_damaged_anywhere_is_counted(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    seed = data.draw(st.sampled_from(SEEDS))
    text = bytearray(seed.read_bytes())
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, max(len(text) - 1, 0)))
        text[at : at + data.draw(st.integers(0, 9))] = data.draw(
            st.binary(max_size=6) | st.sampled_from([b'"', b"{", b"]", b",", b"\\", b"null", b"<"])
        )
    folder = tmp_path_factory.mktemp("damaged")
    (folder / f"d{seed.suffix}").write_bytes(text)
    (file,) = read_archives([folder]).files
    assert file.rows == len(file.items) + len(file.listed)
    assert file.rows or len(text) < 40 or seed.suffix == ".csv" or seed.suffix == ".xml"
    json.dumps([item.text for item in file.items], ensure_ascii=False).encode()


def test_a_file_that_fits_two_networks_is_the_same_one_s_every_time(tmp_path: Path) -> None:
    posts = [{"timestamp": 1_600_000_000, "data": [{"post": "a"}], "media": [{"title": "b"}]}]
    (tmp_path / "some.json").write_text(json.dumps(posts))
    code = (
        "import pathlib, sys; from vanne.sources import read_archives\n"
        "print(next(read_archives([pathlib.Path(sys.argv[1])]).items).source)"
    )
    readers = {
        subprocess.run(
            [sys.executable, "-c", code, str(tmp_path)],
            env=os.environ | {"PYTHONHASHSEED": str(seed)},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in range(1, 3)
    }
    assert readers == {"facebook/posts\n"}


@pytest.mark.parametrize("network", ["facebook", "instagram"])
def test_a_shape_that_meta_s_networks_share_is_of_the_archive_around_it(
    tmp_path: Path, network: str
) -> None:
    shutil.copy(FIXTURES / LABELLED, tmp_path)
    folder = tmp_path.rename(tmp_path.with_name(f"{network}-ana"))
    (file,) = read_archives([folder]).files
    assert file.reader == f"{network}/labelled-reactions"


THREAD = {"messages": [{"sender_name": "Bram", "timestamp_ms": 1_700_000_000_000, "content": "hi"}]}
THREAD_JSON = json.dumps(THREAD)
POST = [{"timestamp": 1_600_000_000, "data": [{"post": "a"}]}]
PICTURE_POST = [{"media": [{"uri": "1.jpg", "title": "b", "creation_timestamp": 1_600_000_000}]}]


def test_messages_stay_with_their_network_when_two_are_given(make_zip: MakeZip) -> None:
    facebook = make_zip(
        {"posts/your_posts_1.json": json.dumps(POST), "messages/a/message_1.json": THREAD_JSON},
        "a.zip",
    )
    other = json.dumps(PICTURE_POST)
    instagram = make_zip(
        {"content/posts_1.json": other, "messages/facebook_1/message_1.json": THREAD_JSON}, "b.zip"
    )
    files = read_archives([facebook, instagram]).files
    threads = {file.archive: file for file in files if file.path.endswith("message_1.json")}
    assert {archive: file.reader for archive, file in threads.items()} == {
        "a.zip": "facebook/messages", "b.zip": "instagram/messages",
    }  # fmt: skip
    assert [item.source for item in threads["b.zip"].items] == ["instagram/messages"]


def test_a_folder_with_two_networks_keeps_the_messages_of_each(tmp_path: Path) -> None:
    for network in ("facebook", "instagram"):
        thread = tmp_path / f"{network}-ana" / "messages" / "inbox" / "bram_1"
        thread.mkdir(parents=True)
        (thread / "message_1.json").write_text(json.dumps(THREAD | {"title": network}))
    readers = {file.path.split("-")[0]: file.reader for file in read_archives([tmp_path]).files}
    assert readers == {"facebook": "facebook/messages", "instagram": "instagram/messages"}


def test_an_answer_in_a_community_stays_a_group_s(tmp_path: Path) -> None:
    tweet = {"id_str": "1", "full_text": "yes", "created_at": "Wed Jan 01 10:00:00 +0000 2020"}
    answer = [{"tweet": tweet | {"in_reply_to_status_id_str": "2"}}]
    for name, part in (("community-tweet.js", "community_tweet"), ("tweets.js", "tweets")):
        (tmp_path / name).write_text(f"window.YTD.{part}.part0 = {json.dumps(answer)}")
    group, own = read_archives([tmp_path]).files
    assert [file.items[0].category for file in (group, own)] == ["group_post", "comment"]


def test_a_high_school_counts_by_its_kind_whatever_its_name(tmp_path: Path) -> None:
    schools = [{"name": "Westfield", "school_type": kind} for kind in ("High School", "College")]
    profile = {"profile_v2": {"name": {"full_name": "A"}, "education_experiences": schools}}
    (tmp_path / "profile_information.json").write_text(json.dumps(profile))
    assert len(read_archives([tmp_path]).facts.schools) == 1


# rows that lie further down


def test_rows_under_a_path_are_read_one_by_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [{"Date": f"2026-01-{day:02} 10:00:00", "SearchTerm": "wool"} for day in range(1, 29)]
    text = json.dumps({"Your Activity": {"Searches": {"SearchList": rows}, "New": {"a": [1]}}})
    (tmp_path / "user_data_tiktok.json").write_text(text)
    monkeypatch.setattr("vanne.sources.jsontext.MAX_ROW", len(text) // 2)  # no section fits in
    (file,) = read_archives([tmp_path]).files
    assert (file.reader, len(file.items)) == ("tiktok/searches", 28)
    assert reasons(file) == [(29, "unknown part of the file")]


def test_any_key_may_stand_where_a_path_has_a_star(tmp_path: Path) -> None:
    chats = {
        f"Chat History with {name}:": [{"Date": "2026-01-01", "From": name, "Content": "hi"}]
        for name in ("bram.o", "a|b", "*", "")
    }
    document = {"Direct Message": {"Direct Messages": {"ChatHistory": chats}}}
    (tmp_path / "user_data_tiktok.json").write_text(json.dumps(document))
    (file,) = read_archives([tmp_path]).files
    assert said(tuple(file.items)) == [("private_message", "hi")] * 4


@pytest.mark.parametrize("nothing", [None, [], {}, ""])
def test_what_is_empty_under_a_path_is_no_row(tmp_path: Path, nothing: object) -> None:
    document = {
        "Your Activity": {
            "Searches": {"SearchList": [{"Date": "2026-01-01", "SearchTerm": "wool"}]},
            "Reposts": {"RepostList": nothing},
        }
    }
    (tmp_path / "user_data_tiktok.json").write_text(json.dumps(document))
    (file,) = read_archives([tmp_path]).files
    assert (file.rows, len(file.items)) == (1, 1)


def test_a_comment_of_many_lines_is_one_row_of_a_text(tmp_path: Path) -> None:
    first = "Date: 2026-03-01 07:00:00\nComment: one\n\ntwo: three\nUrl: \n\n"
    second = "Date: 2026-03-02 07:00:00\nComment: four\nUrl: \n\n"
    (tmp_path / "Comments.txt").write_text(first + second)
    (file,) = read_archives([tmp_path]).files
    assert said(tuple(file.items)) == [("comment", "one\ntwo: three"), ("comment", "four")]


def test_only_the_folder_around_a_file_says_what_its_rows_are(tmp_path: Path) -> None:
    row = {"type": "message", "user": "U1", "text": "hi", "ts": "1767348000.000100"}
    for folder in ("D0A1 Slack export/general", "Export/D0A1B2C3"):
        (tmp_path / folder).mkdir(parents=True)
        (tmp_path / folder / "2026-01-02.json").write_text(json.dumps([row]))
    (tmp_path / "Export" / "users.json").write_text("[]")
    found = {
        file.path: [i.category for i in file.items] for file in read_archives([tmp_path]).files
    }
    assert found["D0A1 Slack export/general/2026-01-02.json"] == ["group_message"]
    assert found["Export/D0A1B2C3/2026-01-02.json"] == ["private_message"]


def test_a_photo_counts_once_however_many_albums_and_files_hold_it(make_zip: MakeZip) -> None:
    photo = {"uri": "posts/media/lake/1.jpg", "creation_timestamp": 1_600_000_000}
    archive = make_zip(
        {
            "f/posts/album/0.json": json.dumps({"name": "Lake", "photos": [photo]}),
            "f/posts/your_uncategorized_photos.json": json.dumps({"other_photos_v2": [photo]}),
            "f/posts/media/lake/1.jpg": b"\xff\xd8\xff 1",
            "f/posts/media/lake/2.jpg": b"\xff\xd8\xff 2",
            "f/content/profile_photos.json": json.dumps({"ig_profile_picture": [{"uri": "3.jpg"}]}),
            "f/3.jpg": b"\xff\xd8\xff 3",
        }
    )
    reading = read_archives([archive])
    assert sorted(item.media or "" for item in reading.items if item.category == "photo") == [
        "3.jpg", "f/posts/media/lake/2.jpg", "posts/media/lake/1.jpg",
    ]  # fmt: skip
    counted = [file.path for file in reading.files if file.reasons[Message("photo-counted")]]
    assert sorted(counted) == [
        "f/3.jpg", "f/posts/media/lake/1.jpg", "f/posts/your_uncategorized_photos.json",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("titles", "closed"),
    [
        (["Public Profile", "Private Profile"], {"instagram": True}),
        (["Profil privé", "Profil public"], {"instagram": False}),
        (["非公開"], {}),
    ],
)
def test_the_last_change_of_an_account_says_who_sees_it(
    make_zip: MakeZip, titles: list[str], closed: dict[str, bool]
) -> None:
    changes = [
        {"title": title, "string_map_data": {"Time": {"timestamp": 1_600_000_000 + at}}}
        for at, title in enumerate(titles)
    ]
    document = json.dumps({"account_history_account_privacy_history": changes})
    with survey([make_zip({"profile_privacy_changes.json": document})]) as archives:
        assert archives.closed == closed
