"""A small network whose members write, mend their profiles and look for work."""

from datetime import UTC, datetime
from pathlib import Path

from tests.web.network import BORN, START, item, of_fields
from vanne.config import Home
from vanne.corpus import build
from vanne.demo.network import policy_text
from vanne.ledger import Ledger
from vanne.sources.tables import write_items, write_members
from vanne.terms import Choice, Member
from vanne_assist.jobs import board
from vanne_assist.jobs.posting import JobPosting, Pay

WRITING, MATCHING = "writing-help", "job-matching"

MEMBERS = tuple(Member(name, "CH", BORN) for name in ("anna", "bruno", "carla"))
"""Anna is on for everything, Bruno has not chosen, Carla said no to both purposes."""

ITEMS = (
    of_fields("a-profile", "anna", "profile", "de", given_name="Anna", family_name="Vogel", headline="Pflegefachfrau in Bern"),
    of_fields("a-position", "anna", "position", title="Nurse", employer="Kalmia Hospital", place="Bern", start="2015", description="I led the move of the records to PostgreSQL. My salary is CHF 95'000."),
    of_fields("a-undated", "anna", "position", title="Nurse", employer="Praxis Linde", place="Thun", description="Night shifts."),
    of_fields("a-skill", "anna", "skill", name="Wound care"),
    item("a-post", "anna", "post", "Our ward was named ward of the year by nobody: we were only faster.", lang="en"),
    item("a-with-bruno", "anna", "post", "Bruno and I ran the Zitronenfalter project.", subjects=("bruno",), lang="en"),
    item("a-praise", "anna", "recommendation", "Anna is a marvel, says Bruno.", author="bruno", lang="en"),
    of_fields("b-profile", "bruno", "profile", "fr", given_name="Bruno", family_name="Keller", headline="Développeur Rust à Lausanne"),
    of_fields("b-position", "bruno", "position", "fr", title="Développeur Rust", employer="Ferrous", place="Lausanne", start="2018", description="Python aussi."),
    of_fields("c-position", "carla", "position", title="Nurse", employer="Zebrafink Clinic", place="Bern", start="2012"),
)  # fmt: skip

POSTINGS = (
    JobPosting("pflege", "Dipl. Pflegefachfrau HF", "Klinik Ostberg", "Wir suchen Sie. Mindestens 3 Jahre Erfahrung. Französisch B2. Wundversorgung.", "de", skills=("Wound care",), sites=("Bern",), places=("2661552",), salary=Pay(currency="CHF", least="90000", most="90000"), url="https://example.org/pflege"),
    JobPosting("rust", "Rust developer", "Ferrous", "Women only. At least 5 years of Rust and PostgreSQL.", "en", sites=("Lausanne",), places=("2659994",), skills=("Rust", "Docker"), expires=datetime(2026, 12, 24, tzinfo=UTC)),
    JobPosting("nacht", "Night nurse", "Praxis Linde", "Nights.", "en", sites=("Thun",), places=("2658377",)),
    JobPosting("far", "Nurse", "Clinique du Lac", "Days.", "en", sites=("Genève",), places=("2660646",)),
)  # fmt: skip


def make_tools(root: Path) -> Home:
    """Write the network into a folder, with its corpus and its job offers."""
    home = Home(root)
    write_items(ITEMS, home.items / "items.parquet")
    write_members(MEMBERS, home.members)
    home.policy.write_text(policy_text(), encoding="utf-8")
    yes, no = [
        [Choice(name, purpose, "all", on, START) for purpose in (WRITING, MATCHING)]
        for name, on in (("anna", True), ("carla", False))
    ]
    with Ledger.create(home.ledger) as ledger:
        ledger.append([*yes, *no])
    build(home, START)
    board.add(home, POSTINGS, START)
    return home
