"""A small network whose members can be found: four of them, with words that say what they do."""

from pathlib import Path

from tests.web.network import BORN, START, item
from vanne.config import Home
from vanne.corpus import build
from vanne.demo.rules import policy_text
from vanne.ledger import Ledger
from vanne.sources.tables import write_items, write_members
from vanne.terms import Choice, Member
from vanne_assist.search.keeping import update

PURPOSE = "recruiter-search"
BRIEF = "Rust engineer near Lausanne who speaks French, ideally Python, 5+ years"

MEMBERS = tuple(Member(name, "CH", BORN) for name in ("anna", "bruno", "carla", "dario", "emil"))

ITEMS = (
    item("a-profile", "anna", "profile", "Rust engineer. Lausanne, Switzerland. I speak French and German.", lang="en"),
    item("a-position", "anna", "position", "Rust engineer at Wagonnet SA, Lausanne, 2015 - today. Python tools for trains.", lang="en"),
    item("a-skill", "anna", "skill", "Python", lang="en"),
    item("a-hidden", "anna", "post", "Nur für mich: Zitronenfalter.", visibility="private", lang="de"),
    item("b-profile", "bruno", "profile", "Développeur Rust à Genève. Je parle français.", lang="fr"),
    item("b-position", "bruno", "position", "Développeur Rust, Banque du Lac, Genève, 2021 à aujourd'hui", lang="fr"),
    item("c-profile", "carla", "profile", "Infirmiera a Lugano. Parlo italiano e francese.", lang="it"),
    item("c-position", "carla", "position", "Infermiera, Ospedale Civico, Lugano, dal 2012", lang="it"),
    item("d-profile", "dario", "profile", "Softwareentwickler Rust in Bern. Ich spreche Deutsch.", lang="de"),
    item("e-profile", "emil", "profile", "Rust engineer in Lausanne, Zebrafink.", lang="en"),
)  # fmt: skip


def make_people(root: Path) -> Home:
    """Write the network into a folder, with the corpora and the index; Emil said no."""
    home = Home(root)
    write_items(ITEMS, home.items / "items.parquet")
    write_members(MEMBERS, home.members)
    home.policy.write_text(policy_text(), encoding="utf-8")
    with Ledger.open(home.ledger) as ledger:
        ledger.append([Choice("emil", PURPOSE, "all", False, START)])
    build(home, START)
    update(home, START)
    return home
