"""What was used of a member: which corpora and models held each item, and from when to when."""

import json
from datetime import datetime, timedelta

import pytest

from tests.report.lives import BACK, NO, NO_POSTS, NOW, SERVED, PastLife, said
from tests.web.network import ITEMS, START, choice, item
from vanne.corpus import refresh
from vanne.errors import MissingError
from vanne.forget.certificate import sign
from vanne.forget.history import known_in
from vanne.report.document import report_json
from vanne.report.usage import ItemUse, PurposeUsage, usage_report
from vanne.sources.tables import write_items
from vanne.train.store import ModelStore

MONTH = timedelta(days=30)


def usage(past: PastLife, member: str = "anna", as_of: datetime = NOW) -> PurposeUsage:
    return usage_report(past.home, member, as_of).usages[0]


def use(usage: PurposeUsage, item_id: str) -> ItemUse:
    return usage.use(next(item for item in usage.report.items if item.item_id == item_id))


def stays(use: ItemUse) -> list[tuple[datetime, datetime | None, bool]]:
    return [(stay.since, stay.until, stay.is_open) for stay in use.stays]


def test_an_item_was_in_the_corpus_until_the_no_and_again_from_the_yes_on(lived: PastLife) -> None:
    anna = usage(lived)
    assert stays(use(anna, "a-profile")) == [(START, NO, False), (BACK, None, True)]
    assert stays(use(anna, "a-post-1")) == [(START, NO, False), (BACK, NO_POSTS, False)]
    assert stays(use(anna, "a-new")) == [(BACK, NO_POSTS, False)]
    assert stays(use(anna, "a-message")) == stays(use(anna, "a-search")) == []


def test_a_stay_names_the_versions_at_its_ends(lived: PastLife) -> None:
    anna = usage(lived)
    (first, second) = use(anna, "a-profile").stays
    names = [version.name for version in anna.versions]
    assert names == [manifest.version for manifest in lived.versions]
    assert (first.first, first.last, second.first, second.last) == (0, 0, 2, 3)


def test_an_item_was_in_the_models_of_the_versions_that_held_it(lived: PastLife) -> None:
    anna = usage(lived)
    first, _, third = lived.models
    held = [(m.version, m.since, m.until, m.is_current) for m in use(anna, "a-profile").models]
    assert held == [(first, SERVED, NO, False), (third, BACK, None, True)]
    assert [m.version for m in use(anna, "a-new").models] == [third]
    assert use(anna, "a-photo").models == ()  # it has no text, and the model reads nothing else


def test_a_no_is_due_in_the_model_of_today_when_the_policy_says(lived: PastLife) -> None:
    anna = usage(lived)
    assert use(anna, "a-post-1").due == NO_POSTS + MONTH == anna.due
    assert use(anna, "a-profile").due is None


def test_each_no_has_its_outcome_and_its_certificate(lived: PastLife) -> None:
    answers = usage(lived).answers
    assert [(a.index, a.outcome, a.due) for a in answers] == [
        (4, "done", NO + MONTH),
        (7, None, None),
        (9, "due", NO_POSTS + MONTH),
    ]
    assert answers[0].certificate is not None
    assert answers[0].certificate.id == lived.at_once
    assert answers[0].retrained == lived.left


def test_what_is_not_forgotten_in_time_is_called_late(lived: PastLife) -> None:
    late = usage(lived, as_of=NO_POSTS + MONTH + timedelta(seconds=1))
    assert late.answers[-1].outcome == "overdue"


def test_a_no_to_what_no_model_holds_has_nothing_to_forget(past: PastLife) -> None:
    said(past.home, choice("anna", on=False, at=NOW, scope="category", target="photo"))
    assert usage(past).answers[-1].outcome == "nothing"


def test_a_certificate_is_mine_by_my_receipt_and_by_what_left_with_it(lived: PastLife) -> None:
    proofs = usage(lived).proofs
    assert [(p.certificate.id, p.receipts, p.items) for p in proofs] == [
        (lived.at_once, (4,), 5),
        (lived.left.id, (4,), 0),
    ]


def test_somebody_elses_no_takes_out_my_post_about_them_and_nothing_else(lived: PastLife) -> None:
    bruno = usage(lived, "bruno")
    assert [m.version for m in use(bruno, "b-profile").models] == [
        lived.models[0],
        lived.interim,
        *lived.models[1:],
    ]
    assert [(p.items, p.receipts) for p in bruno.proofs] == [(1, ())]
    assert usage(lived, "fritz").proofs == ()


def test_who_was_never_used_and_who_has_nothing_get_an_empty_report(lived: PastLife) -> None:
    for member, items in (("clara", 1), ("hugo", 0)):
        report = usage(lived, member)
        assert len(report.report.items) == items
        assert report.corpora == report.models == report.answers == report.proofs == ()
        assert report.gaps == (0, 0)
    with pytest.raises(MissingError, match="no such member"):
        usage(lived, "nobody")


def test_the_corpora_and_models_are_listed_with_how_many_items_they_held(lived: PastLife) -> None:
    anna = usage(lived)
    corpora = [(version.as_of, until, items) for version, until, items in anna.corpora]
    assert corpora == [(START, NO, 6), (BACK, NO_POSTS, 7), (NO_POSTS, None, 4)]
    assert [items for _, items in anna.models] == [5, 6]
    assert (anna.report.in_corpus, anna.report.in_model) == (4, 6)


def test_without_any_data_everybody_has_an_empty_report(past: PastLife) -> None:
    for path in past.home.items.iterdir():
        path.unlink()
    assert not usage(past, "anna").report.items


def test_a_purpose_for_which_nothing_was_built_has_held_nothing(past: PastLife) -> None:
    add_purpose(past, "partner-models")
    first, second = usage_report(past.home, "anna", NOW).usages
    assert second.report.purpose == "partner-models"
    assert second.corpora == second.models == second.answers == ()
    assert len(first.corpora) == 3
    document = report_json(usage_report(past.home, "anna", NOW))
    profile = next(item for item in document["items"] if item["item_id"] == "a-profile")
    assert set(profile["purposes"]) == {"generative-ai-training", "partner-models"}
    assert profile["purposes"]["partner-models"]["corpora"] == []


def add_purpose(past: PastLife, name: str) -> None:
    """Let the policy have another purpose, with the rules of the first."""
    text = past.home.policy.read_text()
    rules = text[text.index("[purposes") :]
    more = rules.replace("purposes.generative-ai-training", f"purposes.{name}")
    past.home.policy.write_text(f"{text}\n{more}")


def test_without_the_index_of_the_corpus_the_report_is_the_same(past: PastLife) -> None:
    indexed = report_json(usage_report(past.home, "anna", NOW))
    for path in (past.home.corpus / "facts").iterdir():
        path.unlink()
    for path in past.home.items.iterdir():  # look new, so that nothing in memory is taken
        path.touch()
    assert report_json(usage_report(past.home, "anna", NOW)) == indexed


def test_of_a_data_file_that_changed_nothing_is_guessed(past: PastLife) -> None:
    write_items([*ITEMS, item("f-more", "fritz", "post")], past.home.items / "items.parquet")
    anna = usage(past)
    assert use(anna, "a-profile").stays == ()
    assert use(anna, "a-profile").unknown == (0, 1, 2, 3)
    assert anna.gaps == (4, 4)


def test_of_a_version_that_is_damaged_nothing_is_guessed(past: PastLife) -> None:
    file = next(f for f in past.versions[0].files if f.path == "items.parquet")
    (past.home.corpus / "sidecars" / str(file.sidecar)).write_bytes(b"damaged")
    anna = usage(past)
    assert 0 in use(anna, "a-profile").unknown
    assert anna.gaps[0] >= 1


def test_an_item_that_came_with_a_new_file_was_not_in_older_versions(lived: PastLife) -> None:
    assert use(usage(lived), "a-new").unknown == ()


def test_a_new_version_is_added_to_what_was_folded(past: PastLife) -> None:
    assert len(usage(past).versions) == 4
    said(past.home, choice("anna", on=False, at=NOW))
    refresh(past.home, NOW)
    assert stays(use(usage(past), "a-profile")) == [(START, NO, False), (BACK, NOW, False)]


def test_a_certificate_that_was_changed_is_none(past: PastLife) -> None:
    for path in past.home.certificates.iterdir():
        path.write_text(path.read_text().replace('"day": "2026', '"day": "2016'))
    assert known_in(past.home) == {}


def test_a_certificate_that_somebody_else_signed_is_none(past: PastLife) -> None:
    (past.home.model / "certificate.key").unlink()
    for path in past.home.certificates.iterdir():
        document = json.loads(path.read_bytes())
        del document["signature"]
        path.write_text(json.dumps(dict(sign(document, ModelStore(past.home.root / "x")).document)))
    assert known_in(past.home) == {}


def test_the_document_is_complete_and_holds_nothing_of_others(lived: PastLife) -> None:
    document = report_json(usage_report(lived.home, "anna", NOW))
    assert document["schema"] == "vanne/member-report/1"
    assert document["member"]["member_id"] == "anna"
    assert document["policy"]["name"] == "linkedin-2025-11-03"
    (purpose,) = document["purposes"]
    assert (purpose["state"]["on"], purpose["forget_by"]) == (True, str_of(NO_POSTS + MONTH))
    assert [c["receipt"] for c in purpose["choices"]] == [4, 7, 9]
    assert purpose["certificates"][0]["download"] == f"/certificates/{lived.at_once[:16]}.json"
    post = next(i for i in document["items"] if i["item_id"] == "a-post-1")
    told = post["purposes"]["generative-ai-training"]
    assert (post["text"], told["reason"]) == ("Mon premier <b>billet</b>", "off-category")
    assert [(c["since"], c["until"]) for c in told["corpora"]] == [
        (str_of(START), str_of(NO)),
        (str_of(BACK), str_of(NO_POSTS)),
    ]
    (other,) = document["items_of_others"]
    assert set(other) == {"category", "created_at", "role", "purposes"}
    assert "reason" not in other["purposes"]["generative-ai-training"]
    whole = json.dumps(document, ensure_ascii=False)
    for secret in ("Bruno parle", "formidable", "bruno", "b-post"):
        assert secret not in whole


def str_of(moment: datetime) -> str:
    return moment.isoformat()
