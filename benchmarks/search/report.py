"""What a run of the search benchmark is told as: a section of the page, and charts."""

from collections.abc import Mapping, Sequence
from typing import Any

from benchmarks import machine
from benchmarks.chart import lines, shares
from benchmarks.page import millions, table
from benchmarks.search.latency import SHOWN
from benchmarks.search.quality import WAYS

Found = Mapping[str, Any]

PEOPLE_WAYS = ("vanne", "meaning", "words", "encoder", "bm25s", "tantivy")
_COLUMNS = (
    ("`vanne`", "as the search compares titles"),
    ("`encoder`", "the encoder without the matrix"),
    ("`bm25s`, `tantivy`", "with the stemmer of the corpus's language"),
)
_SETS = (
    ("`fra_q_fr_c_en`", "MELO's: national titles (`fr`) among ESCO's names (`en`)"),
    ("`mixed`", "four languages at once. Every name of the right occupation counts"),
    ("`names-en`", "one name of an occupation asks for its others"),
)
_MEASURES = {"ndcg10": "nDCG@10", "map": "MAP", "recall50": "recall at 50"}


def section(found: Found) -> str:
    """Return the section of the page."""
    parts = [
        "## Finding people",
        *(_titles(found["titles"]) if found.get("titles", {}).get("found") else ()),
        *(_people(found["people"]) if "people" in found else ()),
        *(_hands(found["hands"]) if "hands" in found else ()),
        *(_reader(found["reader"]) if "reader" in found else ()),
        *(_speed(found["speed"]) if "speed" in found else ()),
    ]
    return "\n\n".join(parts)


def charts(found: Found) -> dict[str, str]:
    """Return the charts by the names of their files."""
    drawn = {}
    if titles := found.get("titles", {}).get("found"):
        rows = {
            each["name"]: {way: each["held_out"][way]["ndcg10"] for way in WAYS} for each in titles
        }
        note = "nDCG@10, occupations that nothing was fitted on"
        drawn["bench-search.svg"] = shares("Titles found", note, rows)
    sizes = found.get("speed", {}).get("found", {}).get("sizes", ())
    if len(sizes) > 1:
        series: dict[str, dict[float, float]] = {}
        for each in sizes:
            for way, times in each["ways"].items():
                series.setdefault(way, {})[each["profiles"]] = times["cpu_p95"]
        note = "CPU milliseconds of a whole question, 95th percentile, one thread"
        drawn["bench-search-speed.svg"] = lines("A question", note, series)
    return drawn


STATES = ("right", "softer", "wrong", "dropped")


def _ran(found: Found) -> str:
    return f"`{found['command']}`\n\n{machine.sentence(found['machine'])}."


def _titles(found: Found) -> list[str]:
    sets = found["found"]
    return [
        "### Titles",
        _ran(found),
        table(["column", "what"], _COLUMNS, words=True),
        table(["set", "what"], _SETS, words=True),
        "![nDCG@10 of each set](_static/bench-search.svg)",
        "**Held out**: matrix and centres were fitted anew on half of the occupations. All "
        "answers to these queries are of the other half.",
        _table(sets, "held_out", "held_out_queries"),
        "**New names**: matrix and centres were fitted anew on half of the names of every "
        "occupation. Only the other half are searched.",
        _table(sets, "new", "new_queries", "new_titles"),
        "**As shipped**: matrix and centres were fitted on the names that are searched, not on the "
        "national titles that ask for them.",
        _table(sets, "ways", "queries"),
        "nDCG@10 of *mixed* by the language of the query:",
        _by_language(sets),
    ]


def _table(sets: Sequence[Found], key: str, count: str, titles: str = "titles") -> str:
    rows = []
    for each in sets:
        for measure, name in _MEASURES.items():
            figures = [f"{each[key][way][measure]:.3f}" for way in WAYS]
            rows.append([f"{each['name']}, {name} ({each[count]} of {each[titles]:,})", *figures])
    return table(["set, measure (queries of titles)", *WAYS], rows)


def _by_language(sets: Sequence[Found]) -> str:
    rows = [
        [f"{lang}, {told}", *(f"{each[key][way]['ndcg10_by'][lang]:.3f}" for way in WAYS)]
        for each in sets
        if each["name"] == "mixed"
        for key, told in (("ways", "as shipped"), ("held_out", "held out"))
        for lang in each[key]["vanne"]["ndcg10_by"]
    ]
    return table(["queries in", *WAYS], rows)


def _people(found: Found) -> list[str]:
    rows = []
    for each in found["found"]:
        for measure, name in _MEASURES.items():
            figures = [f"{each['ways'][way][measure]:.3f}" for way in PEOPLE_WAYS]
            rows.append([f"{each['lang']}, {name} ({each['briefs']} briefs)", *figures])
    people, others = found["found"][0]["people"], [e["of_other_languages"] for e in found["found"]]
    return [
        "### People of the demo network",
        _ran(found),
        f"{people} people may be found, {min(others)} to {max(others)} of them in other languages "
        "than the brief's. A brief is an occupation in either gender, with or without a town. "
        "Right are the people with this occupation (and town) in the made-up network, in any "
        "language. `meaning` and `words` are parts of Vanne's score after the same filters. "
        "`encoder` compares the brief with a person's first hundred words, bm25s and tantivy "
        "with all of them.",
        table(["briefs in, measure", *PEOPLE_WAYS], rows),
    ]


def _hands(found: Found) -> list[str]:
    parts = ["### Briefs, requests and profiles of others", _ran(found)]
    parts.append(
        "Written and labelled by ten hands that had not seen Vanne: language models that were "
        "told to be unlike each other, not people. Vanne was developed on `dev` and on `read`. "
        "`sealed` is every other line of three of them (Dora, Emil, Fatou). Nobody "
        "who changes Vanne has read it: it is counted, and its counts by kind were looked at. "
        "A criterion is *softer* if it must be and was taken as a wish. A *wrong must* is one, or "
        "an exclusion, that is in no label. *Told*: a person is told to look."
    )
    by_part = found["found"]
    rows = []
    for part, each in by_part.items():
        groups = {"all": each["briefs"]["labels"], **each["briefs"]["by"]}
        for lang, labels in groups.items():
            count = sum(labels.values())
            shares_ = [f"{labels.get(state, 0) / count:.3f}" for state in STATES]
            rows.append([f"{part}, {lang} ({count} criteria)", *shares_])
    parts.append(table(["briefs", *STATES], rows))
    rows = []
    for part, each in by_part.items():
        read, own, best = each["briefs"]["read"], each["shown"]["own"], each["shown"]["perfect"]
        wrong = f"{read['wrong_musts']} of {read['criteria']}"
        rows += [
            [f"{part}, wrong musts among the criteria that were read", wrong],
            [f"{part}, the perfect person is shown ({best['briefs']} briefs)",
             f"{best['shown']:.3f}"],
            [f"{part}, the perfect person is among the first ten", f"{best['ten']:.3f}"],
            [f"{part}, own briefs find a profile first ({own['briefs']} briefs, "
             f"{each['shown']['profiles']} profiles and {best['briefs']} perfect people)",
             f"{own['first']:.3f}"],
            [f"{part}, own briefs find it among the first ten", f"{own['ten']:.3f}"],
        ]  # fmt: skip
    parts.append(table(["what", "figure"], rows))
    rows = []
    for part, each in by_part.items():
        for lang, count in each["fairness"].items():
            stopped = [
                f"{count.get(f'{kind}-stopped', 0)}, {count.get(f'{kind}-told', 0)} "
                f"of {count.get(kind, 0)}"
                for kind in ("direct", "indirect", "lawful")
            ]
            rows.append([f"{part}, {lang}", *stopped])
    parts.append(
        table(
            ["requests that are stopped, that are stopped or told", "direct", "indirect", "lawful"],
            rows,
        )
    )
    return parts


def _reader(found: Found) -> list[str]:
    rows = []
    for part, ways in found["found"].items():
        for way, each in ways.items():
            labels, read = each["labels"], each["read"]
            count = sum(labels.values())
            rows.append(
                [
                    f"{part}, {way}",
                    *(f"{labels.get(state, 0) / count:.3f}" for state in STATES),
                    f"{read['wrong_musts']} of {read['criteria']}",
                    "" if way == "rules" else f"{read.get('read-by-model', 0)} of {read['briefs']}",
                ]
            )
    return [
        "### Briefs that a model reads too",
        _ran(found),
        "The same briefs by the rules, and by the rules with the answers of a model beside them. "
        "*labels* is a made-up model whose answer is the labels themselves. Where "
        "a model gave no usable answer, the rules read alone.",
        table(["briefs, read by", *STATES, "wrong musts", "usable answers"], rows),
    ]


def _speed(found: Found) -> list[str]:
    sizes = found["found"]["sizes"]
    heard = max(sizes, key=lambda each: int(each["profiles"]))
    rows = []
    for each in sizes:
        for way, times in each["ways"].items():
            ratio = times["cpu_p50"] / each["ways"]["scan"]["cpu_p50"]
            figures = [f"{times[key]:.1f}" for key in SHOWN]
            rows.append([f"{millions(each['profiles'])}, {way}", *figures, f"{ratio:.1f}"])
    about = [
        [
            millions(each["profiles"]),
            f"{each['titles']:,}",
            f"{each['index_mb']:,.0f}",
            f"{each['rss_mb']:,.0f}",
            f"{each['first_cpu']:,.0f}",
        ]
        for each in sizes
    ]
    return [
        "### How fast",
        _ran(found),
        "Milliseconds of one whole question on one thread: five criteria, meaning, words, "
        "fusion, twenty hits with their profiles. `scan` is the floor: all vectors of titles "
        "times one, and the best hundred. tantivy gives the best hundred for the same words, and "
        "knows no facts. On a busy machine, only CPU time and ratios tell.",
        table(["profiles, way", *SHOWN.values(), "CPU p50 / scan"], rows),
        "![CPU time of a question](_static/bench-search-speed.svg)",
        "Whoever opens an index reads it into memory, once; the first of all also loads the "
        "encoder.",
        table(["profiles", "distinct titles", "rows, MB", "memory, MB", "opened, CPU ms"], about),
        f"An opt-out at {millions(heard['profiles'])} profiles: to hide who said no costs the next "
        f"question {heard['hearing']['no_p50']:.2f} CPU ms (p95 {heard['hearing']['no_p95']:.2f}), "
        f"to take their row out {heard['hearing']['out_p50']:.2f} ms "
        f"(p95 {heard['hearing']['out_p95']:.2f}).",
    ]
