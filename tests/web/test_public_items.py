"""A public item says whether AI may be trained on it, and states nothing that nobody said."""

import json
import re
from datetime import timedelta
from urllib.robotparser import RobotFileParser

import http_sf
import pytest
from starlette.testclient import TestClient

from tests.report.notices import LINKEDIN, RULES, announce
from tests.table import every
from tests.web.network import ITEMS, START, choice, item
from vanne.config import Home
from vanne.corpus import build
from vanne.corpus.contract import Accepting
from vanne.ledger import Ledger
from vanne.sources.tables import write_items


def usage(client: TestClient, item_id: str) -> dict[str, str] | None:
    """What the field says of an item, read by a parser of structured fields (RFC 9651)."""
    answer = client.get(f"/items/{item_id}")
    assert answer.status_code == 200
    field = answer.headers.get("content-usage")
    if field is None:
        return None
    parsed = http_sf.parse(field.encode("ascii"), tltype="dictionary")
    assert field == plain(field)
    return {key: str(value) for key, (value, _) in parsed.items()}


def plain(field: str) -> str:
    """Read a dictionary of tokens by RFC 9651, section 4.2.2, in the few lines that ours need."""
    members = [
        re.fullmatch(r"([a-z*][a-z0-9_.*-]*)=([A-Za-z*][\w:/!#$%&'*+.^`|~-]*)", part)
        for part in field.split(", ")
    ]
    assert all(members)
    return ", ".join(f"{m[1]}={m[2]}" for m in members if m)


def say(home: Home, *choices: object) -> None:
    with Ledger.of(home) as ledger:
        ledger.append(choices)  # type: ignore[arg-type]


def test_what_is_allowed_by_default_alone_states_nothing(client: TestClient) -> None:
    assert usage(client, "a-post-1") is None


def test_an_owner_who_said_on_says_yes(client: TestClient) -> None:
    assert usage(client, "b-profile") == {"train-ai": "y"}


@every("item_id", ["f-post", "a-search", "c-profile", "d-profile", "a-undated"])
def test_what_is_not_allowed_says_no_whatever_the_reason(client: TestClient, item_id: str) -> None:
    assert usage(client, item_id) == {"train-ai": "n"}


@pytest.mark.parametrize(
    "covering",
    [{}, {"scope": "category", "target": "post"}, {"scope": "item", "target": "a-post-1"}],
    ids=["whole", "category", "item"],
)
def test_a_choice_that_covers_the_item_counts_and_another_does_not(
    client: TestClient, home: Home, covering: dict[str, str]
) -> None:
    say(home, choice("anna", on=True, at=START - timedelta(seconds=1), **covering))
    assert usage(client, "a-post-1") == {"train-ai": "y"}
    assert (usage(client, "a-position") is None) == bool(covering)


def test_a_yes_is_stated_for_nobody_who_is_in_the_item_and_did_not_say_it(
    client: TestClient, home: Home
) -> None:
    assert usage(client, "b-post") is None  # Bruno said on, and Anna is in it
    say(home, choice("anna", on=True, at=START - timedelta(seconds=1)))
    assert usage(client, "b-post") == usage(client, "a-praise") == {"train-ai": "y"}


def test_an_off_is_heard_before_the_corpus_is_refreshed(client: TestClient, home: Home) -> None:
    say(home, choice("bruno", on=False, at=START - timedelta(seconds=1)))
    assert usage(client, "b-profile") == {"train-ai": "n"}


def test_an_on_is_not_stated_before_the_corpus_has_it(client: TestClient, home: Home) -> None:
    say(home, choice("fritz", on=True, at=START - timedelta(seconds=1)))
    assert usage(client, "f-post") == {"train-ai": "n"}
    build(home, START)
    assert usage(client, "f-post") == {"train-ai": "y"}


def test_without_a_corpus_that_can_be_read_everything_says_no(
    client: TestClient, home: Home
) -> None:
    (home.corpus / "CURRENT").write_text("nothing")
    assert usage(client, "b-profile") == {"train-ai": "n"}


def test_an_item_that_reserves_itself_says_no(client: TestClient, home: Home) -> None:
    reserved = item("b-kept", "bruno", "post", reservation="train-genai=n")
    write_items([*ITEMS, reserved], home.items / "items.parquet")
    build(home, START, accepting=Accepting(START, files=["items.parquet"]))
    assert usage(client, "b-kept") == {"train-ai": "n"}
    assert usage(client, "b-profile") == {"train-ai": "y"}


def test_the_page_shows_the_item_and_not_whose_it_is(client: TestClient) -> None:
    answer = client.get("/items/a-post-1")
    assert "Mon premier &lt;b&gt;billet&lt;/b&gt;" in answer.text
    assert "1er mai 2026" in answer.text
    assert "anna" not in answer.text.lower()
    assert answer.headers["cache-control"] == "private, max-age=60"
    assert {"accept-language", "cookie"} <= {
        name.strip().lower() for name in answer.headers["vary"].split(",")
    }
    assert answer.headers["content-security-policy"].startswith("default-src 'none'")


@every("item_id", ["a-message", "a-salary", "nothing", "x' OR '1'='1", "a/b", ""])
def test_what_is_not_public_is_answered_like_what_does_not_exist(
    client: TestClient, home: Home, item_id: str
) -> None:
    private = item("a-private", "anna", "post", visibility="connections")
    message = item("a-told", "anna", "private_message")
    write_items([*ITEMS, private, message], home.items / "items.parquet")
    wanted = client.get("/items/never-was")
    for name in (item_id, "a-private", "a-told"):
        answer = client.get(f"/items/{name}")
        assert (answer.status_code, answer.text.replace(name, "")) == (
            404,
            wanted.text.replace("never-was", ""),
        )
        assert "content-usage" not in answer.headers


def test_a_file_that_cannot_be_read_names_no_item_in_the_log(
    client: TestClient, home: Home, caplog: pytest.LogCaptureFixture
) -> None:
    (home.items / "broken.parquet").write_bytes(b"PAR1")
    assert client.get("/items/my-secret-id").status_code == 503
    assert "the data files cannot be read" in caplog.text and "secret" not in caplog.text


# robots.txt


def robots(client: TestClient) -> str:
    answer = client.get("/robots.txt")
    assert answer.status_code == 200 and answer.headers["content-type"].startswith("text/plain")
    return answer.text


def test_private_addresses_are_not_crawled(client: TestClient) -> None:
    parser = RobotFileParser()
    parser.parse(robots(client).splitlines())
    private = (
        "/settings",
        "/settings/data-privacy",
        "/receipts/0",
        "/v1/verdicts",
        "/operator",
        "/object/confirm/link",
        "/sign-in",
    )
    assert not [path for path in private if parser.can_fetch("AnyBot", path)]
    assert parser.can_fetch("AnyBot", "/items/a-post-1") and parser.can_fetch("AnyBot", "/guide")


LINE = re.compile(
    r"#.*|User-agent: \*|(Dis)?[Aa]llow: /\S*|Content-Usage: (?P<path>/\S*)[ \t]+(?P<usage>\S.*)|"
)
"""RFC 9309, section 2.2, with the rule of draft-ietf-aipref-attach, section 4."""


def preference(text: str, path: str) -> dict[str, str]:
    """What a robots.txt says of a path: the rule with the longest path, and known words alone."""
    rules = [
        match for line in text.splitlines() if (match := LINE.fullmatch(line)) and match["path"]
    ]
    best = max((m for m in rules if path.startswith(m["path"])), key=lambda m: len(m["path"]))
    parsed = http_sf.parse(best["usage"].encode("ascii"), tltype="dictionary")
    known = ("train-ai", "search")
    return {key: str(value) for key, (value, _) in parsed.items() if key in known}


def test_the_site_says_no_and_leaves_items_to_speak_for_themselves(client: TestClient) -> None:
    text = robots(client)
    assert all(LINE.fullmatch(line) for line in text.splitlines())
    assert preference(text, "/guide") == preference(text, "/") == {"train-ai": "n"}
    assert preference(text, "/items/b-profile") == {}


# Global Privacy Control


def gpc(client: TestClient) -> dict[str, object]:
    answer = client.get("/.well-known/gpc.json")
    assert answer.headers["content-type"] == "application/json"
    told: dict[str, object] = json.loads(answer.text)
    return told


def test_the_signal_is_said_to_be_heeded_only_where_the_policy_heeds_it(
    client: TestClient, home: Home
) -> None:
    told = gpc(client)
    assert told["gpc"] is False and re.fullmatch(r"\d{4}-\d\d-\d\d", str(told["lastUpdate"]))
    heeding = LINKEDIN + f'\n[{RULES}.gpc]\ncounts = "off"\n'
    announce(home, heeding, START)
    assert gpc(client) == {"gpc": True, "lastUpdate": "2026-11-20"}


def test_a_page_of_an_item_is_small(client: TestClient) -> None:
    assert len(client.get("/items/a-post-1").content) < 10_000
