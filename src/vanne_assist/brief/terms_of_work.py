"""Find what a brief says by patterns: years, pay, workload, contract, start, team, licences.

Members seldom say these things but the years, so nobody is kept out for most of them. The
patterns read folded words with one space between them, in four languages at once. What is read
first takes its words: «3 days a week in the office» is no workload.

>>> from vanne_assist.brief.text import split
>>> [(each.kind.value, each.value, each.most) for each in work_in(split("80-100%, CHF 95k"))]
[('pay', 'chf', 95000.0), ('workload', 'percent', 100.0)]
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache

from vanne_assist.brief.criteria import Kind
from vanne_assist.brief.lexicon import FoldedLine, alternatives, grammar
from vanne_assist.brief.text import Word

_MOST_YEARS, _MOST_BARE = 60, 25
_FIXED_TERM = "fixed-term"
_CURRENCIES = {
    "€": "eur", "euro": "eur", "euros": "eur", "teur": "eur", "keur": "eur", "£": "gbp",
    "pound": "gbp", "pounds": "gbp", "quid": "gbp", "$": "usd", "dollar": "usd", "dollars": "usd",
    "fr": "chf", "sfr": "chf", "franc": "chf", "francs": "chf", "franken": "chf", "franchi": "chf",
    "tchf": "chf", "kchf": "chf", ". -": "chf", ". –": "chf",
}  # fmt: skip
_THOUSANDS = frozenset({"tchf", "kchf", "teur", "keur"})
_LEAST_SHORT = 20
_HOURLY = r"(?:/|an|per|pro|par|l|de l|all) (?:h|hr|hour|heure|std|stunde|ora)$"
_BY_TIME = frozenset({"tjm", "stundensatz", "stundenlohn", "tagessatz", "tarif"})


@dataclass(frozen=True, slots=True)
class WorkSpan:
    """What is said of the work, and the words that say it."""

    kind: Kind
    value: str
    first: int
    last: int
    least: float | None = None
    most: float | None = None


Found = tuple[str, float | None, float | None]
Reader = Callable[["re.Match[str]"], Found | None]


def work_in(words: Sequence[Word]) -> Iterator[WorkSpan]:
    """Yield what is said of the work; a word speaks of one thing."""
    line = FoldedLine.of(words)
    taken: set[int] = set()
    for kind, pattern, reader in _readers():
        for match in pattern.finditer(line.line):
            first, last = line.words(match.start(), match.start() + len(match[0].rstrip()))
            read = reader(match)
            if read and taken.isdisjoint(range(first, last)):
                taken.update(range(first, last))
                is_contract = read[0] == _FIXED_TERM
                yield WorkSpan(
                    Kind.CONTRACT if is_contract else kind, read[0], first, last, *read[1:]
                )


@cache
def _readers() -> tuple[tuple[Kind, re.Pattern[str], Reader], ...]:
    """Return the patterns in the order in which they take their words."""
    pieces = grammar("work")

    def piece(match: re.Match[str]) -> str:
        return alternatives(match[2]) if match[1] else str(pieces[match[2]])

    def filled(pattern: str) -> str:
        while "@" in pattern:
            pattern = re.sub(r"@(role:)?([\w-]+)@", piece, pattern)
        return pattern

    readers: dict[str, Reader] = {
        "remote": lambda m: (next(n for n in ("office", "hybrid", "remote") if m[n]), None, None),
        "pay": _pay, "percent": _percent, "days": _days,
        "contract": _contract, "led": _people, "size": _people, "crew": _crew,
        "years": _years, "leads": _leads,
        "start": lambda _: ("start", None, None),
        "licence": lambda m: ("forklift" if m["forklift"] else "driving-licence", None, None),
    }  # fmt: skip
    return tuple(
        (
            Kind[each["kind"].upper()],
            re.compile(rf"(?<!\S)(?:{filled(each['pattern'])})(?!\S)"),
            readers[each["by"]],
        )
        for each in pieces["read"]
    )


def _value(said: str | None) -> float | None:
    """Return a number as people write it: `3.600` and `8'200` are thousands, `38.5` is not."""
    if said is None:
        return None
    plain = re.sub(r" ?['’] ?| ", "", said)
    if re.fullmatch(r"\d{1,3}(?:[.,]\d{3})+", plain):
        plain = re.sub("[.,]", "", plain)
    return float(plain.replace(",", "."))


def _count(said: str) -> float:
    return float(said.replace(",", ".")) if said[0].isdigit() else 1.0


def _bounds(match: re.Match[str], one: float | None, other: float | None) -> Found:
    groups = match.groupdict()
    plus = any(groups.get(name) for name in ("plus", "plus2", "plus3", "plus4"))
    if other is not None or one is None:
        return "", one, other
    if groups.get("less") or groups.get("max"):
        return "", None, one
    return ("", one, None) if groups.get("more") or plus else ("", one, one)


def _pay(match: re.Match[str]) -> Found | None:
    if match["grade"]:
        steps = [float(each) for each in re.findall(r"\d+", match["grade"])]
        return "grade", steps[0], steps[-1]
    currency = match["cur"] or match["cur2"]
    is_k = match["k"] or match["k2"] or currency in _THOUSANDS
    ends = not match.string[match.end() : match.end() + 2].strip().isalpha()
    is_swiss = ends and re.search("['’] 000", match[0])  # «bis 110'000»
    marks = (match["head"], currency, is_k, (match["per"] or "").strip(), is_swiss)
    if not any(marks):
        return None
    scale = 1000.0 if is_k else 1.0
    one, other = _value(match["one"]), _value(match["other"])
    one, other = (None if each is None else each * scale for each in (one, other))
    if one and other and one < other / 50:  # «85-95'000»
        one *= 1000.0
    is_short = match["head"] and not any(marks[1:]) and match["head"] not in _BY_TIME
    if is_short and one and _LEAST_SHORT <= one < 1000 and (other or one) < 1000:  # «salary 75-90»
        one, other = one * 1000.0, other and other * 1000.0
    is_small = (one or 0) < 1000 and not re.search(_HOURLY, marks[3])
    if (one or 0) < 10 or (is_small and not (match["head"] or currency)):
        return None
    _, least, most = _bounds(match, one, other)
    if least is not None and least == most:
        least = None
    return _CURRENCIES.get(currency or "", currency or "pay"), least, most


def _percent(match: re.Match[str]) -> Found | None:
    one, other = _value(match["pct"]), _value(match["to"])
    if match["travel"] or one is None or max(one, other or 0) > 100:
        return None
    return ("percent", *_bounds(match, one, other)[1:])


def _days(match: re.Match[str]) -> Found:
    if said := match["days"] or match["days2"] or match["days3"]:
        days = _count(said)
        most = float(match["to"]) if match["to"] else days
        return "percent", days * 20.0, most * 20.0
    if match["bare"]:
        return "percent", float(match["bare"]), float(match["bare_to"])
    if match["full"]:
        return "percent", float(match["fifths"] or 5) * 20.0, 100.0
    if whole := match["fte"] or match["er"]:
        part = _count(whole) * (100.0 if match["fte"] else 1.0)
        return "percent", part, part
    if match["part"]:
        one = float(match["pct"]) if match["pct"] else None
        return "percent", one, float(match["pct2"]) if match["pct2"] else one
    return "hours", None, None


def _contract(match: re.Match[str]) -> Found:
    groups = match.groupdict()
    told = (name for name in groups if groups[name] and name != "months")
    names = (name.strip("_").replace("_", "-") for name in told)
    return next(names, _FIXED_TERM), None, None


def _people(match: re.Match[str]) -> Found:
    groups = match.groupdict()
    one, other = _value(groups.get("one")), _value(groups.get("other"))
    return ("people", *_bounds(match, one, other)[1:])


def _crew(match: re.Match[str]) -> Found | None:
    """Return how many are led; an exact number tells of who is there: «sixteen teachers»."""
    found = _people(match)
    return None if found[1] == found[2] else found


def _years(match: re.Match[str]) -> Found | None:
    """Return the years that are asked; some months without the word are how long the work lasts."""
    groups = match.groupdict()
    said = (each for each in (groups["one"], groups["other"]) if each is not None)
    least, *more = sorted(_count(each) / (12 if groups.get("months") else 1) for each in said)
    is_told = groups.get("experience") or groups["least"] or groups["most"]
    if (more or [least])[-1] > (_MOST_YEARS if is_told else _MOST_BARE):
        return None  # «the foundation is forty years old»
    if groups.get("months") and not (groups["experience"] or groups["least"]):
        return _FIXED_TERM, None, None
    value = "tenure" if groups.get("tenure") else "experience"
    if groups["most"] and not more and not groups["plus"]:
        return value, None, least
    return value, least, more[0] if more else None


def _leads(match: re.Match[str]) -> Found:
    """Return what «able to lead apprentices» asks: who is led is no step of who is sought."""
    is_team = match["led"] or match["led2"]
    return "team-leadership" if is_team else "training-apprentices", None, None
