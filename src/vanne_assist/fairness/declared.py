"""The operator's declaration of reranking, `HOME/fairness.toml`: without it no list is changed.

    [rerank]
    attribute = "sex"
    attributes = "/srv/apart/attributes.csv"
    algorithm = "det-greedy"
    target = "pool"                # or shares: { women = 0.5, men = 0.5 }
    top = 50
    legal_basis = "Public-sector equality duty, decision 12/2026 of the council"

`target = "pool"` wants every prefix of a list to look like all who were found. The legal basis is
the operator's own, in words; it stands in the record of every search. Both orders are kept.
"""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vanne.errors import ConfigError, did_you_mean, storing
from vanne_assist.fairness.attributes import Attributes, read_attributes
from vanne_assist.fairness.measures import shares
from vanne_assist.fairness.rerank import UNKNOWN, Algorithm, Scored, rerank

_KEYS = ("attribute", "attributes", "algorithm", "target", "top", "legal_basis")
_MOST_PLACES = 1000
_LEAST_WORDS = 3


@dataclass(frozen=True, slots=True)
class Declaration:
    """What the operator declared. `target` None is the pool's own shares."""

    attribute: str
    attributes: Path
    algorithm: Algorithm
    target: Mapping[str, float] | None
    top: int
    legal_basis: str

    def rule(self) -> dict[str, Any]:
        """Return what the record of a search says of it."""
        return {
            "attribute": self.attribute,
            "algorithm": self.algorithm.value,
            "target": dict(self.target) if self.target else "pool",
            "top": self.top,
            "legal_basis": self.legal_basis,
        }


@dataclass(frozen=True, slots=True)
class Reranked:
    """Both orders of a list, as member ids, and the rule; None if nothing was declared."""

    before: tuple[str, ...]
    after: tuple[str, ...]
    rule: Mapping[str, Any] | None


def read_declaration(path: Path) -> Declaration | None:
    """Read the declaration of a home; None if there is none: reranking is off.

    Raises:
        ConfigError: it is not whole, or says no legal basis.
        StorageError: it cannot be read.
    """
    if not path.exists():
        return None
    with storing(f"`{path.name}`"):
        data = path.read_bytes()
    try:
        table = tomllib.loads(data.decode()).get("rerank")
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigError(f"`{path.name}` is no TOML: {error}", todo="mend it") from error
    return None if table is None else _declaration(table, path)


def ordered(
    ranked: Sequence[tuple[str, float]],
    declaration: Declaration | None,
    attributes: Attributes | None = None,
) -> Reranked:
    """Put a list of member ids and scores in the declared order; as it is if none is declared.

    Raises:
        InputError, StorageError: the file of attributes cannot be used.
    """
    before = tuple(member for member, _ in ranked)
    if declaration is None:
        return Reranked(before, before, None)
    category = (attributes or read_attributes(declaration.attributes)).named(declaration.attribute)
    people = [Scored(member, score, category.get(member, UNKNOWN)) for member, score in ranked]
    desired = _desired(declaration.target, people)
    after = rerank(people, desired, declaration.algorithm, declaration.top)
    return Reranked(before, tuple(person.member_id for person in after), declaration.rule())


def _desired(target: Mapping[str, float] | None, people: Sequence[Scored]) -> dict[str, float]:
    """Return the shares that are wanted; people of unknown category keep theirs in the pool."""
    pool = shares((p.member_id for p in people), {p.member_id: p.category for p in people})
    if target is None:
        return pool
    known = 1 - pool.get(UNKNOWN, 0.0)
    wanted = {name: share * known for name, share in target.items()}
    return wanted | ({UNKNOWN: pool[UNKNOWN]} if UNKNOWN in pool else {})


def _declaration(table: Any, path: Path) -> Declaration:
    where = f"[rerank] in `{path.name}`"
    if not isinstance(table, dict):
        raise ConfigError(f"{where} is no table", todo="see docs/howto/fair-search.md")
    for key in table:
        if key not in _KEYS:
            raise ConfigError(f"{where} has `{key}`", todo=did_you_mean(key, list(_KEYS)))
    for key in ("attribute", "attributes", "algorithm", "legal_basis"):
        if not isinstance(table.get(key), str) or not table[key].strip():
            raise ConfigError(f"{where} says no `{key}`", todo="reranking must be declared whole")
    if len(table["legal_basis"].split()) < _LEAST_WORDS:
        todo = "say in words which law or decision allows this order"
        raise ConfigError(f"the `legal_basis` of {where} is too short", todo=todo)
    return Declaration(
        attribute=table["attribute"],
        attributes=path.parent / table["attributes"],
        algorithm=_algorithm(table["algorithm"], where),
        target=_target(table.get("target", "pool"), where),
        top=_top(table.get("top", 50), where),
        legal_basis=" ".join(table["legal_basis"].split()),
    )


def _algorithm(name: str, where: str) -> Algorithm:
    try:
        return Algorithm(name)
    except ValueError:
        todo = did_you_mean(name, [each.value for each in Algorithm])
        raise ConfigError(f"{where} has the algorithm `{name}`", todo=todo) from None


def _target(target: Any, where: str) -> Mapping[str, float] | None:
    if target == "pool":
        return None
    todo = 'say "pool", or a table of shares that add up to 1'
    if not isinstance(target, dict) or not target:
        raise ConfigError(f"{where} has no usable `target`", todo=todo)
    wanted = {name: float(s) for name, s in target.items() if isinstance(s, int | float)}
    if (
        len(wanted) < len(target)
        or min(wanted.values()) < 0
        or abs(sum(wanted.values()) - 1) > 1e-6
    ):
        raise ConfigError(f"the shares in the `target` of {where} do not add up to 1", todo=todo)
    return wanted


def _top(top: Any, where: str) -> int:
    if not isinstance(top, int) or isinstance(top, bool) or not 1 <= top <= _MOST_PLACES:
        todo = f"a whole number from 1 to {_MOST_PLACES}"
        raise ConfigError(f"{where} has no usable `top`", todo=todo)
    return top
