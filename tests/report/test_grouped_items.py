"""What is decided of one item of a group is what the reference decides of each."""

from collections import Counter, defaultdict
from itertools import count
from pathlib import Path

from hypothesis import given

from tests.decide.test_engines_agree import drawn
from tests.decide.worlds import World, worlds
from vanne.decide import People, decide
from vanne.decide.people import meant, until
from vanne.report.grouped_items import MemberItems
from vanne.sources.tables import read_choices, read_items, read_members
from vanne.terms import Item, Reason


def test_items_of_one_group_get_one_verdict(tmp_path: Path) -> None:
    folders, seen = (tmp_path / str(number) for number in count()), Counter[str]()

    @drawn(examples=12)
    @given(worlds(rows=1_000, people=5))
    def every_member(made: World) -> None:
        (folder := next(folders)).mkdir()
        tables, asked = made.write(folder), made.question
        choices = until(meant(read_choices(str(tables.choices)), asked.policy), asked.as_of)
        about = asked.policy, asked.purpose, asked.as_of
        people = People.of(read_members(tables.members), choices, *about)
        items: dict[str, dict[tuple[str, int], Item]] = defaultdict(dict)
        for row, item in enumerate(read_items(tables.items, with_text=False)):
            for person in {item.owner, item.author, *item.subjects} - {None}:
                items[str(person)]["items", row] = item
        for member, theirs in items.items():
            found = MemberItems(member, theirs)
            verdicts: dict[int, set[Reason]] = defaultdict(set)
            for group, item in zip(found.groups(people).tolist(), found.each, strict=True):
                verdicts[group].add(decide(item, people))
            assert {len(reasons) for reasons in verdicts.values()} == {1}
            seen.update(items=len(found), groups=len(verdicts))

    every_member()
    assert seen["items"] - seen["groups"] > 1_000  # many are in a group with others
