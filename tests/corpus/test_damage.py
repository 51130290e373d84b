"""What is kept beside the data may be damaged, lost or exchanged: it is made again, or refused.

Nothing that is kept counts for itself. All of it follows from the data files, the members, the
policy and the ledger, so that a build after any damage gives the version it would have given.
"""

import random
import shutil
import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from tests.corpus.test_refresh import START, Network
from tests.ledgers import put_another_ledger
from vanne.corpus import build, current, read, refresh, verify
from vanne.corpus.history import trace
from vanne.corpus.lookup import Lookup
from vanne.corpus.manifest import pointer_of
from vanne.errors import VanneError, VerificationError
from vanne.ledger import Ledger
from vanne.sources.tables import write_items
from vanne.terms import MAIN_PURPOSE, Choice


@pytest.fixture
def network(tmp_path: Path) -> Network:
    network = Network(tmp_path / "home", seed=7)
    for _ in range(4):
        network.choice()
    build(network.home, network.now)
    return network


def flip(path: Path) -> None:
    """Change one byte in the middle, which no length and no header shows."""
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-8])


def empty(path: Path) -> None:
    path.write_bytes(b"")


@pytest.mark.parametrize("harm", [flip, cut, empty, Path.unlink])
@pytest.mark.parametrize(
    "kept", ["facts/[!m]*.arrow", "facts/members*.arrow", "choices/*.arrow", "sidecars/*"]
)
def test_damaged_files_are_made_again_by_a_build(network: Network, kept: str, harm) -> None:
    before = current(network.home)
    files = list(network.home.corpus.glob(kept))
    assert files
    for path in files:
        harm(path)
    assert build(network.home, network.now) == before
    verify(network.home, before)
    assert len(list(read(network.home, before))) == before.documents


def test_a_version_names_each_data_file_even_one_without_rows(network: Network) -> None:
    before = current(network.home)
    write_items([], network.home.items / "none.parquet")
    after = build(network.home, network.now)
    assert len(after.files) == len(before.files) + 1
    assert after.documents == before.documents and current(network.home) == after
    verify(network.home, after)


@pytest.mark.parametrize("harm", [flip, cut, empty, Path.unlink])
@pytest.mark.parametrize("kept", ["facts", "choices"])
def test_a_refresh_over_damaged_files_gives_what_a_build_gives(
    network: Network, kept: str, harm
) -> None:
    for path in (network.home.corpus / kept).glob("*.arrow"):
        harm(path)
    network.choice()
    fresh = refresh(network.home, network.now)
    shutil.rmtree(network.home.corpus / kept)
    assert fresh == build(network.home, network.now, make_current=False)


@pytest.mark.parametrize("kept", ["[!m]*[!s].arrow", "members*.arrow"])
def test_one_kept_file_in_the_place_of_another_is_not_believed(network: Network, kept: str) -> None:
    facts = network.home.corpus / "facts"
    first, *_ = sorted(facts.glob(kept))
    file, note = first.read_bytes(), Path(f"{first}.seen").read_bytes()
    network.new_file()
    network.member_changes()
    before = build(network.home, network.now)
    for path in facts.glob(kept):
        if path != first:
            path.write_bytes(file)
            Path(f"{path}.seen").write_bytes(note)
    assert build(network.home, network.now) == before


def test_without_the_notes_everything_is_read_and_made_again(network: Network) -> None:
    before = current(network.home)
    notes = list(network.home.corpus.rglob("*.seen"))
    assert notes
    for note in notes:
        note.write_text("[]")
    assert build(network.home, network.now) == before


def test_a_lost_sidecar_is_named_and_comes_back_with_a_refresh(network: Network) -> None:
    manifest = current(network.home)
    for path in (network.home.corpus / "sidecars").iterdir():
        path.unlink()
    with pytest.raises(VerificationError, match="missing") as caught:
        list(read(network.home, manifest))
    assert "run `vanne corpus refresh`" in str(caught.value)
    refresh(network.home, network.now)
    assert len(list(read(network.home, manifest))) == manifest.documents


def test_a_lost_patch_is_named_and_comes_back_with_a_refresh(network: Network, monkeypatch) -> None:
    monkeypatch.setattr("vanne.corpus.refreshing.LARGE", 1.0)
    network.choice()
    refresh(network.home, network.now)
    shutil.rmtree(network.home.corpus / "patches")
    with pytest.raises(VerificationError, match="missing"):
        list(read(network.home, current(network.home)))
    network.choice()
    fresh = refresh(network.home, network.now)
    assert len(list(read(network.home, fresh))) == fresh.documents


def test_a_pointer_to_a_version_for_another_purpose_is_refused(network: Network) -> None:
    pointer = pointer_of(network.home, "recruiter-search")
    shutil.copy(pointer_of(network.home, MAIN_PURPOSE), pointer)
    with pytest.raises(VerificationError, match="another purpose"):
        current(network.home, "recruiter-search")


def test_a_build_on_another_ledger_is_refused(network: Network) -> None:
    put_another_ledger(network.home)
    with pytest.raises(VerificationError, match="the ledger is another one"):
        build(network.home, network.now)


def test_a_damaged_version_hides_no_other_from_a_trace(network: Network) -> None:
    first = current(network.home)
    item = next(read(network.home, first)).item_id
    flip(network.home.corpus / "manifests" / f"{first.version}.json")
    with pytest.raises(VerificationError, match="damaged ones: 1"):
        trace(network.home, item)
    second = build(network.home, network.now + timedelta(days=1))
    history = trace(network.home, item)
    assert [t.version for t in history.traces] == [second.version]
    assert history.damaged == 1


def derived(network: Network) -> dict[str, bytes]:
    """Return all that is kept beside the data, by its path; notes hold times and are left out."""
    folder = network.home.corpus
    paths = (path for path in folder.rglob("*") if path.is_file() and path.suffix != ".seen")
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}


def used(network: Network) -> None:
    """Let everything be kept that readers keep."""
    manifest = current(network.home)
    list(read(network.home, manifest))
    Lookup.open(network.home, manifest)
    for path in (network.home.corpus / "facts").glob("all-*"):
        path.unlink()
    Lookup.open(network.home, manifest)


@pytest.mark.parametrize("harm", [flip, cut, Path.unlink])
def test_a_refresh_makes_every_derived_file_again_that_is_damaged(
    network: Network, monkeypatch, caplog: pytest.LogCaptureFixture, harm
) -> None:
    """Each file beside the data in turn: the list is what lies there."""
    monkeypatch.setattr("vanne.corpus.refreshing.LARGE", 1.0)
    network.choice()
    before = refresh(network.home, network.now)
    used(network)
    whole, folder = derived(network), network.home.corpus
    assert {path.split("/")[0] for path in whole} >= {
        "CURRENT", "choices", "facts", "manifests", "patches", "sidecars"
    }  # fmt: skip
    kept = folder.with_name("kept")
    shutil.copytree(folder, kept)
    for name in whole:
        caplog.clear()
        harm(folder / name)
        assert refresh(network.home, network.now) == before, name
        told = [record.message for record in caplog.records]
        used(network)
        assert current(network.home) == before
        verify(network.home, before)
        after = derived(network)
        now = {file.sidecar for file in before.files}
        for other, data in after.items():
            if other in whole and (other != name or Path(name).name in now or "facts" in other):
                assert data == whole[other], (name, other)
        is_needed = name.split("/")[0] in ("choices", "patches") or before.version in name
        assert len(told) == 1 if is_needed and harm is not Path.unlink else len(told) <= 1, name
        shutil.rmtree(folder)
        shutil.copytree(kept, folder)


def test_a_reader_that_meets_damage_says_what_makes_it_again(network: Network) -> None:
    manifest = current(network.home)
    for kind in ("sidecars", "manifests"):
        for path in (network.home.corpus / kind).iterdir():
            flip(path)
        with pytest.raises(VerificationError, match="run `vanne corpus refresh`"):
            list(read(network.home, manifest if kind == "sidecars" else current(network.home)))
    assert refresh(network.home, network.now) == manifest


def test_a_damaged_version_for_one_purpose_stops_no_other(network: Network) -> None:
    rules = network.home.policy.read_text()
    _, first = rules.split("[purposes", 1)
    second = "[purposes" + first.replace("generative-ai-training", "service-improvement")
    network.home.policy.write_text(f"{rules}\n{second}")
    other = build(network.home, network.now, purpose="service-improvement")
    (network.home.corpus / "manifests" / f"{other.version}.json").unlink()
    network.choice()
    refresh(network.home, network.now)
    assert refresh(network.home, network.now, purpose=other.purpose).purpose == other.purpose


def test_a_ledger_in_which_bytes_have_changed_is_not_gone_on_with(network: Network) -> None:
    """Three bytes anywhere in the pages that are used; a build opens each entry."""
    with Ledger(network.home.ledger) as ledger:
        ledger.append(
            [Choice(f"member-{n}", MAIN_PURPOSE, "all", False, START) for n in range(500)]
        )
    before = build(network.home, network.now)
    whole = network.home.ledger.read_bytes()
    wal = network.home.ledger.with_name("ledger.sqlite-wal")
    assert not wal.exists() or not wal.stat().st_size
    chance, noticed, goes_on = random.Random(5), 0, 0
    for _ in range(40):
        data = bytearray(whole)
        for _ in range(3):
            data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
        network.home.ledger.write_bytes(data)
        try:
            goes_on += build(network.home, network.now) == before
        except VanneError:
            noticed += 1
    assert (
        noticed + goes_on == 40
    )  # where nothing that counts was hit, nothing is decided otherwise
    assert noticed >= 30


@pytest.mark.parametrize("opens", [refresh, build])
def test_pages_of_the_ledger_that_do_not_fit_together_are_noticed_at_once(
    network: Network, opens
) -> None:
    with Ledger(network.home.ledger) as ledger:
        ledger.append(
            [Choice(f"member-{n}", MAIN_PURPOSE, "all", False, START) for n in range(500)]
        )
    build(network.home, network.now)
    path = network.home.ledger
    data = bytearray(path.read_bytes())
    with closing(sqlite3.connect(path)) as db:
        (page,) = db.execute("SELECT rootpage FROM sqlite_schema WHERE name = 'entry'").fetchone()
        (size,) = db.execute("PRAGMA page_size").fetchone()
    data[(page - 1) * size + 4] ^= 1  # how many cells the page has
    path.write_bytes(data)
    for act in (lambda: opens(network.home, network.now), network.choice):
        with pytest.raises(VanneError, match="damaged"):
            act()
