"""The made-up network is the same every time, and holds what a real one holds."""

import os
import re
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path

import pytest

from vanne.decide import People, decide
from vanne.demo.network import (
    OTHER_PURPOSE,
    DemoNetwork,
    held_out_texts,
    iter_items,
    make_network,
    public_texts,
)
from vanne.demo.people import _roots, person
from vanne.policy import load
from vanne.terms import MAIN_PURPOSE, REGIONS, Category, Item, Reason

AS_OF = datetime(2026, 11, 25, 12, tzinfo=UTC)
LANGUAGES = {"fr", "en", "de", "it"}
WITHOUT_TEXT = {"photo"}

DIGEST = """
import hashlib
from datetime import UTC, datetime
from vanne.demo.network import held_out_texts, make_network, public_texts
as_of = datetime(2026, 11, 25, 12, tzinfo=UTC)
made = repr((make_network(7, 30, as_of), public_texts(7, 20), held_out_texts(7, 20)))
print(hashlib.sha256(made.encode()).hexdigest())
"""


@pytest.fixture(scope="module")
def network() -> DemoNetwork:
    return make_network(7, 400, AS_OF)


@pytest.fixture(scope="module")
def small() -> DemoNetwork:
    return make_network(3, 60, AS_OF)


def test_two_processes_make_the_same_network_whatever_their_hash_seed() -> None:
    digests = {
        subprocess.run(
            [sys.executable, "-c", DIGEST],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "4242")
    }
    assert len(digests) == 1


def test_another_seed_makes_another_network(small: DemoNetwork) -> None:
    other = make_network(4, 60, AS_OF)
    assert not {item.text for item in small.items if item.category == "cv"} & {
        item.text for item in other.items if item.category == "cv"
    }


def test_a_member_is_the_same_however_many_there_are(small: DemoNetwork) -> None:
    large = make_network(3, 90, AS_OF)
    assert large.members[:60] == small.members
    assert [own(item) for item in small.items if own(item)] == [
        own(item) for item in islice(large.items, len(large.items)) if own(item) and kept(item, 60)
    ]
    assert set(small.choices) <= set(large.choices)


def own(item: Item) -> Item | None:
    """The item, if nobody else is in it: only links depend on the size of the network."""
    linked = item.subjects or item.author or item.category in {"photo", "comment", "reaction"}
    return None if linked else item


def kept(item: Item, members: int) -> bool:
    digits = re.search(r"\d+", item.owner or "")
    return digits is not None and int(digits[0]) <= members


@pytest.mark.parametrize("members", [1, 2, 10])
def test_a_tiny_network_is_a_network(members: int) -> None:
    network = make_network(1, members, AS_OF)
    assert len(network.members) == members
    assert len(network.items) > 5 * members


def test_the_first_items_of_a_very_large_network_come_at_once() -> None:
    first = list(islice(iter_items(1, 100_000, AS_OF), 50))
    assert len(first) == 50


def test_every_category_is_there(small: DemoNetwork) -> None:
    assert {category.value for category in Category} <= {item.category for item in small.items}


def test_every_id_is_there_once(network: DemoNetwork) -> None:
    ids = [item.item_id for item in network.items]
    assert len(set(ids)) == len(ids)
    assert len({member.member_id for member in network.members}) == 400


def test_under_the_real_policy_each_reason_of_a_member_occurs(network: DemoNetwork) -> None:
    policy = load("linkedin-2025-11-03")
    people = People.of(network.members, network.choices, policy, MAIN_PURPOSE, AS_OF)
    reasons = {decide(item, people) for item in network.items}
    depends_on_policy = {
        Reason.OUTSIDE_WINDOW,
        Reason.VISIBILITY_NOT_LISTED,
        Reason.OFF_BY_DEFAULT,
    }
    assert set(Reason) - depends_on_policy == reasons


def test_other_policies_find_their_reasons_too(network: DemoNetwork) -> None:
    """Old items, every visibility, and members who never chose are what the other rules ask for."""
    chose = {choice.member_id for choice in network.choices}
    assert {member.member_id for member in network.members} - chose
    assert {"public", "network", "group", "private"} == {item.visibility for item in network.items}
    assert any(i.created_at and i.created_at < AS_OF - timedelta(3650) for i in network.items)


def test_members_live_in_several_regions_and_some_in_none_that_is_known(
    network: DemoNetwork,
) -> None:
    regions = [member.region for member in network.members]
    assert {"CH", "FR", "DE", "IT", "GB", "CA", "HK", "US", "AT", "BE", "CN"} <= set(regions)
    assert regions.count(None) in range(1, 10)
    assert {region for region in regions if region} - REGIONS == {"ZZ"}


def test_ages_are_those_of_a_network_for_adults_with_some_doubt(network: DemoNetwork) -> None:
    born = [member.birth_date for member in network.members]
    unknown = sum(day is None for day in born)
    minors = sum(day is not None and (AS_OF.date() - day).days < 18 * 365.25 for day in born)
    assert 6 <= unknown <= 30
    assert 12 <= minors <= 40
    assert any("secondary-school" in member.signs for member in network.members)


def test_about_one_in_seven_is_off_and_some_came_back(network: DemoNetwork) -> None:
    main = [choice for choice in network.choices if choice.purpose == MAIN_PURPOSE]
    off = {c.member_id for c in main if c.scope == "all" and not c.on and c.member_id[0] == "m"}
    back = {choice.member_id for choice in main if choice.on and choice.scope == "all"}
    assert 40 <= len(off - back) <= 85
    assert off & back
    assert {choice.scope for choice in main} == {"all", "category", "item"}
    assert {choice.channel for choice in main} == {"web", "app", "mail"}
    assert {choice.purpose for choice in network.choices} == {MAIN_PURPOSE, OTHER_PURPOSE}


def test_people_said_no_before_some_posts_and_after_others(network: DemoNetwork) -> None:
    off = {c.member_id: c.at for c in network.choices if c.scope == "all" and not c.on}
    times = [(i.created_at, off[i.owner]) for i in network.items if i.owner in off]
    assert any(made and made < said for made, said in times)
    assert any(made and made > said for made, said in times)


def test_somebody_outside_objected_to_an_item_that_exists(network: DemoNetwork) -> None:
    objectors = {c.member_id for c in network.choices if c.member_id.startswith("ext:")}
    named = {subject for item in network.items for subject in (*item.subjects, item.author)}
    assert objectors & named


def test_links_lead_to_members_or_outside(network: DemoNetwork) -> None:
    members = {member.member_id for member in network.members}
    for item in network.items:
        for other in {*item.subjects, item.author} - {None}:
            assert other in members or str(other).startswith("ext:")
        assert item.owner in members or str(item.owner).startswith("gone-")


def test_item_choices_name_items_that_exist(network: DemoNetwork) -> None:
    ids = {item.item_id for item in network.items}
    targets = {choice.target for choice in network.choices if choice.scope == "item"}
    assert targets
    assert targets <= ids


def test_nothing_is_dated_after_the_time_that_was_asked_for(network: DemoNetwork) -> None:
    joined = {member.member_id: member.joined_at for member in network.members}
    for item in network.items:
        assert item.created_at is None or item.created_at <= AS_OF
        start = joined.get(item.owner or "")
        if item.created_at and start and item.source != "demo:import":
            assert item.created_at >= start, item.item_id
    assert all(choice.at <= AS_OF for choice in network.choices)
    assert all(member.joined_at and member.joined_at < AS_OF for member in network.members)


def test_few_items_lack_a_time_or_are_older_than_the_account(network: DemoNetwork) -> None:
    assert 0 < sum(item.created_at is None for item in network.items) < 20
    assert 0 < sum(item.source == "demo:import" for item in network.items) < 20


def test_choices_come_in_the_order_in_which_they_were_made(network: DemoNetwork) -> None:
    times = [choice.at for choice in network.choices]
    assert times == sorted(times)


def test_four_languages_are_written_and_the_swiss_mix_theirs(network: DemoNetwork) -> None:
    assert {item.lang for item in network.items if item.text} == LANGUAGES
    swiss = {member.member_id for member in network.members if member.region == "CH"}
    spoken: dict[str, set[str | None]] = {}
    for item in network.items:
        if item.owner in swiss and item.text:
            spoken.setdefault(item.owner, set()).add(item.lang)
    assert sum(len(langs) > 1 for langs in spoken.values()) > len(spoken) / 3


def test_who_is_an_adult_now_posted_as_a_minor(network: DemoNetwork) -> None:
    made_young = 0
    for member in network.members:
        someone = person("network", 7, int(member.member_id[1:]), AS_OF)
        posts = [i for i in network.items if i.owner == member.member_id and i.category == "post"]
        if someone.age(AS_OF.date()) >= 18:
            dated = [i.created_at for i in posts if i.created_at and i.source == "demo"]
            made_young += sum(someone.age(when.date()) < 18 for when in dated)
    assert made_young > 5


def test_photos_are_small_real_pictures_without_text(tmp_path: Path) -> None:
    from PIL import Image

    network = make_network(5, 30, AS_OF, tmp_path)
    photos = [item for item in network.items if item.category == "photo"]
    assert photos
    for item in photos:
        assert item.text is None
        assert item.media is not None
        path = tmp_path / item.media
        assert path.stat().st_size <= 2048
        with Image.open(path) as picture:
            picture.verify()
            assert picture.format == "PNG"
    assert network == make_network(5, 30, AS_OF)


def test_no_text_of_people_outside_is_in_any_network() -> None:
    outside = set(held_out_texts(7, 400))
    assert len(outside) == 400
    for seed in range(1, 5):
        texts = {item.text for item in make_network(seed, 100, AS_OF).items}
        assert not outside & texts


@pytest.mark.parametrize("lang", sorted(LANGUAGES))
def test_employers_of_people_outside_have_names_of_their_own(lang: str) -> None:
    inside, outside = set(_roots("network", lang)), set(_roots("held-out", lang))
    assert inside and outside and not inside & outside


def test_no_member_is_in_the_text_that_nobody_can_withdraw(network: DemoNetwork) -> None:
    public = "\n".join(public_texts(7, 200))
    assert "@" not in public
    names = (person("network", 7, number, AS_OF).name for number in range(1, 401))
    assert not [name for name in names if name in public]
    assert not set(public_texts(7, 200)) & {item.text for item in network.items}
