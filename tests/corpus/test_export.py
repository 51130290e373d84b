"""An export holds what is allowed now and nothing else, and can be taken back."""

import json
import random
import shutil
from dataclasses import replace
from datetime import timedelta
from hashlib import sha256
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from tests.corpus.exporting import (
    AS_OF,
    DENIED,
    MEMBERS,
    SAID,
    at,
    contents,
    document,
    exported,
    item,
    items,
    make_home,
    png,
    rows_of,
    say,
    shown,
)
from tests.ledgers import put_another_ledger
from tests.members import replace_members
from vanne.config import Home
from vanne.corpus import build, current, read
from vanne.corpus.contract import Accepting
from vanne.corpus.export import ExportOptions, export
from vanne.corpus.export.exporting import shard_bits
from vanne.errors import (
    BusyError,
    InputError,
    RefusedError,
    StorageError,
    VerificationError,
)
from vanne.ledger import Ledger
from vanne.policy.load import text_of
from vanne.sources.tables import write_items
from vanne.terms import Choice


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return make_home(tmp_path)


# What is in it


@pytest.mark.parametrize("photos", [False, True])
def test_what_is_allowed_is_in_it_once_and_the_counts_close(
    home: Home, tmp_path: Path, photos: bool
) -> None:
    done = exported(home, tmp_path / "out", photos=photos)
    rows = rows_of(tmp_path / "out")
    counts = done.counts
    assert counts["allowed"] == 60 == sum(counts.values()) - counts["allowed"]
    assert len(rows) == counts["written"] == (49 if photos else 37)
    assert len({row["key"] for row in rows}) == len(rows)
    assert [row["text"] for row in rows].count(SAID) == 1
    assert counts["exact_duplicates"] == 11
    assert counts["without_content"] == (0 if photos else 12)
    if photos:
        assert {shown(row["photo"]) for row in rows if row["photo"]} == set(range(12))


@pytest.mark.parametrize("photos", [False, True])
def test_nothing_denied_and_nobody_s_id_is_in_any_file(
    home: Home, tmp_path: Path, photos: bool
) -> None:
    exported(home, tmp_path / "out", photos=photos)
    everything = [*contents(tmp_path / "out").values()]
    everything += [json.dumps(row, default=repr).encode() for row in rows_of(tmp_path / "out")]
    written = b"\n".join(everything)
    assert DENIED.encode() not in written
    texts = {row["text"] or "" for row in rows_of(tmp_path / "out")}
    for member in MEMBERS:
        said_so = any(member.member_id in text for text in texts)
        assert said_so or member.member_id.encode() not in written
        assert f"{member.member_id}-photo".encode() not in written
    assert "owner" not in rows_of(tmp_path / "out")[0]


def test_every_file_is_listed_with_its_checksum(home: Home, tmp_path: Path) -> None:
    out = tmp_path / "out"
    exported(home, out, shard_rows=10)
    said = document(out)
    files = contents(out)
    sums = {file["name"]: file["sha256"] for file in said["files"]}
    sums |= {f"data/{shard['name']}": shard["sha256"] for shard in said["shards"]}
    assert {
        name: sha256(data).hexdigest() for name, data in files.items() if name != "export.json"
    } == sums
    assert all(shard["name"].startswith(shard["sha256"]) for shard in said["shards"])
    assert sum(shard["rows"] for shard in said["shards"]) == said["counts"]["written"]
    assert len(said["shards"]) == 4
    manifest = current(home)
    assert (said["corpus"], said["policy"]["digest"]) == (manifest.version, manifest.policy)
    keys = (out / "keys.txt").read_text().split()
    assert keys == sorted(row["key"] for row in rows_of(out))


def test_the_same_corpus_gives_the_same_bytes(home: Home, tmp_path: Path) -> None:
    exported(home, tmp_path / "one", shard_rows=8, photos=True)
    exported(home, tmp_path / "two", shard_rows=8, photos=True)
    assert contents(tmp_path / "one") == contents(tmp_path / "two")


def test_the_order_and_number_of_data_files_change_no_shard(home: Home, tmp_path: Path) -> None:
    before = exported(home, tmp_path / "before", shard_rows=8).shards
    shuffled = items()
    random.Random(4).shuffle(shuffled)
    (home.items / "items.parquet").unlink()
    write_items(shuffled[:40], home.items / "b.parquet")
    write_items(shuffled[40:], home.items / "a.parquet")
    build(home, AS_OF)
    assert exported(home, tmp_path / "after", shard_rows=8).shards == before


def test_data_files_without_languages_or_texts_are_exported(home: Home, tmp_path: Path) -> None:
    import pyarrow as pa

    row = {
        "item_id": [7],
        "owner": ["member-01"],
        "category": ["post"],
        "created_at": ["2024-05-01"],
    }
    pq.write_table(pa.table(row), home.items / "more.parquet")
    row["item_id"] = [8]
    pq.write_table(pa.table(row | {"text": ["eight"]}), home.items / "most.parquet")
    build(home, AS_OF, accepting=Accepting(AS_OF, schema=True))
    assert exported(home, tmp_path / "out").counts["without_content"] == 13
    (eight,) = [row for row in rows_of(tmp_path / "out") if row["text"] == "eight"]
    assert eight["lang"] is None


def test_a_corpus_of_which_nothing_is_allowed_gives_an_empty_export(
    home: Home, tmp_path: Path
) -> None:
    say(home, *(member.member_id for member in MEMBERS))
    build(home, AS_OF)
    done = exported(home, tmp_path / "out", photos=True)
    assert done.counts["written"] == 0 and done.shards == ()
    assert (tmp_path / "out" / "keys.txt").read_bytes() == b""


def test_shards_are_of_about_the_size_that_is_asked_for() -> None:
    for rows in (0, 1, 99, 100, 101, 5_000, 10_000_000):
        shards = 1 << shard_bits(rows, 100)
        assert rows <= 100 * shards or shards == 1 << 16
        assert shards == 1 or rows > 100 * shards / 2


def test_a_parquet_shard_holds_nothing_of_its_writer_but_the_name(
    home: Home, tmp_path: Path
) -> None:
    done = exported(home, tmp_path / "out")
    parquet = pq.ParquetFile(tmp_path / "out" / "data" / done.shards[0].name)
    assert parquet.metadata.metadata is None
    assert parquet.metadata.created_by.startswith("parquet-cpp-arrow version")
    column = parquet.metadata.row_group(0).column(3)
    assert (column.path_in_schema, column.compression, column.statistics) == ("text", "ZSTD", None)


def test_a_row_that_the_manifest_does_not_count_stops_the_export(
    home: Home, tmp_path: Path
) -> None:
    manifest = current(home)
    other = replace(manifest, counts={**manifest.counts, "allowed": 71})
    with pytest.raises(VerificationError, match="another number of rows"):
        export(home, other, tmp_path / "out", at(AS_OF))
    assert not (tmp_path / "out").exists()


# Photos


@pytest.mark.parametrize("kind", ["gone", "above", "absolute", "link", "folder"])
def test_a_photo_that_is_not_in_the_folder_is_listed_and_not_exported(
    home: Home, tmp_path: Path, kind: str
) -> None:
    secret = tmp_path / "secret.png"
    secret.write_bytes(b"not a member's photo")
    (home.media / "link.png").symlink_to(secret)
    paths = {
        "gone": "photos/gone.png",
        "above": "../../secret.png",
        "absolute": str(secret),
        "link": "link.png",
        "folder": "photos",
    }
    odd = item("odd", "member-01", category="photo", text=None, media=paths[kind])
    write_items([odd], home.items / "odd.parquet")
    build(home, AS_OF)
    done = exported(home, tmp_path / "out", photos=True)
    assert done.missing == (paths[kind],)
    assert done.counts["missing_photos"] == 1 and done.counts["written"] == 49
    written = b"".join(contents(tmp_path / "out").values())
    assert json.dumps(paths[kind]).encode() not in written


@pytest.mark.parametrize("data", [b"no photo", b"", png(3)[:-30]])
def test_a_photo_that_cannot_be_read_is_listed_and_not_copied(
    home: Home, tmp_path: Path, data: bytes
) -> None:
    (home.media / "photos/member-03.png").write_bytes(data)
    done = exported(home, tmp_path / "out", photos=True)
    assert done.unreadable == ("photos/member-03.png",) and not done.missing
    assert (done.counts["unreadable_photos"], done.counts["written"]) == (1, 48)
    assert done.counts["allowed"] == sum(done.counts.values()) - done.counts["allowed"]
    assert b"member-03.png" not in b"".join(contents(tmp_path / "out").values())


def test_a_photo_keeps_its_key_when_only_what_its_file_says_has_changed(
    home: Home, tmp_path: Path
) -> None:
    exported(home, tmp_path / "old", photos=True)
    (home.media / "photos/member-03.png").write_bytes(png(3, Author="somebody else"))
    (home.media / "photos/member-04.png").write_bytes(png(200))
    done = exported(home, tmp_path / "new", photos=True, since=tmp_path / "old")
    assert done.document["since"]["removed"] == 1


def test_equal_photos_are_exported_once(home: Home, tmp_path: Path) -> None:
    (home.media / "photos/member-05.png").write_bytes(png(1, Author="somebody else"))
    done = exported(home, tmp_path / "out", photos=True)
    assert (done.counts["written"], done.counts["exact_duplicates"]) == (48, 12)


def test_a_photo_that_changes_meanwhile_stops_the_export(home: Home, tmp_path: Path) -> None:
    def change(_done: int) -> None:
        (home.media / "photos/member-03.png").write_bytes(b"another")

    options = ExportOptions(photos=True)
    with pytest.raises(BusyError, match=r"member-03\.png` was changed"):
        export(home, current(home), tmp_path / "out", at(AS_OF), options, change)
    assert not (tmp_path / "out").exists()


# A member's no


def test_a_no_reaches_the_next_export_and_says_what_to_delete(home: Home, tmp_path: Path) -> None:
    exported(home, tmp_path / "old", shard_rows=2)
    texts = {row["key"]: row["text"] for row in rows_of(tmp_path / "old")}
    shutil.rmtree(tmp_path / "old" / "data")  # the operator need not keep what was taken back
    say(home, "member-00")
    build(home, AS_OF)
    done = exported(home, tmp_path / "new", shard_rows=2, since=tmp_path / "old")
    lines = (tmp_path / "new" / "removed.jsonl").read_text().splitlines()
    gone = {json.loads(line)["key"] for line in lines}
    assert sorted(texts[key] for key in gone) == sorted(
        [f"About member-00-post-{n} alone" for n in range(3)] + [SAID]
    )
    assert gone == set(texts) - {row["key"] for row in rows_of(tmp_path / "new")}
    since = done.document["since"]
    assert since["removed"] == 4
    # Another member's copy came in the place of the one that was taken back.
    assert [row["text"] for row in rows_of(tmp_path / "new")].count(SAID) == 1
    # What holds nothing of theirs has kept its name, so a receiver fetches only the others.
    names = {shard["name"] for shard in document(tmp_path / "old")["shards"]}
    same = names & {shard.name for shard in done.shards}
    assert same and since["shards_gone"] == sorted(names - same)
    assert len(since["shards_gone"]) <= 5  # four rows are gone and one has come


def test_after_a_no_the_export_is_the_one_that_would_have_been_without_them(
    home: Home, tmp_path: Path
) -> None:
    exported(home, tmp_path / "with")
    say(home, "member-00")
    build(home, AS_OF)
    after = exported(home, tmp_path / "after").shards
    without = [row for row in items() if row.owner != "member-00"]
    write_items(without, home.items / "items.parquet")
    build(home, AS_OF, accepting=Accepting(AS_OF, files=["items.parquet"]))
    assert exported(home, tmp_path / "never").shards == after


def test_an_edited_text_is_another_row(home: Home, tmp_path: Path) -> None:
    exported(home, tmp_path / "old")
    edited = [
        replace(row, text="edited") if row.item_id == "member-03-post-1" else row for row in items()
    ]
    write_items(edited, home.items / "items.parquet")
    build(home, AS_OF, accepting=Accepting(AS_OF, files=["items.parquet"]))
    done = exported(home, tmp_path / "new", since=tmp_path / "old")
    assert done.document["since"]["removed"] == 1


def test_what_cannot_be_compared_is_refused(home: Home, tmp_path: Path) -> None:
    old = tmp_path / "old"
    exported(home, old)
    with pytest.raises(InputError, match="is no export"):
        exported(home, tmp_path / "new", since=tmp_path)
    key = (home.root / "export.key").read_bytes()
    (home.root / "export.key").unlink()
    with pytest.raises(InputError, match="with another secret"):
        exported(home, tmp_path / "new", since=old)
    (home.root / "export.key").write_bytes(key)
    (old / "keys.txt").write_text("")
    with pytest.raises(VerificationError, match=r"keys\.txt` is not the one"):
        exported(home, tmp_path / "new", since=old)
    assert not (tmp_path / "new").exists()


def test_the_secret_is_made_once_and_for_the_owner_s_eyes(home: Home, tmp_path: Path) -> None:
    exported(home, tmp_path / "one")
    path = home.root / "export.key"
    assert path.stat().st_mode & 0o777 == 0o600 and len(path.read_bytes()) == 32
    assert path.read_bytes().hex() not in (tmp_path / "one" / "export.json").read_text()
    path.write_bytes(b"short")
    with pytest.raises(StorageError, match="is damaged"):
        exported(home, tmp_path / "two")


def test_another_home_gives_the_same_items_other_keys(home: Home, tmp_path: Path) -> None:
    exported(home, tmp_path / "one")
    (home.root / "export.key").unlink()
    exported(home, tmp_path / "two")
    one, two = ({row["key"] for row in rows_of(tmp_path / name)} for name in ("one", "two"))
    assert not one & two


# What has not been heard


@pytest.mark.parametrize("on", [True, False])
def test_a_choice_that_the_corpus_has_not_heard_stops_the_export(
    home: Home, tmp_path: Path, on: bool
) -> None:
    say(home, "member-01", on=on)
    with pytest.raises(RefusedError, match="1 choice has not reached") as refused:
        exported(home, tmp_path / "out")
    assert "vanne corpus refresh" in refused.value.todo
    assert not (tmp_path / "out").exists()
    build(home, AS_OF)
    exported(home, tmp_path / "out")


def test_a_choice_whose_time_the_clock_has_not_reached_is_heard_at_once(
    home: Home, tmp_path: Path
) -> None:
    say(home, "member-01", at=AS_OF + timedelta(days=1))
    with pytest.raises(RefusedError, match="1 choice has not reached"):
        exported(home, tmp_path / "out")
    manifest = build(home, AS_OF)
    exported(home, tmp_path / "out")
    assert "member-01" not in {document.owner for document in read(home, manifest)}


def test_a_misspelt_purpose_may_be_ours_and_another_purpose_is_not(
    home: Home, tmp_path: Path
) -> None:
    with Ledger(home.ledger) as ledger:
        ledger.append([Choice("member-01", "generative-ai-trainin", "all", False, AS_OF)])
    with pytest.raises(RefusedError, match="1 choice"):
        exported(home, tmp_path / "out")


def test_another_policy_or_other_members_stop_the_export(home: Home, tmp_path: Path) -> None:
    replace_members(MEMBERS[1:], home)
    with pytest.raises(RefusedError, match="the members have changed"):
        exported(home, tmp_path / "out")
    replace_members(MEMBERS, home)
    home.policy.write_text(text_of("linkedin-2024-09-18"))
    with pytest.raises(RefusedError, match="the policy has changed"):
        exported(home, tmp_path / "out")


def test_a_no_that_comes_while_it_is_written_stops_the_export(home: Home, tmp_path: Path) -> None:
    time = [AS_OF]

    def say_no(_done: int) -> None:
        if time == [AS_OF]:
            time[0] += timedelta(seconds=5)
            say(home, "member-01", at=time[0])

    with pytest.raises(RefusedError, match="1 choice has not reached"):
        export(home, current(home), tmp_path / "out", lambda: time[0], progress=say_no)
    assert not (tmp_path / "out").exists()


def test_members_who_change_while_it_is_written_stop_the_export(home: Home, tmp_path: Path) -> None:
    def leave(_done: int) -> None:
        replace_members(MEMBERS[1:], home)

    with pytest.raises(RefusedError, match="the members have changed"):
        export(home, current(home), tmp_path / "out", at(AS_OF), progress=leave)
    assert not (tmp_path / "out").exists()


def test_what_time_alone_has_taken_out_stops_the_export(home: Home, tmp_path: Path) -> None:
    window = "[purposes.generative-ai-training.window]"
    text = text_of("linkedin-2025-11-03").replace(window, f"{window}\ndays = 1095")
    home.policy.write_text(text)
    manifest = build(home, AS_OF)
    export(home, manifest, tmp_path / "now", at(AS_OF + timedelta(days=200)))
    with pytest.raises(RefusedError, match="items may not be used any more by now"):
        export(home, manifest, tmp_path / "later", at(AS_OF + timedelta(days=400)))


def test_a_corpus_as_of_a_time_to_come_is_not_exported(home: Home, tmp_path: Path) -> None:
    manifest = build(home, AS_OF + timedelta(days=3650), force=True)
    with pytest.raises(RefusedError, match="still to come"):
        export(home, manifest, tmp_path / "out", at(AS_OF))


def test_an_older_version_is_exported_by_name_and_says_so(home: Home, tmp_path: Path) -> None:
    manifest = current(home)
    say(home, "member-01", "member-02")
    done = export(
        home,
        manifest,
        tmp_path / "out",
        at(AS_OF),
        ExportOptions(is_pinned=True),
    )
    assert done.document["choices_not_heard"] == 2
    assert (
        "2 choices that members have made since are not heard"
        in (tmp_path / "out" / "README.md").read_text()
    )


def test_another_ledger_is_refused(home: Home, tmp_path: Path) -> None:
    say(home, "member-01")
    build(home, AS_OF)
    put_another_ledger(home)
    with pytest.raises(VerificationError, match="not the one that the corpus was built with"):
        exported(home, tmp_path / "out")


def test_a_data_file_that_has_changed_stops_the_export(home: Home, tmp_path: Path) -> None:
    write_items(items()[:9], home.items / "items.parquet")
    with pytest.raises(VerificationError, match="has changed"):
        exported(home, tmp_path / "out")
    assert list(tmp_path.iterdir()) == [home.root]
