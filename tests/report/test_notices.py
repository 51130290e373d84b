"""A change of policy is announced, waits, and asks nobody again."""

import json
import shutil
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from tests.report.notices import LINKEDIN, RULES, announce, day_after, stricter, wider, written
from tests.web.network import CHOICES, MEMBERS, START, make_home, with_tables
from vanne.cli import cli
from vanne.config import Home
from vanne.corpus import build, current, refresh, verify
from vanne.corpus.lookup import Lookup
from vanne.decide.difference import compare_policies
from vanne.errors import (
    BusyError,
    ConfigError,
    ConflictError,
    InputError,
    RefusedError,
    VerificationError,
)
from vanne.ledger import Ledger
from vanne.policy import load
from vanne.policy.load import parse
from vanne.policy.schedule import (
    notices,
    pending,
    policies,
    policy_at,
)
from vanne.report import notice as publishing
from vanne.report.member import member_report
from vanne.report.notice import (
    changes_in,
    check,
    draft,
    effects_of,
    find_notice,
    state_of,
    state_text,
    to_show,
    touched,
)
from vanne.terms import MAIN_PURPOSE, Notice, PolicyInForce, Reason
from vanne.words import LANGUAGES, category_words, words

ANNA = MEMBERS[0]
WAIT = timedelta(days=30)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Home:
    return make_home(tmp_path_factory.mktemp("network"))


@pytest.fixture
def home(made: Home, tmp_path: Path) -> Home:
    return Home(Path(shutil.copytree(made.root, tmp_path / "home")))


def named(home: Home, at: datetime) -> str:
    return policy_at(home, at).name


# What is in force


def test_a_notice_takes_effect_when_its_waiting_period_is_over(home: Home) -> None:
    notice = announce(home, wider(START), START)
    assert notice.effective_at == datetime(2026, 12, 20, tzinfo=UTC)
    assert named(home, notice.effective_at - timedelta(microseconds=1)) == "linkedin-2025-11-03"
    assert named(home, notice.effective_at) == "wider"


def test_what_only_takes_away_may_hold_at_once(home: Home) -> None:
    notice = announce(home, stricter(), START)
    assert notice.effective_at == START
    assert named(home, START) == "stricter"


def test_a_later_notice_stands_in_the_place_of_one_that_still_waits(home: Home) -> None:
    waiting = announce(home, wider(START), START)
    assert pending(home, START) == [waiting]
    overtaking = draft(home, stricter(), "new.toml", START + timedelta(days=1))
    assert [each.notice for each in overtaking.overtaken] == [waiting.notice]
    announce(home, stricter(), START + timedelta(days=1))
    assert pending(home, START + timedelta(days=1)) == []
    assert named(home, day_after(waiting)) == "stricter"


def test_two_notices_may_wait_one_after_the_other(home: Home) -> None:
    first = announce(home, wider(START), START)
    later = START + timedelta(days=5)
    again = (
        wider(later)
        .replace('name = "wider"', 'name = "widest"')
        .replace("minimum = 18", "minimum = 16")
    )
    second = announce(home, again, later)
    assert second.replaces == first.digest
    assert [each.notice for each in pending(home, later)] == [first.notice, second.notice]
    assert [named(home, day_after(each)) for each in (first, second)] == ["wider", "widest"]


def test_without_notices_the_policy_of_the_home_holds_at_every_time(home: Home) -> None:
    assert {named(home, START + timedelta(days=d)) for d in (-9999, 0, 9999)} == {
        "linkedin-2025-11-03"
    }


def test_a_policy_that_was_changed_after_a_notice_replaced_it_is_found(home: Home) -> None:
    announce(home, stricter(), START)
    home.policy.write_text(LINKEDIN.replace("minimum = 18", "minimum = 13"))
    with pytest.raises(ConfigError, match=r"is not what the notice .* replaced: put it back"):
        policy_at(home, START)


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [("policy.toml", "minimum = 18", "minimum = 13"), ("text.json", "Photos", "Videos")],
)
def test_what_was_published_cannot_be_changed_afterwards(
    home: Home, name: str, old: str, new: str
) -> None:
    notice = announce(home, stricter(), START)
    path = home.notices / notice.notice / name
    path.write_text(path.read_text(encoding="utf-8").replace(old, new, 1), encoding="utf-8")
    with pytest.raises(VerificationError, match=f"`{name}` of the notice .* is not what was"):
        policies(home)
        changes_in(home, notice, "en")


# What may be published


def test_no_to_yes_must_be_accepted(home: Home) -> None:
    made = draft(home, wider(START), "new.toml", START)
    assert list(made.permits) == [MAIN_PURPOSE]
    with pytest.raises(VerificationError, match="permits what the old one does not"):
        check(made, "new.toml", accepted=False)


def test_what_would_have_been_permitted_before_it_holds_needs_no_waiting(home: Home) -> None:
    text = LINKEDIN.replace(
        'regions = ["GB"]\nfrom = 2025-11-03', 'regions = ["GB"]\nfrom = 2025-01-01'
    )
    made = draft(home, text, "new.toml", START)
    assert any(c.permits for c in compare_policies(made.before, made.policy)[MAIN_PURPOSE].changes)
    assert made.found[MAIN_PURPOSE].changes == ()
    assert made.permits == {} and made.notice.effective_at == START
    check(made, "new.toml", accepted=False)


@pytest.mark.parametrize(
    ("waiting", "said"),
    [
        ("", r"waiting` is missing: add `announced = 2026-11-20` and `days = 30`"),
        ("announced = 2026-11-20\ndays = 29", r"29 days: wait 30 days or more"),
        ("announced = 2026-11-19\ndays = 30", r"announced on 2026-11-19, before today"),
        ("announced = 2026-12-21\ndays = 30", r"announced on 2026-12-21, too far ahead"),
    ],
)
def test_what_goes_from_no_to_yes_has_to_wait(home: Home, waiting: str, said: str) -> None:
    text = wider(START).split(f"[{RULES}.waiting]")[0]
    text += f"[{RULES}.waiting]\n{waiting}\n" if waiting else ""
    with pytest.raises(ConfigError, match=said) as caught:
        check(draft(home, text, "new.toml", START), "new.toml", accepted=True)
    assert "\n" not in str(caught.value)


def test_a_change_waits_as_long_as_the_policy_in_force_waited_itself(home: Home) -> None:
    first = announce(home, wider(START, days=60), START)
    then = day_after(first)
    shorter = wider(then, days=59).replace("minimum = 18", "minimum = 16")
    with pytest.raises(ConfigError, match="59 days: wait 60 days or more"):
        check(draft(home, shorter, "new.toml", then), "new.toml", accepted=True)
    check(
        draft(home, wider(then, days=60).replace("minimum = 18", "minimum = 16"), "n", then),
        "n",
        accepted=True,
    )


def test_the_policy_in_force_is_no_change(home: Home) -> None:
    with pytest.raises(InputError, match="is the policy in force on 2026-11-20 already"):
        draft(home, "# the same\n" + LINKEDIN, "new.toml", START)


def test_an_id_is_not_used_twice(home: Home) -> None:
    announce(home, stricter(), START, "winter")
    with pytest.raises(ConflictError, match="`winter` is published, with another policy: name"):
        announce(home, wider(START), START, "winter")
    with pytest.raises(InputError, match="is no id of a notice"):
        announce(home, wider(START), START, "../winter")


def test_of_two_drafts_of_the_same_time_only_the_first_is_published(home: Home) -> None:
    one, other = (
        draft(home, text, "n", START)
        for text in (stricter(), stricter().replace("minimum = 18", "minimum = 19"))
    )
    assert one.notice.replaces == other.notice.replaces
    publishing.publish(home, one)
    with pytest.raises(BusyError, match="another notice was published meanwhile: run this again"):
        publishing.publish(home, other)


# Crashes


class Killed(BaseException):
    """Stands for a kill -9: nothing catches it."""


def test_a_publication_that_is_cut_short_counts_for_nobody_and_is_finished_by_the_next(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = publishing.write_whole
    for cut in range(4):  # before each of the files: the last one completes it
        writes = iter([*[whole] * cut, killed])
        monkeypatch.setattr(publishing, "write_whole", lambda *a, w=writes: next(w)(*a))
        with pytest.raises(Killed):
            announce(home, wider(START), START)
        assert notices(home) == []
        assert named(home, START + 2 * WAIT) == "linkedin-2025-11-03"
    monkeypatch.setattr(publishing, "write_whole", whole)
    notice = announce(home, wider(START), START + timedelta(seconds=9))
    assert notice.published_at == START
    with Ledger.of(home, read_only=True) as ledger:
        kinds = [type(record) for _, record in ledger.records(len(CHOICES))]
    assert kinds == [Notice, PolicyInForce]


def killed(*_: object) -> None:
    raise Killed


# The ledger


def test_the_ledger_holds_what_was_announced_and_from_when_it_holds(home: Home) -> None:
    notice = announce(home, wider(START), START)
    with Ledger.of(home, read_only=True) as ledger:
        (at, announced), (_, in_force) = ledger.records(len(CHOICES))
        assert not ledger.fsck().problems
    assert at == notice.entry and isinstance(announced, Notice)
    assert (announced.notice, announced.purpose) == (notice.notice, MAIN_PURPOSE)
    assert announced.text_sha256 == notice.text_sha256
    assert isinstance(in_force, PolicyInForce)
    assert (in_force.policy, in_force.since) == ("wider", notice.effective_at)


# The corpus


def test_the_corpus_is_made_with_the_policy_of_its_time_and_verifies_with_it(home: Home) -> None:
    notice = announce(home, wider(START), START)
    before = build(home, START + timedelta(days=1))
    after = refresh(home, day_after(notice))
    assert (before.policy_name, after.policy_name) == ("linkedin-2025-11-03", "wider")
    assert after == build(home, day_after(notice))
    verify(home, current(home))
    verify(home, before)
    reasons = [Lookup.open(home, each).reason("a-search") for each in (before, after)]
    assert reasons == [Reason.CATEGORY_NOT_LISTED, Reason.ALLOWED]


def test_a_version_is_verified_with_its_own_policy_when_another_holds_at_its_time(
    home: Home,
) -> None:
    early = build(home, START + timedelta(days=1))
    announce(home, stricter(), START)
    assert policy_at(home, early.as_of).digest != early.policy
    verify(home, early)


# Members


def test_nobody_is_asked_again_and_every_answer_stays(home: Home) -> None:
    before = {m.member_id: member_report(home, m.member_id, START) for m in MEMBERS}
    notice = announce(home, wider(START), START)
    after = {m.member_id: member_report(home, m.member_id, day_after(notice)) for m in MEMBERS}
    assert {who: r.stands for who, r in after.items()} == {
        who: r.stands for who, r in before.items()
    }
    assert {who: r.history for who, r in after.items()} == {
        who: r.history for who, r in before.items()
    }
    assert after["fritz"].state.by == "choice" and not after["fritz"].state.on


def test_a_member_is_told_what_it_means_for_their_own_items(home: Home) -> None:
    notice = announce(home, wider(START), START)
    (effect,) = effects_of(home, ANNA, notice, START, "en")
    assert [(k.category, k.to_yes, k.to_no) for k in effect.kinds] == [
        ("search", 1, 0),
        ("photo", 0, 1),
    ]
    fritz = next(m for m in MEMBERS if m.member_id == "fritz")
    (effect,) = effects_of(home, fritz, notice, START, "en")
    assert effect.kinds == [] and effect.after.state.by == "choice"


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_change_is_said_in_the_sentences_of_both_policies(home: Home, lang: str) -> None:
    notice = announce(home, wider(START), START)
    (change,) = changes_in(home, notice, lang)
    assert len(change.goes) == len(change.comes) == 2  # what is listed, and what is not
    assert category_words("photo", lang) in change.goes[0]
    assert category_words("search", lang) in change.comes[0]
    assert not set(change.goes) & set(change.comes)
    assert not [text for text in (*change.goes, *change.comes) if "%(" in text]


def test_what_concerns_people_now_is_what_waits_and_what_holds(home: Home) -> None:
    assert to_show(home, START) == []
    first = announce(home, stricter(), START)
    then = START + timedelta(days=1)
    second = announce(home, wider(then), then)
    assert to_show(home, then) == [second, first]
    assert to_show(home, day_after(second)) == [second]
    assert find_notice(home, second.notice) == second


# A purpose that the signal does not count for


def test_what_a_signal_counts_as_never_changes_a_verdict(home: Home) -> None:
    policy = load("linkedin-2025-11-03")
    off = parse(LINKEDIN + f'\n[{RULES}.gpc]\ncounts = "off"\n', "x")
    assert off.purpose(MAIN_PURPOSE).gpc and not policy.purpose(MAIN_PURPOSE).gpc
    before = build(home, START, make_current=False)
    home.policy.write_text(LINKEDIN + f'\n[{RULES}.gpc]\ncounts = "off"\n', encoding="utf-8")
    after = build(home, START, make_current=False)
    assert after.policy != before.policy and after.counts == before.counts
    assert [replace(f, sidecar=None) for f in after.files] == [
        replace(f, sidecar=None) for f in before.files
    ]


def test_no_policy_uses_what_somebody_switched_off(home: Home) -> None:
    text = LINKEDIN.replace('covers = "everything"', 'covers = "afterwards"')
    text += f"\n[{RULES}.waiting]\nannounced = {START.date()}\ndays = 30\n"
    with pytest.raises(RefusedError, match="would use what people switched off"):
        check(draft(home, text, "new.toml", START), "new.toml", accepted=True)


def test_whom_a_change_touches_is_counted_before_it_is_published(made: Home) -> None:
    home = with_tables(Home(Path(shutil.copytree(made.root, made.root.parent / "counted"))))
    effect = touched(home, draft(home, wider(START), "new.toml", START))[MAIN_PURPOSE]
    assert (effect.opened_items, effect.opened_members) == (1, 1)  # what Anna searched for
    assert (effect.closed_items, effect.closed_members) == (1, 1)  # her photo
    assert [(g.category, g.region) for g in effect.groups] == [("search", "CH"), ("photo", "CH")]
    assert not home.notices.exists()


# The commands


def vanne(*arguments: str, home: Home) -> Result:
    return CliRunner().invoke(cli, ["notice", *arguments, "--home", str(home.root)])


def today() -> datetime:
    return datetime.now(UTC)


def test_a_notice_is_published_listed_and_shown_by_commands(home: Home, tmp_path: Path) -> None:
    new = written(tmp_path, wider(today()))
    dry = vanne("publish", new, "--accept-no-to-yes", "--dry-run", "--json", home=home)
    told = json.loads(dry.stdout)
    assert (told["schema"], told["dry_run"], told["entry"]) == (
        "vanne/notice-publish/1",
        True,
        None,
    )
    assert told["effects"][MAIN_PURPOSE]["opened_items"] == 1
    assert told["no_to_yes"] == [MAIN_PURPOSE] and not home.notices.exists()
    done = vanne("publish", new, "--accept-no-to-yes", "--id", "winter", home=home)
    assert "category-not-listed → allowed" in done.stdout
    assert "published: winter, in force from" in done.stdout
    (row,) = json.loads(vanne("show", "--json", home=home).stdout)["notices"]
    assert (row["notice"], row["state"], row["policy"]) == ("winter", "waits", "wider")
    shown = vanne("show", "winter", "--lang", "de", home=home).stdout
    assert shown.startswith("Mitteilung winter") and "\n+ Nur diese Datenarten" in shown
    assert "waits" in vanne("show", home=home).stdout


def test_screen_and_page_say_of_a_notice_that_a_later_one_stands_in_its_place(home: Home) -> None:
    at = today()
    for name in ("one", "two"):
        announce(home, wider(at).replace('"wider"', f'"{name}"'), at, name)
    (first, second) = notices(home)
    page = state_text(words("en"), first, state_of(home, first, at))
    assert page == "A later notice stands in its place."
    assert f"\n{page}\n" in vanne("show", "one", home=home).stdout
    page = state_text(words("en"), second, state_of(home, second, at))
    assert page.endswith("Until then, nothing changes.")
    assert f"\n{page}\n" in vanne("show", "two", home=home).stdout
    after = state_of(home, second, second.effective_at)
    assert (after, state_of(home, second, second.effective_at - timedelta(seconds=1))) == (
        "in force",
        "waits",
    )


def test_what_may_not_be_published_writes_nothing(home: Home, tmp_path: Path) -> None:
    refused = vanne("publish", written(tmp_path, wider(today())), home=home)
    assert isinstance(refused.exception, VerificationError)
    assert not home.notices.exists()
    with Ledger.of(home, read_only=True) as ledger:
        assert ledger.size == len(CHOICES)
