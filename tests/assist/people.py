"""A small network whose members can be found: four of them, with words that say what they do."""

from pathlib import Path

from tests.web.network import BORN, START, item, of_fields
from vanne.config import Home
from vanne.corpus import build
from vanne.demo.network import policy_text
from vanne.ledger import Ledger
from vanne.sources.tables import write_items, write_members
from vanne.terms import Choice, Member
from vanne_assist.search.indexer import update

PURPOSE = "recruiter-search"
BRIEF = "Rust engineer near Lausanne who speaks French, ideally Python, 5+ years"

MEMBERS = tuple(Member(name, "CH", BORN) for name in ("anna", "bruno", "carla", "dario", "emil"))

ITEMS = (
    of_fields("a-profile", "anna", "profile", given_name="Anna", family_name="Vogel", headline="Rust engineer", place="Lausanne, Switzerland"),
    of_fields("a-speaks-1", "anna", "profile", name="French", level="C1"),
    of_fields("a-speaks-2", "anna", "profile", name="German"),
    of_fields("a-position", "anna", "position", title="Rust engineer", employer="Wagonnet SA", place="Lausanne", start="2015", description="Python tools for trains."),
    of_fields("a-skill", "anna", "skill", name="Python"),
    item("a-hidden", "anna", "post", "Nur für mich: Zitronenfalter.", visibility="private", lang="de"),
    of_fields("b-profile", "bruno", "profile", "fr", given_name="Bruno", family_name="Keller", headline="Développeur Rust", place="Genève"),
    of_fields("b-speaks", "bruno", "profile", "fr", name="Français"),
    of_fields("b-position", "bruno", "position", "fr", title="Développeur Rust", employer="Banque du Lac", place="Genève", start="2021"),
    of_fields("c-profile", "carla", "profile", "it", given_name="Carla", family_name="Riva", headline="Infermiera", place="Lugano"),
    of_fields("c-speaks-1", "carla", "profile", "it", name="Italiano"),
    of_fields("c-speaks-2", "carla", "profile", "it", name="Francese"),
    of_fields("c-position", "carla", "position", "it", title="Infermiera", employer="Ospedale Civico", place="Lugano", start="2012"),
    of_fields("d-profile", "dario", "profile", "de", given_name="Dario", family_name="Frei", headline="Softwareentwickler Rust", place="Bern"),
    of_fields("d-speaks", "dario", "profile", "de", name="Deutsch"),
    of_fields("e-profile", "emil", "profile", given_name="Emil", family_name="Zebrafink", headline="Rust engineer", place="Lausanne"),
)  # fmt: skip


def make_people(root: Path) -> Home:
    """Write the network into a folder, with the corpora and the index; Emil said no."""
    home = Home(root)
    write_items(ITEMS, home.items / "items.parquet")
    write_members(MEMBERS, home.members)
    home.policy.write_text(policy_text(), encoding="utf-8")
    with Ledger.create(home.ledger) as ledger:
        ledger.append([Choice("emil", PURPOSE, "all", False, START)])
    build(home, START)
    update(home, START)
    return home
