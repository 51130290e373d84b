"""The types of a brief and of a person: criterion, fact, profile and judgement.

Criteria and facts have the same kinds and write values in the same way, so that a fact meets a
criterion by comparison: a title's neutral form, a skill's folded name, a language's ISO 639-1 code,
the GeoNames number of a place.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import cache
from typing import Any, Literal

from pydantic import TypeAdapter, ValidationError

from vanne.errors import InputError
from vanne.fields import text_of
from vanne.terms import Fields

Force = Literal["must", "nice", "not"]
State = Literal["met", "partly", "not-met", "unknown"]


class Kind(StrEnum):
    """What a criterion is about."""

    TITLE = "title"
    SKILL = "skill"
    LANGUAGE = "language"
    PLACE = "place"
    YEARS = "years"
    SENIORITY = "seniority"
    INDUSTRY = "industry"
    COMPANY = "company"
    EDUCATION = "education"
    CAREER = "career"
    WORDS = "words"
    PAY = "pay"
    WORKLOAD = "workload"
    CONTRACT = "contract"
    AVAILABILITY = "availability"
    REMOTE = "remote"
    SIZE = "employer-size"
    LED = "led"


OF_WORK = frozenset(
    {Kind.PAY, Kind.WORKLOAD, Kind.CONTRACT, Kind.AVAILABILITY, Kind.REMOTE, Kind.SIZE, Kind.LED}
)
"""What a brief says of the work: members seldom say it, so it keeps nobody out."""


@dataclass(frozen=True, slots=True)
class Criterion:
    """One thing that is asked. `value` is what is compared, `said` what people read.

    `span` is where it stands in the brief (start and end in characters); None if a person added it.
    `least` and `most` are years, `within_km` the distance to a place, `level` that of a language
    (`a1` to `c2`, `native`). `is_past` is True for what somebody did before, False for what they do
    now, None for either. Of criteria that share a number in `either` one suffices.
    """

    kind: Kind
    value: str
    said: str
    force: Force = "must"
    span: tuple[int, int] | None = None
    least: float | None = None
    most: float | None = None
    within_km: float | None = None
    level: str | None = None
    is_past: bool | None = None
    either: int | None = None


MOST_CRITERIA = 100
"""How many alternatives one text numbers at most: those of the next text begin there."""


def renumbered(criteria: Iterable[Criterion], first: int) -> list[Criterion]:
    """Return criteria whose alternatives have numbers from `first` on."""
    return [
        each if each.either is None else replace(each, either=first + each.either)
        for each in criteria
    ]


def together(criteria: Sequence[Criterion]) -> list[list[int]]:
    """Return the places of criteria in their order, those of alternatives in one list.

    >>> java = Criterion(Kind.SKILL, "java", "Java", either=0)
    >>> together([java, Criterion(Kind.SKILL, "sap", "SAP"), replace(java, value="go")])
    [[0, 2], [1]]
    """
    found: dict[object, list[int]] = {}
    for at, each in enumerate(criteria):
        key = (each.either, each.force) if each.either is not None else (at,)
        found.setdefault(key, []).append(at)
    return list(found.values())


@cache
def _adapter() -> TypeAdapter[tuple[Criterion, ...]]:
    return TypeAdapter(tuple[Criterion, ...])


def criteria_json(criteria: Iterable[Criterion]) -> list[dict[str, Any]]:
    """Write criteria as JSON, without what they leave open.

    The record of searches, the form and the API hold this form.

    >>> row = criteria_json([Criterion(Kind.PLACE, "2659994", "Lausanne", within_km=30.0)])[0]
    >>> row["kind"], row["force"], row["within_km"]
    ('place', 'must', 30.0)
    >>> criteria_from([row])[0].said
    'Lausanne'
    """
    rows = _adapter().dump_python(tuple(criteria), mode="json", exclude_none=True)
    return list(rows)


def criteria_from(rows: Iterable[Any]) -> tuple[Criterion, ...]:
    """Read what `criteria_json` wrote.

    Raises:
        InputError: a row is no criterion.
    """
    try:
        return _adapter().validate_python(tuple(rows))
    except ValidationError as error:
        number, *field = error.errors()[0]["loc"]
        name = f" has no usable `{field[0]}`" if field else " is not one"
        todo = "write it as `vanne find --json` prints it"
        raise InputError(f"criterion {int(number) + 1}{name}", todo=todo) from error


Trouble = Literal[
    "wanted-and-not", "place-unknown", "misspelt", "nothing-understood",
    "criterion-empty", "no-language", "may-discriminate",
    "read-by-model", "model-away", "not-in-brief", "read-two-ways",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class BriefNotice:
    """What is wrong with a brief, the words that it is about, and what may have been meant."""

    trouble: Trouble
    said: tuple[str, ...]
    near: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Brief:
    """A brief and what was understood of it. `rest` is what was not, for the search by words.

    `notices` tell of its reading: by whom, and what of a model's was not used.
    """

    text: str
    lang: str
    criteria: tuple[Criterion, ...]
    rest: str
    notices: tuple[BriefNotice, ...] = ()


@dataclass(frozen=True, slots=True)
class Fact:
    """What one item says of its owner, and where in its text (start and end in characters).

    `number` is years of experience or the year of an end, as the kind has it; `since` and `until`
    are years of a position or of an education; `until` None with `since` means until now.
    """

    kind: Kind
    value: str
    item_id: str
    span: tuple[int, int]
    number: float | None = None
    since: int | None = None
    until: int | None = None
    level: str | None = None


@dataclass(frozen=True, slots=True)
class Passage:
    """One item that may be shown for this purpose: its fields, and the text that they make."""

    item_id: str
    category: str
    text: str
    lang: str | None
    fields: Fields = field(default_factory=dict, hash=False)

    @classmethod
    def of(cls, item: Mapping[str, Any]) -> "Passage":
        """Return the passage of a row of the items table.

        Lines of a text of its own that no field says follow the fields.

        >>> Passage.of({"item_id": "i", "category": "skill", "fields": '{"name": "Rust"}'}).text
        'Rust'
        """
        fields = json.loads(item.get("fields") or "{}")
        rendered, own = text_of(fields) or "", item.get("text") or ""
        if rendered:
            lines = {line.strip() for line in ("", *rendered.split("\n"))}
            more = [line for line in own.split("\n") if line.strip() not in lines]
            text = "\n".join([rendered, *more])
        else:
            text = own
        return cls(str(item["item_id"]), str(item["category"]), text, item.get("lang"), fields)

    def spans(self) -> dict[str, tuple[int, int]]:
        """Return where each field stands in the text."""
        found, at = {}, 0
        for name, value in self.fields.items():
            start = self.text.index(value, at)
            at = start + len(value)
            found[name] = (start, at)
        return found


@dataclass(frozen=True, slots=True)
class Profile:
    """What may be shown of a member, and the facts that were read from it."""

    member_id: str
    passages: tuple[Passage, ...]
    facts: tuple[Fact, ...]


@dataclass(frozen=True, slots=True)
class Judgement:
    """Whether a person meets a criterion, and the facts that say so. Unknown is not no.

    `short` is how many years are missing, or how many kilometres it is too far.
    """

    criterion: Criterion
    state: State
    evidence: tuple[Fact, ...] = ()
    short: float | None = None
