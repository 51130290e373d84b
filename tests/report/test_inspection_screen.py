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

from tests.screening.labelled import labelled
from tests.table import every
from vanne.cli import cli
from vanne.cli.inspect import COLUMNS, ROWS, bar, categories, summary
from vanne.cli.options import wrapped
from vanne.policy import builtin_names, load
from vanne.report.assumptions import Age
from vanne.report.evaluate import (
    IDENTIFIERS,
    Evaluation,
    NetworkOfRows,
    NetworkPart,
    beginning_of,
    doubt_of,
    homes_of,
    network_of,
    networks,
)
from vanne.report.guide import load_guide, platforms
from vanne.report.inspected_items import InspectedItems
from vanne.report.inspection import Inspection, inspect
from vanne.report.inspection_words import advice, step_words
from vanne.screening import find
from vanne.sources import OWNER, Reading
from vanne.terms import Category, Item, Member, Reason
from vanne.words import LANGUAGES, category_words, words

COMPLETE = Path(__file__).parents[1] / "fixtures" / "linkedin" / "2026-complete"
STRANGERS = Path(__file__).parents[1] / "fixtures" / "strangers"
SCREENS = Path(__file__).parents[1] / "cases" / "inspect"
NOW = datetime(2026, 11, 25, tzinfo=UTC)
ADULT = Member("me", "CH", date(1980, 1, 1))
MADE = datetime(2026, 1, 2, tzinfo=UTC)


def item(number: int, source: str, category: str = "post") -> Item:
    return Item(f"i{number}", OWNER, category, created_at=MADE, visibility="public", source=source)


def inspected(*items: Item, policy: str | None = None, member: Member = ADULT) -> Inspection:
    """What the networks of these items may use."""
    judges = Evaluation(member, NOW, load(policy) if policy else None)
    decided = InspectedItems(lambda: iter(()))
    for each in items:
        decided.add(judges.decide(each))
    region = "option" if member.region else "unknown"
    return Inspection(Reading(()), judges, NOW, member, region, Age("given", None), decided)


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


EVERY_KIND = (
    "CHF 90'000 par an, +41 79 555 12 12, a@b.example, Rue du Lac 3, 1000 Lausanne, "
    "CH93 0076 2011 6238 5295 7, 4111 1111 1111 1111, 756.9217.0769.85, password: kei7Ahx9Zq"
)


def everything(region: str = "CH") -> Inspection:
    """An item of every kind on every network: the longest screen that there can be."""
    sources = [f"{key}/posts" for key in networks()]
    kinds = [category.value for category in Category]
    made = [item(n, source, kind) for n, source in enumerate(sources) for kind in kinds]
    own = next(one for one in made if one.source == "linkedin/posts")
    silent = replace(own, visibility=None, text=EVERY_KIND)
    odd = item(0, "linkedin/x", "no such kind")
    return inspected(*made, silent, odd, member=replace(ADULT, region=region))


@every("lang", LANGUAGES)
@every("region", ["CH", "US", "FR"])
def test_the_longest_screen_fits_a_terminal_without_scrolling(lang: str, region: str) -> None:
    found = everything(region)
    said = lines(found, lang)
    assert len(said) <= ROWS
    assert max(map(len, said)) <= COLUMNS


@every("lang", LANGUAGES)
def test_a_short_screen_fits_a_terminal_too(lang: str) -> None:
    said = lines(inspected(item(1, "x/posts")), lang)
    assert len(said) < ROWS
    assert max(map(len, said)) <= COLUMNS


def test_networks_and_steps_that_are_not_named_are_counted() -> None:
    names = ("linkedin", "facebook", "instagram", "x", "pinterest", "reddit")
    made = [item(n, f"{name}/posts") for n, name in enumerate(names)]
    four, six = lines(inspected(*made[:4])), lines(inspected(*made))
    assert sum("█" in line and "[" in line for line in four) == 4
    assert not any("more: --by category" in line for line in four)
    assert sum("█" in line and "[" in line for line in six) == 3
    assert six.count("    and 3 more: --by category") == 2


@pytest.mark.parametrize(
    ("lang", "name"),
    [
        ("en", "Switch “Data for Generative AI Improvement” off at LinkedIn"),
        (
            "fr",
            "Désactivez «\u00a0Données pour l'amélioration de l'IA générative\u00a0» chez LinkedIn",
        ),
        ("de", "Schalten Sie «Daten zur Verbesserung generativer KI» bei LinkedIn aus"),
        ("it", "Disattivi «Dati per migliorare l'IA generativa» su LinkedIn"),
    ],
)
def test_what_to_do_names_the_switch_as_the_reader_sees_it(lang: str, name: str) -> None:
    found = inspected(item(1, "linkedin/posts"))
    assert step_words(advice(found)[0], words(lang)) == name
    assert name in " ".join(line.text for line in categories(found, words(lang)))
    assert name.split()[0] in " ".join(lines(found, lang))


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_country_that_the_policy_does_not_name_is_not_called_safe(lang: str) -> None:
    w = words(lang)
    american = replace(ADULT, region="US")
    found = inspected(item(1, "facebook/posts"), item(2, "x/tweets"), member=american)
    facebook, x = found.document()["networks"]
    assert facebook["region_uncertain"] == "the policy does not name your country"
    assert x["region_uncertain"] is None
    said = w("Not certain for your country: %(why)s", why=w(facebook["region_uncertain"]))
    assert said in [line.text for line in categories(found, w)]
    steps = [(step.kind, step.network, step.precaution) for step in advice(found)]
    assert steps == [("switch", "x", False), ("objection", "facebook", True)]
    careful = w("%(step)s, to be safe", step=w("Object at %(network)s", network="Facebook"))
    assert step_words(advice(found)[1], w) == careful
    assert w("Not certain for your country: %(why)s", why="Facebook") in " ".join(
        lines(found, lang)
    )


def test_a_start_that_is_known_to_be_elsewhere_or_later_is_no_doubt() -> None:
    early = replace(inspected(item(1, "facebook/posts")), as_of=datetime(2025, 1, 1, tzinfo=UTC))
    assert doubt_of(early.policy, "CH", early.as_of) is None
    assert doubt_of(early.policy, None, NOW) is None
    china = load("linkedin-2025-11-03")
    assert doubt_of(china, "CN", NOW) == "left out in 2024; no later source was found"
    (part,) = inspected(item(1, "facebook/m", "private_message")).networks
    assert part.unsure == 0


def test_the_day_before_a_start_says_when_it_begins_and_what_to_do_first() -> None:
    found = inspect([COMPLETE], region="DE", as_of=datetime(2025, 11, 2, tzinfo=UTC))
    first = advice(found)[0]
    assert (found.allowed, first.kind, first.begins, first.precaution) == (
        0, "switch", "2025-11-03", True,
    )  # fmt: skip
    assert step_words(first, words("de")).endswith(", bevor es am 3. November 2025 beginnt")
    started = inspect([COMPLETE], region="DE", as_of=datetime(2025, 11, 3, tzinfo=UTC))
    assert advice(started)[0].begins is None and started.allowed
    never = load("mastodon-2025-07-01")
    assert beginning_of(never, "DE", datetime(2025, 1, 1, tzinfo=UTC)) is None


def test_what_the_country_would_not_change_does_not_ask_for_it() -> None:
    nobody = replace(ADULT, region=None)
    assert advice(inspected(item(1, "bluesky/post"), member=nobody)) == []
    assert [s.kind for s in advice(inspected(item(1, "x/tweets"), member=nobody))] == ["region"]


def test_a_download_as_html_is_told_to_be_asked_for_as_json(tmp_path: Path) -> None:
    (tmp_path / "your_posts_1.html").write_text('<html><body class="_a6-g">Facebook</body></html>')
    asked = ["inspect", str(tmp_path), "--region", "CH", "--as-of", "2026-11-25", "--lang", "en"]
    said = CliRunner().invoke(cli, asked).stdout
    assert said.startswith("Your download from Facebook is HTML of a form that is not read:")
    assert " 1. Ask Facebook for the download as JSON: 1 page of HTML gave no item: --files" in said
    assert " 2. Object at Facebook, to be safe: vanne guide facebook" in said
    assert "gave no item" not in said.replace("1 page of HTML gave no item", "")


def test_a_download_as_html_is_of_its_own_network_and_is_read() -> None:
    found = inspect([STRANGERS / "instagram-html"], region="IT", as_of=NOW)
    assert [part.network for part in found.networks] == ["instagram"]
    assert not found.is_pages
    assert Counter(each.item.category for each in found.decided) == {"post": 1, "photo": 1}
    assert [(step.kind, step.count) for step in advice(found)] == [("objection", 1), ("format", 1)]


def test_what_nobody_here_can_read_is_answered_with_what_can_be_read(tmp_path: Path) -> None:
    (tmp_path / "user_data_tiktok.json").write_text('{"Doings": {"Likes": [{"Date": "x"}]}}')
    found = inspect([tmp_path], region="FR", as_of=NOW)
    said = lines(found, "fr")
    assert said[0] == "Aucun élément n'a été trouvé dans ce que vous avez fourni."
    assert "Bluesky, Discourse, Facebook, Instagram, LinkedIn, Mastodon, Pinterest" in " ".join(
        said
    )
    assert "Reddit, Slack, Snapchat, Threads, TikTok, WhatsApp et X" in " ".join(said)
    assert "Xing" not in " ".join(said)
    assert "linkedin-2025-11-03" not in " ".join(said)
    assert "user_data_tiktok.json\u00a0: 1 × fichier inconnu" in " ".join(said)


@pytest.mark.parametrize("network", ["instagram-private", "x-protected"])
def test_posts_of_an_account_that_only_followers_see_are_not_taken_for_public(network: str) -> None:
    found = inspect([STRANGERS / network], region="CH", as_of=NOW)
    states = {each.item.text: each.state for each in found.decided}
    friends = states["For friends"]  # the archive says that the account is closed today
    assert (friends.state, friends.doubt) == ("not-known", "closed-now")
    if network == "instagram-private":  # others' posts may be public, and a profile always is
        assert states["Under a post of somebody else"].audience_unknown
        (photo,) = (each for each in found.decided if each.item.category == Category.PHOTO)
        assert photo.reason is Reason.ALLOWED


def test_each_network_is_judged_by_its_own_policy() -> None:
    found = inspected(item(1, "facebook/posts"), item(2, "bluesky/post"), item(3, "x/tweets"))
    by_network = {part.network: part for part in found.networks}
    assert by_network["facebook"].policy.name == "facebook-2025-05-27"
    assert by_network["facebook"].counts == {("post", Reason.ALLOWED): 1}
    assert by_network["bluesky"].counts == {("post", Reason.CATEGORY_NOT_LISTED): 1}
    assert by_network["x"].policy.name == "x-2026-07-16"


def test_a_post_that_does_not_say_who_may_see_it_makes_the_answer_a_range() -> None:
    silent = replace(item(1, "x/tweets"), visibility=None)
    friends = replace(item(2, "x/tweets"), visibility="followers")
    found = inspected(silent, friends, item(3, "x/tweets"))
    assert [d.reason for d in found.decided] == [
        Reason.VISIBILITY_NOT_LISTED, Reason.VISIBILITY_NOT_LISTED, Reason.ALLOWED,
    ]  # fmt: skip
    assert next(iter(found.decided)).item.visibility is None
    assert found.document()["audience_unknown"] == 1
    start = "X reserves the right to train generative AI with 1–2 of your 3 items"
    assert lines(found)[0].startswith(start)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_what_a_policy_leaves_open_of_what_may_be_used_is_said_beside_it(lang: str) -> None:
    w = words(lang)
    found = inspected(item(1, "linkedin/cv", "cv"), item(2, "linkedin/posts"))
    (doubt,) = found.document()["networks"][0]["uncertain"]
    assert doubt["category"] == "cv"
    (said,) = [line.text for line in categories(found, w) if w(doubt["why"]) in line.text]
    assert said.startswith(category_words("cv", lang))
    unused = inspected(item(1, "linkedin/cv", "cv"), member=replace(ADULT, region="CN"))
    assert unused.document()["networks"][0]["uncertain"] == []


def test_what_an_assistant_answered_is_nobody_else_s_to_refuse() -> None:
    machine = replace(item(1, "x/grok", "ai_output"), author="x:assistant", visibility="assistant")
    person = replace(machine, item_id="i2", author="somebody")
    found = inspected(machine, person)
    assert [d.reason for d in found.decided] == [Reason.ALLOWED, Reason.AUTHOR_REFUSES]
    assert next(iter(found.decided)).item.author == "x:assistant"


def test_one_policy_that_is_given_judges_all() -> None:
    found = inspected(item(1, "bluesky/post"), item(2, "x/tweets"), policy="linkedin-2025-11-03")
    assert {part.policy.name for part in found.networks} == {"linkedin-2025-11-03"}
    assert found.allowed == 2
    assert lines(found)[0].startswith("By the policy linkedin-2025-11-03, 2 of your 2 items")


def test_a_file_of_no_network_is_judged_as_if_it_lay_with_linkedin() -> None:
    found = inspected(item(1, "cv/pdf", "cv"))
    assert (found.networks[0].network, found.policy.name) == ("none", "linkedin-2025-11-03")
    assert "By the policy linkedin-2025-11-03" in lines(found)[0]
    pictures = lines(inspected(item(1, "media/file", "photo")))
    assert pictures[0] == "No archive of a network and no CV was found in what you gave."
    assert "Give the zip as the network sent it." in " ".join(pictures)


def test_every_network_has_a_policy_that_ships_and_a_guide_that_exists() -> None:
    for network in networks().values():
        assert network.policy in builtin_names()
        assert network.guide is None or network.guide in platforms()
    assert {network.guide for network in networks().values()} - {None} == set(platforms())


def test_networks_add_up_to_the_whole() -> None:
    found = everything()
    document = found.document()
    counted: Counter[tuple[str, str]] = Counter()
    for part in document["networks"]:
        assert part["items"] == sum(row["count"] for row in part["verdicts"])
        counted.update({(r["category"], r["reason"]): r["count"] for r in part["verdicts"]})
    assert counted == {(r["category"], r["reason"]): r["count"] for r in document["verdicts"]}
    assert document["totals"]["items"] == len(found.decided) == found.item_count
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


def test_what_is_only_done_to_be_safe_comes_after_what_is_used(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    member = replace(ADULT, region="US")
    unsure = NetworkPart("linkedin", load("facebook-2025-05-27"), Counter(), "not certain")
    unsure.counts["post", Reason.REGION_NOT_STARTED] = 5
    found = inspected(item(1, "reddit/posts"), member=member)
    parts = (unsure, *found.networks)
    monkeypatch.setattr(Evaluation, "parts", lambda _: parts)
    steps = advice(found)
    assert [(step.kind, step.precaution) for step in steps] == [("none", False), ("switch", True)]


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
    assert homes == NetworkOfRows(
        {"media/1.jpg": "instagram", "data/2.jpg": "x", "cv/3.jpg": "none"}
    )
    photo = Item("p", OWNER, "photo", media="data/2.jpg", source="media/file")
    assert homes.network(photo).key == "x"


def test_items_are_told_one_by_one_with_the_reason() -> None:
    asked = ["inspect", str(COMPLETE), "--as-of", "2026-11-25", "--lang", "en", "--by", "item"]
    said = CliRunner().invoke(cli, asked).stdout.splitlines()
    assert sum(line.startswith("* ") for line in said) == 27
    assert not any(line.endswith(":") for line in said)  # what has no text has no colon
    never = "Not in use: LinkedIn says that it does not use this kind of data. ["
    assert sum(line.strip().startswith(never) for line in said) == 7


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_minor_is_told_to_switch_off_all_the_same(lang: str) -> None:
    minor = inspected(item(1, "linkedin/posts"), member=replace(ADULT, birth_date=date(2010, 1, 1)))
    assert [(step.kind, step.precaution) for step in advice(minor)] == [("switch", True)]
    told = words(lang)(
        "You may be a minor. %(network)s says that it leaves minors out. Switch it off all the "
        "same: on the day you turn 18 the switch is on.",
        network="LinkedIn",
    )
    plain = " ".join(" ".join(lines(minor, lang)).replace("\u00a0", " ").split())
    assert told.replace("\u00a0", " ") in plain


def test_an_adult_who_was_a_minor_when_an_item_was_made_is_told_of_no_minor() -> None:
    grown = inspected(item(1, "linkedin/posts"), member=replace(ADULT, birth_date=date(2008, 6, 1)))
    assert {each.reason for _, each in grown.states} == {Reason.MADE_AS_MINOR}
    assert "minor. " not in " ".join(lines(grown))


def test_without_a_country_it_is_not_said_that_nothing_is_used() -> None:
    made = [item(n, "linkedin/posts") for n in range(3)]
    asked = inspected(*made, member=replace(ADULT, region=None))
    assert lines(asked)[0].startswith("It is not known whether LinkedIn uses your 3 items")
    some = inspected(*made, item(4, "linkedin/m", "salary"), member=replace(ADULT, region=None))
    assert " ".join(lines(some)).startswith(
        "It is not known whether LinkedIn uses 3 of your 4 items to train generative AI; it says "
        "that it does not use the others"
    )
    none = inspected(*(item(n, "linkedin/m", "salary") for n in range(2)))
    assert lines(none)[0].startswith("LinkedIn says that it uses none of your 2 items")


def test_the_first_screen_names_the_most_sensitive_kinds_first_and_counts_the_others() -> None:
    kinds = (
        "skill", "article", "position", "education", "profile", "comment", "post", "feedback",
        "photo", "group_post", "ai_prompt", "cv",
    )  # fmt: skip
    posts = [item(n, "linkedin/posts", "skill") for n in range(20)]
    found = inspected(*posts, *(item(n, "linkedin/x", kind) for n, kind in enumerate(kinds, 20)))
    said = [line.split("█")[0].strip() for line in lines(found) if "█" in line or " more:" in line]
    assert said[:3] == ["CVs", "Questions to AI features", "Photos"]
    assert said[-1] == f"and {len(kinds) - len(said) + 1} more: --by category"


def test_numbers_and_topics_in_texts_that_a_network_uses_are_named_before_the_kinds() -> None:
    text = "Call +41 79 555 12 12 or write to a@b.example"
    calling = replace(item(1, "linkedin/posts"), text=text)
    ill = replace(item(2, "linkedin/posts"), tags=("health",), text="Back from hospital")
    private = replace(item(3, "linkedin/messages", "private_message"), text=text)
    said = lines(inspected(calling, ill, private))
    told = "  Found in their texts: phone numbers (1), e-mail addresses (1), health (1)"
    assert said.index(told) < next(n for n, line in enumerate(said) if "█" in line)
    assert "Found" not in " ".join(lines(inspected(private, item(4, "linkedin/posts"))))


def test_few_texts_with_an_identifier_are_passed_over() -> None:
    texts = [each.text for each in labelled("labelled")]
    whole = sum(len({span.kind for span in find(text, IDENTIFIERS)}) for text in texts)
    posts = (replace(item(n, "linkedin/x"), text=text) for n, text in enumerate(texts))
    (part,) = inspected(*posts).networks
    found = sum(part.in_texts[kind] for kind in IDENTIFIERS)
    assert 0.94 * whole < found <= whole


def test_each_count_of_the_first_screen_says_who_says_so_and_when() -> None:
    said = lines(inspected(item(1, "linkedin/posts"), item(2, "linkedin/m", "private_message")))
    assert "In use: 1, the most sensitive first [LinkedIn, 21 August 2026]" in said
    assert "Not in use: 1 [LinkedIn, 21 August 2026]" in said


def test_where_nothing_is_used_no_rest_is_explained() -> None:
    unused = lines(inspected(item(1, "linkedin/m", "private_message")))
    assert not any(line.startswith("In use") for line in unused)
    assert "the rest" not in " ".join(unused)


@pytest.mark.parametrize(("made", "years"), [(date(2021, 3, 4), 5), (date(2026, 3, 4), None)])
def test_an_archive_of_years_ago_is_told_that_the_answer_is_of_today(
    made: date, years: int | None
) -> None:
    found = replace(inspected(item(1, "linkedin/posts")), archive_days={"linkedin": made})
    said = " ".join(lines(found))
    assert ("Your archive of LinkedIn is of 4 March 2021" in said) == (years is not None)
    if years:
        assert f"more than {years} years old. The answer is today's" in said
        assert "The use began on 3 November 2025." in said
    assert found.document()["networks"][0]["archive_day"] == made.isoformat()


def test_what_vanne_takes_out_of_texts_is_not_told_as_what_a_network_takes_out() -> None:
    said = " ".join(lines(inspected(replace(item(1, "linkedin/posts"), text=EVERY_KIND))))
    assert "LinkedIn says that it uses your one item" in said
    assert "aken out" not in said


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_first_screen_names_what_is_used_besides_that_no_archive_holds(lang: str) -> None:
    (row, *_) = [row for row in load_guide("linkedin").used if row.not_in_archive]
    assert row.not_in_archive is not None
    used, unused = item(1, "linkedin/posts"), item(1, "linkedin/likes", "reaction")
    named = row.not_in_archive[lang]  # type: ignore[index]
    assert named in " ".join(lines(inspected(used), lang))
    assert named not in " ".join(lines(inspected(unused), lang))
