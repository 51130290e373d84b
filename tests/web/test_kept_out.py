"""Who is kept out by age or region: no page offers them an on, and no door records one."""

import re

import pytest
from starlette.testclient import TestClient

from tests.web.conftest import SWITCH, sign_in
from tests.web.network import START, choice
from tests.web.test_switch import OFF, history, status_of
from vanne.config import Home
from vanne.corpus import refresh
from vanne.ledger import Ledger
from vanne.terms import LANGUAGES, MAIN_PURPOSE
from vanne.words import Message, words

KEPT_OUT = ("clara", "dora", "emil", "gina")
"""A minor, a member without a region, one of a region that has not started, one without an age."""
INTO = ("person-step-corpus-in", "person-step-model-in", "person-step-export-in")
REFUSED = "Non enregistré\u00a0: cet usage ne peut pas être activé pour vous."


def pages_of(client: TestClient) -> dict[str, str]:
    """Every page of a member that a link leads to, from the first one on."""
    pages, left = dict[str, str](), ["/"]
    while left:
        path = left.pop()
        answer = client.get(path)
        if answer.status_code == 200 and "text/html" in answer.headers["content-type"]:
            pages[path] = answer.text
            links = re.findall(r'href="(/[^"#?]*)', answer.text)
            left += {each for each in links if each not in (*pages, *left, "/sign-out")}
    return pages


@pytest.mark.parametrize("chosen", [(), (False,), (True,), (False, True)])
@pytest.mark.parametrize("member", KEPT_OUT)
def test_no_page_of_who_is_kept_out_offers_an_on_or_promises_a_step_in(
    client: TestClient, home: Home, member: str, chosen: tuple[bool, ...]
) -> None:
    with Ledger(home.ledger) as ledger:  # an on of before such a choice was refused
        ledger.append([choice(member, on=on, at=START) for on in chosen])
    refresh(home, START)
    pages = pages_of(sign_in(client, member))
    assert {SWITCH, f"{SWITCH}/used", f"{SWITCH}/report", "/settings"} <= pages.keys()
    offered = {path for path, page in pages.items() if re.search(r'value="on:', page)}
    assert offered == set()
    steps = [words("fr").say(Message(each)) for each in INTO]
    headings = {h for page in pages.values() for h in re.findall(r"<h3>([^<]*)</h3>", page)}
    assert headings.isdisjoint(steps)


@pytest.mark.parametrize("member", KEPT_OUT)
@pytest.mark.parametrize("wish", ["all", "everything", "category", "item"])
def test_an_on_that_an_old_page_sends_is_refused_and_not_recorded(
    client: TestClient, home: Home, member: str, wish: str
) -> None:
    sign_in(client, member)
    target = {"category": ":profile", "item": f":{member[0]}-profile"}.get(wish, "")
    answer = client.post(SWITCH, data={"set": f"on:{wish}:{MAIN_PURPOSE}{target}"})
    assert answer.status_code == 409
    assert status_of(answer.text).startswith(REFUSED)
    assert history(home, member) == []
    assert client.post(SWITCH, data=OFF).status_code == 200
    assert history(home, member) == [False]


def test_the_refusal_is_there_in_each_language(client: TestClient) -> None:
    sign_in(client, "clara")
    texts = set()
    for lang in LANGUAGES:
        client.headers["accept-language"] = lang
        answer = client.post(SWITCH, data={"set": f"on:all:{MAIN_PURPOSE}"})
        texts.add(status_of(answer.text))
    assert len(texts) == len(LANGUAGES)
