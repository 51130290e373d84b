"""Reranking is off unless it is declared whole; both orders are kept."""

from pathlib import Path

import pytest

from vanne.errors import ConfigError
from vanne_assist.fairness.attributes import Attributes
from vanne_assist.fairness.declared import ordered, read_declaration

WHOLE = """
[rerank]
attribute = "sex"
attributes = "apart.csv"
algorithm = "det-greedy"
legal_basis = "Decision 12/2026 of the council"
"""
RANKED = [("a", 0.9), ("b", 0.8), ("c", 0.7), ("d", 0.6)]
SEX = Attributes({"sex": {"a": "men", "b": "men", "c": "women", "d": "women"}})


def declared(tmp_path: Path, text: str):
    path = tmp_path / "fairness.toml"
    path.write_text(text)
    return read_declaration(path)


def test_without_a_declaration_a_list_stays_as_it_is(tmp_path: Path) -> None:
    assert read_declaration(tmp_path / "fairness.toml") is None
    found = ordered(RANKED, None, SEX)
    assert found.before == found.after == ("a", "b", "c", "d")
    assert found.rule is None


def test_a_declared_list_is_reordered_and_keeps_both_orders_and_the_basis(tmp_path: Path) -> None:
    found = ordered(RANKED, declared(tmp_path, WHOLE), SEX)
    assert found.before == ("a", "b", "c", "d")
    assert found.after == ("a", "c", "b", "d")
    assert found.rule is not None
    assert found.rule["legal_basis"] == "Decision 12/2026 of the council"


def test_the_attributes_are_read_from_the_file_that_is_named(tmp_path: Path) -> None:
    (tmp_path / "apart.csv").write_text(
        "member_id,attribute,value\na,sex,men\nb,sex,men\nc,sex,women\n"
    )
    assert ordered(RANKED, declared(tmp_path, WHOLE)).after == ("a", "c", "b", "d")


def test_people_of_unknown_category_keep_their_share(tmp_path: Path) -> None:
    target = declared(tmp_path, WHOLE + "target = { women = 1.0, men = 0.0 }")
    half = Attributes({"sex": {"a": "men", "c": "women"}})
    assert ordered(RANKED, target, half).after == ("b", "c", "d", "a")


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (('legal_basis = "Decision 12/2026 of the council"', ""), "says no `legal_basis`"),
        (("Decision 12/2026 of the council", "yes"), "too short"),
        (("det-greedy", "det-greddy"), "the algorithm `det-greddy`"),
        (("attribute =", "atribute ="), "has `atribute`"),
        (("[rerank]", "[rerank]\ntarget = { women = 0.7, men = 0.7 }"), "add up to 1"),
        (("[rerank]", "[rerank]\ntop = 0"), "no usable `top`"),
        (("[rerank]", "[rerank"), "no TOML"),
    ],
)
def test_a_declaration_that_is_not_whole_is_refused(
    tmp_path: Path, change: tuple[str, str], fault: str
) -> None:
    with pytest.raises(ConfigError, match=fault):
        declared(tmp_path, WHOLE.replace(*change))
