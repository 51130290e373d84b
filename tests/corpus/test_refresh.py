"""A refresh gives what building everything gives, to the byte, whatever happened in between."""

import random
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from shutil import rmtree

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.members import replace_members
from vanne.config import Home
from vanne.corpus import build, building, current, read, refresh, verify
from vanne.corpus import patch as patching
from vanne.corpus.choice_index import segments
from vanne.corpus.contract import Accepting
from vanne.corpus.contract import load as load_contract
from vanne.corpus.indexes import item_index_of
from vanne.errors import InputError, VerificationError
from vanne.ledger import Ledger
from vanne.sources.tables import write_items, write_members
from vanne.terms import MAIN_PURPOSE, Choice, Item, Member

START = datetime(2026, 3, 1, tzinfo=UTC)
POLICY = """
name = "moving"
version = "1"

[purposes.generative-ai-training]
listed = { post = [], cv = [], photo = [] }
never = { salary = [] }
age.minimum = 18
age.signs = ["secondary-school"]
sensitive.tags = ["health"]
window.days = WINDOW
objection.covers = "COVERS"
people.non_members = "unless-objected"

[[purposes.generative-ai-training.rollout]]
regions = ["EU"]
from = 2025-01-01
until = 2026-03-20
default = "on"

[[purposes.generative-ai-training.rollout]]
regions = ["CH", "US"]
from = 2025-01-01
default = "off"

[[purposes.generative-ai-training.rollout]]
regions = ["CA"]
from = 2026-03-10
default = "on"
"""
PEOPLE = [f"member-{n}" for n in range(12)]
STRANGERS = ["stranger-1", "stranger-2"]


class Network:
    """A small network in which things happen."""

    def __init__(self, root: Path, seed: int) -> None:
        self.random = random.Random(seed)
        self.home, self.now, self.made = Home(root), START, 0
        self.members = [self.member(name) for name in PEOPLE[:9]]
        write_members(self.members, self.home.members)
        self.write_policy()
        Ledger.create(self.home.ledger).close()
        self.new_file()
        self.new_file()

    def write_policy(self) -> None:
        window = self.random.choice(["400", "900"])
        covers = self.random.choice(["everything", "afterwards"])
        text = POLICY.replace("WINDOW", window).replace("COVERS", covers)
        self.home.policy.write_text(text)

    def member(self, name: str) -> Member:
        pick = self.random.choice
        young = pick([None, date(2008, 2, 29), date(2008, 3, pick([2, 9, 15]))])
        born = pick([date(1990, 2, 1), date(1990, 2, 1), date(1990, 2, 1), young])
        signs = pick([(), (), (), (), (), ("secondary-school",)])
        return Member(name, pick(["FR", "FR", "FR", "CH", "US", "CA", "XX", None]), born, signs)

    def item(self) -> Item:
        pick = self.random.choice
        self.made += 1
        people = [*PEOPLE, *STRANGERS]
        return Item(
            item_id=f"item-{self.made}",
            owner=pick(PEOPLE),
            author=pick([None, None, None, pick(people)]),
            subjects=tuple(self.random.sample(people, pick([0, 0, 0, 1, 2]))),
            category=pick(["post", "post", "cv", "cv", "photo", "follow"]),
            created_at=START - timedelta(days=pick([1, 100, 385, 399, 410, 880, 899])),
            tags=pick([(), (), (), (), ("health",)]),
            text=pick([None, "a text", "a text"]),
        )

    # What happens

    def new_file(self) -> None:
        items = [self.item() for _ in range(self.random.choice([1, 30, 60]))]
        write_items(items, self.home.items / f"items-{self.made:04}.parquet")
        if self.random.random() < 0.3:
            secret = replace(self.item(), category="salary")
            write_items([secret], self.home.items / f"never-{self.made:04}.parquet")

    def file_goes(self) -> None:
        paths = sorted(self.home.items.glob("items-*.parquet"))
        if len(paths) > 1:
            self.random.choice(paths).unlink()

    def choice(self) -> None:
        pick = self.random.choice
        scope = pick(["all", "all", "category", "item"])
        target = {"all": None, "category": "cv", "item": f"item-{pick(range(1, 40))}"}[scope]
        days = timedelta(days=pick([-300, -5, 0, 0, 1, 7]))  # also in the past, and in advance
        purpose = pick([MAIN_PURPOSE, MAIN_PURPOSE, "recruiter-search"])
        on = self.random.random() < 0.4
        person = pick([*PEOPLE, *STRANGERS * 3])
        with Ledger(self.home.ledger) as ledger:
            ledger.append([Choice(person, purpose, scope, on, self.now + days, target)])

    def member_changes(self) -> None:
        name = self.random.choice(PEOPLE)
        self.members = [m for m in self.members if m.member_id != name]
        if self.random.random() < 0.8:
            self.members.insert(0, self.member(name))
        replace_members(self.members, self.home)

    def time_passes(self) -> None:
        self.now += timedelta(days=self.random.choice([1, 4, 9, 20]))

    def policy_changes(self) -> None:
        self.write_policy()


EVENTS: dict[str, Callable[[Network], None]] = {
    "choice": Network.choice,
    "time": Network.time_passes,
    "member": Network.member_changes,
    "new file": Network.new_file,
    "file goes": Network.file_goes,
    "policy": Network.policy_changes,
}
OFTEN = [*EVENTS, "choice", "choice", "choice", "time"]


@settings(max_examples=6)
@given(seed=st.integers(0, 2**32), events=st.lists(st.sampled_from(OFTEN), min_size=1, max_size=8))
def test_a_refresh_is_a_build_whatever_happened(tmp_path_factory, seed, events) -> None:
    root = tmp_path_factory.mktemp("network")
    network = Network(root / "home", seed)
    by_chance = Accepting(START, schema=True)  # a file may hold no tags, and by chance alone
    build(network.home, network.now, accepting=by_chance)
    for event in events:
        EVENTS[event](network)
        fresh = refresh(network.home, network.now, accepting=by_chance)
        assert fresh == build(network.home, network.now, make_current=False), event
        assert current(network.home) == fresh
    verify(network.home, current(network.home))
    rmtree(root)


@pytest.fixture
def network(tmp_path: Path) -> Network:
    network = Network(tmp_path / "home", seed=7)
    build(network.home, network.now)
    return network


def test_the_networks_have_items_of_all_sorts(network: Network) -> None:
    counts = current(network.home).counts
    assert counts["allowed"] >= 10 and len(counts) >= 8


def decided_again(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Count how many rows a refresh decides at a time."""
    rows: list[int] = []
    real = building.codes_of
    monkeypatch.setattr(
        building, "codes_of", lambda facts, *a: rows.append(len(facts)) or real(facts, *a)
    )
    return rows


def test_after_every_prefix_of_the_ledger_the_refresh_is_the_build(network: Network) -> None:
    for _ in range(25):
        network.choice()
        fresh = refresh(network.home, network.now)
        assert fresh == build(network.home, network.now, make_current=False)


def test_one_no_costs_the_items_of_one_member(network: Network, monkeypatch) -> None:
    rows = decided_again(monkeypatch)
    with Ledger(network.home.ledger) as ledger:
        ledger.append([Choice("member-1", MAIN_PURPOSE, "all", False, network.now)])
    fresh = refresh(network.home, network.now)
    total = sum(file.rows for file in fresh.files)
    assert 0 < sum(rows) < total / 3
    assert all(d.owner != "member-1" for d in read(network.home, fresh))


def test_an_objection_to_one_item_costs_one_row_and_is_found_where_nobody_lists_it(
    network: Network, monkeypatch
) -> None:
    before = build(network.home, network.now)
    allowed = [document.item_id for document in read(network.home, before)]
    with Ledger(network.home.ledger) as ledger:
        said = Choice("nobody-knows", MAIN_PURPOSE, "item", False, network.now, allowed[0])
        ledger.append([said])
    rows = decided_again(monkeypatch)
    fresh = refresh(network.home, network.now)
    assert rows == [1]
    assert fresh == build(network.home, network.now, make_current=False)
    assert fresh.documents == before.documents - 1


@pytest.mark.parametrize(("person", "denied"), [("nobody-knows", 1), ("quiet-member", 0)])
def test_who_chose_for_an_item_is_still_heard_when_its_owner_says_something(
    network: Network, person: str, denied: int
) -> None:
    network.members.append(Member("quiet-member", "FR", date(1990, 1, 1)))
    replace_members(network.members, network.home)
    item = next(read(network.home, build(network.home, network.now)))
    with Ledger(network.home.ledger) as ledger:
        ledger.append([Choice(person, MAIN_PURPOSE, "item", False, network.now, item.item_id)])
        refresh(network.home, network.now)
        ledger.append([Choice(item.owner, MAIN_PURPOSE, "all", True, network.now)])
    fresh = refresh(network.home, network.now)
    assert fresh == build(network.home, network.now, make_current=False)
    is_read = item.item_id in {d.item_id for d in read(network.home, fresh)}
    assert is_read != bool(denied)


def test_who_objected_and_then_becomes_a_member_objects_no_more(network: Network) -> None:
    before = build(network.home, network.now)
    item = next(d for d in read(network.home, before) if d.owner != "member-11")
    with Ledger(network.home.ledger) as ledger:
        ledger.append([Choice("late", MAIN_PURPOSE, "item", False, network.now, item.item_id)])
    assert refresh(network.home, network.now).documents == before.documents - 1
    network.members.append(Member("late", "FR", date(1990, 1, 1)))
    replace_members(network.members, network.home)
    assert refresh(network.home, network.now).documents == before.documents
    network.members.pop()
    replace_members(network.members, network.home)
    fresh = refresh(network.home, network.now)
    assert fresh.documents == before.documents - 1
    assert fresh == build(network.home, network.now, make_current=False)


def test_nothing_new_costs_nothing_and_gives_the_same_version(
    network: Network, monkeypatch
) -> None:
    rows = decided_again(monkeypatch)
    before = current(network.home)
    assert refresh(network.home, network.now) == before
    assert rows == []


def test_a_refresh_opens_no_data_file(network: Network) -> None:
    before = current(network.home)
    for path in network.home.items.glob("*.parquet"):
        path.chmod(0)
    with Ledger(network.home.ledger) as ledger:
        ledger.append([Choice("member-1", MAIN_PURPOSE, "all", False, network.now)])
    assert refresh(network.home, network.now) != before


def test_a_replaced_data_file_is_refused_and_the_old_version_stays(network: Network) -> None:
    before = current(network.home)
    path = next(network.home.items.glob("items-*.parquet"))
    write_items([network.item()], path)
    with pytest.raises(InputError, match=f"`{path.name}` was replaced"):
        refresh(network.home, network.now)
    assert current(network.home) == before
    with pytest.raises(InputError, match=f"--accept-file {path.name}"):
        build(network.home, network.now)
    accepting = Accepting(network.now, files=[path.name])
    built = build(network.home, network.now, accepting=accepting)
    assert refresh(network.home, network.now) == built == current(network.home)
    assert "the bytes of" in load_contract(network.home).accepted[0]["what"]


@pytest.mark.parametrize("more", [-1, 0, 1])
def test_another_ledger_is_refused_however_long_it_is(network: Network, more: int) -> None:
    with Ledger(network.home.ledger) as ledger:
        ledger.append([Choice("member-1", MAIN_PURPOSE, "all", False, network.now)])
    refresh(network.home, network.now)
    other = network.home.root / "other.sqlite"
    size = current(network.home).ledger_size + more
    choices = [Choice("member-2", MAIN_PURPOSE, "all", False, network.now)] * size
    with Ledger.create(other) as ledger:
        ledger.append(choices)
        assert ledger.size == size
    for path in (*network.home.root.glob("ledger*"), network.home.checkpoint):
        path.unlink()
    other.rename(network.home.ledger)
    other.with_suffix(".key").rename(network.home.ledger_key)
    with pytest.raises(
        VerificationError, match=r"was put back.* the corpus|the corpus .* another history"
    ):
        refresh(network.home, network.now)
    with pytest.raises(VerificationError, match="ledger is not the one"):
        refresh(network.home, network.now, force=True)


def test_a_large_patch_becomes_a_whole_sidecar(network: Network, monkeypatch) -> None:
    monkeypatch.setattr("vanne.corpus.refreshing.LARGE", 0.9)
    network.choice()
    patched = refresh(network.home, network.now)
    assert patching.patches_of(network.home, patched.version)
    monkeypatch.setattr("vanne.corpus.refreshing.LARGE", -1.0)
    network.choice()
    whole = refresh(network.home, network.now)
    assert not patching.patches_of(network.home, whole.version)
    assert whole == build(network.home, network.now, make_current=False)


def test_a_version_in_patches_is_read_to_the_row(network: Network, monkeypatch) -> None:
    monkeypatch.setattr("vanne.corpus.refreshing.LARGE", 1.0)
    patched = 0
    for owner in sorted({each.owner for each in read(network.home, current(network.home))}):
        with Ledger(network.home.ledger) as ledger:
            ledger.append([Choice(owner, MAIN_PURPOSE, "all", False, network.now)])
        version = refresh(network.home, network.now)
        patches = patching.patches_of(network.home, version.version).values()
        patched = max(patched, sum(len(patch.rows) for patch in patches))
        assert len(list(read(network.home, version))) == version.documents
        verify(network.home, version)
    assert patched > 1


def test_a_patch_that_was_tampered_with_is_refused(network: Network, monkeypatch) -> None:
    monkeypatch.setattr("vanne.corpus.refreshing.LARGE", 1.0)
    owner = next(read(network.home, current(network.home))).owner
    with Ledger(network.home.ledger) as ledger:
        ledger.append([Choice(owner, MAIN_PURPOSE, "all", False, network.now)])
    fresh = refresh(network.home, network.now)
    patches = patching.patches_of(network.home, fresh.version)
    allowing = {p: replace(each, codes=each.codes * 0) for p, each in patches.items()}
    patching.save(network.home, fresh.version, allowing)
    with pytest.raises(VerificationError, match="sidecar"):
        list(read(network.home, fresh))


def test_choices_are_kept_in_few_segments_that_hold_each_entry_once(network: Network) -> None:
    for _ in range(40):
        network.choice()
        refresh(network.home, network.now)
    with Ledger(network.home.ledger, read_only=True) as ledger:
        kept = segments(network.home.corpus / "choices", ledger, ledger.size)
        assert len(kept) <= 5 and kept[-1].end == ledger.size
        assert all(one.end == next_.start for one, next_ in pairwise(kept))
        entries = np.concatenate([one.batch["position"].to_numpy() for one in kept])
        assert sorted(entries) == [
            choice_at for choice_at, _ in enumerate(ledger.choices(ledger.size))
        ]
    names = {path.stem.rsplit("-", 1)[0] for path in network.home.corpus.glob("choices/*.arrow")}
    assert names == {f"{one.start}-{one.end}" for one in kept}


def test_what_is_decided_again_carries_the_people_in_it_alone(network: Network) -> None:
    file = next(f for f in current(network.home).files if f.sidecar)
    facts = item_index_of(network.home, file.path, file.sha256).items
    rows = np.array([1, 4, 5])
    some = facts.at(rows)
    names = [*facts.people.to_pylist(), None]
    few = [*some.people.to_pylist(), None]
    assert [few[p] for p in some.owner] == [names[p] for p in facts.owner[rows]]
    pairs = [
        (list(rows).index(r), names[p])
        for r, p in zip(facts.other_row, facts.other, strict=True)
        if r in rows
    ]
    assert [(r, few[p]) for r, p in zip(some.other_row, some.other, strict=True)] == pairs
    assert set(few[:-1]) == {few[p] for p in [*some.owner, *some.other]} - {None}


def test_what_people_chose_is_for_the_owner_of_the_ledger_alone(network: Network) -> None:
    network.choice()
    refresh(network.home, network.now)
    assert network.home.ledger.stat().st_mode & 0o077 == 0
    assert (network.home.corpus / "choices").stat().st_mode & 0o077 == 0
