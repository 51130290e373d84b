"""`vanne policy`: what it prints, what it refuses to be quiet about, and how it ends."""

import json
from pathlib import Path

import pytest

from tests.conftest import Run
from tests.table import every
from vanne.policy import builtin_names, load
from vanne.policy.load import text_of, with_purposes
from vanne.policy.policy import TOOLS
from vanne.words import words

ROOT = Path(__file__).parents[2]
WHOLE = ROOT / "tests" / "cases" / "policy" / "whole.toml"
OLD, NEW = "linkedin-2024-09-18", "linkedin-2025-11-03"


def edited(tmp_path: Path, old: str, new: str) -> Path:
    text = WHOLE.read_text(encoding="utf-8")
    assert text.count(old) >= 1
    path = tmp_path / "edited.toml"
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("lang", "said"),
    [
        ("en", "Only these kinds of data may be used: Posts, Articles and Comments."),
        ("fr", "Seuls ces types de données peuvent être utilisés\u00a0: Publications, Articles et"),
        ("de", "Nur diese Datenarten dürfen verwendet werden: Beiträge, Artikel und Kommentare."),
        ("it", "Solo questi tipi di dati possono essere usati: Post, Articoli e Commenti."),
    ],
)
def test_a_policy_is_explained_in_each_language(vanne: Run, lang: str, said: str) -> None:
    done = vanne("policy", "explain", WHOLE, "--lang", lang)
    assert done.returncode == 0 and said in done.stdout


@pytest.mark.parametrize("lang", ["fr", "de", "it"])
def test_the_list_and_the_check_speak_the_reader_s_language(vanne: Run, lang: str) -> None:
    english, other = (vanne("policy", "explain", "--lang", each).stdout for each in ("en", lang))
    names = [line.split()[0] for line in english.splitlines()]
    assert [line.split()[0] for line in other.splitlines()] == names == builtin_names()
    assert not set(english.splitlines()) & set(other.splitlines())
    w, policy = words(lang), load(NEW)
    right, *doubts = vanne("policy", "check", NEW, "--lang", lang).stdout.splitlines()
    assert policy.digest[:16] in right and "right" not in right
    assert len(doubts) == len(policy.uncertain)
    for line, (where, why) in zip(doubts, policy.uncertain, strict=True):
        assert where in line and line.endswith(w(why)) and w(why) != why


def test_an_explanation_names_its_doubts_and_sources(vanne: Run) -> None:
    done = vanne("policy", "explain", WHOLE, "--purpose", "generative-ai-training", "--lang", "en")
    assert "Comments                         may be used [2?]" in done.stdout
    assert "generative-ai-training.listed.comment: the notice says «contributions»" in done.stdout
    assert " 1 No authority: A made-up letter of an authority. 2026-01-12." in done.stdout
    assert "search-ranking" not in done.stdout


def test_an_explanation_as_json_holds_every_rule_and_row(vanne: Run) -> None:
    told = json.loads(vanne("policy", "explain", WHOLE, "--json", "--as-of", "2026-03-10").stdout)
    assert told["schema"] == "vanne/policy-explain/1"
    training, ranking = told["purposes"]
    assert (training["purpose"], ranking["purpose"]) == ("generative-ai-training", "search-ranking")
    assert len(training["kinds"]) == 31 and len(training["rules"]) == 13
    assert training["table"][0]["answers"] == {
        "never": "off-by-default", "off": "off", "off-later": "off-by-default", "on": "allowed",
    }  # fmt: skip


def test_a_difference_from_no_to_yes_is_never_quiet(vanne: Run) -> None:
    done = vanne("policy", "diff", OLD, NEW)
    assert done.returncode == 1
    assert "no → yes  region-not-started → allowed" in done.stdout
    assert "region: EEA, CA, CH, GB, HK" in done.stdout
    assert (
        "permits what the old one does not" in done.stderr and "--accept-no-to-yes" in done.stderr
    )
    accepted = vanne("policy", "diff", OLD, NEW, "--accept-no-to-yes")
    assert (accepted.returncode, accepted.stdout, accepted.stderr) == (0, done.stdout, "")


def test_with_json_the_refusal_is_a_problem_and_the_answer_is_whole(vanne: Run) -> None:
    done = vanne("policy", "diff", OLD, NEW, "--json")
    assert (
        done.returncode == 1 and json.loads(done.stderr)["type"] == "urn:vanne:problem:not-verified"
    )
    (told,) = json.loads(done.stdout)["purposes"]
    assert {change["answer"] for change in told["changes"]} == {"no-to-yes", "yes-to-no"}


@pytest.mark.parametrize(
    ("old", "new", "code", "said"),
    [
        ('default = "off"', 'default = "on"', 1, "off-by-default → allowed"),
        ("until = 2026-07-01", "until = 2026-06-01", 0, "allowed → region-not-started"),
        ("days = 61", "days = 31", 1, "asked: from 2026-02-05 until the day before 2026-03-07"),
        ("days = 61", "days = 91", 0, "asked: from 2026-03-07 until the day before 2026-04-06"),
        ("minimum = 16", "minimum = 13", 1, "age: 13 to 15"),
        ("minimum = 16", "minimum = 18", 0, "age: 16 to 17"),
        ("days = 3650", "days = 365", 0, "made: within 3650 days, not within 365 days"),
        ('"public", "connections"', '"public"', 0, "visibility: connections"),
        ('salary = []', "", 0, "they differ in: never"),
        ('"CN", "GB"', '"CN"', 1, "region: GB"),
        ('uncertain = "the notice does not name Switzerland"\n', "", 0, "nothing goes from no to yes"),
        ('# A made-up policy', "# The same", 0, "they differ in: nothing"),
    ],
)  # fmt: skip
def test_one_key_that_changes_is_told_in_its_own_way(
    vanne: Run, tmp_path: Path, old: str, new: str, code: int, said: str
) -> None:
    done = vanne("policy", "diff", WHOLE, edited(tmp_path, old, new))
    assert (done.returncode, said in done.stdout) == (code, True), done.stdout + done.stderr


def test_a_yes_at_another_time_is_not_hidden_by_as_of(vanne: Run, tmp_path: Path) -> None:
    sooner = edited(tmp_path, "days = 61", "days = 31")
    done = vanne("policy", "diff", WHOLE, sooner, "--as-of", "2026-12-01")
    assert done.returncode == 1 and "nothing goes from no to yes" in done.stdout
    assert "at another time of asking: leave --as-of out to see it" in done.stderr


def test_a_purpose_that_one_of_them_does_not_have_is_compared_with_nothing(
    vanne: Run, tmp_path: Path
) -> None:
    text = WHOLE.read_text(encoding="utf-8")
    without = tmp_path / "without.toml"
    without.write_text(text[: text.index("# A second purpose")], encoding="utf-8")
    more = vanne("policy", "diff", without, WHOLE)
    assert more.returncode == 1 and "search-ranking, at every time" in more.stdout
    assert vanne("policy", "diff", WHOLE, without).returncode == 0


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("diff", OLD, "nowhere"), 78, "there is no policy `nowhere`"),
        (("diff", OLD, NEW, "--purpose", "ranking"), 78, "no purpose `ranking`"),
        (("explain", OLD, "--purpose", "ranking"), 78, "no purpose `ranking`"),
    ],
)  # fmt: skip
def test_what_cannot_be_asked_is_one_line(
    vanne: Run, arguments: tuple[str, ...], code: int, said: str
) -> None:
    done = vanne("policy", *arguments)
    assert (done.returncode, said in done.stderr, done.stderr.count("\n")) == (code, True, 1)


def test_what_is_shown_can_be_checked(vanne: Run, tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(vanne("policy", "explain", NEW, "--toml").stdout, encoding="utf-8")
    assert path.read_text(encoding="utf-8") == text_of(NEW)
    told = json.loads(vanne("policy", "check", path, "--json").stdout)
    assert (told["name"], told["purposes"]) == (NEW, ["generative-ai-training"])


@every("name", builtin_names())
def test_the_purposes_of_vannes_tools_can_be_added_to_every_policy(
    vanne: Run, tmp_path: Path, name: str
) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(with_purposes(text_of(name)), encoding="utf-8")
    added = load(str(path))
    assert added.purposes.keys() == load(name).purposes.keys() | set(TOOLS)
    assert added.version == f"{load(name).version}+demo"


def test_purposes_are_not_added_twice(vanne: Run, tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(
        vanne("policy", "explain", NEW, "--toml", "--with-purposes").stdout, encoding="utf-8"
    )
    assert load(str(path)).purposes.keys() > set(TOOLS)
    done = vanne("policy", "explain", path, "--toml", "--with-purposes")
    assert (done.returncode, done.stderr) == (
        78,
        "vanne: the policy has a purpose `job-matching` of its own already\n",
    )
