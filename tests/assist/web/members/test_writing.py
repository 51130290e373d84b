"""The member's way to a post: from answers, with advice, with drafts that a guard has read."""

import json
import re
from collections.abc import Iterator
from html import unescape

import pytest
from starlette.testclient import TestClient

from tests.assist.model_server import Model, Trouble, serving
from tests.table import every
from tests.web.conftest import sign_in
from tests.web.test_switch import text_of
from vanne.config import Home
from vanne.words import LANGUAGES

GOOD = "Requests became faster. We moved our billing to Python, and it was worth it."
MARKED = "Requests became 40% faster. We moved our billing to Python."
ANSWERS = {"what": "We moved our billing to Python", "result": "Requests became faster"}


@pytest.fixture
def model(home: Home) -> Iterator[Model]:
    """A model that the network has set up."""
    with serving() as model:
        model.replies = [GOOD, MARKED]
        set_up(home, model)
        yield model


def set_up(home: Home, model: Model, **more: object) -> None:
    told = {"base_url": model.url, "model": "small"}
    told |= {"drafts": 2, "attempts": 1, "timeout_seconds": 60} | more  # type: ignore[dict-item]
    lines = [f"{name} = {json.dumps(value)}" for name, value in told.items()]
    (home.root / "writing.toml").write_text("\n".join(lines))


def draft(client: TestClient, **more: str) -> str:
    answer = client.post("/write", data=ANSWERS | {"do": "draft", "lang_of": "en"} | more)
    assert answer.status_code == 200, answer.text
    return unescape(answer.text)


def texts(page: str) -> list[str]:
    """The texts that can be changed, copied and downloaded."""
    return re.findall(r'<textarea id="(?:post|draft)-\d"[^>]*>([^<]*)', page)


def test_answers_become_posts_with_advice_beside_them(anna: TestClient) -> None:
    more = {"number": "90 ms instead of 480 ms", "thanks": "the team"}
    sent = ANSWERS | more | {"do": "build", "lang_of": "en", "points": "one\r\n\r\ntwo"}
    page = unescape(anna.post("/write", data=sent | {"tone": "short"}).text)
    assert len(texts(page)) == 2 and "No model wrote this" in page
    assert "Requests became faster: 90 ms instead of 480 ms.\n• One\n• Two" in texts(page)[0]
    assert "Thank you to the team." in texts(page)[0]
    assert re.search(r"\d+ words: say what you did and what came of it\.", page)
    assert '<textarea id="what" name="what" rows="2">We moved our billing to Python<' in page
    assert '<option value="short" selected>' in page and "mistral" not in page


def test_answers_that_make_no_post_are_named_and_none_is_offered(anna: TestClient) -> None:
    sent = {"do": "build", "lang_of": "fr", "what": "obtenu mon brevet fédéral", "number": "5.6"}
    page = unescape(anna.post("/write", data=sent).text)
    assert texts(page) == [] and "No post can be made of these answers yet" in page
    assert "“5.6” stands alone: say what the figure counts." in page


@every("lang", LANGUAGES)
def test_the_questions_are_in_the_language_of_the_page(anna: TestClient, lang: str) -> None:
    page = anna.get("/write", params={"lang": lang}).text
    asked = {"fr": "Pour qui", "en": "For whom", "de": "Für wen", "it": "Per chi"}[lang]
    assert asked in page and f'<option value="{lang}" selected>' in page
    assert "model" not in page.partition("<main")[2], "no model was set up"


def test_the_coach_finds_what_is_better_kept_private(anna: TestClient) -> None:
    sent = {"kind": "text", "do": "coach", "lang_of": "en"}
    sent["text"] = "I'm excited to announce synergy! Write to ada@example.org"
    page = unescape(anna.post("/write", data=sent).text)
    assert "“ada@example.org” is personal" in page and "“synergy” says little" in page
    assert "begin with what happened" in page


@every(
    "sent",
    [
        {"do": "build"},
        {"do": "build", "what": " \r\n "},
        {"do": "draft", "points": "\n\n"},
        {"do": "build", "what": "x" * 3001},
        {"do": "build", "points": "x\n" * 21},
        {"kind": "text", "do": "coach", "text": " "},
        {"kind": "text", "do": "coach", "text": "x" * 50_001},
    ],
    ids=lambda sent: str(sent)[:60],
)
def test_what_cannot_be_used_is_one_line_and_nothing_typed_is_lost(
    anna: TestClient, sent: dict[str, str]
) -> None:
    answer = anna.post("/write", data=sent)
    assert answer.status_code == 422
    assert len(re.findall(r'role="alert">[^<]+</p>', answer.text)) == 1
    for typed in (sent.get("what", ""), sent.get("text", "")):
        assert typed.strip() in answer.text


def test_a_form_that_is_none_of_ours_is_refused(anna: TestClient) -> None:
    assert anna.post("/write", data={"do": "post-it"}).status_code == 400
    assert anna.post("/write", data={"do": "coach", "text": "x" * 400_001}).status_code == 413


def test_drafts_of_a_model_are_shown_with_the_guards_verdict(
    anna: TestClient, model: Model
) -> None:
    page = draft(anna)
    assert texts(page)[:2] == [GOOD, MARKED]
    assert "Written by AI." in page and "from your words" not in page
    assert "Of 7 words that carry meaning, 6 are yours." in page
    assert "nothing that you did not say" not in page
    assert page.count("Check this:") == 1 and "You did not give the figure “40" in page
    assert len(texts(page)) == 2 + 1, "what was put together from the answers stands beside"


def test_a_draft_that_speaks_of_the_machine_is_stopped_and_not_shown(
    anna: TestClient, model: Model
) -> None:
    model.replies = ["My name is [Your Name]. More follows."]
    page = draft(anna)
    assert "The guard stopped this draft." in page and "More follows" not in page
    assert "It speaks of the machine, or to it: “[Your Name]”." in page and len(texts(page)) == 1


def test_own_items_go_to_the_model_only_if_the_box_is_ticked_and_screened(
    anna: TestClient, model: Model
) -> None:
    model.replies = [GOOD]
    assert 'name="own" value="yes">' in anna.get("/write").text, "not ticked"
    draft(anna)
    assert "Kalmia" not in json.dumps(model.asked)
    assert "5 items of yours were read for this." in text_of(draft(anna, own="yes"))
    asked = json.dumps(model.asked[-1])
    assert "Kalmia" in asked and "95'000" not in asked and "[SALARY]" not in asked
    for of_others in ("Zitronenfalter", "marvel", "Keller"):
        assert of_others not in asked


@pytest.mark.parametrize("member", ["bruno", "carla"])
def test_for_whom_it_is_off_nothing_is_read_whatever_the_form_says(
    client: TestClient, model: Model, member: str, home: Home
) -> None:
    sign_in(client, member)
    for file in home.items.glob("*.parquet"):
        file.write_bytes(b"whoever reads this fails")
    page = client.get("/write").text
    assert 'name="own"' not in page and "help with writing from them is off" in page
    draft(client, own="yes")
    assert "Ferrous" not in json.dumps(model.asked) and "Zebrafink" not in json.dumps(model.asked)


@every(
    "trouble",
    [Trouble("hang"), Trouble("garbage"), Trouble("page"), Trouble(500), Trouble(401), Trouble("cut"), Trouble("filter")],
)  # fmt: skip
def test_when_the_model_fails_there_is_one_line_and_the_rest_stands(
    anna: TestClient, home: Home, model: Model, trouble: Trouble
) -> None:
    model.replies = [trouble]
    set_up(home, model, timeout_seconds=0.5 if trouble.how == "hang" else 60)
    page = draft(anna)
    assert page.count('role="alert"') == 1 and "SECRET" not in page
    assert "The model gives no draft now." in page
    assert len(texts(page)) == 1 and "</html>" in page
    assert page.count("<article") == page.count("</article>")


def test_when_nothing_listens_or_the_settings_are_wrong_the_rest_stands(
    anna: TestClient, home: Home
) -> None:
    with serving() as gone:
        set_up(home, gone)
    assert "The model gives no draft now." in draft(anna)
    (home.root / "writing.toml").write_text("drafts = 99")
    assert "The model gives no draft now." in draft(anna)
    assert anna.get("/write").status_code == 200


def test_who_has_used_up_the_tokens_of_a_day_is_told_so(
    anna: TestClient, model: Model, home: Home
) -> None:
    set_up(home, model, tokens_a_day=10)
    assert "used up" in draft(anna) and model.asked == []


def test_what_a_model_wrote_says_so_to_programs(anna: TestClient, model: Model) -> None:
    mark = "CompositeWithTrainedAlgorithmicMediaDigitalSource"
    assert draft(anna).count(mark) == 2
    built = anna.post("/write", data=ANSWERS | {"do": "build", "lang_of": "en"}).text
    assert texts(built) and mark not in built


def test_what_a_model_writes_is_shown_as_text(anna: TestClient, model: Model) -> None:
    model.replies = ["We moved our billing to Python. <script>alert(1)</script>"]
    answer = anna.post("/write", data=ANSWERS | {"do": "draft", "lang_of": "en"})
    assert "<script>alert" not in answer.text
