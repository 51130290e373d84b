"""No sentence about a network's use of items is stronger than the network's policy file."""

import re
from functools import cache
from itertools import product
from pathlib import Path

import pytest

from tests.table import every
from vanne.cli.inspect import categories, summary
from vanne.policy import Policy, builtin_names, load
from vanne.policy.load import parse, text_of
from vanne.report.inspection import Inspection, inspect
from vanne.report.inspection_words import headline, network_name
from vanne.report.state_words import STATE_NAMES
from vanne.report.states import AUDIENCES, CLAIMED, Audience, claimed_by
from vanne.terms import MAIN_PURPOSE
from vanne.web.inspection_pages import Visit, page_of
from vanne.words import LANGUAGES, Words, words

from .foreign_archives import NOW, ForeignArchive, foreign_archives

EXAMPLE = Path(__file__).parents[2] / "src" / "vanne" / "sources" / "example"
FACEBOOK = Path(__file__).parents[1] / "fixtures" / "facebook-2019"
CLAIM = "[purposes.generative-ai-training.claim]\n"
CLAIMS = {
    ("uses", "stated"): "used",
    ("may-use", "stated"): "reserved",
    ("uses", "not-stated"): "reserved",
    ("may-use", "not-stated"): "reserved",
}
STRONG = (
    "%(network)s says that it uses this.",
    "%(network)s says that it uses your one item to train generative AI (%(day)s).",
    "%(network)s says that it uses %(n)s of your %(items)s items to train generative AI (%(day)s).",
    "Used if everybody may see it: the archive does not say who may.",
    "Also used, but not found in your archive: %(what)s",
    "The use began on %(day)s.",
)
"""What may be said of a network alone that says that it uses items to train generative AI."""


def with_claim(name: str, verb: str, generative: str) -> Policy:
    """Return a shipped policy as if its source said that."""
    text = re.sub(r"(?s)\[purposes\.generative-ai-training\.claim\]\n.*?\n\n", "", text_of(name))
    claim = f'{CLAIM}verb = "{verb}"\ngenerative = "{generative}"\nsources = []\n\n'
    before = "[purposes.generative-ai-training.age]"
    return parse(text.replace(before, claim + before), f"{name}-{verb}-{generative}")


@cache
def of_example(name: str, verb: str, generative: str) -> Inspection:
    policy = with_claim(name, verb, generative)
    return inspect([EXAMPLE], policy=policy, region="US", as_of=NOW)


@every("name", builtin_names())
def test_the_state_of_what_is_claimed_follows_from_the_policy_alone(name: str) -> None:
    for claim, state in CLAIMS.items():
        found = of_example(name, *claim)
        assert {each.state for each in found.totals if each.state in CLAIMED} <= {state}
        assert {each.may for each in found.totals} <= {state, None}


@every("name", builtin_names())
def test_a_headline_says_less_when_the_policy_says_less(name: str) -> None:
    for lang, (verb, generative) in product(LANGUAGES, CLAIMS):
        w, weak = words(lang), of_example(name, verb, generative)
        full = of_example(name, "uses", "stated")
        is_weaker = (verb, generative) != ("uses", "stated") and any(
            each.state == "used" for each in full.totals
        )
        same = headline(weak, w).replace(weak.policy.name, "") == headline(full, w).replace(
            full.policy.name, ""
        )
        assert same is not is_weaker


def strong_sentences(w: Words, network: str) -> list[re.Pattern[str]]:
    """Return what a strong sentence about a network looks like in a language."""
    patterns = []
    for message in STRONG:
        text = re.escape(
            w(message, **dict.fromkeys(("n", "items", "day", "what"), "@"), network=network)
        )
        patterns.append(re.compile(text.replace("@", ".*").replace(r"\ ", r"\s+")))
    return patterns


def shown(found: Inspection, w: Words) -> str:
    screens = (line.text for view in (summary, categories) for line in view(found, w))
    texts = [text if isinstance(text, str) else str(text) for text in screens]
    return "\n".join([*texts, page_of(found, Visit("/", (), w)) or ""])


RESERVED = [
    archive
    for archive in foreign_archives()
    if archive.expected["network"] in ("tiktok", "reddit", "x", "snapchat")
    and "-a-" not in archive.folder.name  # these hold several networks
]


@every("archive", RESERVED, ids=lambda archive: archive.folder.name)
def test_no_door_says_more_of_a_network_than_its_policy(
    archive: ForeignArchive, tmp_path_factory: pytest.TempPathFactory
) -> None:
    zipped = archive.packed(tmp_path_factory.mktemp("packed"))
    found = inspect([zipped], region="US", as_of=NOW)
    (part,) = found.networks
    assert claimed_by(part.policy.purpose(MAIN_PURPOSE)) == "reserved"
    assert part.may_be_used
    for lang in LANGUAGES:
        w = words(lang)
        text = shown(found, w)
        for pattern in strong_sentences(w, network_name(part.network, w)):
            assert not pattern.search(text), pattern


def test_each_shipped_policy_that_does_not_say_generative_says_so_in_its_claim() -> None:
    claims = {
        name: (rules.reserves, rules.is_generative)
        for name in builtin_names()
        if (rules := load(name).purpose(MAIN_PURPOSE)).listed
    }
    weak = {name for name, (reserves, generative) in claims.items() if reserves or not generative}
    assert {name.partition("-")[0] for name in weak} == {"tiktok", "reddit", "x", "snapchat"}
    for name in weak:
        clause = load(name).purpose(MAIN_PURPOSE).clause("claim")
        assert clause.sources


ROW = re.compile(r'<tr role="row"><th scope="row".*?</tr>', re.DOTALL)
CELL = re.compile(r'<td[^>]* data-label="([^"]+)"[^>]*>(?:(\d+)–)?(\d+)</td>')


@every("audience", AUDIENCES)
def test_each_row_of_the_page_adds_up_and_nothing_unknown_is_shown_as_none(
    audience: Audience,
) -> None:
    """One end of what is not known and the other ends of all else are all items."""
    found = inspect([FACEBOOK], region="CH", as_of=NOW, audience=audience)
    w, low, high = words("en"), 0, 0
    for row in ROW.findall(page_of(found, Visit("/", (), w)) or ""):
        cells = {name: (int(low or top), int(top)) for name, low, top in CELL.findall(row)}
        least, most = cells.pop(w(STATE_NAMES["not-known"]), (0, 0))
        low += most + sum(first for first, _ in cells.values())
        high += least + sum(last for _, last in cells.values())
    assert low == high == found.item_count
