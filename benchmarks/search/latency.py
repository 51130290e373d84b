"""How long a whole question takes, beside the floor: what nobody who answers it can do without.

The question has a title, a town, a language, years and a skill. Beside it are measured, by CPU time
in turns, the parts that are bare: all vectors times one vector, the best hundred of it; and the
same words asked of tantivy, which knows neither facts nor vectors.
"""

import resource
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter, process_time
from typing import Any

import numpy as np

from benchmarks.search import peers
from benchmarks.search.profiles import Profiles, home_of
from vanne.config import Home
from vanne.ledger import Ledger
from vanne.terms import Choice
from vanne_assist.brief.criteria import Brief, Criterion, Kind
from vanne_assist.brief.places import named
from vanne_assist.search.find import find
from vanne_assist.search.index import PURPOSE, Index, leave

SHOWN = {"p50": "p50", "p95": "p95", "cpu_p50": "CPU p50", "cpu_p95": "CPU p95"}
PEERS_UP_TO = 200_000
_TOWNS = ("Lausanne", "Bern", "Genf", "Zürich", "Lugano", "Basel", "Lyon", "Milano", "München")
_SKILLS = ("databases", "code-review", "machine-learning", "data-analysis", "automated-tests")
_ASKED, _WARM = 60, 5
_AT = datetime(2026, 6, 2, tzinfo=UTC)

Ways = dict[str, Callable[[int], object]]


def measure(profiles: int, seed: int) -> dict[str, Any]:
    """Make an index of that many profiles and ask it."""
    made = Profiles(profiles, seed)
    find_brief = brief(made, 0)
    with TemporaryDirectory() as folder:
        home = home_of(made, Path(folder))
        started = process_time()
        with Index.open(home) as index:
            find(index, find_brief)
            first = 1000 * (process_time() - started)
            return {
                "profiles": profiles,
                "titles": len(made.titles),
                "index_mb": home.database.stat().st_size / 1e6,
                "rss_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000,
                "first_cpu": first,
                "ways": in_turns(ways(made, index)),
                "hearing": hearing(home, index),
            }


def hearing(home: Home, index: Index) -> dict[str, float]:
    """Let people say no one by one; return CPU milliseconds until each is out of sight.

    `no`: the open index asks who may be shown; `out`: their row is taken out.
    """
    new, out = [], []
    with Ledger.of(home) as ledger:
        for at in range(_ASKED):
            member = index.member(at * len(index) // _ASKED)
            ledger.append([Choice(member, PURPOSE, "all", False, _AT)])
            start = process_time()
            shown = index.shown()
            new.append(1000 * (process_time() - start))
            start = process_time()
            leave(home, [member])
            out.append(1000 * (process_time() - start))
            assert int(np.count_nonzero(~shown)) == at + 1
    told = {"no": np.percentile(new, [50, 95]), "out": np.percentile(out, [50, 95])}
    return {
        f"{name}_{p}": float(v)
        for name, both in told.items()
        for p, v in zip(("p50", "p95"), both, strict=True)
    }


def ways(made: Profiles, index: Index) -> Ways:
    """Return what is measured, each a function of the question's number."""
    vectors = index.titles.vectors
    asked = np.random.default_rng(7).standard_normal((_ASKED, vectors.shape[1]), dtype=np.float32)
    briefs = [brief(made, at) for at in range(_ASKED)]

    def scan(at: int) -> object:
        scores = vectors @ asked[at]
        return np.argpartition(-scores, min(100, len(scores) - 1))[:100]

    found: Ways = {"vanne": lambda at: find(index, briefs[at]), "scan": scan}
    if made.size <= PEERS_UP_TO:
        best = peers.tantivy_best([made.text(row) for row in range(made.size)], "en")
        found["tantivy"] = lambda at: best(briefs[at].text, 100)
    return found


def in_turns(ways: Ways) -> dict[str, dict[str, float]]:
    """Ask every way each question in turn; return milliseconds of wall and CPU time."""
    walls: dict[str, list[float]] = {name: [] for name in ways}
    cpus: dict[str, list[float]] = {name: [] for name in ways}
    for at in range(-_WARM, _ASKED):
        for name, ask in ways.items():
            wall, cpu = perf_counter(), process_time()
            ask(at % _ASKED)
            if at >= 0:
                cpus[name].append(1000 * (process_time() - cpu))
                walls[name].append(1000 * (perf_counter() - wall))
    return {name: _percentiles(walls[name], cpus[name]) for name in ways}


def _percentiles(walls: list[float], cpus: list[float]) -> dict[str, float]:
    wall, cpu = np.percentile(walls, [50, 95]), np.percentile(cpus, [50, 95])
    return {"p50": wall[0], "p95": wall[1], "cpu_p50": cpu[0], "cpu_p95": cpu[1]}


def brief(made: Profiles, at: int) -> Brief:
    """Return a question: a title that somebody has, a town, a language, years and a skill."""
    title, town = made.titles[at * 37 % len(made.titles)], _TOWNS[at % len(_TOWNS)]
    skill = _SKILLS[at % len(_SKILLS)]
    criteria = (
        Criterion(Kind.TITLE, title, title),
        Criterion(Kind.PLACE, named(town)[0].value, town, within_km=50.0),
        Criterion(Kind.LANGUAGE, "fr", "French", "nice"),
        Criterion(Kind.YEARS, "experience", "3 years", least=3.0),
        Criterion(Kind.SKILL, skill, skill, "nice"),
    )
    words = " ".join(made.vocabulary[n] for n in (at % 7, 40 + at, 3000 + at))
    return Brief(f"{title} near {town} with French and {skill}, {words}", "en", criteria, words)
