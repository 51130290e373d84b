"""History outlives items: what versions and models held is reported after the items are gone."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from tests.report.lives import NOW, PastLife, said
from tests.report.test_usage import usage
from tests.web.network import START, choice
from vanne.corpus import refresh
from vanne.corpus.compacting import compact
from vanne.corpus.intake import apply
from vanne.report.document import report_json
from vanne.report.erase import erase_member
from vanne.report.person import Held
from vanne.report.usage import PurposeUsage, usage_report

LATER = NOW + timedelta(days=1)
GONE = ("a-profile", "a-post-1", "a-new")


def delete(past: PastLife, *item_ids: str, rows: str = "item_id,op\n") -> None:
    table = past.home.root.parent / "changes.csv"
    table.write_text(rows + "".join(f"{item_id},delete\n" for item_id in item_ids))
    apply(past.home, f"SELECT * FROM read_csv('{table}')", tag=False)


def held(report: PurposeUsage) -> list[list[tuple[str, int]]]:
    """How many items each version of the corpus and of the model held."""
    return [
        [(version.name, items) for version, _, items in report.corpora],
        [(model.version, items) for model, items in report.models],
    ]


def test_a_deleted_item_is_named_with_what_held_it_from_when_to_when(past: PastLife) -> None:
    before = usage(past)
    delete(past, *GONE)
    refresh(past.home, LATER)
    after = usage(past, as_of=LATER)
    assert held(after)[1] == held(before)[1]
    assert held(after)[0][:3] == held(before)[0][:3]
    uses = {each.item_id: each.use for each in after.departed}
    assert uses.keys() == set(GONE)
    ends = [(stay.since, stay.until) for stay in uses["a-profile"].stays]
    assert ends[0][0] == START and ends[-1][1] == LATER
    assert [model.is_current for model in uses["a-profile"].models] == [False, True]
    assert uses["a-profile"].due == LATER + timedelta(days=30)
    was, now = Held.of(before), Held.of(after)
    counts = report_json(usage_report(past.home, "anna", LATER))["purposes"][0]["counts"]
    assert counts["in_model"] == now.in_model
    assert now.in_model == was.in_model
    assert now.model_leaving == was.model_leaving + 1  # the profile, which was allowed


def test_before_the_next_refresh_a_deleted_item_is_still_in_the_corpus(past: PastLife) -> None:
    delete(past, "a-profile")
    assert usage(past).departed_in_corpus == 1
    refresh(past.home, LATER)
    assert usage(past, as_of=LATER).departed_in_corpus == 0


def test_after_a_compaction_the_id_is_gone_and_the_history_is_the_same(past: PastLife) -> None:
    delete(past, *GONE)
    refresh(past.home, LATER)
    before = usage(past, as_of=LATER)
    compact(past.home)
    after = usage(past, as_of=LATER)
    assert held(after)[1] == held(before)[1]
    assert dict(held(before)[0]).items() <= dict(held(after)[0]).items()
    assert [each.item_id for each in after.departed] == [None] * 3
    assert sorted(map(str, (e.use.models for e in after.departed))) == sorted(
        map(str, (e.use.models for e in before.departed))
    )
    assert after.gaps == before.gaps == (0, 0)


def test_an_opt_out_does_not_say_that_no_model_holds_what_was_deleted_from_here(
    past: PastLife,
) -> None:
    delete(past, "a-profile")
    refresh(past.home, LATER)
    said(past.home, choice("anna", on=False, at=LATER, scope="category", target="profile"))
    answer = usage(past, as_of=LATER).answers[-1]
    assert (answer.outcome, answer.due) == ("due", LATER + timedelta(days=30))


@pytest.mark.parametrize(("replaced", "outcome"), [(False, "nothing"), (True, "due")])
def test_an_opt_out_that_a_version_knew_did_not_cover_what_that_version_held(
    past: PastLife, replaced: bool, outcome: str
) -> None:
    """Once it is replaced, nothing tells any more that what a later version held is another kind."""
    off, at = choice("anna", on=False, at=NOW, scope="category", target="cv"), NOW
    said(past.home, off)
    if replaced:
        said(past.home, replace(off, on=True))
    for step in range(2):
        at = LATER + timedelta(days=step)
        answer = next(each for each in usage(past, as_of=at).answers if each.choice.target == "cv")
        if not step:
            assert answer.outcome == "nothing"
            refresh(past.home, at)
            delete(past, "a-profile")
    refresh(past.home, at)
    answer = next(each for each in usage(past, as_of=at).answers if each.choice.target == "cv")
    assert answer.outcome == outcome


def test_a_second_compaction_counts_no_item_twice(past: PastLife) -> None:
    delete(past, "a-new")
    refresh(past.home, LATER)
    compact(past.home)
    delete(past, "a-post-1")
    refresh(past.home, LATER)
    compact(past.home)
    models = usage(past, as_of=LATER).models
    assert [items for _, items in models] == [items for _, items in usage(past).models] == [5, 6]


@pytest.mark.parametrize(("owner", "departed"), [("bruno", 1), ("anna", 0)])
def test_an_item_that_passes_to_another_member_departs_and_one_that_is_edited_stays(
    past: PastLife, owner: str, departed: int
) -> None:
    files = list(map(str, past.home.items.glob("*.parquet")))
    apply(
        past.home,
        f"SELECT * REPLACE ('{owner}' AS owner), 'update' AS op FROM read_parquet({files}) "
        "WHERE item_id = 'a-profile'",
        tag=False,
    )
    refresh(past.home, LATER)
    for _ in range(2):
        anna = usage(past, as_of=LATER)
        assert held(anna)[1] == held(usage(past))[1]
        assert len(anna.departed) == departed
        compact(past.home)


def test_somebody_elses_deleted_item_is_not_named_to_me(past: PastLife) -> None:
    delete(past, *GONE)
    refresh(past.home, LATER)
    bruno = usage(past, "bruno", as_of=LATER)
    assert bruno.departed == () and bruno.gaps == (0, 0)
    compact(past.home)
    assert usage(past, "bruno", as_of=LATER).departed == ()


def test_who_has_no_item_left_still_reads_what_held_theirs(past: PastLife) -> None:
    before = held(usage(past))
    path = past.home.root.parent / "owner.csv"
    path.write_text("owner,op\nanna,delete\n")
    apply(past.home, f"SELECT * FROM read_csv('{path}')", tag=False)
    refresh(past.home, LATER)
    for _ in range(2):
        anna = usage(past, as_of=LATER)
        assert not anna.report.items and held(anna)[1] == before[1]
        compact(past.home)


def test_a_file_that_went_leaves_a_question_and_no_answer(past: PastLife) -> None:
    for path in past.home.items.glob("*.parquet"):
        path.unlink()
    anna = usage(past)
    assert anna.corpora == anna.models == ()
    assert anna.gaps == (4, 4)


def test_what_was_erased_on_request_is_not_known_any_more(past: PastLife) -> None:
    said(past.home, choice("anna", on=False, at=NOW))
    delete(past, *GONE)
    refresh(past.home, LATER)
    compact(past.home)
    erase_member(past.home, "anna", LATER)
    anna = usage(past, as_of=LATER)
    assert anna.departed == () and anna.gaps[0] == len(anna.versions)
    noted = b"".join(path.read_bytes() for path in Path(past.home.corpus / "moved").iterdir())
    assert b"anna" not in noted


@pytest.mark.parametrize("compacted", [False, True])
def test_the_document_lists_departed_items(past: PastLife, compacted: bool) -> None:
    delete(past, "a-profile")
    refresh(past.home, LATER)
    if compacted:
        compact(past.home)
    (purpose,) = report_json(usage_report(past.home, "anna", LATER))["purposes"]
    (item,) = purpose["departed"]
    assert item["item_id"] == (None if compacted else "a-profile")
    assert len(item["models"]) == 2 and item["corpora"][-1]["until"] == LATER.isoformat()
