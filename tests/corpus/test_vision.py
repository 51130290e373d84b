"""`vanne corpus export --kind vision`: photos with headlines, as vision fine-tuning reads them."""

import base64
import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from tests.photo_network import AS_OF, DENIED, MEMBERS, items, make_home
from vanne.cli import cli
from vanne.config import Home
from vanne.corpus import build
from vanne.corpus.contract import Accepting
from vanne.sources.tables import write_items


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return make_home(tmp_path)


def export(home: Home, out: Path, *options: object) -> Result:
    words = ["corpus", "export", "--out", out, "--home", home.root, "--kind", "vision", *options]
    return CliRunner().invoke(cli, [str(word) for word in words])


def lines(out: Path) -> list[bytes]:
    """Read every line in the order of the keys."""
    shards = json.loads((out / "export.json").read_text())["shards"]
    data = [(out / "data" / shard["name"]).read_bytes() for shard in shards]
    assert all(each.startswith(b"\xef\xbb\xbf") for each in data)
    return [line for each in data for line in each[3:].splitlines()]


def test_a_photo_answers_with_its_owner_s_headline_and_a_warning_is_given(
    home: Home, tmp_path: Path
) -> None:
    done = export(home, tmp_path / "out")
    assert done.exit_code == 0, done.output
    assert "images of people and faces" in done.stderr
    assert "images of people and faces" in (tmp_path / "out" / "README.md").read_text()
    asked: dict[str, Any] = {}
    for line in lines(tmp_path / "out"):
        question, answer = json.loads(line)["messages"]
        text, photo = question["content"]
        asked[answer["content"]] = text["text"]
        data = base64.b64decode(photo["image_url"]["url"].split(",")[1])
        assert DENIED.encode() not in data and b"Exif" not in data
    assert set(asked) == {f"Headline number {n}" for n in range(12)}
    assert asked["Headline number 2"].startswith("Schlage eine")
    assert asked["Headline number 4"] == asked["Headline number 1"]  # Romansh and English


def test_the_nth_line_is_the_row_of_the_nth_key(home: Home, tmp_path: Path) -> None:
    export(home, tmp_path / "old", "--shard-rows", 5)
    row = dict(zip(lines(tmp_path / "old"), keys(tmp_path / "old"), strict=True))
    gone = next(line for line in row if b'"Headline number 7"' in line)
    rows = [item for item in items(home.media) if item.item_id != "member-07-profile"]
    write_items(rows, home.items / "items.parquet")
    build(home, AS_OF, accepting=Accepting(AS_OF, files=["items.parquet"]))
    done = export(home, tmp_path / "new", "--since", tmp_path / "old", "--json")
    assert json.loads(done.stdout)["counts"]["without_headline"] == 1
    removed = (tmp_path / "new" / "removed.jsonl").read_text().splitlines()
    assert [json.loads(line)["key"] for line in removed] == [row[gone]]


def keys(out: Path) -> list[str]:
    return (out / "keys.txt").read_text().splitlines()


def test_an_edited_headline_is_another_row(home: Home, tmp_path: Path) -> None:
    export(home, tmp_path / "old")
    rows = items(home.media)
    rows = [r if r.item_id != "member-01-profile" else _edited(r) for r in rows]
    write_items(rows, home.items / "items.parquet")
    build(home, AS_OF, accepting=Accepting(AS_OF, files=["items.parquet"]))
    export(home, tmp_path / "new")
    assert len(set(keys(tmp_path / "old")) - set(keys(tmp_path / "new"))) == 1


def _edited(item: Any) -> Any:
    from dataclasses import replace

    return replace(item, fields={"headline": "Another headline"})


def test_nobody_is_named_and_owners_cannot_be_asked_for(home: Home, tmp_path: Path) -> None:
    export(home, tmp_path / "out")
    written = b"".join(lines(tmp_path / "out"))
    assert not any(member.encode() in written for member in MEMBERS)
    done = export(home, tmp_path / "more", "--with-owner")
    assert done.exit_code == 2 and "no room for whose" in done.stderr


@pytest.mark.parametrize("kind", ["webdataset", "vision"])
def test_the_card_says_what_photos_are_cleaned_of_and_not_to_be_used_for(
    home: Home, tmp_path: Path, kind: str
) -> None:
    export(home, tmp_path / "out", "--kind", kind)
    card = (tmp_path / "out" / "README.md").read_text()
    assert "no place (GPS)" in card and "Not to be used to recognise faces" in card
    said = json.loads((tmp_path / "out" / "croissant.json").read_text())
    assert "Not to be used for face recognition" in said["rai:dataLimitations"][0]
    assert any("no EXIF" in text for text in said["rai:dataPreprocessingProtocol"])
