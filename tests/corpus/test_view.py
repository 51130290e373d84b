"""The corpus is a pinned view: it gives what is allowed, and notices whatever has changed."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.members import replace_members
from vanne.config import Home
from vanne.corpus import build, current, read, verify
from vanne.corpus.arrays import unchanged
from vanne.corpus.contract import Accepting
from vanne.corpus.manifest import load
from vanne.errors import BusyError, InputError, MissingError, VanneError, VerificationError
from vanne.ledger import Ledger
from vanne.policy.load import text_of
from vanne.sources.tables import write_items, write_members
from vanne.terms import MAIN_PURPOSE, Choice, Item, Member

AS_OF = datetime(2026, 6, 1, tzinfo=UTC)
MADE = datetime(2024, 5, 1, tzinfo=UTC)
ADA, BOB = (Member(name, "CH", datetime(1990, 4, 12).date()) for name in ("ada", "bob"))


def item(item_id: str, owner: str, category: str = "post") -> Item:
    return Item(item_id, owner, category, created_at=MADE, text=f"text of {item_id}", lang="fr")


ITEMS = [item("a1", "ada"), item("a2", "ada", "cv"), item("b1", "bob"), item("b2", "bob", "follow")]
NEVER = [item("a3", "ada", "salary"), item("b3", "bob", "private_message")]


@pytest.fixture
def home(tmp_path: Path) -> Home:
    home = Home(tmp_path / "home")
    write_items(ITEMS, home.items / "items.parquet")
    write_items(NEVER, home.items / "never-items.parquet")
    write_members([ADA, BOB], home.members)
    home.policy.write_text(text_of("linkedin-2025-11-03"))
    Ledger.create(home.ledger).close()
    return home


def say_no(home: Home, member: str, at: datetime = AS_OF) -> None:
    with Ledger(home.ledger) as ledger:
        ledger.append([Choice(member, MAIN_PURPOSE, "all", False, at)])


def ids(home: Home) -> list[str]:
    return [document.item_id for document in read(home, current(home))]


def test_only_what_is_allowed_is_read_and_every_item_is_counted(home: Home) -> None:
    manifest = build(home, AS_OF)
    assert ids(home) == ["a1", "a2", "b1"]
    assert manifest.counts == {"allowed": 3, "category-not-listed": 1, "category-never": 2}
    assert manifest.documents == 3


def test_a_no_takes_effect_at_the_next_build_and_a_yes_brings_the_old_version_back(
    home: Home,
) -> None:
    before = build(home, AS_OF)
    say_no(home, "ada")
    build(home, AS_OF)
    assert ids(home) == ["b1"]
    with Ledger(home.ledger) as ledger:
        ledger.append([Choice("ada", MAIN_PURPOSE, "all", True, AS_OF + timedelta(seconds=1))])
    build(home, AS_OF + timedelta(seconds=1))
    assert ids(home) == ["a1", "a2", "b1"]
    assert load(home, before.version) == before


def test_a_version_can_be_looked_at_without_making_it_current(home: Home) -> None:
    before = build(home, AS_OF)
    say_no(home, "ada")
    seen = build(home, AS_OF, make_current=False)
    assert [document.item_id for document in read(home, seen)] == ["b1"]
    assert current(home) == before


def test_the_same_inputs_give_the_same_version_to_the_byte(home: Home) -> None:
    first = build(home, AS_OF)
    files = {path: path.read_bytes() for path in home.corpus.rglob("*") if path.is_file()}
    assert build(home, AS_OF).version == first.version
    assert files == {path: path.read_bytes() for path in home.corpus.rglob("*") if path.is_file()}


def test_time_passes_without_an_entry_in_the_ledger(home: Home) -> None:
    write_members([replace(ADA, birth_date=datetime(2008, 6, 2).date()), BOB], home.members)
    build(home, AS_OF)
    assert ids(home) == ["b1"]
    assert build(home, AS_OF + timedelta(days=1)).counts["made-as-minor"] == 2


def test_a_file_of_what_is_never_used_is_not_opened_by_a_reader(home: Home) -> None:
    manifest = build(home, AS_OF)
    (home.items / "never-items.parquet").write_bytes(b"not even Parquet")
    assert [document.item_id for document in read(home, manifest)] == ["a1", "a2", "b1"]


def test_a_data_file_that_has_changed_is_refused_by_the_reader(home: Home) -> None:
    manifest = build(home, AS_OF)
    write_items(ITEMS[::-1], home.items / "items.parquet")
    with pytest.raises(VerificationError, match=r"`items.parquet` has changed"):
        list(read(home, manifest))


@pytest.mark.parametrize("change", ["flip", "cut", "swap"])
def test_a_sidecar_that_is_not_the_file_s_own_is_refused(home: Home, change: str) -> None:
    manifest = build(home, AS_OF)
    name = manifest.files[0].sidecar
    assert name is not None
    path = home.corpus / "sidecars" / name
    data = path.read_bytes()
    if change == "swap":  # a whole sidecar, but of another time
        build(home, AS_OF + timedelta(days=1), force=True)
        other = current(home).files[0].sidecar
        forged = replace(manifest, files=(replace(manifest.files[0], sidecar=other),))
        with pytest.raises(VerificationError, match="made for another `as_of`"):
            list(read(home, forged))
        return
    path.write_bytes(data[:-1] + (b"\0" if change == "flip" else b""))
    with pytest.raises(VerificationError, match="damaged"):
        list(read(home, manifest))


def test_verify_decides_everything_again(home: Home) -> None:
    manifest = build(home, AS_OF)
    say_no(home, "ada")  # later entries do not touch a pinned version
    verify(home, manifest)
    replace_members([ADA], home)
    with pytest.raises(VerificationError, match="`members_sha256` is different"):
        verify(home, manifest)


def test_a_version_still_verifies_when_a_file_has_been_added_since(home: Home) -> None:
    manifest = build(home, AS_OF)
    write_items([item("new", "bob")], home.items / "new.parquet")
    verify(home, manifest)
    (home.items / "items.parquet").unlink()
    with pytest.raises(VanneError, match=r"items\.parquet"):
        verify(home, manifest)


def test_a_policy_that_has_changed_is_named_with_what_to_do(home: Home) -> None:
    manifest = build(home, AS_OF)
    home.policy.write_text(text_of("facebook-2025-05-27"))
    with pytest.raises(VerificationError, match=r"its `policy` is different now.*put the policy"):
        verify(home, manifest)


def test_a_build_that_fails_leaves_the_old_version_current(home: Home) -> None:
    manifest = build(home, AS_OF)
    (home.items / "broken.parquet").write_bytes(b"PAR1")
    with pytest.raises(InputError, match=r"broken\.parquet"):
        build(home, AS_OF)
    assert current(home) == manifest
    assert ids(home) == ["a1", "a2", "b1"]


def test_a_manifest_that_was_edited_is_refused(home: Home) -> None:
    version = build(home, AS_OF).version
    path = home.corpus / "manifests" / f"{version}.json"
    path.write_text(path.read_text().replace('"documents":3', '"documents":4'))
    with pytest.raises(VerificationError, match="damaged"):
        current(home)


def test_without_a_corpus_the_error_says_how_to_build_one(home: Home) -> None:
    with pytest.raises(MissingError, match="vanne corpus build"):
        current(home)


def test_a_document_says_whether_somebody_else_can_take_it_out(home: Home) -> None:
    mine = replace(ITEMS[0], item_id="mine", author="ada", subjects=("ada",))
    about = replace(ITEMS[0], item_id="about", subjects=("bob",))
    written = replace(ITEMS[0], item_id="written", author="bob")
    write_items([mine, about, written], home.items / "items.parquet")
    documents = read(home, build(home, AS_OF))
    assert {d.item_id: d.shared for d in documents} == {
        "mine": False,
        "about": True,
        "written": True,
    }


def test_data_files_without_the_optional_columns_are_read(home: Home) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    row = {"item_id": [7], "owner": ["ada"], "category": ["post"], "created_at": ["2024-05-01"]}
    pq.write_table(pa.table(row | {"text": ["seven"]}), home.items / "items.parquet")
    build(home, AS_OF)
    assert ids(home) == ["7"]
    (home.items / "items.parquet").unlink()
    write_items([item("new", "bob")], home.items / "new.parquet")
    pq.write_table(pa.table(row), home.items / "items.parquet")
    assert build(home, AS_OF, accepting=Accepting(AS_OF, schema=True, files=["items.parquet"]))
    assert ids(home) == ["new"]


def test_a_file_that_changes_while_it_is_read_is_refused(home: Home) -> None:
    path = home.items / "items.parquet"
    with pytest.raises(BusyError, match=r"`items.parquet` was changed"), unchanged(path):
        write_items(ITEMS[::-1], path)
