"""Which items of a member may ground a draft: through the view of `writing-help`, and at once less."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from vanne.config import Home
from vanne.corpus import build
from vanne.corpus.network import in_force
from vanne.demo.network import demo_policy, policy_text
from vanne.errors import MissingError
from vanne.ledger import Ledger
from vanne.sources.tables import write_items, write_members
from vanne.terms import Choice, Item, Member
from vanne_assist.own import own_passages
from vanne_assist.writing import PURPOSE

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
MEMBERS = [Member(name, "CH", datetime(1988, 4, 12).date()) for name in ("anna", "bruno")]


def item(item_id: str, owner: str, category: str, **more: object) -> Item:
    values = {"created_at": NOON - timedelta(days=90), "visibility": "public", "lang": "en"}
    return Item(item_id, owner, category, **(values | {"text": f"Text of {item_id}."} | more))  # type: ignore[arg-type]


ITEMS = [
    item("a-post", "anna", "post"),
    item("a-position", "anna", "position"),
    item("a-with-bruno", "anna", "post", subjects=("bruno",)),
    item("a-praise", "anna", "recommendation", author="bruno"),
    item("b-post", "bruno", "post"),
]


def choice(
    member: str, on: bool, hours: int, scope: str = "all", target: str | None = None
) -> Choice:
    return Choice(member, PURPOSE, scope, on, NOON + timedelta(hours=hours), target)  # type: ignore[arg-type]


@pytest.fixture
def home(tmp_path: Path) -> Home:
    home = Home(tmp_path / "home")
    home.items.mkdir(parents=True)
    home.policy.write_text(policy_text(), encoding="utf-8")
    write_members(MEMBERS, home.members)
    write_items(ITEMS, home.items / "items.parquet")
    with Ledger.of(home) as ledger:
        ledger.append([in_force(demo_policy(), NOON), choice("anna", True, 1)])
        ledger.append([choice("bruno", True, 1)])
    build(home, NOON + timedelta(hours=2), purpose=PURPOSE)
    return home


def ids(home: Home, member: str = "anna") -> set[str]:
    return {passage.item_id for passage in own_passages(home, PURPOSE, member)}


def test_a_member_has_their_own_items_and_nobody_else_in_them(home: Home) -> None:
    assert ids(home) == {"a-post", "a-position"}
    assert ids(home, "bruno") == {"b-post"}
    assert ids(home, "nobody") == set()


@pytest.mark.parametrize(
    ("scope", "target", "left"),
    [
        ("all", None, set()),
        ("category", "post", {"a-position"}),
        ("item", "a-position", {"a-post"}),
    ],
)
def test_a_no_counts_before_the_corpus_is_refreshed(
    home: Home, scope: str, target: str | None, left: set[str]
) -> None:
    with Ledger.of(home) as ledger:
        ledger.append([choice("anna", False, 3, scope, target)])
    assert ids(home) == left


def test_an_item_that_may_not_be_used_cannot_be_named(home: Home) -> None:
    assert [p.item_id for p in own_passages(home, PURPOSE, "anna", ["a-post"])] == ["a-post"]
    for refused in ("b-post", "a-praise", "no-such"):
        with pytest.raises(MissingError, match=refused):
            own_passages(home, PURPOSE, "anna", [refused])
