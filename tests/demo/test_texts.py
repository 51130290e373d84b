"""The texts read like texts: whole, coherent, and set as their language is set."""

import re
from datetime import UTC, datetime

import pytest

from vanne.demo.dice import Dice
from vanne.demo.grammar import LANGUAGES, NARROW, WIDE, TextWriter, lexicon, read, typeset
from vanne.demo.network import DemoNetwork, held_out_texts, make_network, public_texts
from vanne.demo.people import homes, person
from vanne.terms import Item

AS_OF = datetime(2026, 11, 25, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def network() -> DemoNetwork:
    return make_network(7, 400, AS_OF)


@pytest.fixture(scope="module")
def texts(network: DemoNetwork) -> list[Item]:
    return [item for item in network.items if item.category != "photo"]


def written(texts: list[Item], lang: str) -> list[str]:
    return [item.text or "" for item in texts if item.lang == lang]


def test_every_item_but_a_photo_says_something(texts: list[Item]) -> None:
    assert all(item.text and item.text.strip() == item.text for item in texts)


def test_nothing_of_a_template_is_left(texts: list[Item]) -> None:
    everything = [item.text or "" for item in texts]
    for text in [*everything, *public_texts(1, 300), *held_out_texts(1, 300)]:
        assert not re.search(r"[{}\[\]|]", text.replace(" | ", " ")), text
        assert "  " not in text


def test_posts_are_of_all_shapes_and_sizes(texts: list[Item]) -> None:
    posts = [item.text or "" for item in texts if item.category == "post"]
    lengths = [len(post) for post in posts]
    assert min(lengths) < 90
    assert max(lengths) > 190
    assert all(30 <= length <= 400 for length in lengths)
    assert len(set(posts)) > 0.95 * len(posts)


def test_every_address_is_at_a_domain_kept_for_examples(texts: list[Item]) -> None:
    everything = "\n".join(item.text or "" for item in texts)
    addresses = re.findall(r"\S+@\S+", everything)
    assert addresses
    assert all(re.fullmatch(r"[a-z.]+\d+@example\.(org|com)[.,]?", each) for each in addresses)


def test_every_telephone_number_is_kept_for_fiction(texts: list[Item]) -> None:
    numbers = re.findall(r"\+\d[\d ]+", "\n".join(item.text or "" for item in texts))
    assert numbers
    reserved = r"\+33 6 39 98 |\+49 171 39200|\+44 7700 900|\+1 \d{3} 555 01"
    assert all(re.match(reserved, number) for number in numbers)


def test_a_cv_names_the_employers_of_the_positions(network: DemoNetwork) -> None:
    cvs = {item.owner: item.text or "" for item in network.items if item.category == "cv"}
    assert len(cvs) > 50
    for owner, cv in cvs.items():
        jobs = person("network", 7, int(str(owner)[1:]), AS_OF).jobs
        positions = [i for i in network.items if i.owner == owner and i.category == "position"]
        assert len(positions) == len(jobs)
        for job, position in zip(jobs, positions, strict=True):
            assert job.employer.name in cv
            assert job.employer.at(str(position.lang)).replace("'", "’") in (position.text or "")
            assert str(job.since) in cv


def test_jobs_follow_each_other_and_the_last_goes_on() -> None:
    for number in range(1, 300):
        jobs = person("network", 1, number, AS_OF).jobs
        assert [job.until for job in jobs[:-1]] == [job.since for job in jobs[1:]]
        assert jobs[-1].until is None
        assert jobs[-1].since <= AS_OF.year


def test_a_nurse_writes_about_nursing(network: DemoNetwork) -> None:
    nurses = [
        each.member_id
        for each in (person("network", 7, number, AS_OF) for number in range(1, 401))
        if each.occupation == "nurse" and each.home.lang == "fr"
    ]
    posts = [i.text or "" for i in network.items if i.owner in nurses and i.category == "post"]
    about = "relève|patient|soin|hôpital|nuit|infirmi|perfusion|douleur|collègue|famille"
    assert posts
    assert sum(bool(re.search(about, post, re.IGNORECASE)) for post in posts) > 0.8 * len(posts)


def test_french_marks_stand_apart_with_the_right_spaces(texts: list[Item]) -> None:
    for text in written(texts, "fr"):
        assert not re.search(rf"[^{NARROW}»\w)]?(?<!{NARROW})[;!?]", text), text
        assert not re.search(rf"[^{WIDE}\d](?<!{WIDE}):", text), text
        assert not re.search(rf"«(?!{WIDE})|(?<!{WIDE})»", text), text
        assert not re.search(r"\b(de|que|le|la|je|ne) [aeiouéèê]\w", text), text
        assert "'" not in text and '"' not in text


def test_french_articles_contract(texts: list[Item]) -> None:
    for text in written(texts, "fr"):
        assert not re.search(r"\b(de|à) les?\b", text), text


def test_italian_articles_contract(texts: list[Item]) -> None:
    for text in written(texts, "it"):
        assert not re.search(r"\b(di|su) (il|lo|la|i|gli|le|l’)\b", text), text
        assert not re.search(r"\b(del|al|il|dal) (8|11|8\d)\b", text), text
        assert not re.search(r"\ba a\w", text), text
        assert " %" not in text and f"{WIDE}%" not in text


def test_english_articles_agree(texts: list[Item]) -> None:
    for text in written(texts, "en"):
        assert not re.search(r"\b[Aa] [aeio]\w", text), text
        assert not re.search(r"\b[Aa]n [bcdfgjklmnpqrstvwxz]\w", text), text


def test_german_quotes_and_letters_are_those_of_the_country(network: DemoNetwork) -> None:
    swiss = {member.member_id for member in network.members if member.region == "CH"}
    texts = [item for item in network.items if item.lang == "de" and item.text]
    at_home = [item.text or "" for item in texts if item.owner in swiss]
    abroad = [item.text or "" for item in texts if item.owner not in swiss]
    assert not any(mark in text for text in at_home for mark in "ß„“")
    assert not any(mark in text for text in abroad for mark in "«»")
    assert any("ß" in text for text in abroad)


def test_german_nouns_have_capitals() -> None:
    for occupation in lexicon("de").occupations.values():
        assert all(each[0].isupper() for each in (*occupation.title, occupation.field))


def test_sentences_begin_with_a_capital(texts: list[Item]) -> None:
    for item in texts:
        if item.category not in {"endorsement_v2", "credential"}:
            assert not re.search(r"(?<=[.!?] )[a-zà-ÿ]", item.text or ""), item.text


@pytest.mark.parametrize("lang", LANGUAGES)
def test_each_language_has_a_grammar_of_its_own_of_the_same_size(lang: str) -> None:
    words, french = lexicon(lang), lexicon("fr")
    assert len(words.occupations) >= 25
    assert len(words.text["post"]) >= 30
    assert set(words.occupations) == set(french.occupations) == set(read("world")["occupation"])
    assert set(words.text) == set(french.text)
    assert {kind: len(words.text[kind]) for kind in ("post", "ai", "comment")} == {
        kind: len(french.text[kind]) for kind in ("post", "ai", "comment")
    }


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("is_woman", [False, True])
def test_every_post_template_can_be_said_by_everybody(lang: str, is_woman: bool) -> None:
    home = next(each for each in homes() if each.lang == lang)
    for occupation in lexicon(lang).occupations.values():
        words = {
            "title": occupation.title[is_woman],
            "at": "@",
            "place": home.towns[0],
            "years": "7",
            "email": "x",
            "field": occupation.field,
        }
        for template in lexicon(lang).text["post"]:
            speaker = TextWriter(lang, Dice(template), words, occupation.lists, is_woman)
            assert len(speaker.say(template)) >= 30


@pytest.mark.parametrize(
    ("lang", "region", "plain", "printed"),
    [
        (
            "fr",
            "FR",
            "vraiment ? oui : « non ! »",
            "Vraiment\u202f? Oui\u00a0: «\u00a0Non\u202f!\u00a0»",
        ),
        ("fr", "CH", "12 000 francs, 5 %.", "12\u202f000 francs, 5\u00a0%."),
        ("de", "CH", "„groß“, 48.000 Franken", "«Gross», 48’000 Franken"),
        ("de", "DE", "„groß“, 48.000 Euro", "„Groß“, 48.000 Euro"),
        ("it", "IT", "l'acqua al 12 %. bene", "L’acqua al 12%. Bene"),
        ("en", "US", "a neighbourhood programme", "A neighborhood program"),
        (
            "en",
            "GB",
            "a neighbourhood.\nsee a.b1@example.org",
            "A neighbourhood.\nSee a.b1@example.org",
        ),
    ],
)
def test_a_text_is_set_as_its_country_sets_it(
    lang: str, region: str, plain: str, printed: str
) -> None:
    assert typeset(plain, lang, region) == printed


def test_an_address_at_the_start_of_a_line_stays_small() -> None:
    assert typeset("a\nlea.b1@example.org", "fr", "FR") == "A\nlea.b1@example.org"


def test_what_is_drawn_does_not_come_again_before_the_list_is_used_up() -> None:
    speaker = TextWriter("en", Dice(1), {}, {"task": ("one", "two", "three")})
    assert sorted(speaker.fill("{task} {task} {task}").split()) == ["one", "three", "two"]


@pytest.mark.parametrize(("is_woman", "said"), [(False, "fier"), (True, "fière")])
def test_words_agree_with_the_person(is_woman: bool, said: str) -> None:
    assert TextWriter("fr", Dice(1), is_woman=is_woman).fill("{fier/fière}") == said
