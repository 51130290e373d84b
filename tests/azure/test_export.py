"""`vanne azure export` and `check`: what would be sent, and what Azure would refuse."""

import base64
import io
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from tests.azure.conftest import Vanne
from tests.azure.network import AS_OF, DENIED, GPS, MEMBERS, items, say
from vanne.config import Home
from vanne.corpus import build
from vanne.corpus.contract import Accepting
from vanne.screening import rules_digest
from vanne.sources.tables import write_items
from vanne.terms import Item


def examples(out: Path) -> list[list[dict[str, Any]]]:
    """Read the file as Azure would."""
    data = (out / "train.jsonl").read_bytes()
    assert data.startswith(b"\xef\xbb\xbf")
    return [json.loads(line)["messages"] for line in data[3:].decode().splitlines()]


def test_a_text_answers_a_neutral_question_in_its_own_language(run: Vanne, tmp_path: Path) -> None:
    done = run("export", tmp_path / "out")
    assert done.exit_code == 0, done.output
    asked = {rows[1]["content"]: rows[0]["content"] for rows in examples(tmp_path / "out")}
    assert len(asked) == 24
    assert asked["A post, the 0th"].endswith("professionnel. Genre : post.")
    assert asked["A post, the 1th"].endswith("write them. Kind: post.")
    assert asked["A post, the 2th"].endswith("schreiben. Art: post.")
    assert asked["A post, the 3th"].endswith("professionale. Tipo: post.")
    assert asked["A post, the 4th"] == asked["A post, the 5th"] == asked["A post, the 1th"]
    assert "24 examples of texts" in done.stdout


def test_nothing_that_is_denied_and_no_member_is_in_it(run: Vanne, tmp_path: Path) -> None:
    run("export", tmp_path / "out")
    text = (tmp_path / "out" / "train.jsonl").read_text("utf-8")
    assert DENIED not in text
    assert not any(f"{member}-" in text for member in MEMBERS)  # the ids of items


def test_lines_do_not_lie_by_member_and_are_the_same_every_time(run: Vanne, tmp_path: Path) -> None:
    for name in ("a", "b"):
        assert run("export", tmp_path / name).exit_code == 0
    first, second = ((tmp_path / name / "train.jsonl").read_bytes() for name in ("a", "b"))
    assert first == second
    posts = [r[1]["content"] for r in examples(tmp_path / "a") if "A post" in r[1]["content"]]
    assert posts != sorted(posts, key=lambda text: int(text.split()[-1].removesuffix("th")))


def test_what_was_taken_out_of_the_lines_is_counted_and_told(
    run: Vanne, home: Home, tmp_path: Path
) -> None:
    rows = [
        Item(f"call-{n}", member, "post", text=f"Call me, no {n}: +41 79 123 45 67.", lang="en",
             created_at=datetime(2024, 5, 1, tzinfo=UTC))
        for n, member in enumerate(MEMBERS[:5])
    ]  # fmt: skip
    write_items(rows, home.items / "calls.parquet")
    build(home, AS_OF)
    document = json.loads(run("export", tmp_path / "out", "--json").stdout)
    lines = (tmp_path / "out" / "train.jsonl").read_text("utf-8")
    assert "123 45 67" not in lines
    assert document["redacted"]["phone"] == lines.count("[PHONE]") == 5
    assert document["screening"]["rules"] == rules_digest()
    assert "| `[PHONE]` | 5 |" in document["screening"]["text"]
    few = json.loads(run("export", tmp_path / "few", "--examples", 10, "--json").stdout)
    lines = (tmp_path / "few" / "train.jsonl").read_text("utf-8")
    assert few["redacted"]["phone"] == lines.count("[PHONE]")


def test_counts_close_and_a_limit_takes_a_sample(run: Vanne, tmp_path: Path) -> None:
    done = run("export", tmp_path / "all", "--json")
    counts = json.loads(done.stdout)["counts"]
    assert counts["allowed"] == counts["written"] + counts["without_text"] == 36
    done = run("export", tmp_path / "some", "--examples", 15, "--json")
    counts = json.loads(done.stdout)["counts"]
    assert (counts["written"], counts["left_out_by_limit"]) == (15, 9)
    everything = (tmp_path / "all" / "train.jsonl").read_bytes().splitlines()
    assert (tmp_path / "some" / "train.jsonl").read_bytes().splitlines() == everything[:15]


def test_a_photo_shows_no_more_than_its_pixels_and_asks_for_the_headline(
    run: Vanne, home: Home, tmp_path: Path
) -> None:
    (home.media / "photos" / "member-03.jpg").unlink()
    (home.media / "photos" / "member-04.jpg").write_bytes(b"no photo")
    done = run("export", tmp_path / "out", "--vision", "--json")
    assert "images of people and faces" in done.stderr
    counts = json.loads(done.stdout)["counts"]
    assert (counts["written"], counts["missing_photos"], counts["unreadable_photos"]) == (10, 1, 1)
    assert counts["allowed"] == sum(n for name, n in counts.items() if name != "allowed")
    for question, answer in examples(tmp_path / "out"):
        assert answer["content"].startswith("Headline number ")
        (text, shown) = question["content"]
        assert "photo" in text["text"] or "Foto" in text["text"] or "foto" in text["text"]
        head, data = shown["image_url"]["url"].split(",")
        assert head == "data:image/jpeg;base64"
        photo = base64.b64decode(data)
        assert DENIED.encode() not in photo and b"Exif" not in photo
        with Image.open(io.BytesIO(photo)) as image:
            assert (image.mode, image.size) == ("RGB", (8, 8))
            assert not image.getexif().get_ifd(GPS)
    assert run("check", tmp_path / "out" / "train.jsonl").exit_code == 0


def test_a_headline_that_may_not_be_used_goes_with_no_photo(
    run: Vanne, home: Home, tmp_path: Path
) -> None:
    rows = [item for item in items(home.media) if item.item_id != "member-05-profile"]
    rows += [Item("more", "member-05", "follow", text="First\nDenied headline", created_at=AS_OF)]
    write_items(rows, home.items / "items.parquet")
    build(home, AS_OF, accepting=Accepting(AS_OF, files=["items.parquet"]))
    done = run("export", tmp_path / "out", "--vision", "--json")
    assert json.loads(done.stdout)["counts"]["without_headline"] == 1
    assert b"Denied" not in (tmp_path / "out" / "train.jsonl").read_bytes()


def test_a_no_that_was_not_heard_stops_the_export(run: Vanne, home: Home, tmp_path: Path) -> None:
    say(home, "member-00")
    done = run("export", tmp_path / "out")
    assert done.exit_code != 0 and not (tmp_path / "out").exists()
    assert "1 choice has not reached the corpus" in str(done.exception)
    assert "vanne corpus refresh" in str(done.exception)


def test_an_export_is_a_new_folder_outside_of_the_home(
    run: Vanne, home: Home, tmp_path: Path
) -> None:
    assert "in the home" in str(run("export", home.root / "out").exception)
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "mine").touch()
    assert "is there already" in str(run("export", tmp_path / "out").exception)


def test_fewer_than_ten_examples_are_too_few(run: Vanne, home: Home, tmp_path: Path) -> None:
    from datetime import UTC, datetime

    say(home, *MEMBERS[:8])
    build(home, datetime.now(UTC))
    done = run("export", tmp_path / "out")
    assert "gives 8 examples of texts; a job needs 10" in str(done.exception)
    assert not (tmp_path / "out").exists()


GOOD = {"messages": [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]}
PNG = base64.b64encode(b"\x89PNG\r\n\x1a\n").decode()


def shown(url: str, role: str = "user", count: int = 1, **more: str) -> dict[str, Any]:
    part = {"type": "image_url", "image_url": {"url": url, **more}}
    rows = [{"role": role, "content": [part] * count}, {"role": "assistant", "content": "b"}]
    return {"messages": rows}


def said(*rows: tuple[str, object]) -> dict[str, Any]:
    return {"messages": [{"role": role, "content": content} for role, content in rows]}


@pytest.mark.parametrize(
    ("line", "what"),
    [
        ("{", "is not JSON"),
        ("[" * 100_000, "is not JSON"),
        ("[]", "has no list `messages`"),
        ({"messages": []}, "has no list `messages`"),
        (said(("user", "a")), "does not end with a message of the role `assistant`"),
        (said(("robot", "a"), ("assistant", "b")), "whose role is none of"),
        (said(("user", "a"), ("assistant", " ")), "empty message of the role `assistant`"),
        (said(("user", [{"type": "video"}]), ("assistant", "b")), "neither a text nor a photo"),
        ({"messages": [{"role": "assistant", "content": "b", "weight": 2}]}, "neither 0 nor 1"),
        (shown("https://example.org/a.png"), "no `data:` address"),
        (shown("data:image/gif;base64,AAAA"), "no `data:` address"),
        (shown("data:image/png;base64,???"), "is not base64"),
        (shown("data:image/jpeg;base64," + PNG), "no image/jpeg"),
        (shown("data:image/png;base64," + PNG, role="system"), "photo in a message of the role"),
        (shown("data:image/png;base64," + PNG, count=65), "more than 64 photos"),
        (shown("data:image/png;base64," + PNG, detail="best"), "`detail`"),
    ],
)
def test_the_line_that_azure_would_refuse_is_named(
    run: Vanne, tmp_path: Path, line: object, what: str
) -> None:
    bad = line if isinstance(line, str) else json.dumps(line)
    rows = [json.dumps(GOOD)] * 6 + [bad] + [json.dumps(GOOD)] * 6
    (tmp_path / "f.jsonl").write_text("﻿" + "\n".join(rows))
    error = str(run("check", tmp_path / "f.jsonl").exception)
    assert error.startswith("`f.jsonl`, line 7: ") and what in error


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (json.dumps(GOOD).encode() * 12, "line 1: does not begin with the byte-order mark"),
        (b"\xef\xbb\xbf" + b"\xff\n" * 12, "line 1: is not UTF-8"),
        (b"\xef\xbb\xbf" + (json.dumps(GOOD).encode() + b"\n") * 9, "has 9 examples"),
    ],
)
def test_a_file_that_azure_would_refuse_is_refused(
    run: Vanne, tmp_path: Path, data: bytes, what: str
) -> None:
    (tmp_path / "f.jsonl").write_bytes(data)
    assert what in str(run("check", tmp_path / "f.jsonl").exception)


def test_a_file_that_is_too_large_is_refused_without_being_read(run: Vanne, tmp_path: Path) -> None:
    with (tmp_path / "f.jsonl").open("wb") as file:
        file.truncate(512_000_000)  # a hole: it takes no space
    assert "512 MB or more" in str(run("check", tmp_path / "f.jsonl").exception)
