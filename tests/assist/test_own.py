"""What a page may read of a member now is what the corpus of the purpose would give after a refresh."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.assist.tools import ITEMS, MATCHING, MEMBERS, WRITING, make_tools
from tests.web.network import START, clock
from vanne.config import Home
from vanne.corpus import current, read_batches, refresh
from vanne.corpus.reader import is_shared
from vanne.errors import MissingError
from vanne.ledger import Ledger
from vanne.report.member import member_report
from vanne.report.switches import standing
from vanne.terms import Choice
from vanne_assist.brief.criteria import Passage
from vanne_assist.own import may_be_read, passages_for, passages_of

NOW = clock(START.replace(hour=10))
CHOICES = st.builds(
    lambda member, purpose, on, place: Choice(member, purpose, place[0], on, NOW(), place[1]),
    st.sampled_from([member.member_id for member in MEMBERS]),
    st.sampled_from([WRITING, MATCHING]),
    st.booleans(),
    st.sampled_from(
        [("all", None), ("category", "position"), ("category", "skill")]
        + [("item", each.item_id) for each in ITEMS[:6]]
    ),
)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    return make_tools(Path(tmp_path_factory.mktemp("own")) / "home")


def in_corpus(home: Home, purpose: str, member: str) -> tuple[Passage, ...]:
    """What the corpus of a purpose has of a member that nobody else wrote or is in."""
    columns = ("item_id", "owner", "author", "subjects", "category", "fields", "text", "lang")
    batches = read_batches(home, current(home, purpose), columns)
    rows = [row for batch in batches for row in batch.to_pylist() if row["owner"] == member]
    return tuple(Passage.of(row) for row in rows if row.get("text") and not is_shared(row))


@settings(max_examples=8, deadline=None)
@given(said=st.lists(CHOICES, max_size=4))
def test_the_page_reads_what_a_refreshed_corpus_gives(home: Home, said: list[Choice]) -> None:
    with Ledger.of(home) as ledger:
        ledger.append(said)
    now = NOW()
    for purpose in (WRITING, MATCHING):
        refresh(home, now, purpose=purpose)
        for member in MEMBERS:
            switch = standing(home, member, purpose, now)
            assert switch is not None
            read = passages_of(home, member, switch)
            assert read == in_corpus(home, purpose, member.member_id)
            assert may_be_read(switch) or read == ()


def test_an_item_that_somebody_else_is_in_is_left_out_though_both_permit_it(
    tmp_path: Path,
) -> None:
    home = make_tools(tmp_path / "home")
    with Ledger.of(home) as ledger:
        ledger.append([Choice(name, WRITING, "all", True, NOW()) for name in ("anna", "bruno")])
    now = NOW()
    switch = standing(home, MEMBERS[0], WRITING, now)
    assert switch is not None
    assert "a-with-bruno" not in {each.item_id for each in passages_of(home, MEMBERS[0], switch)}
    report = member_report(home, "anna", now, purpose=WRITING)
    assert "a-with-bruno" in {each.item_id for each in report.items if each.allowed}


def test_a_purpose_that_the_policy_does_not_know_has_no_standing(home: Home) -> None:
    assert standing(home, MEMBERS[0], "selling", NOW()) is None


def test_somebody_who_is_no_member_has_nothing(home: Home) -> None:
    with pytest.raises(MissingError, match="no member `zoe`"):
        passages_for(home, WRITING, "zoe", NOW())
