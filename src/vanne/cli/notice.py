"""`vanne notice`: publish a notice of a policy change, list the published ones, and show one."""

import click

from vanne.cli import completion
from vanne.cli.inputs import PolicyParam
from vanne.cli.options import (
    answer,
    as_json,
    dry_run,
    home,
    lang,
    now,
    tell,
)
from vanne.config import Home


@click.group()
def command() -> None:
    """Publish a change of policy; show those that were published."""


@command.command()
@click.argument("policy", type=PolicyParam(), shell_complete=completion.policies)
@click.option(
    "--id", "name", help="The notice's name (default: the day it takes effect, and the policy's)."
)
@click.option(
    "--accept-no-to-yes", "accepted", is_flag=True, help="Publish it even if no becomes yes."
)
@dry_run
@home
@as_json
def publish(
    policy: str, name: str | None, accepted: bool, dry_run: bool, home: Home, as_json: bool
) -> None:
    """Announce the new POLICY (a TOML file): it replaces the one in force after its waiting period.

    What goes from no to yes is printed, must be accepted, and has to wait; what only takes away may
    hold at once. Members see the change in their words, and are not asked again. What somebody
    switched off stays off: a policy that would use it is refused. With --dry-run, whom the change
    touches is counted in your own corpus.
    """
    from vanne.policy.load import text_of
    from vanne.report import notice as notices

    draft = notices.draft(home.require(), text_of(policy), policy, now(), name)
    if not as_json:
        from vanne.cli.policy import diff_lines

        for line in diff_lines(draft.before, draft.policy, None, draft.found):
            click.echo(line)
    notices.check(draft, policy, accepted=accepted)
    notice = draft.notice if dry_run else notices.publish(home, draft)
    overtaken = [each.notice for each in draft.overtaken]
    more = {"dry_run": dry_run, "no_to_yes": sorted(draft.permits), "overtaken": overtaken}
    done = "would be published" if dry_run else "published"
    effects = notices.touched(home, draft) if dry_run else {}
    if dry_run:
        more["effects"] = {purpose: each.as_json() for purpose, each in effects.items()}
    tell(
        notice.as_json() | {"schema": "vanne/notice-publish/1"} | more,
        as_json,
        *(
            f"the notice `{name}` will not take effect: this one takes its place"
            for name in overtaken
        ),
        *(
            f"{purpose}: {each.opened_items:,} items of {each.opened_members:,} members go from no "
            f"to yes, {each.closed_items:,} of {each.closed_members:,} from yes to no"
            for purpose, each in effects.items()
        ),
        f"{done}: {notice.notice}, in force from {notice.effective_at.isoformat()} on",
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
    from vanne.report.notice import changes_in, find_notice, state_of, state_text

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
    state = state_of(home, published, now())
    lines.append(ScreenLine("", state_text(w, published, state)))
    for change in changes:
        lines += [ScreenLine("", ""), ScreenLine("", change.title, "bold")]
        if not change.goes and not change.comes:
            lines.append(ScreenLine("", w("The rules stay as they are.")))
        lines += [ScreenLine("- ", text) for text in change.goes]
        lines += [ScreenLine("+ ", text) for text in change.comes]
    show_lines(lines)


def _list(home: Home, as_json: bool) -> None:
    from vanne.policy.schedule import notices
    from vanne.report.notice import state_of

    rows = [(each, state_of(home, each, now())) for each in notices(home.require())]
    documents = [each.as_json() | {"state": state} for each, state in rows]
    lines = [
        f"{each.effective_at:%Y-%m-%d %H:%M}  {state:8}  {each.notice}  {each.policy}"
        for each, state in rows
    ]
    document = {"schema": "vanne/notices/1", "notices": documents}
    tell(document, as_json, *(lines or ["no notice was published"]))
