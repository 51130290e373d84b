"""What is kept beside the data may be damaged, lost or exchanged: it is made again, or refused.

Nothing that is kept counts for itself. All of it follows from the data files, the members, the
policy and the ledger, so that a build after any damage gives the version it would have given.
"""

import shutil
from datetime import timedelta
from pathlib import Path

import pytest

from tests.corpus.test_refresh import Network
from vanne.corpus import build, current, read, refresh, verify
from vanne.corpus.manifest import pointer_of
from vanne.corpus.tracing import trace
from vanne.errors import VerificationError
from vanne.terms import MAIN_PURPOSE


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
    for path in network.home.root.glob("ledger*"):
        path.unlink()
    network.choice()
    with pytest.raises(VerificationError, match="ledger"):
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
