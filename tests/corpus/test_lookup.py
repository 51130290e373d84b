"""A look-up gives what the sidecars say: one item, many, or all, and always of the current version."""

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from shutil import rmtree

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.corpus.test_refresh import EVENTS, OFTEN, START, Network
from vanne.config import Home
from vanne.corpus import build, current, refresh
from vanne.corpus.lookup import NO_ITEM, Current, Lookup, hash_of
from vanne.corpus.manifest import Manifest
from vanne.corpus.patch import sidecar_of
from vanne.decide import People, decide
from vanne.errors import BusyError, InputError, MissingError, VerificationError
from vanne.ids import hashes_of
from vanne.ledger import Ledger
from vanne.policy import load
from vanne.sources.tables import read_items, read_members, write_items
from vanne.terms import MAIN_PURPOSE, REASONS, Choice, Item, Reason

NOTHING = ["", "nothing", "item-", "item-1 ", "ITEM-1", "item-01", "é", "\ud800", "item-1\x00"]


@pytest.fixture
def network(tmp_path: Path) -> Network:
    network = Network(tmp_path / "home", seed=3)
    write_items(
        [replace(network.item(), category="salary")], network.home.items / "never-0.parquet"
    )
    build(network.home, network.now)
    return network


def reasons_of(network: Network, ids: list[str]) -> list[Reason | None]:
    lookup = opened(network.home)
    return [lookup.reason(item_id) for item_id in ids]


def opened(home: Home) -> Lookup:
    return Lookup.open(home, current(home))


def by_sidecar(home: Home, manifest: Manifest) -> dict[str, Reason]:
    """Read the reason of every row of every file; every network's ids are different."""
    found: dict[str, Reason] = {}
    for file in manifest.files:
        ids = pq.read_table(home.items / file.path)["item_id"].to_pylist()
        never = [Reason.CATEGORY_NEVER] * len(ids)
        codes = file.sidecar and sidecar_of(home, manifest, file).codes.tolist()
        found |= zip(ids, [REASONS[code] for code in codes] if codes else never, strict=True)
    return found


def by_deciding(home: Home, manifest: Manifest) -> dict[str, Reason]:
    """Decide all items again by the specification, with every choice that the manifest heard."""
    with Ledger(home.ledger, read_only=True) as ledger:
        said = list(ledger.choices(manifest.ledger_size))
    policy, purpose, as_of = load(str(home.policy)), manifest.purpose, manifest.as_of
    people = People.of(read_members(str(home.members)), said, policy, purpose, as_of)
    items = read_items(str(home.items), with_text=False)
    return {item.item_id: decide(item, people) for item in items}


def say_no(network: Network, person: str) -> None:
    with Ledger(network.home.ledger) as ledger:
        ledger.append([Choice(person, MAIN_PURPOSE, "all", False, network.now)])


# The same, however it is asked


@settings(max_examples=8)
@given(seed=st.integers(0, 2**32), events=st.lists(st.sampled_from(OFTEN), max_size=5))
def test_one_many_and_all_are_what_the_sidecars_say_and_what_deciding_says(
    tmp_path_factory: pytest.TempPathFactory, seed: int, events: list[str]
) -> None:
    root = tmp_path_factory.mktemp("network")
    network = Network(root / "home", seed)
    build(network.home, network.now)
    looking = Current(network.home)
    for event in (None, *events):
        if event:
            EVENTS[event](network)
            refresh(network.home, network.now)
        lookup, manifest = looking.get(), current(network.home)
        assert (lookup.version, lookup.as_of) == (manifest.version, manifest.as_of)
        expected = by_sidecar(network.home, manifest)
        ids = [*expected, *NOTHING]
        assert {i: lookup.reason(i) for i in ids} == expected | dict.fromkeys(NOTHING)
        codes = lookup.codes(pa.array(["nothing", *expected, "item-", ""], pa.string()))
        known = [reason.code for reason in expected.values()]
        assert codes.tolist() == [NO_ITEM, *known, NO_ITEM, NO_ITEM]
    assert expected == by_deciding(network.home, manifest)
    rmtree(root)


@given(st.lists(st.binary(max_size=40)))
def test_the_hash_of_one_id_is_that_of_many(names: list[bytes]) -> None:
    ids = pa.array([name.hex() for name in names], pa.string())
    assert [hash_of(name.hex().encode()) for name in names] == hashes_of(ids).tolist()


def test_ids_with_one_hash_are_told_apart(
    network: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    few = np.uint64(0xF000000000000000)
    monkeypatch.setattr("vanne.ids.hashes_of", lambda ids, real=hashes_of: real(ids) & few)
    monkeypatch.setattr(
        "vanne.corpus.lookup.hash_of", lambda name, real=hash_of: real(name) & int(few)
    )
    rmtree(network.home.corpus / "facts")
    lookup = opened(network.home)
    expected = by_sidecar(network.home, current(network.home))
    ids = [*expected, *NOTHING]
    assert [lookup.reason(i) for i in ids] == [expected.get(i) for i in ids]


def test_the_greatest_hash_finds_nothing_that_is_not_there(
    network: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    lookup = opened(network.home)
    monkeypatch.setattr("vanne.corpus.lookup.hash_of", lambda name: 2**64 - 1)
    assert lookup.reason("nothing") is None


def test_an_empty_corpus_knows_no_item(network: Network) -> None:
    for path in network.home.items.iterdir():
        path.unlink()
    write_items([], network.home.items / "items-1.parquet")
    build(network.home, network.now)
    lookup = opened(network.home)
    assert lookup.reason("item-1") is None
    write_items([], network.home.items / "items-2.parquet")
    refresh(network.home, network.now)
    assert reasons_of(network, ["item-1", ""]) == [None, None]


# Several files


ONE = Item("same", "member-1", "post", created_at=START - timedelta(days=1), text="a text")


@pytest.mark.parametrize("other", ["items-z.parquet", "never-z.parquet"])
@pytest.mark.parametrize("make", [build, refresh])
def test_an_id_that_is_in_two_files_already_is_refused(
    network: Network, make: Callable[..., Manifest], other: str
) -> None:
    before = current(network.home)
    first = next(path for path in sorted(network.home.items.iterdir()))
    same = pq.read_table(first)["item_id"][0].as_py()
    category = "salary" if other.startswith("never-") else "post"
    others = [replace(ONE, item_id=f"new-{n}", category=category) for n in range(3)]
    write_items(
        [*others, replace(ONE, item_id=same, category=category)], network.home.items / other
    )
    with pytest.raises(InputError, match="the item is in"):
        make(network.home, network.now)
    assert current(network.home) == before


def test_of_a_file_that_is_never_used_only_the_ids_are_kept(network: Network) -> None:
    secret = replace(network.item(), item_id="pay", category="salary", text="9,000 a month")
    write_items([secret], network.home.items / "never-pay.parquet")
    build(network.home, network.now)
    assert opened(network.home).reason("pay") is Reason.CATEGORY_NEVER
    for path in (network.home.corpus / "facts").iterdir():
        assert b"9,000" not in path.read_bytes()


def test_the_index_of_all_ids_is_made_once_and_again_when_files_are_added(network: Network) -> None:
    facts = network.home.corpus / "facts"
    first = opened(network.home)
    (made,) = facts.glob("all-*.arrow")
    for path in network.home.items.iterdir():
        path.chmod(0)
    say_no(network, "member-1")
    refresh(network.home, network.now)
    lookup = Lookup.open(network.home, current(network.home), first)
    assert lookup.ids is first.ids
    for path in network.home.items.iterdir():
        path.chmod(0o644)
    network.new_file()
    refresh(network.home, network.now)
    assert opened(network.home).reason(f"item-{network.made}") is not None
    assert [path for path in facts.glob("all-*.arrow") if path == made] == []
    assert first.reason("item-1") is not None  # what is mapped stays


def test_ids_of_a_file_that_was_changed_are_not_taken_for_its_own(network: Network) -> None:
    write_items(
        [replace(network.item(), category="salary")], network.home.items / "never-0.parquet"
    )
    for path in (network.home.corpus / "facts").glob("*.ids.arrow"):
        path.unlink()
    with pytest.raises(BusyError, match=r"never-0\.parquet` was changed"):
        opened(network.home)


# What is refused


def _sidecar(home: Home) -> Path:
    file = next(file for file in current(home).files if file.sidecar)
    return home.corpus / "sidecars" / str(file.sidecar)


def _flip_last(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)


@pytest.mark.parametrize(
    "damage",
    [
        lambda home: _flip_last(_sidecar(home)),
        lambda home: _sidecar(home).write_bytes(_sidecar(home).read_bytes()[:-1]),
    ],
    ids=["code flipped", "sidecar cut"],
)
def test_a_damaged_version_is_not_opened(
    network: Network, damage: Callable[[Home], object]
) -> None:
    opened(network.home)
    damage(network.home)
    with pytest.raises(VerificationError):
        opened(network.home)


@pytest.mark.parametrize("damage", [b"ARROW1", b""])
def test_a_damaged_index_is_made_again(network: Network, damage: bytes) -> None:
    before = reasons_of(network, ["item-1", "nothing"])
    next((network.home.corpus / "facts").glob("all-*.arrow")).write_bytes(damage)
    assert reasons_of(network, ["item-1", "nothing"]) == before


def test_an_index_of_other_files_is_made_again(network: Network) -> None:
    opened(network.home)
    (index,) = (network.home.corpus / "facts").glob("all-*.arrow")
    kept = index.read_bytes()
    network.new_file()
    refresh(network.home, network.now)
    new = f"item-{network.made}"
    right = reasons_of(network, ["item-1", new])
    (other,) = (network.home.corpus / "facts").glob("all-*.arrow")
    other.write_bytes(kept)
    assert reasons_of(network, ["item-1", new]) == right


def test_without_a_corpus_there_is_nothing_to_look_up(network: Network) -> None:
    looking = Current(network.home)
    looking.get()
    (network.home.corpus / "CURRENT").unlink()
    with pytest.raises(MissingError, match="vanne corpus build"):
        looking.get()
    build(network.home, network.now)
    assert looking.get().version == current(network.home).version


# The current version


def test_the_look_up_stays_open_until_another_version_is_current(network: Network) -> None:
    looking = Current(network.home)
    assert looking.fresh() is None
    first = looking.get()
    assert looking.fresh() is looking.get() is first
    say_no(network, "member-1")
    fresh = refresh(network.home, network.now)
    assert looking.fresh() is None
    assert looking.get().version == fresh.version != first.version


def test_a_version_that_cannot_be_opened_is_not_answered_by_the_one_before(
    network: Network,
) -> None:
    looking = Current(network.home)
    looking.get()
    (network.home.corpus / "CURRENT").write_text("0" * 64)
    for _ in range(2):
        with pytest.raises(VerificationError, match="000000000000"):
            looking.get()


def test_many_threads_get_whole_answers_while_versions_change(network: Network) -> None:
    """The versions differ in the choices of one person: all that is theirs is off, or nothing is."""
    home = network.home
    theirs = [i for i, r in by_sidecar(home, current(home)).items() if r is Reason.ALLOWED][:20]
    owners = {
        row["item_id"]: row["owner"]
        for path in home.items.iterdir()
        for row in pq.read_table(path).to_pylist()
    }
    expected = {current(home).version: [Reason.ALLOWED] * len(theirs)}
    looking, done = Current(home), threading.Event()

    def ask() -> None:
        ids = pa.array(theirs, pa.string())
        while not done.is_set():
            lookup = looking.get()
            seen.append(
                (
                    lookup.version,
                    lookup.codes(ids).tolist(),
                    [lookup.code(i.encode()) for i in theirs],
                )
            )

    seen: list[tuple[str, list[int], list[int]]] = []
    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for person in sorted({owners[item_id] for item_id in theirs}):
        say_no(network, person)
        fresh = refresh(home, network.now)
        reasons = by_sidecar(home, fresh)
        expected[fresh.version] = [reasons[item_id] for item_id in theirs]
    done.set()
    for thread in threads:
        thread.join()
    wrong = [v for v, many, single in seen if not many == single == [r.code for r in expected[v]]]
    assert wrong == [] and len(expected) > 2 and len(seen) > len(expected)


def test_what_no_file_holds_has_a_code_of_its_own() -> None:
    assert NO_ITEM not in {reason.code for reason in REASONS}
