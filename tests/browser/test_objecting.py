"""Objecting without an account, and reviewing, in a real browser: alone by keyboard, and by axe."""

import email
import re
from email.policy import default

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import DEVICES, LOOKS, Open, follow
from tests.browser.test_fair import faults
from tests.web.network import START, item
from vanne.config import Home
from vanne.ledger import Ledger
from vanne.objections import match, object_to
from vanne.policy import load
from vanne.sources.tables import write_items
from vanne.terms import MAIN_PURPOSE


def link_of(home: Home) -> str:
    """Return the link in the message that a demonstration wrote to its folder."""
    (path,) = (home.root / "outbox").iterdir()
    text = email.message_from_bytes(path.read_bytes(), policy=default).get_content()
    (link,) = re.findall(r"http://\S+", text)
    return str(link)


BROKEN = """() => [...document.querySelectorAll("h1, .big")].flatMap(({firstChild: text}) =>
  [...text.data.matchAll(/\\S+/g)].filter(({0: word, index}) => {
    const range = document.createRange();
    range.setStart(text, index);
    range.setEnd(text, index + word.length);
    return range.getClientRects().length > 1;
  }).map(([word]) => word))"""


def is_narrow_and_sound(page: Page) -> None:
    assert faults(page) == []
    assert page.evaluate(BROKEN) == []  # no word of a heading goes on in another line
    wide = page.evaluate(
        "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    )
    assert wide <= 0


@pytest.mark.parametrize(("device", "lang", "colours"), LOOKS)
def test_somebody_objects_by_keyboard_and_takes_it_back(
    open_page: Open, home: Home, device: str, lang: str, colours: str
) -> None:
    page = open_page(device, member=None, locale=lang, color_scheme=colours)
    page.locator("footer a[href='/object']").click()
    page.locator("#name").focus()
    for typed in ("Marie Dupont", "network.example/in/marie", "marie@example.org"):
        page.keyboard.type(typed)
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_url("**/object/sent")
    is_narrow_and_sound(page)
    page.goto(link_of(home))
    is_narrow_and_sound(page)
    follow(page, page.get_by_role("main").get_by_role("button"))
    page.wait_for_url("**/object/receipt/*")
    is_narrow_and_sound(page)
    expect(page.get_by_role("status")).to_be_visible()
    follow(page, page.get_by_role("main").get_by_role("button"))
    is_narrow_and_sound(page)
    with Ledger.of(home) as ledger:
        assert [said.on for _, said in ledger.objections()] == [False, True]


def test_what_was_typed_wrong_is_marked_for_everybody(open_page: Open) -> None:
    page = open_page("mobile", member=None, expected="status of 400")
    page.goto("/object")
    page.evaluate("document.querySelector('form').noValidate = true")
    follow(page, page.get_by_role("main").get_by_role("button"))
    expect(page.get_by_role("alert")).to_be_visible()
    assert page.locator("[aria-invalid=true]").count() == 2
    assert faults(page) == []


@pytest.mark.parametrize("device", DEVICES)
def test_an_operator_answers_with_one_of_two_equal_buttons(
    open_page: Open, home: Home, device: str
) -> None:
    texts = [f"Le {n}, Marie Dupont est venue." for n in range(7)]
    items = [item(f"x{n}", "anna", "post", text) for n, text in enumerate(texts)]
    write_items(items, home.items / "more.parquet")
    with Ledger.of(home) as ledger:
        object_to(ledger, "Marie Dupont", None, MAIN_PURPOSE, START, key="1", channel="web")
    match(home, load(str(home.policy)))
    page = open_page(device, role="operator")
    page.goto("/operator/objections")
    is_narrow_and_sound(page)
    buttons = page.locator("article").first.get_by_role("button")
    looks = [
        button.evaluate(
            "b => { const s = getComputedStyle(b), r = b.getBoundingClientRect();"
            " return [s.color, s.backgroundColor, s.fontSize, s.fontWeight, s.border,"
            " Math.round(r.width), Math.round(r.height)] }"
        )
        for button in buttons.all()
    ]
    assert len(looks) == 2 and looks[0] == looks[1]
    before = page.locator("blockquote").count()
    follow(page, buttons.nth(1))
    assert (before, page.locator("blockquote").count()) == (5, 5)
    with Ledger.of(home) as ledger:
        *_, last = ledger.choices()
    assert (last.channel, last.on) == ("review/operator", True)
