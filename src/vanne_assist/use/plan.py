"""The plan of an experiment, as it is registered before anything is tried.

    schema = "vanne/experiment/1"
    name = "open-criteria"
    part = "find.criteria"            # what is varied; its usual look is the control
    measure = "share"                 # of occasions with a useful result; or "seconds" until it
    baseline_percent = 40             # what is expected without the change
    effect_percent = 5                # the smallest difference that would be acted on, in points
    occasions = 3800                  # of each arm, by the last day
    ends = 2027-02-28                 # the last day that counts
    analysis = "welch-20-buckets"

    [hypothesis]                      # as those who are counted read it; one language or more
    en = "Who sees the criteria open corrects them, and finds somebody more often."

Of `seconds`, the keys are `baseline_seconds`, `spread_seconds` (one standard deviation) and
`effect_seconds`. Optional: `confidence_percent` (95), `power_percent` (80), and
`design_effect_percent` (100): how much more is needed as occasions of one person are alike.
There is one measure, so that nobody can choose afterwards among several.
"""

import hashlib
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from vanne.errors import ConfigError
from vanne.policy.toml import Table
from vanne.terms import LANGUAGES
from vanne_assist.use.analysis import needed
from vanne_assist.use.parts import LOOKS, Looks, Part

SCHEMA = "vanne/experiment/1"
ANALYSIS = "welch-20-buckets"
NAME = re.compile(r"[a-z0-9][a-z0-9-]{1,39}")
_MOST_OCCASIONS = 100_000_000
_LONGEST_TEXT = 400


class Measure(StrEnum):
    """What is compared: the share of occasions with a result, or the mean seconds until it."""

    SHARE = "share"
    SECONDS = "seconds"


@dataclass(frozen=True, slots=True)
class Plan:
    """What is registered. Figures are shares of 1 or seconds; `spread` is a standard deviation."""

    name: str
    hypothesis: Mapping[str, str]
    part: Part
    measure: Measure
    baseline: float
    spread: float
    effect: float
    occasions: int
    ends: date
    confidence: float
    power: float
    design_effect: float
    digest: str
    text: str

    @property
    def looks(self) -> Looks:
        """The two looks that are compared."""
        return LOOKS[self.part]

    @property
    def needed(self) -> int:
        """How many occasions each arm needs to find the effect as surely as the plan says."""
        after = self.baseline + self.effect
        spread = (after * (1 - after)) ** 0.5 if self.measure is Measure.SHARE else self.spread
        found = needed(self.effect, (self.spread, spread), self.confidence, self.power)
        return -int(-found * self.design_effect // 1)


def read_plan(text: str, file: str) -> Plan:
    """Read a plan; `file` is its name in messages.

    Raises:
        ConfigError: a key is missing, wrong or unknown.
    """
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{file}: no TOML: {error}", todo="mend it") from error
    table = Table(data, "", file, text)
    table.word("schema", [SCHEMA])
    confidence = table.number("confidence_percent", 80, 99, 95) / 100
    power = table.number("power_percent", 50, 99, 80) / 100
    design_effect = table.number("design_effect_percent", 100, 2000, 100) / 100
    measure = Measure(table.word("measure", list(Measure)))
    baseline, spread, effect = _figures(table, measure)
    plan = Plan(
        name=_name(table),
        hypothesis=_hypothesis(table.table("hypothesis")),
        part=Part(table.word("part", list(Part))),
        measure=measure,
        baseline=baseline,
        spread=spread,
        effect=effect,
        occasions=table.number("occasions", 1, _MOST_OCCASIONS),
        ends=table.day("ends"),
        confidence=confidence,
        power=power,
        design_effect=design_effect,
        digest=hashlib.sha256(text.encode()).hexdigest(),
        text=text,
    )
    table.word("analysis", [ANALYSIS])
    table.close()
    return plan


def _figures(table: Table, measure: Measure) -> tuple[float, float, float]:
    """Return baseline, spread and effect."""
    if measure is Measure.SECONDS:
        baseline = table.number("baseline_seconds", 1, 3600)
        spread = table.number("spread_seconds", 1, 3600)
        return baseline, spread, table.number("effect_seconds", 1, 3600)
    percent = table.number("baseline_percent", 1, 99)
    points = table.number("effect_percent", 1, 99)
    if percent + points > 99:
        table.fail("effect_percent", f"is {points}", todo="baseline and effect must be below 100")
    share = percent / 100
    return share, (share * (1 - share)) ** 0.5, points / 100


def _name(table: Table) -> str:
    name: str = table.take("name", str)
    if not NAME.fullmatch(name):
        table.fail("name", "is no name", todo="use 2 to 40 of a-z, 0-9 and `-`")
    return name


def _hypothesis(table: Table) -> dict[str, str]:
    """Return the hypothesis in the languages in which it is said."""
    said: dict[str, str] = {}
    for lang in LANGUAGES:
        if text := table.take(lang, str, ""):
            said[lang] = " ".join(text.split())
            if len(text) > _LONGEST_TEXT or len(text.split()) < 3:
                most = f"say it in 3 words to {_LONGEST_TEXT} characters"
                table.fail(lang, "is no sentence", todo=most)
    table.close()
    if not said:
        table.fail("", "says nothing", todo=f"say it in one of {', '.join(LANGUAGES)}")
    return said
