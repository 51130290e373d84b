"""The log as static files: what C2SP tlog-tiles asks, and what a published log never does."""

import fcntl
import json
import os
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner

from tests.ledger.conftest import AT, Tamper, naive_root, offs, on_sqlite
from tests.ledger.histories import restored
from vanne.cli import cli
from vanne.errors import BusyError, InputError, VerificationError
from vanne.ledger import Ledger
from vanne.ledger import publish as publish_module
from vanne.ledger.checkpoint import Verifier, verify_checkpoint
from vanne.ledger.follow import (
    bundle_path,
    decode_bundle,
    encode_bundle,
    tile_path,
    tiles_of,
)
from vanne.ledger.merkle import leaf_hash
from vanne.ledger.publish import publish


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "log"


def names(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def contents(folder: Path) -> dict[str, tuple[bytes, int]]:
    """Every file with what is in it and when it was written."""
    return {
        name: ((folder / name).read_bytes(), (folder / name).stat().st_mtime_ns)
        for name in names(folder)
    }


def test_paths_are_those_of_the_standard() -> None:
    assert tile_path((3, 1234067)) == "tile/3/x001/x234/067"
    assert tile_path((0, 0)) == "tile/0/000"
    assert tile_path((0, 999), 1) == "tile/0/999.p/1"
    assert bundle_path(1000, 255) == "tile/entries/x001/000.p/255"


def test_a_tree_of_70000_has_the_tiles_that_the_standard_gives_as_its_example() -> None:
    tiles = list(tiles_of(70_000))
    assert tiles[:273] == [((0, n), 256) for n in range(273)]
    assert tiles[273:] == [((0, 273), 112), ((1, 0), 256), ((1, 1), 17), ((2, 0), 1)]


def test_an_empty_log_has_a_checkpoint_and_no_tiles(ledger: Ledger, folder: Path) -> None:
    publish(ledger, folder)
    assert names(folder) == {"checkpoint", "vkey"}


def test_the_files_of_a_log_of_257_entries(ledger: Ledger, folder: Path) -> None:
    ledger.append(offs(257))
    publish(ledger, folder)
    assert names(folder) == {
        "checkpoint",
        "vkey",
        "tile/0/000",
        "tile/0/001.p/1",
        "tile/1/000.p/1",
        "tile/entries/000",
        "tile/entries/001.p/1",
    }
    assert (folder / "checkpoint").read_text() == ledger.checkpoint()
    assert (folder / "vkey").read_text() == ledger.vkey + "\n"


def test_bundles_hold_the_public_parts_and_tiles_their_hashes(ledger: Ledger, folder: Path) -> None:
    ledger.append(offs(257))
    publish(ledger, folder)
    entries = list(ledger.entries())
    full = decode_bundle((folder / "tile/entries/000").read_bytes())
    assert full + decode_bundle((folder / "tile/entries/001.p/1").read_bytes()) == entries
    assert (folder / "tile/0/000").read_bytes() == b"".join(map(leaf_hash, entries[:256]))
    assert (folder / "tile/0/001.p/1").read_bytes() == leaf_hash(entries[256])
    assert (folder / "tile/1/000.p/1").read_bytes() == naive_root(entries[:256])


def test_an_entry_has_its_length_before_it_in_two_bytes_the_high_one_first() -> None:
    assert encode_bundle([b"x" * 258, b"y"]) == b"\x01\x02" + b"x" * 258 + b"\x00\x01y"
    with pytest.raises(InputError, match="more than 65,535 bytes"):
        encode_bundle([b"x" * 65_536])


@pytest.mark.parametrize("data", [b"\x00", b"\x00\x02a", b"\x00\x01a\x00"])
def test_a_bundle_that_ends_inside_an_entry_is_none(data: bytes) -> None:
    with pytest.raises(ValueError, match="ends inside an entry"):
        decode_bundle(data)


@on_sqlite
def test_nothing_that_names_anybody_is_published(ledger: Ledger, folder: Path) -> None:
    ledger.append(offs(300))
    publish(ledger, folder)
    for name in names(folder):
        data = (folder / name).read_bytes()
        assert b"member-" not in data and b"2025" not in data
    with closing(sqlite3.connect(folder.parent / "ledger.sqlite")) as db:
        salts = [salt for (salt,) in db.execute("SELECT salt FROM entry")]
    bundles = b"".join((folder / name).read_bytes() for name in names(folder) if "entries" in name)
    assert not any(salt in bundles for salt in salts)


def test_a_second_run_writes_only_what_is_new(ledger: Ledger, folder: Path) -> None:
    ledger.append(offs(700))
    publish(ledger, folder)
    before = contents(folder)
    ledger.append(offs(100, start=700))
    published = publish(ledger, folder)
    after = contents(folder)
    new = {
        "tile/0/002",
        "tile/entries/002",
        "tile/0/003.p/32",
        "tile/entries/003.p/32",
        "tile/1/000.p/3",
    }
    assert set(after) - set(before) == new and published["files_written"] == len(new)
    unchanged = set(before) & set(after) - {"checkpoint", "vkey"}
    assert {name: after[name] for name in unchanged} == {name: before[name] for name in unchanged}


def test_growing_by_steps_gives_the_files_of_one_step(ledger: Ledger, folder: Path) -> None:
    for size in (1, 255, 256, 257, 513, 600):
        ledger.append(offs(size - ledger.size, start=ledger.size))
        publish(ledger, folder)
    at_once = folder.with_name("at-once")
    publish(ledger, at_once)
    assert names(at_once) <= names(folder)
    for name in names(at_once):
        assert (folder / name).read_bytes() == (at_once / name).read_bytes()


def test_partial_tiles_stay_until_the_full_one_is_there(ledger: Ledger, folder: Path) -> None:
    for count in (10, 10):
        ledger.append(offs(count, start=ledger.size))
        publish(ledger, folder)
    partial = {"tile/0/000.p/10", "tile/0/000.p/20", "tile/entries/000.p/10"}
    assert partial <= names(folder)
    ledger.append(offs(236, start=20))
    assert publish(ledger, folder)["files_removed"] == 4
    assert not any(name.startswith("tile/0/000.p") for name in names(folder))


def test_nothing_new_writes_nothing(ledger: Ledger, folder: Path) -> None:
    ledger.append(offs(3))
    publish(ledger, folder)
    before = contents(folder)
    assert publish(ledger, folder)["files_written"] == 0
    assert contents(folder) == before


def test_blocks_of_a_large_log_join(
    ledger: Ledger, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ledger.append(offs(1000))
    publish(ledger, folder)
    monkeypatch.setattr(publish_module, "_BLOCK", 256)
    in_blocks = folder.with_name("in-blocks")
    said = list[int]()
    publish(ledger, in_blocks, tell=said.append)
    assert {n: c for n, (c, _) in contents(in_blocks).items()} == {
        n: c for n, (c, _) in contents(folder).items()
    }
    assert said == [256, 512, 768, 1000]


def test_a_ledger_that_does_not_match_its_checkpoint_is_not_published(
    ledger: Ledger, folder: Path, tamper: Tamper
) -> None:
    ledger.append(offs(300))
    tamper(
        "UPDATE entry SET public = (SELECT public FROM entry WHERE position = 8) WHERE position = 7"
    )
    with pytest.raises(VerificationError, match="do not give the tree that the last checkpoint"):
        publish(ledger, folder)
    assert names(folder) == set()


def test_a_ledger_without_one_of_its_entries_is_not_published(
    ledger: Ledger, folder: Path, tamper: Tamper
) -> None:
    ledger.append(offs(3))
    tamper("DELETE FROM entry WHERE position = 1")
    with pytest.raises(VerificationError, match="do not give the tree"):
        publish(ledger, folder)


@on_sqlite
def test_a_ledger_that_lost_entries_is_not_published(path: Path, folder: Path) -> None:
    with Ledger.create(path) as ledger:
        ledger.append(offs(3))
    with restored(path), Ledger(path) as ledger:
        ledger.append(offs(1))
        publish(ledger, folder)
    with Ledger(path) as ledger, pytest.raises(VerificationError, match="covers 4 entries"):
        publish(ledger, folder)


@on_sqlite
def test_a_history_that_was_rewritten_is_not_published(path: Path, folder: Path) -> None:
    path = path.with_name("log.sqlite")  # of a home it would not have been signed
    with Ledger.create(path) as ledger:
        ledger.append(offs(3))
    with restored(path), Ledger(path) as ledger:
        ledger.append(offs(1))
        publish(ledger, folder)
    before = contents(folder)
    with Ledger(path) as ledger:
        ledger.append(offs(2))
        with pytest.raises(VerificationError, match="does not begin with the 4 entries"):
            publish(ledger, folder)
    assert contents(folder) == before


def test_another_log_is_not_published_over_this_one(
    ledger: Ledger, folder: Path, tmp_path: Path
) -> None:
    publish(ledger, folder)
    other = Ledger.create(tmp_path / "other.sqlite")
    with other, pytest.raises(VerificationError, match="not signed with the key"):
        publish(other, folder)


def test_a_file_that_an_earlier_run_left_without_a_checkpoint_must_be_the_same(
    ledger: Ledger, folder: Path
) -> None:
    ledger.append(offs(3))
    publish(ledger, folder)
    ledger.append(offs(3, start=3))
    ahead = folder / "tile/0/000.p/6"
    ahead.write_bytes(bytes(192))
    with pytest.raises(VerificationError, match=r"000.p/6` is not what"):
        publish(ledger, folder)


def test_the_tiles_that_are_built_upon_must_be_those_of_the_checkpoint(
    ledger: Ledger, folder: Path
) -> None:
    ledger.append(offs(300))
    publish(ledger, folder)
    (folder / "tile/1/000.p/1").write_bytes(bytes(32))
    ledger.append(offs(1))
    with pytest.raises(VerificationError, match="do not give the tree that its checkpoint signed"):
        publish(ledger, folder)


def test_a_crash_before_the_checkpoint_leaves_the_old_log_whole(
    ledger: Ledger, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ledger.append(offs(300))
    publish(ledger, folder)
    ledger.append(offs(300, start=300))

    def crash(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(publish_module, "write_whole", crash)
        publish(ledger, folder)
    note = (folder / "checkpoint").read_text()
    assert verify_checkpoint(note, Verifier.parse(ledger.vkey)).size == 300
    assert {"tile/0/001.p/44", "tile/entries/001.p/44", "tile/1/000.p/1"} <= names(folder)
    assert publish(ledger, folder)["size"] == 600


def test_after_a_change_of_key_the_same_log_is_published_further(
    ledger: Ledger, folder: Path
) -> None:
    ledger.append(offs(3))
    publish(ledger, folder)
    for retire in (False, True):  # nobody published while both keys signed
        ledger.rotate_key(AT, retire=retire)
    assert publish(ledger, folder)["vkey"] == ledger.vkey
    assert (folder / "vkey").read_text() == ledger.vkey + "\n"


def test_one_publishes_at_a_time(ledger: Ledger, folder: Path) -> None:
    publish(ledger, folder)
    handle = os.open(folder, os.O_RDONLY)
    fcntl.flock(handle, fcntl.LOCK_EX)
    with pytest.raises(BusyError, match="by somebody else"):
        publish(ledger, folder)
    os.close(handle)


@on_sqlite
def test_the_command(ledger: Ledger, path: Path, folder: Path) -> None:
    ledger.append(offs(300))
    done = CliRunner().invoke(cli, ["ledger", "publish", "--out", str(folder), str(path), "--json"])
    said = json.loads(done.stdout)
    assert said["schema"] == "vanne/ledger-publication/1"
    assert (said["size"], said["files_written"], said["vkey"]) == (300, 5, ledger.vkey)
    again = CliRunner().invoke(cli, ["ledger", "publish", "--out", str(folder), str(path)])
    assert "published 300 entries of `vanne.local/ledger`: 0 new files" in again.stdout
