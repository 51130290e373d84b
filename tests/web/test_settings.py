"""The pages of purposes: a switch a purpose, kind and item, and Global Privacy Control."""

import re
from datetime import timedelta
from hashlib import sha256
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from tests.table import every
from tests.web.conftest import SWITCH, sign_in
from tests.web.network import START
from tests.web.test_switch import NOT_USED, status_of, text_of
from tests.web.test_used import whole
from vanne.config import Home
from vanne.ledger import Ledger
from vanne.report.contacts import authority_of
from vanne.report.person import state_of_member
from vanne.report.person_words import statements
from vanne.secrets import keyed
from vanne.terms import MAIN_PURPOSE, Choice
from vanne.web.pages.switches import path_of as page_of
from vanne.words import words

USED = f"{SWITCH}/used"
THREE = Path(__file__).with_name("three-purposes.toml")
AFTERWARDS = 'covers = "everything"', 'covers = "afterwards"'


@pytest.fixture
def three(home: Home) -> Home:
    """The small network under a policy with three purposes."""
    home.policy.write_bytes(THREE.read_bytes())
    return home


def want(client: TestClient, wish: str, page: str = SWITCH, key: str = "") -> str:
    """Press a switch, and return the page that comes back."""
    answer = client.post(page, data={"set": wish, "key": key})
    assert answer.status_code == 200, wish
    return answer.text


def said(home: Home, member: str = "anna") -> list[tuple[str, str, str | None, bool]]:
    """What the ledger holds of a member, as (purpose, scope, target, on)."""
    return [(c.purpose, c.scope, c.target, c.on) for c in entries(home, member)]


def entries(home: Home, member: str = "anna") -> list[Choice]:
    with Ledger(home.ledger, read_only=True) as ledger:
        return [choice for _, choice in ledger.history(member)]


def states(page: str) -> dict[str, bool]:
    """Each switch by what it switches, and whether it is on."""
    buttons = re.findall(r'aria-checked="(\w+)"[^>]*value="(on|off):([^"]+)"', page)
    assert all((now == "true") == (wanted == "off") for now, wanted, _ in buttons)
    return {what: now == "true" for now, _, what in buttons}


def kind(name: str) -> str:
    return f"category::{name}"


def one(item_id: str) -> str:
    return f"item::{item_id}"


# Kinds of data


def test_a_kind_has_its_own_switch_and_is_counted_with_the_items_of_the_member(
    anna: TestClient, home: Home
) -> None:
    page = want(anna, f"off:{kind('post')}")
    assert states(page) == {
        f"all:{MAIN_PURPOSE}": True,
        kind("profile"): True,
        kind("photo"): True,
        kind("position"): True,
        kind("post"): False,
        kind("comment"): True,
        kind("recommendation"): True,
    }
    assert "Publications 2 0 Désactivé" in text_of(page)
    assert said(home) == [(MAIN_PURPOSE, "category", "post", False)]
    assert states(want(anna, f"on:{kind('post')}"))[kind("post")]


def test_kinds_stay_in_their_place_whatever_is_switched(anna: TestClient) -> None:
    before = list(states(anna.get(SWITCH).text))
    assert list(states(want(anna, f"off:{kind('profile')}"))) == before


def test_a_no_for_everything_leaves_the_kinds_no_switch_that_would_lie(anna: TestClient) -> None:
    want(anna, f"off:{kind('photo')}")
    page = want(anna, f"off:all:{MAIN_PURPOSE}")
    assert states(page) == {f"all:{MAIN_PURPOSE}": False}
    assert "Tout est désactivé, donc chaque type aussi." in text_of(page)
    assert "Photos Aussi désactivé séparément. 1 0 Désactivé" in text_of(page)
    assert "Publications 2 0 Désactivé" in text_of(page)
    assert states(want(anna, f"on:all:{MAIN_PURPOSE}"))[kind("photo")] is False


def test_where_off_is_the_default_a_kind_or_an_item_can_be_switched_on_alone(
    anna: TestClient, three: Home
) -> None:
    three.policy.write_text(three.policy.read_text().replace('"DE"', '"CH"'))
    page = anna.get(SWITCH).text
    assert "Le réglage est désactivé par défaut dans votre région (Suisse)" in text_of(page)
    assert not any(states(page)[what] for what in (f"all:{MAIN_PURPOSE}", kind("post")))
    page = want(anna, f"on:{kind('post')}")
    assert states(page)[kind("post")] and not states(page)[kind("photo")]
    assert "Publications 2 2 Activé" in text_of(page)
    page = want(anna, f"on:{one('a-photo')}", USED)
    assert states(page)[one("a-photo")] and not states(page)[one("a-profile")]


def test_a_member_of_whom_nothing_may_be_used_has_no_switch_for_kinds(client: TestClient) -> None:
    page = sign_in(client, "clara").get(SWITCH).text
    assert states(page) == {} and f'value="off:all:{MAIN_PURPOSE}"' in page
    assert "Profil 1 0 Jamais utilisé" in text_of(page)


# Items


def test_an_item_has_its_own_switch_in_the_list(anna: TestClient, home: Home) -> None:
    page = want(anna, f"off:{one('a-post-1')}", f"{USED}?category=post&page=1")
    assert states(page) == {one("a-post-1"): False, one("a-post-2"): True}
    assert "Non utilisé. Vous avez désactivé cet élément." in text_of(page)
    assert said(home) == [(MAIN_PURPOSE, "item", "a-post-1", False)]
    assert "Encore désactivés\u00a0: 1 élément isolé." in text_of(anna.get(SWITCH).text)
    page = want(anna, f"on:{one('a-post-1')}", USED)
    assert states(page)[one("a-post-1")]


def test_saving_an_item_leads_back_to_the_same_part_of_the_list(anna: TestClient) -> None:
    address = f"{USED}?category=post&page=1"
    answer = anna.post(address, data={"set": f"off:{one('a-post-1')}"}, follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, address)


def test_what_no_choice_could_change_says_why_and_has_no_switch(anna: TestClient) -> None:
    page = whole(anna)
    assert set(states(page)) == {
        one(name)
        for name in ("a-profile", "a-position", "a-post-1", "a-post-2", "a-photo", "a-praise")
    }
    for why in ("n'est jamais utilisé", "ne prévoit pas ce type", "est illisible"):
        assert why in text_of(page)


def test_an_item_of_a_kind_that_is_off_has_no_switch(anna: TestClient) -> None:
    want(anna, f"off:{kind('post')}")
    page = anna.get(f"{USED}?category=post").text
    assert states(page) == {}
    assert "Vous avez désactivé ce type de données." in text_of(page)


def test_where_a_no_takes_only_what_comes_after_items_have_no_switch(
    anna: TestClient, home: Home
) -> None:
    home.policy.write_text(home.policy.read_text().replace(*AFTERWARDS))
    page = anna.get(USED).text
    assert states(page) == {}
    assert "n'applique un refus qu'à ce qui est publié ensuite" in text_of(page)
    page = text_of(anna.get(SWITCH).text)
    assert "Ce que vous avez publié avant y reste" in page
    assert "Au plus tard" not in page


# All at once


def test_off_is_one_no_for_training_and_for_nothing_else(anna: TestClient, three: Home) -> None:
    want(anna, f"on:{kind('photo')}")
    page = want(anna, f"off:all:{MAIN_PURPOSE}")
    assert said(three)[1:] == [(MAIN_PURPOSE, "all", None, False)]
    assert states(page) == {f"all:{MAIN_PURPOSE}": False}
    assert NOT_USED in text_of(page)
    assert status_of(page) == "Enregistré. Reçu n°\u00a04. Voir le reçu"
    for other in ("partner-training", "ranking"):
        assert states(anna.get(page_of(other)).text) == {f"all:{other}": True}


def test_on_leaves_what_is_off_by_itself_and_a_button_lifts_that_too(
    anna: TestClient, three: Home
) -> None:
    want(anna, f"off:{kind('photo')}")
    want(anna, f"off:{one('a-post-1')}", USED)
    want(anna, "off:all:ranking", page_of("ranking"))
    page = want(anna, f"off:all:{MAIN_PURPOSE}")
    assert "Désactivés aussi séparément\u00a0: photos et 1 élément isolé." in text_of(page)
    page = want(anna, f"on:all:{MAIN_PURPOSE}")
    assert "Encore désactivés\u00a0: photos et 1 élément isolé." in text_of(page)
    assert states(page)[kind("photo")] is False
    assert '<button name="set" value="on:everything">Activer ceux-ci aussi</button>' in page
    page = want(anna, "on:everything")
    assert 'value="on:everything"' not in page
    assert set(states(page).values()) == set(states(whole(anna)).values()) == {True}
    assert said(three)[5:] == [
        (MAIN_PURPOSE, "category", "photo", True),
        (MAIN_PURPOSE, "item", "a-post-1", True),
    ]
    assert states(anna.get(page_of("ranking")).text) == {"all:ranking": False}


def test_no_button_is_for_off_but_the_switch(anna: TestClient, home: Home) -> None:
    assert anna.post(SWITCH, data={"set": "off:everything"}).status_code == 400
    assert said(home) == []


# What is recorded


def test_what_is_already_so_is_not_recorded_again_and_shows_its_receipt(
    anna: TestClient, home: Home
) -> None:
    want(anna, f"off:all:{MAIN_PURPOSE}")
    told = "Rien n'a changé\u00a0: c'était déjà le cas. Reçu n°\u00a03. Voir le reçu"
    assert status_of(want(anna, f"off:all:{MAIN_PURPOSE}")) == told
    assert len(said(home)) == 1


def test_a_choice_that_equals_the_default_is_a_choice(anna: TestClient, home: Home) -> None:
    page = want(anna, f"on:all:{MAIN_PURPOSE}")
    assert said(home) == [(MAIN_PURPOSE, "all", None, True)]
    assert "Votre choix\u00a0: aujourd'hui à 9\u00a0h\u00a00" in text_of(page)


def test_a_replayed_form_changes_nothing_after_the_member_changed_their_mind(
    anna: TestClient, home: Home
) -> None:
    want(anna, f"off:all:{MAIN_PURPOSE}", key="first")
    want(anna, f"on:all:{MAIN_PURPOSE}", key="second")
    page = want(anna, f"off:all:{MAIN_PURPOSE}", key="first")
    assert [on for *_, on in said(home)] == [False, True]
    assert states(page)[f"all:{MAIN_PURPOSE}"]
    assert status_of(page) == ""


def test_a_form_that_changed_nothing_changes_nothing_when_it_is_replayed(
    anna: TestClient, home: Home
) -> None:
    want(anna, f"on:all:{MAIN_PURPOSE}", key="first")
    want(anna, f"on:all:{MAIN_PURPOSE}", key="of another tab")
    want(anna, f"off:all:{MAIN_PURPOSE}", key="third")
    want(anna, f"on:all:{MAIN_PURPOSE}", key="of another tab")
    assert [on for *_, on in said(home)] == [True, False]


def test_one_page_can_press_two_switches_with_the_same_key(anna: TestClient, home: Home) -> None:
    want(anna, f"off:{kind('photo')}", key="same")
    want(anna, f"off:{kind('post')}", key="same")
    assert len(said(home)) == 2


def test_every_page_has_a_key_of_its_own(anna: TestClient) -> None:
    keys = {re.search(r'name="key" value="([^"]+)"', anna.get(SWITCH).text)[1] for _ in range(3)}  # type: ignore[index]
    assert len(keys) == 3


@every(
    "wish",
    [
        "toggle:all:generative-ai-training",
        "off",
        "off:all:no-such-purpose",
        "off:all:generative-ai-training:post",
        "off:category:generative-ai-training",
        "off:category:generative-ai-training:search",  # the policy does not list it
        "off:item:generative-ai-training:b-post",  # somebody else's
        "off:item:generative-ai-training:nothing",
    ],
)
def test_a_wish_for_what_is_not_theirs_is_refused_in_one_way(
    anna: TestClient, home: Home, wish: str
) -> None:
    answer = anna.post(SWITCH, data={"set": wish})
    assert answer.status_code == 400
    assert "Rien n&#39;a changé." in answer.text
    assert said(home) == []


def test_a_save_of_an_item_that_fails_leaves_the_list_as_it_was(
    anna: TestClient, home: Home
) -> None:
    home.ledger.with_suffix(".key").unlink()
    answer = anna.post(USED, data={"set": f"off:{one('a-post-1')}"})
    assert answer.status_code == 503
    assert status_of(answer.text) == "Non enregistré. Votre choix n'a pas changé."
    assert states(answer.text)[one("a-post-1")]


# Purposes


def test_each_purpose_has_a_line_of_the_settings_with_its_state_and_a_page_of_its_own(
    anna: TestClient, three: Home
) -> None:
    page = want(anna, "off:all:ranking", page_of("ranking"))
    assert states(page) == {"all:ranking": False}
    assert "Votre choix\u00a0: aujourd'hui à 9\u00a0h\u00a00" in text_of(page)
    assert "Vos données ne servent pas à cela" in text_of(page)
    for path in ("/settings", "/settings/data-privacy"):
        cards = re.findall(
            r'<h3><a href="([^"]+)">.*?<span class="state.*?</svg>([^<]+)<',
            anna.get(path).text,
            re.S,
        )
        assert cards == [
            (SWITCH, "Activé"),
            (page_of("partner-training"), "Activé"),
            (page_of("ranking"), "Désactivé"),
        ]


def test_the_page_of_a_purpose_says_what_the_report_says_of_it(
    anna: TestClient, three: Home
) -> None:
    want(anna, "off:all:ranking", page_of("ranking"))
    for purpose in ("partner-training", "ranking"):
        person = state_of_member(three, "anna", purpose, START + timedelta(minutes=1))
        page = text_of(anna.get(page_of(purpose)).text)
        assert [m for m in statements(person) if words("fr").say(m) not in page] == []


def test_no_form_of_a_purposes_page_moves_anything_of_another(
    anna: TestClient, three: Home
) -> None:
    purposes = (MAIN_PURPOSE, "partner-training", "ranking")
    for here in purposes:
        for there in set(purposes) - {here}:
            for scope in (f"all:{there}", f"category:{there}:post", f"everything:{there}"):
                answer = anna.post(page_of(here), data={"set": f"off:{scope}"})
                assert answer.status_code == 400, (here, scope)
    assert said(three) == []


def test_a_purpose_that_the_policy_does_not_name_has_no_page(anna: TestClient, home: Home) -> None:
    for purpose in ("ranking", "recruiter-search", "no/such", "%2e%2e"):
        for answer in (
            anna.get(page_of(purpose)),
            anna.post(page_of(purpose), data={"set": "off:all"}),
        ):
            assert answer.status_code in (400, 404), purpose
    assert said(home) == []


def test_the_page_of_training_is_its_own_whatever_address_names_it(anna: TestClient) -> None:
    answer = anna.get(f"/settings/data-privacy/purposes/{MAIN_PURPOSE}", follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, SWITCH)


def test_the_dates_are_those_of_the_policy(anna: TestClient, three: Home) -> None:
    text = text_of(want(anna, f"off:all:{MAIN_PURPOSE}"))
    assert "d'ici au 30 novembre 2026" in text


# Global Privacy Control

GPC = {"sec-gpc": "1"}
PARTNER = page_of("partner-training")


def test_a_signal_that_the_policy_counts_is_recorded_once_and_named(
    anna: TestClient, three: Home
) -> None:
    for _ in range(2):
        page = anna.get(PARTNER, headers=GPC).text
    (entry,) = entries(three)
    assert (entry.purpose, entry.scope, entry.on) == ("partner-training", "all", False)
    assert entry.channel == "gpc"
    assert not states(page)["all:partner-training"]
    assert states(anna.get(SWITCH).text)[f"all:{MAIN_PURPOSE}"]
    assert "Votre navigateur l'a demandé (Global Privacy Control) le 20 novembre" in text_of(page)


def test_what_the_ledger_keeps_of_a_key_does_not_say_whose_it_is(
    anna: TestClient, three: Home
) -> None:
    anna.get(SWITCH, headers=GPC)
    guessed = sha256(b"gpc\nanna\npartner-training").hexdigest()
    with Ledger.of(three) as ledger:
        assert not ledger.knows(guessed)
        assert ledger.knows(keyed(three.root, "gpc", "anna", "partner-training"))


def test_a_choice_of_their_own_wins_over_the_signal_for_ever(anna: TestClient, three: Home) -> None:
    anna.get(SWITCH, headers=GPC)
    want(anna, "on:all:partner-training", PARTNER)
    page = anna.get(PARTNER, headers=GPC).text
    assert states(page)["all:partner-training"]
    assert [on for *_, on in said(three)] == [False, True]


def test_the_signal_does_not_precede_what_the_member_says_first(
    anna: TestClient, three: Home
) -> None:
    anna.post(PARTNER, data={"set": "on:all:partner-training"}, headers=GPC)
    assert said(three) == [("partner-training", "all", None, True)]


def test_a_signal_that_the_policy_does_not_count_is_seen_and_said_beside_the_switch(
    anna: TestClient, home: Home
) -> None:
    page = text_of(anna.get(SWITCH, headers=GPC).text)
    assert "ne le compte pas comme une réponse" in page
    assert said(home) == []
    assert "Global Privacy Control" not in text_of(anna.get(SWITCH).text)


@every("value", ["0", "true", "1, 1", ""])
def test_any_other_value_of_the_signal_says_nothing(
    anna: TestClient, three: Home, value: str
) -> None:
    anna.get(SWITCH, headers={"sec-gpc": value})
    assert said(three) == []


def test_a_signal_that_cannot_be_recorded_does_not_keep_the_page_away(
    anna: TestClient, three: Home
) -> None:
    three.ledger.with_suffix(".key").unlink()
    page = anna.get(PARTNER, headers=GPC)
    assert page.status_code == 200
    assert states(page.text)["all:partner-training"]


# The record, and other ways


def test_a_long_record_is_folded_and_has_a_page_of_its_own(anna: TestClient) -> None:
    for n in range(22):
        want(anna, f"{'off' if n % 2 == 0 else 'on'}:all:{MAIN_PURPOSE}")
    page = anna.get(SWITCH).text
    record = page[page.index('class="record"') :]
    assert re.findall(r'href="/receipts/(\d+)">Reçu', record) == ["24", "23", "22"]
    assert "Les 22 inscriptions" in text_of(anna.get(SWITCH).text)
    first, second = (anna.get(f"{SWITCH}/record", params={"page": n}).text for n in (1, 2))
    listed = re.findall(r'href="/receipts/(\d+)">Reçu', first + second)
    assert listed == [str(n) for n in range(24, 2, -1)]


def test_nobody_sees_anothers_record(client: TestClient) -> None:
    page = sign_in(client, "anna").get(f"{SWITCH}/record").text
    assert "/receipts/" not in page


def test_the_authority_is_that_of_the_members_region_in_their_words(client: TestClient) -> None:
    page = sign_in(client, "anna").get(SWITCH).text
    assert "Préposé fédéral à la protection des données et à la transparence" in page
    page = sign_in(client, "fritz").get(SWITCH).text
    assert '<span lang="de">Die Bundesbeauftragte' in page
    assert "c'est l'autorité de son Land qui est compétente" in text_of(page)
    page = sign_in(client, "emil").get(SWITCH).text
    assert authority_of("CN") is None
    assert "Nous ne connaissons pas l'autorité de votre région." in text_of(page)


def test_who_answers_at_the_network_is_what_the_operator_says(anna: TestClient, home: Home) -> None:
    assert "L'exploitant n'a pas indiqué" in text_of(anna.get(SWITCH).text)
    home.contact.write_text('name = "Ada <Datenschutz>"\nemail = "dpo@example.org"\n')
    page = anna.get(SWITCH).text
    assert "Ada &lt;Datenschutz&gt;" in page and 'href="mailto:dpo@example.org"' in page


def test_a_mistake_in_the_contact_takes_no_switch_away(anna: TestClient, home: Home) -> None:
    home.contact.write_text("name = ")
    page = anna.get(SWITCH)
    assert page.status_code == 200 and states(page.text)
    assert "L'exploitant n'a pas indiqué" in text_of(page.text)


def test_no_date_is_late_before_its_day(anna: TestClient) -> None:
    want(anna, f"off:all:{MAIN_PURPOSE}")
    page = text_of(anna.get(SWITCH).text)
    assert NOT_USED in page and "c'est en retard" not in page and "En retard" not in page
