"""The recruiter's way: a brief becomes criteria, and people with evidence."""

import json
import re
import shutil
from collections.abc import Iterator
from datetime import timedelta
from html import unescape
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from tests.assist.model_server import Model, Trouble
from tests.assist.people import BRIEF, PURPOSE, make_people
from tests.assist.search.homes import without_index
from tests.report.test_questions import questions, text_of, unanswered
from tests.table import every
from tests.web.conftest import sign_in
from tests.web.network import clock, item
from vanne.config import Home
from vanne.corpus import refresh
from vanne.ledger import Ledger
from vanne.plugins import tell_refreshed
from vanne.sources.tables import write_items
from vanne.terms import Choice
from vanne.web import create_app
from vanne_assist.fairness.record import SearchLog
from vanne_assist.search.index import Index
from vanne_assist.search.indexer import update

NOW = clock()
RECRUITER = "demonstration-recruiter"


@pytest.fixture(scope="module")
def people(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """The network of people who can be found, made once."""
    return make_people(tmp_path_factory.mktemp("people"))


@pytest.fixture
def home(people: Home, tmp_path: Path) -> Home:
    """The same, for one test to change."""
    return Home(Path(shutil.copytree(people.root, tmp_path / "home")))


@pytest.fixture
def pages(home: Home) -> Iterator[TestClient]:
    """A browser in English."""
    headers = {"accept-language": "en", "sec-fetch-site": "same-origin"}
    app = create_app(home, now=clock())
    with TestClient(app, base_url="http://127.0.0.1:8000", headers=headers) as client:
        yield client


@pytest.fixture
def rosa(pages: TestClient) -> TestClient:
    """The same browser, signed in as a recruiter."""
    return sign_in(pages, "anna", "recruiter")


def search(client: TestClient, brief: str = BRIEF, **more: str) -> str:
    """Send a brief; return the page that comes of it."""
    answer = client.post("/find", data={"brief": brief} | more)
    assert answer.status_code == 200, answer.text
    assert re.fullmatch(r"/find/results/[0-9a-f]{16}", answer.url.path)
    return answer.text


def here(page: str) -> str:
    """The address of a page of results, as its forms say, or the links to its people."""
    found = re.findall(r'(?:action="/find/results/|\?from=)([0-9a-f]{16})"', page)
    return f"/find/results/{found[0]}"


def shown(page: str) -> list[str]:
    """Who is on a page of results, in order."""
    return re.findall(r'<h3 id="h\d+"><a href="/find/people/([^?"]+)', page)


def form_of(page: str) -> dict[str, str]:
    """What the form of a page would send, as it was filled."""
    form = page.partition('id="desk"')[2].partition("</form>")[0]
    sent = dict(re.findall(r'<input[^>]*name="([^"]+)" value="([^"]*)"', form))
    for name, options in re.findall(r'<select name="([^"]+)">(.*?)</select>', form, re.DOTALL):
        chosen = re.findall(r'value="([^"]*)" selected', options)
        sent[name] = chosen[0] if chosen else re.findall(r'value="([^"]*)"', options)[0]
    sent["brief"] = re.findall(r"<textarea[^>]*>([^<]*)", form)[0]
    return {name: unescape(value) for name, value in sent.items()}


def say_no(home: Home, member: str, scope: str = "all", target: str | None = None) -> None:
    """Let a member say no to being found, on another way than the pages."""
    with Ledger.of(home) as ledger:
        ledger.append([Choice(member, PURPOSE, scope, False, NOW(), target)])  # type: ignore[arg-type]


@every(
    ("lang", "quoted"),
    [("fr", "«\u00a0développeuse\u00a0»"), ("de", "«développeuse»"), ("en", "“développeuse”")],
)
def test_what_a_criterion_comes_from_is_quoted_as_the_language_does(
    rosa: TestClient, lang: str, quoted: str
) -> None:
    rosa.get("/find", params={"lang": lang})
    assert f"← {quoted}" in unescape(search(rosa, "développeuse à Lausanne"))


def test_a_brief_becomes_criteria_and_people_with_the_words_that_speak_for_them(
    rosa: TestClient, home: Home
) -> None:
    page = search(rosa)
    assert shown(page)[0] == "anna"
    assert "<mark>Rust engineer</mark>" in page and "Place: Lausanne, within 25 km" in page
    sent = form_of(page)
    chips = [json.loads(sent[f"c{n}"]) for n in range(6)]
    kinds = [chip["kind"] for chip in chips]
    assert kinds == ["title", "skill", "place", "language", "skill", "years"]
    assert sent["f4"] == "nice" and sent["n5"] == "5"
    (recorded,) = SearchLog(home).searches()
    assert (recorded.by, recorded.role, recorded.brief) == (RECRUITER, "recruiter", BRIEF)
    assert [hit.member_id for hit in recorded.hits] == shown(page)


def test_nobody_who_said_no_and_nothing_that_is_hidden_is_on_any_page(rosa: TestClient) -> None:
    page = search(rosa, "Rust engineer Zebrafink Zitronenfalter")
    assert "emil" not in shown(page) and "<mark>Zebrafink" not in page
    assert rosa.get("/find/people/emil").status_code == 404
    assert "Zitronenfalter" not in rosa.get("/find/people/anna").text


def test_a_criterion_can_be_turned_widened_left_out_and_added(rosa: TestClient) -> None:
    sent = form_of(search(rosa, "Rust near Lausanne"))
    place = next(n for n in range(3) if '"place"' in sent.get(f"c{n}", ""))
    without = search(rosa, **sent | {"drop": str(place)})
    assert {"anna", "bruno", "dario"} <= set(shown(without))
    wide = form_of(search(rosa, **sent | {f"r{place}": "60"}))
    assert wide[f"r{place}"] == "60"
    moved = search(rosa, **sent | {f"s{place}": "Bern", "do": "criteria"})
    assert shown(moved) == ["dario"]
    banned = search(rosa, **form_of(without) | {"ak": "language", "as": "German", "af": "not"})
    assert "anna" in shown(without) and "anna" not in shown(banned)
    added = form_of(banned)
    assert "German" in added.values() and "not" in added.values()
    assert rosa.get("/find").text.count('href="/find/results/') == 1  # one brief, one last search


def test_an_excluded_title_has_other_names_unless_they_are_what_is_wanted(rosa: TestClient) -> None:
    assert "carla" in shown(search(rosa, "speaks French"))
    assert "carla" not in shown(search(rosa, "speaks French, no nurse"))  # «Infermiera»
    page = search(rosa, "infermiera a Lugano, no nurse")
    assert shown(page) == ["carla"]
    assert "absent, as asked" in page and "present, but excluded" not in page


def test_changed_words_are_read_again_and_changed_criteria_are_kept(rosa: TestClient) -> None:
    sent = form_of(search(rosa, "Rust near Lausanne"))
    kept = form_of(search(rosa, **sent | {"f0": "nice", "do": "search"}))
    assert kept["f0"] == "nice"
    again = form_of(search(rosa, **sent | {"brief": "nurse in Lugano", "f0": "nice"}))
    assert '"title"' in again["c0"] and again["f0"] == "must"


def test_what_the_law_protects_is_stopped_with_a_wording_that_one_click_takes(
    rosa: TestClient, home: Home
) -> None:
    answer = rosa.post("/find", data={"brief": "Rust engineer, native French"})
    assert answer.status_code == 422 and "This brief was not searched" in answer.text
    lawful = unescape(re.findall(r'name="brief" value="([^"]+)"', answer.text)[0])
    assert not list(SearchLog(home).searches())
    assert "anna" in shown(search(rosa, lawful))


def test_a_brief_that_looks_for_no_work_is_stopped_without_a_wording(rosa: TestClient) -> None:
    brief = "jeune femme de moins de 30 ans, sans enfants"
    answer = rosa.post("/find", data={"brief": brief})
    assert answer.status_code == 422 and "This brief was not searched" in answer.text
    assert "Search with this wording" not in answer.text and "“femme”" not in answer.text


def test_what_the_law_protects_is_stopped_in_a_criterion_that_is_typed_too(
    rosa: TestClient,
) -> None:
    sent = form_of(search(rosa, "Rust engineer"))
    answer = rosa.post("/find", data=sent | {"ak": "words", "as": "women only", "af": "must"})
    assert answer.status_code == 422 and "women only" in answer.text


@every(
    ("brief", "said"),
    [("", "The brief is empty."), (" .,- ", "The brief is empty."), ("ab " * 17_000, "characters, more than")],
    ids=lambda case: case[1],
)  # fmt: skip
def test_a_brief_that_cannot_be_read_is_told_and_searches_nothing(
    rosa: TestClient, home: Home, brief: str, said: str
) -> None:
    answer = rosa.post("/find", data={"brief": brief})
    assert answer.status_code == 422 and said in answer.text
    assert not list(SearchLog(home).searches())


def test_a_french_recruiter_is_told_in_french(rosa: TestClient) -> None:
    french = {"accept-language": "fr"}
    empty = rosa.post("/find", data={"brief": " .. "}, headers=french)
    assert empty.status_code == 422 and "La demande est vide" in unescape(empty.text)
    both = rosa.post("/find", data={"brief": "Rust, kein Rust"}, headers=french)
    assert "personne ne peut remplir les deux" in unescape(both.text)


def test_an_index_that_is_older_than_the_corpus_is_told_and_searched(
    rosa: TestClient, home: Home
) -> None:
    new = [item("d-new", "dario", "position", "Rust engineer, Lausanne, 2020 - today", lang="en")]
    write_items(new, home.items / "more.parquet")
    refresh(home, NOW(), purpose=PURPOSE)
    page = search(rosa, "Rust near Lausanne")
    assert "Newer content isn't searchable yet." in unescape(page) and "anna" in shown(page)


def test_whoever_shows_a_cv_alone_is_headed_by_no_name_and_no_id(
    rosa: TestClient, home: Home
) -> None:
    write_items(
        [item("d-cv", "dario", "cv", "Dario Frei\nI like hills")], home.items / "cv.parquet"
    )
    with Ledger.of(home) as ledger:
        ledger.append([Choice("dario", PURPOSE, "item", False, NOW(), "d-profile")])
    update(home, NOW())
    page = rosa.get("/find/people/dario").text
    assert '<h1 id="name">Profile without a title</h1>' in page and "I like hills" in page
    assert "Dario" not in page and "Frei" not in page


def test_contradictions_and_unknown_places_are_told_beside_what_was_found(
    rosa: TestClient,
) -> None:
    sent = form_of(search(rosa, "Rust engineer"))
    both = search(rosa, **sent | {"ak": "skill", "as": "Rust", "af": "not"})
    assert "is required and excluded" in both
    answer = rosa.post("/find", data=sent | {"ak": "place", "as": "Lausane", "af": "must"})
    assert answer.status_code == 422 and "Lausanne" in answer.text.partition('role="alert"')[2]


def test_without_an_index_the_page_says_so_and_keeps_the_brief(
    rosa: TestClient, home: Home
) -> None:
    without_index(home)
    answer = rosa.post("/find", data={"brief": BRIEF})
    assert answer.status_code == 503 and "cannot be searched now" in answer.text
    assert BRIEF in answer.text and "Traceback" not in answer.text


def test_a_page_of_results_is_seen_again_by_who_made_it_less_who_said_no(
    rosa: TestClient, home: Home
) -> None:
    page = search(rosa, "Rust")
    assert set(shown(page)) >= {"anna", "bruno"}
    say_no(home, "bruno")
    again = rosa.get(here(page)).text
    assert "bruno" not in shown(again) and "1 person is not shown any more." in again
    assert rosa.get("/find/results/0123456789abcdef").status_code == 404
    assert rosa.get(here(page)[:-4]).status_code == 404


def test_only_a_recruiter_sees_the_pages(pages: TestClient) -> None:
    paths = ("/find", "/find/people/anna")
    assert {pages.get(path, follow_redirects=False).status_code for path in paths} == {303}
    sign_in(pages, "anna")
    assert {pages.get(path).status_code for path in paths} == {404}
    assert pages.post("/find", data={"brief": "x"}).status_code == 404


MORE = (
    item("d-new", "dario", "position", "Rust engineer, Lausanne, 2020 - today", lang="en"),
    item("a-new", "anna", "position", "Rust trainer, Lausanne, 2024 - today", lang="en"),
)


def test_when_the_corpus_was_refreshed_the_index_is_made_at_most_once_an_hour(home: Home) -> None:
    made = Index.open(home)
    made.close()
    write_items(MORE, home.items / "more.parquet")
    tell_refreshed(home, NOW() + timedelta(minutes=30))
    assert made.is_current()
    tell_refreshed(home, NOW() + timedelta(minutes=90))
    assert not made.is_current()


def near(page: str) -> dict[str, str]:
    """The buttons of who comes close: what each says, and what it sends."""
    part = page.partition('id="near"')[2].partition("</section>")[0]
    buttons = re.findall(r'<button name="(\w+)" value="(\w+)">([^<]+)', part)
    return {unescape(said): f"{name}={value}" for name, value, said in buttons}


def test_nobody_found_is_told_with_which_criterion_keeps_how_many_out_and_opens_them(
    rosa: TestClient, home: Home
) -> None:
    page = search(rosa, "Rust engineer near Zurich who speaks French")
    assert not shown(page) and "No one visible to you meets all the required criteria." in page
    assert near(page) == {"without Place: Zurich, within 25 km: 3 more": "relax=2"}
    opened = rosa.post(here(page), data={"relax": "2"}).text
    assert shown(opened)[:2] == ["anna", "bruno"] and "within 25 km (preferred)" in opened
    assert len(list(SearchLog(home).searches())) == 2, "who is shown is recorded"


def test_who_meets_what_is_required_in_part_is_counted_and_can_be_opened(
    rosa: TestClient, home: Home
) -> None:
    page = search(rosa, "Rust engineer within 35 km of Lausanne")
    assert shown(page) == ["anna"]
    told = "1 more person meets some of the required criteria"
    assert near(page)[told] == "do=partly"
    opened = rosa.post(here(page), data={"do": "partly"}).text
    assert shown(opened) == ["bruno"] and "1 person meets some of the required criteria" in opened
    say_no(home, "bruno")
    assert shown(rosa.get(here(opened)).text) == [], "who said no is gone from it"
    again = search(rosa, "Rust engineer within 35 km of Lausanne")
    assert "more person" not in "".join(near(again)), "and is not counted"


def test_where_no_criterion_alone_keeps_people_out_the_closest_can_be_opened(
    rosa: TestClient,
) -> None:
    page = search(rosa, "nurse near Zurich, 40 years of experience, no Rust")
    assert not shown(page) and not near(page) and "Show who comes closest" in page
    assert shown(rosa.post(here(page), data={"do": "closest"}).text)


def test_alternatives_are_one_line_that_is_met(rosa: TestClient) -> None:
    page = search(rosa, "Rust engineer in Lausanne or Bern")
    assert "Place: Lausanne, within 25 km or Bern, within 25 km</strong> – met" in page
    assert "not met" not in page.partition("</article>")[0] and shown(page)[0] == "anna"


def test_a_translation_of_a_title_is_met_and_another_occupation_comes_after(
    rosa: TestClient,
) -> None:
    assert shown(search(rosa, "nurse"))[0] == "carla"
    page = search(rosa, "Entwickler in Bern")
    assert shown(page) == ["dario"] and "Title: Entwickler</strong> – met" in page


def test_a_slip_is_a_button_that_searches_again_with_what_was_meant(rosa: TestClient) -> None:
    page = unescape(search(rosa, "Rust enginer near Lausane"))
    meant = re.findall(r'<button name="brief" value="(.*?)">Did you mean (.*?)\?<', page)
    assert ("Rust engineer near Lausane", "engineer") in meant
    assert ("Rust enginer near Lausanne", "Lausanne") in meant
    assert "Rust engineer" in rosa.post("/find", data={"brief": meant[-1][0]}).text


def test_a_member_sees_what_is_shown_of_them_why_they_were_found_and_who_looked(
    rosa: TestClient, home: Home
) -> None:
    search(rosa)
    anna = sign_in(rosa, "anna")
    page = anna.get("/appear").text
    assert "Recruiters can currently find you" in page and "Skill: Python" in page
    assert "Zitronenfalter" not in page and RECRUITER not in page
    shown = page[page.index("What recruiters see, item by item") :]
    assert "Rust engineer" in shown and "Anna" not in shown and "Vogel" not in shown
    assert "1 search showed you. 1 account made them." in page and "near Lausanne" in page
    told = anna.get("/appear/explanation.json").json()
    assert told["member"] == "anna" and len(told["searches"]) == 1
    assert RECRUITER not in json.dumps(told)
    anna.post("/appear", data={"set": f"off:item:{PURPOSE}:a-skill"})
    assert "Not shown." in anna.get("/appear").text
    with Ledger.of(home) as ledger:
        *_, (_, last) = ledger.history("anna")
    assert (last.purpose, last.scope, last.target, last.on) == (PURPOSE, "item", "a-skill", False)


def test_who_shows_one_item_alone_can_be_found_and_reads_that(rosa: TestClient, home: Home) -> None:
    before, after = home.policy.read_text().split(f"[[purposes.{PURPOSE}.rollout]]", 1)
    off = after.replace('default = "on"', 'default = "off"', 1)
    home.policy.write_text(f"{before}[[purposes.{PURPOSE}.rollout]]{off}")
    anna = sign_in(rosa, "anna")
    assert "Recruiters cannot find you at present." in anna.get("/appear").text
    anna.post("/appear", data={"set": f"on:item:{PURPOSE}:a-skill"})
    assert "Recruiters can currently find you" in anna.get("/appear").text


def test_each_question_of_a_recruiter_is_answered_by_its_page(rosa: TestClient) -> None:
    assert unanswered(rosa, "recruiter") == []
    results = text_of(search(rosa))
    rows = [each for each in questions("recruiter") if each.links == "–"]
    assert rows and [each for each in rows if each.answer not in results] == []


def test_home_leads_recruiters_to_the_search(client: TestClient) -> None:
    page = sign_in(client, "anna", "recruiter").get("/").text
    assert re.findall(r'class="row" href="([^"]+)"', page) == ["/find"]


def test_the_recruiter_sees_that_a_model_read_the_brief_and_what_of_its_answer_was_not_used(
    rosa: TestClient, home: Home, model: Model
) -> None:
    settings = f'base_url = "{model.url}"\nmodel = "mistral-small"\nreads_briefs = true\n'
    (home.root / "writing.toml").write_text(settings)
    rows = [
        {"quote": quote, "kind": kind, "force": "must", "either": None}
        for quote, kind in (("Rust engineer", "title"), ("<b>Lyon</b>", "place"))
    ]
    model.replies = [json.dumps({"criteria": rows}), Trouble(503)]
    page = search(rosa, "Rust engineer near Lausanne")
    again = rosa.get(here(page)).text
    for each in (page, again):
        said = text_of(each)
        assert "The model “mistral-small” read this brief beside the rules." in said
        assert "The model quoted “<b>Lyon</b>”, which is not in the brief" in said
        assert "<b>Lyon" not in each
        assert "Title: Rust engineer Place: Lausanne, within 25 km (preferred)" in said
    away = text_of(search(rosa, "Rust engineer near Lausanne", do="read"))
    assert "only the rules read this brief" in away and "Lausanne, within 25 km (pref" not in away
    search(rosa, "Rust engineer near Lausanne", was="Rust engineer near Lausanne", do="criteria")
    assert len(model.asked) == 2, "criteria that a person edited are theirs"
