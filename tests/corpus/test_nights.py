"""Random nights against a model in memory: what is read is what plain Python would read, always.

The model is a dictionary of the items that there are, decided by the reference. So a changed item
is read as it is now, a deleted one not at all, and nothing opens against a no, whatever happened:
changes in any order, choices, moves, time, compaction, pruning, and a process that was killed.
"""

from dataclasses import replace
from datetime import timedelta
from itertools import chain
from shutil import rmtree

import pyarrow as pa
import pyarrow.parquet as pq
from hypothesis import given, settings
from hypothesis import strategies as st

import tests.corpus.test_refresh as refreshes
from vanne.corpus import build, compacting, current, intake, read, refresh, verify
from vanne.corpus.contract import Accepting
from vanne.corpus.lookup import Lookup
from vanne.decide import People, decide
from vanne.ledger import Ledger
from vanne.policy.schedule import policy_at
from vanne.sources.tables import item_table, write_items
from vanne.terms import MAIN_PURPOSE, Item, Reason

ACCEPTED = Accepting(refreshes.START, schema=True)  # a small table may lack tags by chance


class KilledError(Exception):
    """Stands for a process that ends at that very place."""


def killed(*_: object, **__: object) -> None:
    raise KilledError


class Lake(refreshes.Network):
    """A network whose items change, and what its items are."""

    def new_file(self) -> None:
        there = [self.item() for _ in range(self.random.choice([20, 40]))]
        path = self.home.items / f"items-{self.made:04}.parquet"
        write_items(there, path)
        pq.write_table(pq.read_table(path), path, row_group_size=self.random.choice([3, 100]))
        secret = replace(self.item(), category="salary")
        write_items([secret], self.home.items / f"never-{self.made:04}.parquet")
        self.items = getattr(self, "items", {}) | {i.item_id: i for i in (*there, secret)}

    # What happens

    def changes(self) -> None:
        """Apply a table of changes in random order, some of them repeated or outdated."""
        pick, rows = self.random.choice, list[tuple[int, str, Item]]()
        at = 0
        for _ in range(pick([1, 3, 12])):
            at += 1
            name = f"item-{pick(range(1, self.made + 3))}"
            item = replace(self.item(), item_id=name, text=pick([None, f"text {at}"]))
            gone = pick([True, False, False])
            rows.append((at, "delete" if gone else "upsert", item))
        if self.random.random() < 0.1:
            at += 1
            rows.append((at, "delete", replace(self.item(), item_id="")))
        for _, op, item in rows:
            if not item.item_id:
                theirs = [n for n, each in self.items.items() if each.owner == item.owner]
                self.items = {n: each for n, each in self.items.items() if n not in theirs}
            elif op == "delete":
                self.items.pop(item.item_id, None)
            else:
                self.items[item.item_id] = item
        rows += self.random.sample(rows, len(rows) // 3)
        self.random.shuffle(rows)
        table = item_table([item for _, _, item in rows])
        ids = [item.item_id or None for _, _, item in rows]
        table = table.set_column(0, "item_id", pa.array(ids, pa.string()))
        table = table.append_column("op", pa.array([op for _, op, _ in rows]))
        path = self.home.root / "changes.parquet"
        pq.write_table(table.append_column("updated_at", pa.array([at for at, *_ in rows])), path)
        intake.apply(self.home, str(path), tag=False, accepting=ACCEPTED)

    def compact(self) -> None:
        compacting.compact(self.home, merge_only=self.random.random() < 0.5)

    def prune(self) -> None:
        compacting.prune(self.home, timedelta(days=self.random.choice([1, 30])), self.now)

    def cut(self, room: object, step: str, event: str) -> None:
        """Let something be killed as it comes to a step; what it committed counts."""
        real = getattr(room, step)
        setattr(room, step, killed)
        try:
            getattr(self, event)()
        except KilledError:
            pass
        finally:
            setattr(room, step, real)


EVENTS = {
    "changes": Lake.changes,
    "choice": Lake.choice,
    "member": Lake.member_changes,
    "time": Lake.time_passes,
    "compact": Lake.compact,
    "prune": Lake.prune,
    "killed after the commit of changes": lambda lake: lake.cut(intake, "finish_adding", "changes"),
    "killed before a merger is committed": lambda lake: lake.cut(compacting, "commit", "compact"),
    "killed before its refresh": lambda lake: lake.cut(compacting, "refresh", "compact"),
}


def hold(lake: Lake) -> None:
    """Refresh, and compare with the model, with a build and with each item's look-up."""
    home, now = lake.home, lake.now
    fresh = refresh(home, now, accepting=ACCEPTED)
    assert fresh == build(home, now, make_current=False, accepting=ACCEPTED)
    with Ledger(home.ledger) as ledger:
        choices = list(ledger.choices())
    people = People.of(lake.members, choices, policy_at(home, now), MAIN_PURPOSE, now)
    reasons = {name: decide(item, people) for name, item in lake.items.items()}
    allowed = {n for n, reason in reasons.items() if reason == Reason.ALLOWED}
    documents = list(read(home, current(home)))
    for parts in (2, 8):
        apart = [list(read(home, current(home), part=(n, parts))) for n in range(parts)]
        assert sorted(chain(*apart), key=documents.index) == documents
    there = {document.item_id: document.text for document in documents}
    assert there == {n: lake.items[n].text for n in allowed if lake.items[n].text}
    lookup = Lookup.open(home, current(home))
    every = [f"item-{n}" for n in range(lake.made + 3)]
    assert {n: r for n in every if (r := lookup.reason(n))} == reasons
    assert sum(fresh.counts.values()) == len(lake.items)


@settings(max_examples=12)
@given(
    seed=st.integers(0, 2**32),
    events=st.lists(st.sampled_from([*EVENTS, *["changes"] * 3]), min_size=1, max_size=6),
)
def test_whatever_the_nights_bring_what_is_read_is_what_the_model_says(
    tmp_path_factory, seed, events
) -> None:
    root = tmp_path_factory.mktemp("lake")
    lake = Lake(root / "home", seed)
    build(lake.home, lake.now, accepting=ACCEPTED)
    for event in events:
        EVENTS[event](lake)
        hold(lake)
    lake.compact()
    hold(lake)
    verify(lake.home, current(lake.home))
    rmtree(root)
