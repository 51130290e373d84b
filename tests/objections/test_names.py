"""Whom a text names: what must be found, what must not, and what only a person can look for."""

import pyarrow as pa
import pytest

from tests.table import every
from tests.web.network import START
from vanne.folding import fold
from vanne.objections.matching import Wanted, address_of, folded
from vanne.objections.names import name_of, sentence_with
from vanne.objections.record import Objector
from vanne.policy import load
from vanne.terms import MAIN_PURPOSE, Objection

FOUND = (
    ("Marie Dupont", "Je remercie Marie Dupont."),
    ("Marie Dupont", "DUPONT, MARIE (absente)"),
    ("Marie Dupont", "Marie\u00a0Dupont"),
    ("Marie Dupont", "marie.dupont@example.org"),
    ("Marie Dupont", "https://example.org/in/marie-dupont-123"),
    ("Marie Dupont", "chez Marie de Dupont"),
    ("Marie Dupont", "Marie Dupont-Martin a signé"),
    ("Marie Dupont", "Marie\nDupont"),
    ("Marie de la Tour", "Marie Tour, Marie de la Tour"),
    ("Jean-Pierre Martin", "Jean Pierre Martin"),
    ("Jean-Pierre Martin", "Martin Jean‑Pierre"),
    ("Jean Pierre Martin", "Jean-Pierre Martin"),
    ("Jean-Pierre Martin", "JEANPIERRE MARTIN"),
    ("Anna Müller", "Frau Mueller Anna"),
    ("Anna Müller", "anna muller"),
    ("Anna Müller", "Anna Mu\u0308ller"),
    ("Anna Mueller", "Anna Müller"),
    ("Max Strauß", "Max STRAUSS"),
    ("José García", "Jose Garcia"),
    ("Łukasz Øverland", "Lukasz Overland"),
    ("Conor O'Brien", "Conor O’Brien"),
    ("Conor O'Brien", "Conor OBrien"),
    ("Ludwig van Beethoven", "Beethoven, Ludwig van"),
    ("Иван Петров", "Пришёл Петров Иван."),
    ("Νίκος Παπαδόπουλος", "ΝΙΚΟΣ ΠΑΠΑΔΟΠΟΥΛΟΣ"),
    ("محمد علي", "قال محمد علي"),
    ("王 小明", "我见了王小明。"),
    ("김 민준", "김민준은 왔다"),
    ("नरेन्द्र शर्मा", "कल नरेन्द्र शर्मा आये।"),
    ("สมชาย ใจดี", "เมื่อวานสมชาย ใจดีมา"),
    ("محمد علي", "قال مُحَمَّد عَلي"),
    ("Nguyễn Văn Anh", "NGUYEN VAN ANH"),
    ("Rose Petit", "une rose petit à petit"),
    ("Marie Anne Dupont", "Anne Dupont Marie"),
)
NOT_FOUND = (
    ("Marie Dupont", "Marie Dupontel"),
    ("Marie Dupont", "Annemarie Dupont"),
    ("Marie Dupont", "Marie et Paul Dupont"),
    ("Marie Dupont", "Marie. Bonjour. Dupont"),
    ("Marie Dupont", "Jean Dupont"),
    ("Anna Müller", "Anna Müllerin"),
    ("Anna Müller", "Hanna Müller"),
    ("Иван Петров", "Иван Петрович"),
    ("Jean-Pierre Martin", "Jean Martin"),
)


@every(("name", "text"), FOUND)
def test_a_text_that_names_somebody_is_found(name: str, text: str) -> None:
    sought = name_of(name)
    assert sought is not None and sought.is_in(text)


@every(("name", "text"), NOT_FOUND)
def test_a_text_that_names_somebody_else_is_not(name: str, text: str) -> None:
    sought = name_of(name)
    assert sought is not None and not sought.is_in(text)


@every(
    "name",
    ["Marie", "Jean-Pierre", "", " ", "-- --", "of the", "de la", "van Dijk", "a " * 9, "王小明"],
)
def test_a_name_that_would_be_found_in_everything_is_left_to_a_person(name: str) -> None:
    assert name_of(name) is None


def test_a_name_is_never_an_expression() -> None:
    name = name_of("M.* (Dupont|x)")
    assert name is not None
    assert not name.is_in("Monsieur Dupont x") and name.is_in("M. Dupont, X")


def test_what_looks_through_many_texts_finds_what_one_look_finds() -> None:
    policy = load("linkedin-2025-11-03")
    said = [Objection(name, None, MAIN_PURPOSE, False, START) for name, _ in FOUND + NOT_FOUND]
    people = [Objector(n, each) for n, each in enumerate(said)]
    texts = [text for _, text in FOUND + NOT_FOUND]
    assert folded(pa.array(texts)).to_pylist() == [fold(text) for text in texts]
    found = set(Wanted.of(people, policy).named_in(folded(pa.array(texts))))
    names = [name_of(each.name) for each in said]
    one_by_one = {
        (row, n)
        for row, text in enumerate(texts)
        for n, name in enumerate(names)
        if name and name.is_in(text)
    }
    assert found == one_by_one
    assert {(n, n) for n in range(len(FOUND))} <= found


def test_a_name_made_to_cost_much_costs_little() -> None:
    assert name_of("ae" * 50 + " " + "oe" * 50) is None
    name = name_of("ae" * 90 + " Dupont")
    assert name is not None and len(name.anchors) == 1
    assert not name.is_in("a" * 5000 + " dupont")


def test_the_sentence_is_shown_and_not_the_rest() -> None:
    name = name_of("Marie Dupont")
    assert name is not None
    text = "Bonjour. J'ai vu Marie Dupont hier ! Au revoir."
    assert sentence_with(name, text) == "J'ai vu Marie Dupont hier !"
    across = "Il y avait M. Paul. Marie\nDupont était là. Fin."
    assert "Marie Dupont était là." in sentence_with(name, across)
    long = "mot " * 3000 + "Marie Dupont " + "mot " * 3000
    shown = sentence_with(name, long)
    assert "Marie Dupont" in shown and len(shown) < 500


SAME = (
    ("https://www.linkedin.com/in/marie", "linkedin.com/in/marie"),
    ("HTTP://LinkedIn.com/in/marie/", "https://linkedin.com/in/marie"),
    ("linkedin.com/in/m%C3%BCller", "linkedin.com/in/müller"),
    ("linkedin.com/in/m%c3%bcller", "linkedin.com/in/mu\u0308ller"),
    ("https://linkedin.com:443/in/marie?x=1", "linkedin.com/in/marie#top"),
    ("//linkedin.com/in/marie//", "linkedin.com/in/marie"),
    (" linkedin.com/in/marie ", "linkedin.com/in/marie"),
    ("guest-7", "guest-7"),
)
OTHERS = (
    ("linkedin.com/in/Marie", "linkedin.com/in/marie"),
    ("fr.linkedin.com/in/marie", "linkedin.com/in/marie"),
    ("linkedin.com/in/marie", "example.org/in/marie"),
    ("linkedin.com/in/marie-2", "linkedin.com/in/marie"),
    ("guest-7", "Guest-7"),
)


@every(("one", "other"), SAME)
def test_one_address_written_in_two_ways_is_one(one: str, other: str) -> None:
    assert address_of(one) == address_of(other)


@pytest.mark.parametrize(("one", "other"), OTHERS)
def test_two_addresses_are_two(one: str, other: str) -> None:
    assert address_of(one) != address_of(other)
