"""`vanne notice`: publish a notice of a policy change, list the published ones, and show one."""

from typing import TYPE_CHECKING

import click

from vanne.cli import completion
from vanne.cli.inputs import PolicyParam
from vanne.cli.options import (
    answer,
    as_json,
    dry_run,
    home,
    lang,
    never_with,
    now,
    refuse_usage,
    tell,
)
from vanne.config import Home
from vanne.errors import InputError
from vanne.words import Message

if TYPE_CHECKING:
    from vanne.report.policy_draft import Account


@click.group()
def command() -> None:
    """Publish a change of policy; show those that were published."""


@command.command()
@click.argument("policy", required=False, type=PolicyParam(), shell_complete=completion.policies)
@click.option(
    "--id", "name", help="The notice's name (default: the day it takes effect, and the policy's)."
)
@click.option(
    "--accept-no-to-yes", "accepted", is_flag=True, help="Publish it even if no becomes yes."
)
@click.option("--propose", is_flag=True, help="Keep it as a draft, which another account approves.")
@click.option("--approve", type=int, help="Publish the draft of this number instead of a POLICY.")
@dry_run
@home
@as_json
def publish(
    policy: str | None,
    name: str | None,
    accepted: bool,
    propose: bool,
    approve: int | None,
    dry_run: bool,
    home: Home,
    as_json: bool,
) -> None:
    """Announce the new POLICY (a TOML file): it replaces the one in force after its waiting period.

    What goes from no to yes is printed, must be accepted, and has to wait; what only takes away may
    hold at once. Members see the change in their words, and are not asked again. What somebody
    switched off stays off: a policy that would use it is refused.
    """
    from vanne.policy.load import text_of
    from vanne.report import notice as notices

    if approve is not None:
        never_with("--approve", "policy", "name", "propose", "dry_run")
        _approve(home.require(), approve, accepted, as_json)
        return
    if policy is None:
        refuse_usage(Message("give-one-of", options="POLICY, --approve"))
    draft = notices.draft(home.require(), text_of(policy), policy, now(), name)
    if not as_json:
        from vanne.cli.policy import diff_lines

        for line in diff_lines(draft.before, draft.policy, None, draft.found):
            click.echo(line)
    if propose:
        never_with("--propose", "name", "accepted", "dry_run")
        _propose(home, text_of(policy), as_json)
        return
    notices.check(draft, policy, accepted=accepted)
    notice = draft.notice if dry_run else notices.publish(home, draft)
    overtaken = [each.notice for each in draft.overtaken]
    more = {"dry_run": dry_run, "no_to_yes": sorted(draft.permits), "overtaken": overtaken}
    done = "would be published" if dry_run else "published"
    tell(
        notice.as_json() | {"schema": "vanne/notice-publish/1"} | more,
        as_json,
        *(
            f"the notice `{name}` will not take effect: this one takes its place"
            for name in overtaken
        ),
        f"{done}: {notice.notice}, in force from {notice.effective_at.isoformat()} on",
    )


def _account() -> "Account":
    """Return the account of this machine that types the command."""
    import os
    import pwd

    from vanne.report.policy_draft import Account

    number = os.getuid()  # variables such as LOGNAME say whatever somebody likes
    try:
        name = pwd.getpwuid(number).pw_name
    except KeyError:  # in a container, say
        name = str(number)
    return Account(f"machine/{number}", name)


def _propose(home: Home, toml: str, as_json: bool) -> None:
    from vanne.report.policy_draft import count, open_draft, propose

    kept = propose(home, toml, _account(), now())
    count(home, kept.id, now)
    kept = open_draft(home) or kept
    if kept.error:
        raise InputError(f"draft no. {kept.id} is kept, but not counted: {kept.error}")
    effects = kept.effects or {}
    lines = [
        f"{purpose}: {each.opened_items:,} items of {each.opened_members:,} members go from no to "
        f"yes, {each.closed_items:,} of {each.closed_members:,} from yes to no"
        for purpose, each in effects.items()
    ]
    document = {"schema": "vanne/policy-draft/1", "draft": kept.id, "digest": kept.digest}
    counted = {purpose: each.as_json() for purpose, each in effects.items()}
    approving = f"draft no. {kept.id}: another account approves it with --approve {kept.id}"
    tell(document | {"effects": counted}, as_json, *lines, approving)


def _approve(home: Home, number: int, accepted: bool, as_json: bool) -> None:
    from vanne.report.policy_draft import approve

    notice = approve(home, number, _account(), now(), accepted=accepted)
    tell(
        notice.as_json() | {"schema": "vanne/notice-publish/1", "draft": number},
        as_json,
        f"published: {notice.notice}, in force from {notice.effective_at.isoformat()} on",
    )


@command.command()
@click.argument("notice", required=False)
@lang
@home
@as_json
def show(notice: str | None, lang: str, home: Home, as_json: bool) -> None:
    """Say what a NOTICE told: the sentences that go, and those that come.

    Without NOTICE, list those that were published, and where each stands.
    """
    if notice is None:
        _list(home, as_json)
        return
    from vanne.report.notice import changes_in, find_notice

    published = find_notice(home.require(), notice)
    changes = changes_in(home, published, lang)
    if as_json:
        rows = [{name: getattr(each, name) for name in each.__slots__} for each in changes]
        answer(published.as_json() | {"lang": lang, "purposes": rows})
        return
    from vanne.cli.options import ScreenLine
    from vanne.cli.options import show as show_lines
    from vanne.words import words

    w = words(lang)
    lines = [ScreenLine("", w("Notice %(name)s", name=published.notice), "bold")]
    lines.append(ScreenLine("", w("Published on %(date)s.", date=w.date(published.published_at))))
    lines.append(
        ScreenLine("", w("It holds from %(date)s on.", date=w.date(published.effective_at)))
    )
    for change in changes:
        lines += [ScreenLine("", ""), ScreenLine("", change.title, "bold")]
        lines += [ScreenLine("- ", text) for text in change.goes]
        lines += [ScreenLine("+ ", text) for text in change.comes]
    show_lines(lines)


def _list(home: Home, as_json: bool) -> None:
    from vanne.policy.schedule import notice_at, notices, pending

    at = now()
    in_force, waiting = notice_at(home.require(), at), pending(home, at)
    rows = [
        (each, "waits" if each in waiting else "in force" if each == in_force else "replaced")
        for each in notices(home)
    ]
    documents = [each.as_json() | {"state": state} for each, state in rows]
    lines = [
        f"{each.effective_at:%Y-%m-%d %H:%M}  {state:8}  {each.notice}  {each.policy}"
        for each, state in rows
    ]
    document = {"schema": "vanne/notices/1", "notices": documents}
    tell(document, as_json, *(lines or ["no notice was published"]))
