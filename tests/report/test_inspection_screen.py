"""The first screen: as it was reviewed, in four languages, never longer than a terminal.

`VANNE_WRITE_SCREENS=1` writes the reviewed files again: read what changed before you commit it.
"""

import os
from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner

from vanne.cli import cli
from vanne.cli.guide import wrapped
from vanne.cli.inspect_lines import COLUMNS, ROWS, bar, categories, summary
from vanne.policy import builtin_names, load
from vanne.report.advice import advice
from vanne.report.guide import platforms
from vanne.report.inspection import Inspection, Judges
from vanne.report.networks import NETWORKS, Homes, homes_of, network_of
from vanne.report.words import LANGUAGES, category_words, words
from vanne.sources import OWNER, Reading
from vanne.terms import Category, Item, Member, Reason

COMPLETE = Path(__file__).parents[1] / "fixtures" / "linkedin" / "2026-complete"
SCREENS = Path(__file__).parents[1] / "cases" / "inspect"
NOW = datetime(2026, 11, 25, tzinfo=UTC)
ADULT = Member("me", "CH", date(1980, 1, 1))
MADE = datetime(2026, 1, 2, tzinfo=UTC)


def item(number: int, source: str, category: str = "post") -> Item:
    return Item(f"i{number}", OWNER, category, created_at=MADE, visibility="public", source=source)


def inspected(*items: Item, policy: str | None = None, member: Member = ADULT) -> Inspection:
    """What the networks of these items may use."""
    judges = Judges(member, NOW, load(policy) if policy else None)
    decided = tuple(judges.decide(each) for each in items)
    region = "option" if member.region else "unknown"
    return Inspection(
        Reading(()),
        judges.parts(),
        NOW,
        member,
        region,
        "given",
        (),
        decided,
        assumed_public=judges.assumed_public,
    )


def lines(inspection: Inspection, lang: str = "en") -> list[str]:
    said = [wrapped(line, COLUMNS) for line in summary(inspection, words(lang))]
    return "\n".join(said).split("\n")


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_screen_is_as_it_was_reviewed(lang: str) -> None:
    asked = ["inspect", str(COMPLETE), "--as-of", "2026-11-25", "--lang", lang]
    said = CliRunner().invoke(cli, asked).stdout
    file = SCREENS / f"{lang}.txt"
    if os.environ.get("VANNE_WRITE_SCREENS"):
        file.write_text(said, encoding="utf-8")
    assert said == file.read_text(encoding="utf-8")


def everything() -> Inspection:
    """An item of every kind on every network: the longest screen that there can be."""
    sources = [f"{key}/posts" for key in NETWORKS]
    kinds = [category.value for category in Category]
    made = [item(n, source, kind) for n, source in enumerate(sources) for kind in kinds]
    return inspected(*made, item(0, "linkedin/x", "no such kind"))


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("much", [True, False])
def test_the_screen_fits_a_terminal_without_scrolling(lang: str, much: bool) -> None:
    said = lines(everything() if much else inspected(item(1, "x/posts")), lang)
    assert len(said) <= ROWS
    assert max(map(len, said)) <= COLUMNS


def test_each_network_is_judged_by_its_own_policy() -> None:
    found = inspected(item(1, "facebook/posts"), item(2, "bluesky/post"), item(3, "x/tweets"))
    by_network = {part.network: part for part in found.networks}
    assert by_network["facebook"].policy.name == "facebook-2025-05-27"
    assert by_network["facebook"].counts == {("post", Reason.ALLOWED): 1}
    assert by_network["bluesky"].counts == {("post", Reason.CATEGORY_NOT_LISTED): 1}
    assert by_network["x"].policy.name == "x-2026-07-16"


def test_a_post_that_does_not_say_who_may_see_it_is_judged_as_public_and_counted() -> None:
    silent = replace(item(1, "x/tweets"), visibility=None)
    friends = replace(item(2, "x/tweets"), visibility="followers")
    found = inspected(silent, friends, item(3, "x/tweets"))
    assert [d.reason for d in found.decided] == [
        Reason.ALLOWED, Reason.VISIBILITY_NOT_LISTED, Reason.ALLOWED,
    ]  # fmt: skip
    assert found.decided[0].item.visibility is None
    assert found.document()["assumed_public"] == 1
    assert "Of 1 item it is not said who may see it" in " ".join(lines(found))


@pytest.mark.parametrize("lang", LANGUAGES)
def test_what_a_policy_leaves_open_of_what_may_be_used_is_said_beside_it(lang: str) -> None:
    w = words(lang)
    found = inspected(item(1, "linkedin/cv", "cv"), item(2, "linkedin/posts"))
    (doubt,) = found.document()["networks"][0]["uncertain"]
    assert doubt["category"] == "cv"
    (said,) = [line.text for line in categories(found, w) if w(doubt["why"]) in line.text]
    assert said.startswith(category_words("cv", lang))
    unused = replace(item(1, "linkedin/cv", "cv"), tags=("health",))
    assert inspected(unused).document()["networks"][0]["uncertain"] == []


def test_one_policy_that_is_given_judges_all() -> None:
    found = inspected(item(1, "bluesky/post"), item(2, "x/tweets"), policy="linkedin-2025-11-03")
    assert {part.policy.name for part in found.networks} == {"linkedin-2025-11-03"}
    assert found.allowed == 2
    assert lines(found)[0].startswith("By the policy linkedin-2025-11-03, 2 of your 2 items")


def test_a_file_of_no_network_is_judged_as_if_it_lay_with_linkedin() -> None:
    found = inspected(item(1, "cv/pdf", "cv"))
    assert (found.networks[0].network, found.policy.name) == ("none", "linkedin-2025-11-03")
    assert "By the policy linkedin-2025-11-03" in lines(found)[0]


def test_every_network_has_a_policy_that_ships_and_a_guide_that_exists() -> None:
    for network in NETWORKS.values():
        assert network.policy in builtin_names()
        assert network.guide is None or network.guide in platforms()
    assert {network.guide for network in NETWORKS.values()} - {None} == set(platforms())


def test_networks_add_up_to_the_whole() -> None:
    found = everything()
    document = found.document()
    counted: Counter[tuple[str, str]] = Counter()
    for part in document["networks"]:
        assert part["items"] == sum(row["count"] for row in part["verdicts"])
        counted.update({(r["category"], r["reason"]): r["count"] for r in part["verdicts"]})
    assert counted == {(r["category"], r["reason"]): r["count"] for r in document["verdicts"]}
    assert document["totals"]["items"] == len(found.decided) == found.items
    assert document["totals"]["allowed"] == sum(p["allowed"] for p in document["networks"])


def test_what_to_do_begins_with_the_switches_and_the_network_that_uses_most() -> None:
    found = inspected(
        *(item(n, "reddit/posts") for n in range(5)),
        *(item(n, "facebook/posts") for n in range(4)),
        *(item(n, "linkedin/posts") for n in range(2)),
        *(item(n, "pinterest/pins") for n in range(3)),
        item(9, "bluesky/post"),
    )
    steps = [(step.kind, step.network, step.count) for step in advice(found)]
    assert steps == [
        ("switch", "pinterest", 3),
        ("switch", "linkedin", 2),
        ("objection", "facebook", 4),
        ("none", "reddit", 5),
    ]
    assert all(step.url and step.guide for step in advice(found))


def test_an_address_says_when_it_was_last_seen_and_an_old_one_that_it_is_old() -> None:
    found = inspected(item(1, "facebook/posts"), item(2, "linkedin/posts"))
    new, old = advice(found)
    assert (new.seen, new.is_old, new.is_certain) == ("2026-08-21", False, True)
    assert (old.seen, old.is_old, old.is_certain) == ("2025-04-30", True, False)
    said = [line.text for line in categories(found, words("en"))]
    assert "last seen on 21 August 2026" in said
    assert "last seen on 30 April 2025, seen more than a year ago, not certain" in said


def test_without_a_country_the_first_thing_to_do_is_to_say_it() -> None:
    found = inspected(item(1, "x/tweets"), member=Member("me", None, date(1980, 1, 1)))
    assert [step.kind for step in advice(found)] == ["region"]


def test_a_bar_is_never_full_or_empty_by_rounding() -> None:
    assert (bar(1, 10**6, 10), bar(10**6 - 1, 10**6, 10)) == ("█" + "░" * 9, "█" * 9 + "░")


def test_what_is_read_by_nobody_is_of_no_network() -> None:
    assert network_of("none").key == network_of(None).key == network_of("new/thing").key == "none"


def test_a_picture_lies_with_the_network_of_the_archive_around_it() -> None:
    homes = homes_of(
        [
            ("a.zip", "content/posts_1.json", "instagram/posts"),
            ("a.zip", "media/1.jpg", "media/file"),
            ("b.zip", "data/tweets.js", "x/tweets"),
            ("b.zip", "data/2.jpg", "media/file"),
            ("c", "cv/3.jpg", "media/file"),
        ]
    )
    assert homes == Homes(
        {"media/1.jpg": "instagram", "data/2.jpg": "x", "cv/3.jpg": "none"}, "instagram"
    )
    photo = Item("p", OWNER, "photo", media="data/2.jpg", source="media/file")
    message = Item("m", OWNER, "private_message", source="meta/messages")
    assert (homes.network(photo).key, homes.network(message).key) == ("x", "instagram")


def test_items_are_told_one_by_one_with_the_reason() -> None:
    asked = ["inspect", str(COMPLETE), "--as-of", "2026-11-25", "--lang", "en", "--by", "item"]
    said = CliRunner().invoke(cli, asked).stdout.splitlines()
    assert sum(line.startswith("* ") for line in said) == 26
    assert sum(line == "              This kind of data is never used." for line in said) == 6
