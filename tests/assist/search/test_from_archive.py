"""From an archive to the search: what a member's files say is what a recruiter finds."""

import csv
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from tests.assist.search.homes import AS_OF, member, network
from vanne.fields import as_json
from vanne.places import place_of
from vanne.sources import read_archives
from vanne_assist.brief.criteria import Fact, Kind, Passage
from vanne_assist.brief.facts import facts_of
from vanne_assist.brief.job_titles import employer_value, title_value
from vanne_assist.search.index import Index
from vanne_assist.search.indexer import update
from vanne_assist.writing.profile import suggest

EXAMPLE = Path(__file__).parents[3] / "examples" / "archive"
TITLES = (
    "nurse responsible for general care", "Pflegefachfrau HF", "infirmière en soins intensifs", "3D animator",
    "Head of Marketing, EMEA", "Leiter Finanzen & Controlling", "cheffe de projet (80–100 %)", "VP Engineering",
    "Software Engineer II", "avocate | partner", "Kaufmann EFZ in Ausbildung", "sviluppatore web", "R&D manager",
    "chef de rang", "Head at large", "data scientist", "Lehrer für Physik", "assistant to the CEO", "cuoco", "éditeur/trice",
)  # fmt: skip
EMPLOYERS = (
    "adidas", "trivago", "Meta", "bol.com", "thyssenkrupp", "3M", "EPFL", "Kanton Zürich", "L'Oréal", "Ernst & Young",
    "Hôpital du Valais – Spital Wallis", "Lausanne Palace, Hotel & Spa", "1&1", "Bern", "Procter & Gamble (P&G)",
)  # fmt: skip
DATES = (
    ("Jan 2015", "Dec 2019", 2015, 2019),
    ("Mar 2020", "", 2020, None),
    ("2011", "2014", 2011, 2014),
)
PLACES = (
    ("Lausanne, Vaud, Switzerland", "Lausanne"), ("Zürich und Umgebung", "Zürich"), ("Genève", "Geneva"),
    ("Milano, Lombardia, Italia", "Milan"), ("Bern", "Bern"), ("", None),
)  # fmt: skip


def test_300_of_300_positions_keep_title_employer_years_and_place(tmp_path: Path) -> None:
    archive = tmp_path / "archive"
    archive.mkdir()
    pairs = [(title, employer) for title in TITLES for employer in EMPLOYERS]
    rows = [(*pair, DATES[at % 3], PLACES[at % 6]) for at, pair in enumerate(pairs)]
    with (archive / "Positions.csv").open("w", encoding="utf-8", newline="") as file:
        out = csv.writer(file)
        names = ("Company Name", "Title", "Description", "Location", "Started On", "Finished On")
        out.writerow(names)
        for title, employer, (start, end, *_), (where, _) in rows:
            out.writerow((employer, title, "Seit 2001 bei Rail Cargo in Wien.", where, start, end))
    read = read_archives([archive]).items
    items = [replace(each, owner="ada", item_id=f"p{at:03}") for at, each in enumerate(read)]
    dated = [replace(each, created_at=datetime(2024, 3, 3, tzinfo=UTC)) for each in items]
    home = network(
        tmp_path / "home", [member("ada")], [replace(i, visibility="public") for i in dated]
    )
    update(home, AS_OF)
    with Index.open(home) as index:
        profile = index.people(["ada"])["ada"]
    of_item: dict[str, list[Fact]] = {}
    for fact in profile.facts:
        of_item.setdefault(fact.item_id, []).append(fact)
    wrong = []
    for at, (title, employer, (_, _, since, until), (_, town)) in enumerate(rows):
        facts = of_item[f"p{at:03}"]
        lang = profile.passages[at].lang
        titles = [f for f in facts if f.kind is Kind.TITLE]
        towns = [place_of(f.value) for f in facts if f.kind is Kind.PLACE]
        right = (
            [(f.value, f.since, f.until) for f in titles]
            == [(title_value(title, lang), since, until)]
            and employer_value(employer) in [f.value for f in facts if f.kind is Kind.COMPANY]
            and [each.name for each in towns if each] == ([town] if town else [])
        )
        if not right:
            wrong.append((title, employer, facts))
    assert (len(rows), wrong) == (300, [])


def test_the_headline_before_a_suggestion_is_the_member_s_own() -> None:
    with (EXAMPLE / "Profile.csv").open(encoding="utf-8-sig", newline="") as file:
        (row,) = csv.DictReader(file)
    passages = [
        Passage.of({"item_id": each.item_id, "category": each.category, "lang": "fr",
                    "fields": as_json(each.fields), "text": each.text})
        for each in read_archives([EXAMPLE]).items
        if each.category in ("profile", "position", "skill")
    ]  # fmt: skip
    found = suggest(passages, facts_of(passages, AS_OF))
    (headline,) = [each for each in found if each.field == "headline"]
    assert headline.before == row["Headline"] == "Cheffe de projet eau potable"
    assert row["Last Name"] not in headline.after
