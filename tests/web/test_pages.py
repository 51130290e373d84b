"""What is true of every page in every language: small, fair, complete."""

import hashlib
import re
from collections import Counter
from datetime import UTC, datetime
from importlib.resources import files
from itertools import product
from pathlib import Path

from starlette.testclient import TestClient
from tools.goldens import run_together

from tests.report.test_words import SOURCES, TRANSLATED, all_messages, said_by, texts
from tests.table import every
from tests.web.conftest import SWITCH, sign_in
from tests.web.network import MEMBERS, clock, item
from tests.web.test_switch import text_of
from vanne.config import Home
from vanne.demo.network import make_network
from vanne.ledger import Ledger
from vanne.report.guide import SECTIONS, load_guide, platforms
from vanne.sources.tables import write_items, write_members
from vanne.terms import Category
from vanne.web import create_app
from vanne.web.rendering import STATIC, static_path
from vanne.words import LANGUAGES, words

PAGES = (
    "/",
    "/settings",
    "/settings/data-privacy",
    SWITCH,
    f"{SWITCH}/used",
    f"{SWITCH}/record",
    "/guide",
    "/api",
)
FORBIDDEN = re.compile(
    r"\b(improv\w*|enhanc\w*|help us|recommended|miss|miss out"
    r"|amélior\w*|aidez-nous|recommandé\w*|manqu\w*"
    r"|verbesser\w*|helfen sie uns|empfohlen\w*|verpass\w*"
    r"|miglior\w*|aiutaci|aiutateci|consigliat\w*|non perder\w*)\b",
    re.IGNORECASE,
)
HTMX_4_0_1 = "a0abb04f2f45a1f89d1d4844023245537e5e6014c87b144553e0607b4cc32130"
SETTING = "Data for generative AI improvement"
QUOTED = "the policy does not leave messages out of what improves its technology"
"""What a policy that ships says of a network's own words: it is part of its digest."""


def most_bytes(path: str) -> int:
    """How large a page may be: two have the picture of the gate and its steps."""
    return 16_000 if path in ("/", SWITCH) else 12_000


@every("lang", LANGUAGES)
def test_no_page_persuades(client: TestClient, lang: str) -> None:
    name = words(lang)(SETTING)  # the one name that the mission gives
    for member in MEMBERS:
        sign_in(client, member.member_id)
        for path in PAGES:
            page = text_of(client.get(path, params={"lang": lang}).text)
            assert FORBIDDEN.findall(page.replace(name, "")) == []


def test_no_sentence_follows_another_one_without_a_space(client: TestClient) -> None:
    assert run_together("<p>It ends.<a>It begins</a>. It ends.</p><p>It</p>") == [
        "It ends.It begins. It ends."
    ]
    for member in MEMBERS:
        sign_in(client, member.member_id)
        for path, lang in product(PAGES, LANGUAGES):
            assert run_together(client.get(path, params={"lang": lang}).text) == [], path


def test_no_sentence_of_ours_persuades_in_any_language() -> None:
    said = {
        text
        for name in SOURCES
        for message in said_by(name)
        for text in (message if isinstance(message, tuple) else [message])
    }
    for lang in TRANSLATED:
        said |= {text for message in all_messages(lang) for text in texts(message)}
    assert len(said) > 1000
    kept = {words(lang)(SETTING) for lang in LANGUAGES} | {QUOTED}
    assert [text for text in said - kept if FORBIDDEN.search(text)] == []


def test_every_language_tells_the_same_numbers_and_dates(client: TestClient) -> None:
    for member in MEMBERS:
        sign_in(client, member.member_id)
        for path in PAGES[:-2]:
            told = []
            for lang in LANGUAGES:
                page = client.get(path, params={"lang": lang}).text
                main = text_of(page[page.index("<main") : page.index("</main>")])
                told.append(Counter(map(int, re.findall(r"\d+", main.replace("(AI)", "")))))
            assert all(one == told[0] for one in told), (member.member_id, path)
            assert told[0] or path != SWITCH


@every("lang", LANGUAGES)
def test_the_default_is_that_of_the_policy_and_says_so(
    client: TestClient, home: Home, lang: str
) -> None:
    said = words(lang)("You have not chosen yet.")
    for default, state in (("on", "true"), ("off", "false")):
        text = home.policy.read_text()
        home.policy.write_text(re.sub(r'default = "\w+"', f'default = "{default}"', text))
        page = sign_in(client, "anna").get(SWITCH, params={"lang": lang}).text
        assert set(re.findall(r'aria-checked="(\w+)"', page)) == {state}
        assert said.rstrip(".") in text_of(page)


@every("lang", LANGUAGES)
def test_every_page_is_in_the_language_that_was_asked_for(anna: TestClient, lang: str) -> None:
    for path in PAGES:
        answer = anna.get(path, params={"lang": lang})
        assert answer.headers["content-language"] == lang
        assert f'<html lang="{lang}">' in answer.text


def test_a_language_chosen_by_link_is_remembered(anna: TestClient) -> None:
    anna.get("/", params={"lang": "de"})
    assert '<html lang="de">' in anna.get("/settings").text
    assert '<html lang="de">' in sign_in(anna, "bruno").get("/").text


def test_a_language_that_we_do_not_have_changes_nothing(anna: TestClient) -> None:
    assert '<html lang="fr">' in anna.get("/", params={"lang": "xx"}).text


def test_a_browser_without_a_language_of_ours_gets_the_one_of_the_site(home: Home) -> None:
    with TestClient(create_app(home, now=clock(), lang="it"), base_url="http://localhost") as it:
        assert '<html lang="it">' in it.get("/", headers={"accept-language": "nl"}).text


def test_links_to_other_languages_keep_what_was_asked(anna: TestClient) -> None:
    page = anna.get(f"{SWITCH}/used", params={"category": "post", "page": "1"}).text
    assert 'href="?category=post&amp;page=1&amp;lang=de" lang="de" hreflang="de"' in page


def test_titles_differ_and_end_with_the_name(anna: TestClient) -> None:
    titles = [re.search(r"<title>(.*?)</title>", anna.get(path).text)[1] for path in PAGES]  # type: ignore[index]
    assert len(set(titles)) == len(titles)
    assert all(title.endswith(" · Vanne") for title in titles)


def test_members_pages_are_small_for_everybody_in_a_made_up_network(tmp_path: Path) -> None:
    home, as_of = Home(tmp_path), datetime(2026, 11, 24, tzinfo=UTC)
    network = make_network(3, 25, as_of)
    write_items(network.items, home.items / "all.parquet")
    write_members(network.members, home.members)
    policy = files("vanne.packs") / "linkedin/policies/linkedin-2025-11-03.toml"
    home.policy.write_bytes(policy.read_bytes())
    with Ledger.create(home.ledger) as ledger:
        ledger.append(network.choices)
    with TestClient(create_app(home, now=clock()), base_url="http://localhost") as client:
        for member in network.members:
            sign_in(client, member.member_id)
            for path in PAGES[:-2]:
                page = client.get(path, params={"lang": "de"}).content
                assert len(page) < most_bytes(path), path


def test_the_settings_are_small_for_who_has_every_kind_of_data_and_made_many_choices(
    client: TestClient, home: Home
) -> None:
    many = [item(f"{kind}-{n}", "fritz", kind, "x" * 300) for kind in Category for n in range(12)]
    write_items(many, home.items / "many.parquet")
    home.contact.write_text('name = "Datenschutz"\nemail = "dpo@example.org"\n')
    sign_in(client, "fritz")
    for wish in ("on:everything", "off:category::photo", "on:category::photo") * 5:
        client.post(SWITCH, data={"set": wish})
    for lang in LANGUAGES:
        for path in (SWITCH, f"{SWITCH}/used", f"{SWITCH}/record"):
            page = client.get(path, params={"lang": lang}).content
            assert len(page) < most_bytes(path), (path, lang)


@every("lang", LANGUAGES)
@every("platform", platforms())
def test_every_guide_is_a_page_in_every_language(
    client: TestClient, platform: str, lang: str
) -> None:
    page = client.get(f"/guide/{platform}", params={"lang": lang}).text
    references = set(re.findall(r'href="#(s-[^"]+)"', page))
    assert references <= set(re.findall(r'id="(s-[^"]+)"', page))
    both = load_guide(platform).localised(lang, clock()().date())["paths"]
    alike = both["desktop"] == both["mobile"]
    assert alike is (platform in ("reddit", "slack", "tiktok", "xing"))
    headings = re.findall(r"<h2>(.*?)</h2>", page)
    assert words(lang)("On a computer or a phone" if alike else "On a phone") in headings
    assert (words(lang)("On a phone") in headings) is not alike


def test_a_guide_marks_what_was_seen_more_than_a_year_ago_and_no_more(client: TestClient) -> None:
    guide = load_guide("linkedin").localised("en", clock()().date())
    dated = [*guide["links"], *guide["paths"].values()]
    dated += [fact for section in SECTIONS for fact in guide[section]]
    old = [said for said in dated if said["stale"]]
    page = client.get("/guide/linkedin", params={"lang": "en"}).text
    assert 0 < len(old) < len(dated)
    assert page.count("seen more than a year ago") == len(old)


def test_there_is_no_guide_for_what_has_none(client: TestClient) -> None:
    assert client.get("/guide/nowhere").status_code == 404


def test_static_files_may_be_kept_for_ever_since_their_address_changes(client: TestClient) -> None:
    answer = client.get(static_path("vanne.css"))
    assert "immutable" in answer.headers["cache-control"]
    assert answer.headers["content-type"].startswith("text/css")
    assert client.get("/static/../app.py").status_code == 404


def test_the_style_is_one_small_file_that_loads_nothing() -> None:
    style = (STATIC / "vanne.css").read_text()
    assert len(style) < 20_000
    assert "url(" not in style and "@import" not in style


def test_htmx_is_the_one_that_was_reviewed_and_has_its_licence() -> None:
    code = (STATIC / "htmx.js").read_bytes()
    assert hashlib.sha256(code).hexdigest() == HTMX_4_0_1
    assert "Zero-Clause BSD" in (STATIC / "htmx.LICENSE").read_text()
