"""The guides: facts with a day and a source, exact labels, no invented ones, four languages."""

import json
import re
from datetime import date, timedelta
from importlib.resources import files
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from click.testing import CliRunner, Result

from tests.table import every
from vanne.cli import cli
from vanne.cli.options import terminal_language
from vanne.errors import ConfigError, InputError
from vanne.policy import load
from vanne.report.guide import (
    SECTIONS,
    Dated,
    Guide,
    GuideFact,
    load_guide,
    parse_guide,
    platforms,
)
from vanne.words import LANGUAGES

TODAY = date(2026, 11, 25)
PLATFORMS = (
    *("facebook", "instagram", "linkedin", "pinterest", "reddit"),
    *("slack", "snapchat", "tiktok", "x", "xing"),
)
WITHOUT_A_SWITCH = ("reddit", "slack", "tiktok")
DOMAINS = {"reddit": ("reddit.com", "redditinc.com", "reddithelp.com")}
SETTING = {
    "en": "“Data for Generative AI Improvement”",
    "fr": "«\u00a0Données pour l'amélioration de l'IA générative\u00a0»",
    "de": "«Daten zur Verbesserung generativer KI»",
    "it": "«Dati per migliorare l'IA generativa»",
}


def text_of(platform: str) -> str:
    return (files("vanne.packs") / platform / "guide.toml").read_text(encoding="utf-8")


def facts_of(guide: Guide) -> list[GuideFact]:
    return [fact for section in SECTIONS for fact in guide.sections[section]]


def dated_of(guide: Guide) -> list[Dated]:
    labels, paths = guide.labels.values(), guide.paths.values()
    return [*facts_of(guide), *labels, *paths, *guide.links, *guide.controllers]


def run(*arguments: str, **environment: str) -> Result:
    set_aside = {"LC_ALL": "", "LC_MESSAGES": "", "LANG": ""}
    return CliRunner().invoke(cli, ["guide", *arguments], env=set_aside | environment)


def test_there_is_a_guide_for_each_platform() -> None:
    assert platforms() == PLATFORMS
    assert [load_guide(name).platform for name in PLATFORMS] == list(PLATFORMS)


class TestEachGuide:
    @every("platform", PLATFORMS)
    def test_says_something_in_every_section(self, platform: str) -> None:
        guide = load_guide(platform)
        assert all(guide.sections[section] for section in SECTIONS)
        assert {"default", "past", "late"} <= {fact.topic for fact in guide.facts}

    @every("platform", PLATFORMS)
    def test_dates_and_cites_everything(self, platform: str) -> None:
        guide = load_guide(platform)
        for one in dated_of(guide):
            assert one.sources and set(one.sources) <= set(guide.sources)
            assert one.date <= TODAY

    @every("platform", PLATFORMS)
    def test_cites_every_source_that_it_lists(self, platform: str) -> None:
        guide = load_guide(platform)
        cited = {source for one in dated_of(guide) for source in one.sources}
        assert set(guide.sources) == cited

    @every("platform", PLATFORMS)
    def test_says_what_is_open_wherever_it_is_not_certain(self, platform: str) -> None:
        guide = load_guide(platform)
        for one in [*facts_of(guide), *guide.paths.values(), *guide.links]:
            assert one.certain or one.note

    @every("platform", PLATFORMS)
    def test_uses_every_label_that_it_gives(self, platform: str) -> None:
        guide = load_guide(platform)
        used = {step.label for path in guide.paths.values() for step in path.steps}
        assert set(guide.labels) == used - {None}

    @every("platform", PLATFORMS)
    def test_links_only_to_the_platform_itself_by_https(self, platform: str) -> None:
        for link in load_guide(platform).links:
            if link.url:
                parts = urlsplit(link.url)
                assert parts.scheme in ("https", "mailto")
                host = parts.hostname or parts.path.rpartition("@")[2]
                domains = DOMAINS.get(platform, (f"{platform}.com", "facebook.com"))
                assert any(host == d or host.endswith(f".{d}") for d in domains)

    @every("platform", PLATFORMS)
    @every("lang", LANGUAGES)
    def test_is_the_same_guide_in_each_language(self, platform: str, lang: str) -> None:
        english = load_guide(platform).localised("en", TODAY)
        other = load_guide(platform).localised(lang, TODAY)
        for section in SECTIONS:
            ours = [fact["sources"] for fact in other[section]]
            assert ours == [fact["sources"] for fact in english[section]]
        json.dumps(other)

    @every("platform", PLATFORMS)
    @every("lang", ["fr", "de", "it"])
    def test_leaves_no_text_untranslated(self, platform: str, lang: str) -> None:
        texts = [fact.text for fact in facts_of(load_guide(platform))]
        assert [text["en"] for text in texts if text[lang] == text["en"]] == []

    @every("platform", PLATFORMS)
    def test_follows_french_typography(self, platform: str) -> None:
        french = load_guide(platform).localised("fr", TODAY)
        texts = [fact["text"] for section in SECTIONS for fact in french[section]]
        texts += [step["text"] for path in french["paths"].values() for step in path["steps"]]
        notes = [fact["note"] or "" for section in SECTIONS for fact in french[section]]
        for text in [*texts, *notes, french["title"]]:
            ours = re.sub(r"«[^»]*»|“[^”]*”", "", text)
            assert not re.search(r"[^\u00a0][:;?!»](?!/)|«[^\u00a0]", ours), text

    @every("platform", PLATFORMS)
    def test_is_told_in_one_screen_for_one_device(self, platform: str) -> None:
        told = run(platform, "--lang", "en", "--device", "desktop", "--as-of", "2026-11-25")
        assert told.exit_code == 0
        assert len(told.output.splitlines()) <= 50
        assert max(map(len, told.output.splitlines())) <= 100


@every("platform", WITHOUT_A_SWITCH)
@every("lang", LANGUAGES)
def test_where_there_is_no_switch_the_first_line_says_so_and_a_form_is_given(
    platform: str, lang: str
) -> None:
    no = {
        "en": "has no switch",
        "fr": "pas d'interrupteur",
        "de": "keinen Schalter",
        "it": "non ha",
    }
    told = load_guide(platform).localised(lang, TODAY)
    assert told["kind"] == "none"
    assert no[lang] in told["title"]
    assert [link["url"] for link in told["links"] if link["role"] == "form"]


@every("lang", LANGUAGES)
def test_linkedin_setting_is_named_exactly(lang: str) -> None:
    told = run("linkedin", "--lang", lang)
    assert told.exit_code == 0, told.exception
    assert SETTING[lang] in told.output
    assert (
        "https://www.linkedin.com/mypreferences/d/settings/data-for-ai-improvement" in told.output
    )
    assert "https://www.linkedin.com/help/linkedin/ask/TS-DPRO" in told.output


@every("lang", LANGUAGES)
@every(
    ("platform", "form"),
    [
        ("facebook", "https://www.facebook.com/help/contact/712876720715583"),
        ("instagram", "https://help.instagram.com/contact/767264225370182"),
    ],
)
def test_meta_form_is_given_and_marked_as_uncertain(platform: str, form: str, lang: str) -> None:
    told = load_guide(platform).localised(lang, TODAY)
    link = next(link for link in told["links"] if link["role"] == "form")
    assert link["url"] == form
    assert not link["certain"] and link["stale"] and link["note"]


def test_label_that_was_not_seen_is_shown_in_english_and_marked() -> None:
    told = load_guide("linkedin").localised("it", TODAY)
    assert told["labels"]["section"]["known"] is False
    step = next(s for s in told["paths"]["desktop"]["steps"] if s["label"] == "section")
    assert "“How LinkedIn uses your data”" in step["text"]
    assert step["note"] == "Il nome italiano di questa sezione non è stato visto."


def test_two_reported_wordings_are_both_shown() -> None:
    told = load_guide("linkedin").localised("fr", TODAY)
    step = next(s for s in told["paths"]["desktop"]["steps"] if s["label"] == "switch")
    assert "entraîner les modèles" in step["text"]
    assert "entraîner des modèles" in step["variant"]


def test_step_quotes_no_label_of_another_language() -> None:
    for platform in ("facebook", "instagram"):
        for language in ("en", "fr", "it"):
            told = load_guide(platform).localised(language, TODAY)
            assert "Bezieht sich" not in str(told["paths"])


def test_linkedin_is_honest_about_the_limits() -> None:
    guide = load_guide("linkedin")
    late = next(fact for fact in guide.facts if fact.topic == "late")
    assert not late.certain and {"garante", "niedersachsen", "cnpd"} <= set(late.sources)
    past = next(fact for fact in guide.facts if fact.topic == "past")
    assert "help" in past.sources
    uncovered = " ".join(fact.text["en"] for fact in guide.sections["not_covers"])
    for word in ("rank", "personalise", "Hiring Assistant", "Advertising", "trained before"):
        assert word in uncovered


def test_regions_start_when_the_policies_say() -> None:
    names = {
        "linkedin": "linkedin-2025-11-03",
        "facebook": "facebook-2025-05-27",
        "instagram": "instagram-2025-05-27",
    }
    for platform, name in names.items():
        policy = load(name).purpose("generative-ai-training")
        starts = {rollout.start for rollout in policy.rollouts}
        regions = load_guide(platform).regions
        assert {fact.since for fact in regions if fact.since} == starts


def test_fact_is_stale_after_a_year_and_not_before() -> None:
    fact = load_guide("linkedin").sections["never"][0]
    assert not fact.is_stale(fact.date + timedelta(days=365))
    assert fact.is_stale(fact.date + timedelta(days=366))


def test_old_facts_are_marked_in_the_terminal() -> None:
    fresh = run("linkedin", "--lang", "en", "--as-of", "2025-09-20")
    old = run("linkedin", "--lang", "en", "--as-of", "2026-11-25")
    assert "last seen true more than a year before 25 November 2026" in old.output
    assert "2025-09-18†" in old.output
    assert "2025-09-18†" not in fresh.output


def test_steps_that_are_old_say_so_before_they_begin() -> None:
    old, fresh = (run("linkedin", "--lang", "en", "--as-of", day).output.splitlines()
                  for day in ("2026-11-25", "2025-09-25"))  # fmt: skip
    said = "These steps are more than a year old: if one does not fit, start from the address."
    assert said in old and said not in fresh
    assert old.index(said) < next(n for n, line in enumerate(old) if line.startswith(" 1. "))
    assert said not in run("facebook", "--lang", "en").output  # its address is not certain either


@pytest.mark.parametrize("platform", ["slack", "reddit", "tiktok"])
def test_steps_that_are_the_same_everywhere_are_told_once(platform: str) -> None:
    said = run(platform, "--lang", "en").output
    assert "On a computer or a phone" in said and "On a phone" not in said
    assert list(json.loads(run(platform, "--json").output)["paths"]) == ["desktop", "mobile"]
    assert "\n\n\n" not in said


def test_sources_of_one_publisher_are_told_apart_by_their_day() -> None:
    said = " ".join(run("linkedin", "--lang", "en").output.split())
    assert "1\u00a0LinkedIn 2026-08-21 ·".replace("\u00a0", " ") in said
    assert "LinkedIn 2025-01-22 ·" in said and "netzpolitik.org, Sonntagsblatt ·" in said


@pytest.mark.parametrize(
    ("old", "new"), [('setting = "setting"', 'setting = "setings"'), ('setting = "setting"\n', "")]
)
def test_a_switch_needs_the_name_that_it_goes_by(old: str, new: str) -> None:
    text = text_of("linkedin")
    assert old in text
    with pytest.raises(ConfigError, match=r"`setting` is no label of this guide"):
        parse_guide(text.replace(old, new, 1), file="linkedin.toml")


def test_json_is_one_document_with_a_schema() -> None:
    told = json.loads(run("linkedin", "--lang", "de", "--as-of", "2026-11-25", "--json").output)
    assert told["schema"] == "vanne/guide/1"
    assert told["lang"] == "de" and told["as_of"] == "2026-11-25"
    assert set(SECTIONS) <= set(told)
    assert told["labels"]["off"]["text"] == "Aus"


def test_device_leaves_the_other_one_out() -> None:
    told = json.loads(run("linkedin", "--device", "mobile", "--json").output)
    assert list(told["paths"]) == ["mobile"]


def test_full_lists_what_is_used_and_each_source() -> None:
    short = run("facebook", "--lang", "en").output
    full = run("facebook", "--lang", "en", "--full").output
    assert "What is said not to be used" not in short
    assert "What is said not to be used" in full
    assert "Switzerland: since 27 May 2025" in full
    assert "https://www.dataprotection.ie/en/news-media/latest-news/dpc-statement-meta-ai" in full


@pytest.mark.parametrize(
    ("environment", "lang"),
    [
        ({"LANG": "fr_CH.UTF-8"}, "fr"),
        ({"LC_MESSAGES": "it_IT", "LANG": "fr_FR"}, "it"),
        ({"LC_ALL": "de", "LC_MESSAGES": "it_IT"}, "de"),
        ({"LANG": "C.UTF-8"}, "en"),
        ({"LANG": "nl_NL.UTF-8"}, "en"),
        ({}, "en"),
    ],
)
def test_language_is_that_of_the_locale(
    environment: dict[str, str], lang: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for key in ("LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(key, raising=False)
    for key, value in environment.items():
        monkeypatch.setenv(key, value)
    assert terminal_language() == lang


def test_without_a_platform_every_guide_is_listed() -> None:
    told = run("--lang", "fr")
    assert told.exit_code == 0
    lines = told.output.splitlines()
    assert [line.split()[0] for line in lines[1 : len(PLATFORMS) + 1]] == list(PLATFORMS)
    document = json.loads(run("--json").output)
    assert document["schema"] == "vanne/guides/1"
    assert [row["platform"] for row in document["guides"]] == list(PLATFORMS)
    assert {row["platform"] for row in document["guides"] if row["kind"] == "none"} == {
        *WITHOUT_A_SWITCH,
        "xing",  # which does not even say whether there is something to switch off
    }


def test_unknown_platform_gets_a_suggestion_and_the_list() -> None:
    with pytest.raises(InputError, match="no guide for `linkdin`") as caught:
        load_guide("linkdin")
    assert "did you mean `linkedin`?" in caught.value.help()
    assert all(f"`{name}`" in caught.value.help() for name in PLATFORMS)


def test_path_is_no_platform() -> None:
    with pytest.raises(InputError):
        load_guide("../guides/linkedin")


@every(
    ("old", "new", "message"),
    [
        ("[[covers]]\n", "[[covers]]\nsurces = 1\n", r"line \d+: `covers\.0\.surces` is not a key"),
        ('text.it = "Messaggi', 'text.il = "Messaggi', r"`never\.\d+\.text\.il"),
        ('text.fr = "Moyens de paiement"', 'text.fr = " "', r"`never\.\d+\.text\.fr`"),
        ('date = 2025-11-07\nsources = ["dpc"]', 'sources = ["dpc"]', r"\.date` is missing"),
        ('sources = ["dpc"]', 'sources = ["dcp"]', r"cites `dcp`, which is not given"),
        ('sources = ["dpc"]', "sources = []", r"`facts\.\d+\.sources`"),
        ("date = 2025-11-07\nsources", "date = 2026-11-07\nsources", r"is later than its newest"),
        ('de = "Aus"\n', "", r"`labels\.off` must give `de`"),
        ('label = "off"', 'label = "of"', r"`paths.desktop.steps.label` is `of`"),
        ("Switch it off ({label}).", "Switch it off.", r"must hold `\{label\}` once"),
        ("https://www.linkedin.com/help/linkedin/ask", "https://evil.example/ask", r"not an https"),
        (
            "https://www.linkedin.com/help/linkedin/ask",
            "http://www.linkedin.com/ask",
            r"not an https",
        ),
        *(
            ("https://www.linkedin.com/help/linkedin/ask", url, r"not an https")
            for url in (
                r"https://evil.com\\@www.linkedin.com/ask",
                "https://evil.com@www.linkedin.com/ask",
                "https://www.linkedin.com:443/ask",
                "https://evil.com/ www.linkedin.com",
                "https://www.linkedin.com/a\u00a0b",
                "https://www.linkedin.com\u3002evil.com/ask",
                "https:/www.linkedin.com/ask",
                "https://wwwlinkedin.com/ask",
                "https://linkedin.com.evil.com/ask",
                "mailto:dpo@linkedin.com,dpo@evil.com",
                "mailto:dpo@linkedin.com?cc=dpo@evil.com",
            )
        ),
        *(
            ('domains = ["linkedin.com"]', f'domains = ["{domain}"]', r"no domain of one network")
            for domain in ("com", "co.uk", "", ".", "linkedin.com/", "*.com")
        ),
        *(
            ("https://www.linkedin.com/help/linkedin/ask/TSO-DPO", url, r"not an https")
            for url in (r"https://evil.com\\@www.linkedin.com", "https://www.linkedin.evil.com/ask")
        ),
        *(
            (
                'form = "https://www.linkedin.com/help/linkedin/ask/TSO-DPO"',
                f'email = "{email}"',
                r"`email` that is no",
            )
            for email in (
                "dpo@linkedin.com?bcc=dpo@evil.com",
                "dpo@linkedin.com,dpo@evil.com",
                "dpo",
            )
        ),
        ('codes = ["GB"]', 'codes = ["UK"]', r"names `UK`, which is no region"),
        (
            'kind = "switch"',
            'kind = "swich"',
            r"line \d+: `kind` is not one of the words here: use one of `switch`",
        ),
        ('topic = "past"', 'topic = "passed"', r"`facts\.\d+\.topic`"),
        ("certain = false\n", 'certain = "no"\n', r"\.certain`"),
        ('name = "LinkedIn"', 'name = "LinkedIn', r"not valid TOML"),
    ],
)
def test_mistake_in_a_guide_is_named_with_file_and_key(old: str, new: str, message: str) -> None:
    text = text_of("linkedin")
    assert old in text
    with pytest.raises(ConfigError, match=message) as caught:
        parse_guide(text.replace(old, new, 1), file="linkedin.toml")
    assert str(caught.value).startswith("linkedin.toml")


def test_misspelt_source_gets_a_suggestion() -> None:
    wrong = text_of("linkedin").replace('sources = ["dpc"]', 'sources = ["dcp"]', 1)
    with pytest.raises(ConfigError) as caught:
        parse_guide(wrong, file="linkedin.toml")
    assert "did you mean `dpc`?" in str(caught.value)


def test_built_in_policies_of_these_platforms_load() -> None:
    for name in ("linkedin-2024-09-18", "facebook-2025-05-27", "instagram-2025-05-27"):
        policy = load(name)
        assert policy.name == name
        assert policy.uncertain
        assert policy.purpose("generative-ai-training").minimum_age == 18


def test_howto_names_every_platform_and_option() -> None:
    page = (Path(__file__).parents[2] / "docs/howto/switch-off.md").read_text(encoding="utf-8")
    for platform in PLATFORMS:
        assert f"vanne guide {platform}" in page
    for option in ("--lang", "--device", "--as-of", "--full", "--json"):
        assert option in page
