"""Offers for members: by what may be read, with reasons, nothing else."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from tests.assist.search.homes import AS_OF, choice, item, job, member, network, say
from tests.table import every
from vanne.config import Home
from vanne_assist.brief.criteria import Kind, Passage, Profile
from vanne_assist.brief.facts import facts_of
from vanne_assist.fairness.search import protected
from vanne_assist.jobs import PURPOSE, board
from vanne_assist.jobs.board import offer_of
from vanne_assist.jobs.match import MemberOffers, match, offers_for
from vanne_assist.jobs.posting import read_posting
from vanne_assist.own import passages_for
from vanne_assist.report.opportunities import document, lines, offer_words

PEOPLE = ("ada", "ben", "cleo", "finn")
ITEMS = (
    item(
        "ada-position-1",
        "position",
        job("Nurse", "Ostberg hospital", "Lausanne, Vaud, Switzerland", "2015"),
    ),
    item("ada-salary-1", "salary", "I earn okapi francs"),
    item("ben-position-1", "position", job("Infirmier", place="Genève", start="2024"), lang="fr"),
    item("cleo-position-1", "position", job("Baker", place="Bern", start="2010")),
    item("finn-position-1", "position", job("Software developer", place="Lugano", start="2018")),
    item("finn-skill-1", "skill", "Rust, Python"),
    item("eva-position-1", "position", job("Nurse", place="Lausanne", start="2021")),
)
ROWS: Sequence[dict[str, Any]] = (
    {"id": "pflege", "title": "Krankenpfleger/in", "lang": "de", "place": "Lausanne", "years": 5,
     "text": "Deutsch B2. Nachtdienst.", "salary": "90000 CHF", "employer": "Klinik Ostberg"},
    {"id": "rust", "title": "Rust developer", "place": "Lugano", "lang": "en",
     "text": "You know Rust, Docker. Native English speakers only, women only."},
    {"id": "over", "title": "Nurse", "place": "Lausanne", "expires": "2026-05-01"},
    {"id": "distant", "title": "Nurse", "place": "Denver, US", "lang": "en"},
    {"id": "everywhere", "title": "Nurse", "place": "Denver, US", "remote": True, "lang": "en"},
)  # fmt: skip


@pytest.fixture
def home(tmp_path: Path) -> Home:
    people = [*map(member, PEOPLE), member("eva", date(2010, 1, 1))]  # eva is a minor
    home = network(tmp_path / "home", people, ITEMS)
    board.add(home, map(read_posting, ROWS), AS_OF.replace(month=4))
    return home


def told(home: Home, who: str, **wish: Any) -> MemberOffers:
    passages = passages_for(home, PURPOSE, who, AS_OF)
    return offers_for(board.latest(home), who, passages, AS_OF, **wish)


def stored(home: Home, posting: str) -> board.Offer:
    (offer,) = [each for each in board.read(home) if each.posting.posting_id == posting]
    return offer


def ids(found: MemberOffers) -> list[str]:
    return [each.posting.posting_id for each in found.opportunities]


def test_a_title_finds_offers_in_another_language_that_are_open_and_near(home: Home) -> None:
    found = told(home, "ada")
    assert set(ids(found)) == {"pflege", "everywhere"}
    assert (found.open, found.far) == (4, 2)
    assert "distant" in ids(told(home, "ada", within_km=None))
    assert (told(home, "cleo").why_none, told(home, "finn").lang) == ("nothing-fits", "en")


NEAR = (  # where the posting is, where the member is, and what of it is known
    ({"place": "Lausanne"}, "Genève", "near"),
    ({"place": "Denver, US"}, "Lausanne", "far"),
    ({"place": "Richmond, US"}, "Lausanne", "unplaced"),
    ({"place": "Anywhereville"}, "Lausanne", "unplaced"),
    ({}, "Lausanne", "unplaced"),
    ({"place": "Lausanne"}, "", "unplaced"),
    ({"place": "Lausanne"}, "Anywhereville", "unplaced"),
    ({"remote": True}, "Lausanne", "near"),
    ({"remote": True, "place": "Denver, US"}, "", "near"),
)


@pytest.mark.parametrize(("where", "lives", "known"), NEAR)
def test_an_unknown_place_is_never_near_and_remote_work_always(
    tmp_path: Path, where: dict[str, Any], lives: str, known: str
) -> None:
    home = network(
        tmp_path / "home",
        [member("ada")],
        [item("ada-position-1", "position", job("Nurse", place=lives, start="2015"))],
    )
    board.add(home, [read_posting({"id": "one", "title": "Nurse", "lang": "en"} | where)], AS_OF)
    found = told(home, "ada")
    here = ["one"] if known == "near" else []
    assert (ids(found), found.far, found.unplaced) == (here, known == "far", known == "unplaced")
    assert ids(told(home, "ada", within_km=None)) == ["one"]


OFFERED = {
    ("technicien de maintenance", "Laborantin ou laborantine", "fr"): False,
    ("technicien de maintenance", "Maintenance technician", "en"): True,
    ("développeur", "Architecte", "fr"): False,
    ("développeur", "Grafiker oder Grafikerin", "de"): False,
    ("Pflegefachmann", "Maintenance technician", "en"): False,
    ("Bauingenieur", "Architekt", "de"): False,
    ("responsable", "Responsable des ressources humaines", "fr"): False,
    ("midwife", "Nurse", "en"): True,
    ("data scientist", "Data analyst", "en"): True,
    ("comptable", "Buchhalterin", "de"): True,
}  # fmt: skip


@every(("titles", "is_offered"), OFFERED.items())
def test_titles_of_different_work_are_no_offer_however_near_the_words(
    titles: tuple[str, str, str], is_offered: bool
) -> None:
    has, wanted, lang = titles
    passages = (Passage("p", "position", has, None, {"title": has}),)
    row = {"id": "one", "title": wanted, "lang": lang}
    offers = board.Board.of([offer_of(read_posting(row))])
    profile = Profile("ada", passages, facts_of(passages, AS_OF))
    found = match(offers, profile, AS_OF, within_km=None)
    assert [offer.is_fit for offer in found.offers] == [is_offered]
    assert all((offer.title or "") in has for offer in found.offers)  # in the member's own words


def test_what_is_missing_is_said_and_silence_is_not_no(home: Home) -> None:
    (pflege,) = [e for e in told(home, "ben").opportunities if e.posting.posting_id == "pflege"]
    states = {each.criterion.kind: each.state for each in pflege.judgements}
    assert (states[Kind.YEARS], states[Kind.LANGUAGE]) == ("not-met", "unknown")
    text = "\n".join(lines(told(home, "ben")))
    assert "ce que vous montrez ne le dit pas" in text
    assert "ans" in text


def test_a_distance_is_a_reason_only_if_it_is_not_too_far(home: Home) -> None:
    offers = {
        each.posting.posting_id: each for each in told(home, "ada", within_km=None).opportunities
    }
    near, far = (offer_words(offers[name], "fr") for name in ("pflege", "distant"))
    assert "C'est à 0 km." in near.why
    assert not any("km" in line for line in far.why)
    assert any(line.startswith("C'est à 8") for line in far.more)
    assert any(line.endswith("km au-delà du rayon") for line in far.missing)


def test_who_is_off_is_read_by_nobody(home: Home) -> None:
    say(home, choice("ada", False, PURPOSE))
    off = told(home, "ada")
    assert (off.why_none, off.opportunities, off.items_read) == ("nothing-to-read", (), ())
    assert told(home, "eva").why_none == "nothing-to-read"


def test_another_purpose_changes_nothing(home: Home) -> None:
    before = document(told(home, "ada"))
    say(home, choice("ada", False), choice("ada", False, "generative-ai-training"))
    assert document(told(home, "ada")) == before


def test_one_item_that_is_off_is_no_reason(home: Home) -> None:
    assert "rust" in ids(told(home, "finn"))
    say(home, choice("finn", False, PURPOSE, "finn-skill-1"))
    (rust,) = told(home, "finn").opportunities
    assert [j.state for j in rust.judgements if j.criterion.value == "rust"] == ["unknown"]


def test_what_the_law_protects_is_flagged_and_not_asked(home: Home) -> None:
    (rust,) = told(home, "finn").opportunities
    assert {flag.attribute for flag in rust.flags} == {"origin", "sex"}
    assert "women" not in stored(home, "rust").brief.text
    assert not any(j.criterion.level == "native" for j in rust.judgements)
    assert "women only" in "\n".join(lines(told(home, "finn")))


def test_pay_changes_no_score(home: Home) -> None:
    rows = [dict(ROWS[0]), dict(ROWS[0]) | {"salary": "250000 CHF"}]
    one, other = (offer_of(read_posting(row)) for row in rows)
    assert (one.brief, one.posting.whole) == (other.brief, other.posting.whole)
    assert "okapi" not in str(document(told(home, "ada")))
    assert "90000 CHF" in "\n".join(lines(told(home, "ada")))


@pytest.mark.parametrize(
    "row",
    [
        {"title": "Junge Verkäuferin", "text": "In Bern."},
        {"title": "Baker", "skills": ["native German speaker", "ovens"], "text": "In Bern."},
    ],
    ids=["in the title", "in a skill"],
)
def test_what_the_law_protects_stands_in_no_criterion_of_a_posting(row: dict[str, Any]) -> None:
    found = offer_of(read_posting({"id": "x", "lang": "de"} | row))
    assert found.flags
    assert not protected(found.brief)


def test_a_posting_in_the_place_of_another_and_one_that_is_over(home: Home) -> None:
    again = [read_posting({"id": "rust", "title": "Baker", "place": "Bern"})]
    assert board.add(home, again, AS_OF) == (0, 1, 1)
    assert ids(told(home, "cleo")) == ["rust"]
    assert {each.posting.posting_id for each in board.read(home)} == {
        "pflege", "rust", "distant", "everywhere"
    }  # fmt: skip
