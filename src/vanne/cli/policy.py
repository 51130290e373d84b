"""`vanne policy`: check, show and explain policies; say what a change of policy would do."""

from collections.abc import Mapping, Sequence
from datetime import datetime, time
from typing import TYPE_CHECKING

import click

from vanne.cli.options import MomentParam, Progress, answer, as_json, terminal_language
from vanne.errors import VerificationError
from vanne.terms import MAIN_PURPOSE
from vanne.words import LANGUAGES

if TYPE_CHECKING:
    from vanne.decide.compare import Shift
    from vanne.decide.difference import PolicyDifference
    from vanne.decide.request import Tables
    from vanne.policy import Policy

    Moved = dict[str, list[Shift]]


_in_language = click.option(
    "--lang", type=click.Choice(LANGUAGES), help="Default: the locale's, else English."
)


@click.group()
def command() -> None:
    """Check, explain, compare, simulate and show policies."""


@command.command()
@click.argument("policy")
@_in_language
@as_json
def check(policy: str, lang: str | None, as_json: bool) -> None:
    """Say whether a policy (a name or a TOML file) is right, and what in it is uncertain."""
    from vanne.policy import load
    from vanne.words import words

    loaded = load(policy)
    if as_json:
        uncertain = [{"where": where, "why": why} for where, why in loaded.uncertain]
        answer(
            {"schema": "vanne/policy-check/1"}
            | _named(loaded)
            | {"purposes": sorted(loaded.purposes), "uncertain": uncertain}
        )
        return
    w = words(lang or terminal_language())
    named = {"name": loaded.name, "version": loaded.version, "digest": loaded.digest[:16]}
    click.echo(w("%(name)s, version %(version)s: right (%(digest)s)", **named))
    for where, why in loaded.uncertain:
        click.echo(w("uncertain: %(where)s: %(why)s", where=where, why=w(why)))


@command.command()
@click.argument("policy", required=False)
@click.option(
    "--with-purposes",
    is_flag=True,
    help="Add Vanne's example of three more: being found, job offers, drafts.",
)
@_in_language
def show(policy: str | None, with_purposes: bool, lang: str | None) -> None:
    """Print the TOML of a policy, with its sources: a start for one of your own.

    Without POLICY, list those that ship with Vanne.
    """
    from vanne.policy import builtin_names, load
    from vanne.policy.load import text_of
    from vanne.policy.load import with_purposes as added
    from vanne.words import words

    if policy is None:
        w = words(lang or terminal_language())
        for name in builtin_names():
            click.echo(f"{name:24}  {w(load(name).title)}")
        return
    text = text_of(policy)
    click.echo(added(text) if with_purposes else text, nl=False)


@command.command()
@click.argument("policy")
@click.option("--purpose", help="Default: each purpose of the policy.")
@_in_language
@click.option(
    "--as-of", "as_of", type=MomentParam(), help="Table of that time (default: all times)."
)
@as_json
def explain(
    policy: str, purpose: str | None, lang: str | None, as_of: datetime | None, as_json: bool
) -> None:
    """Say a policy in sentences, with a table of what each country and choice gives."""
    from vanne.cli.options import show as show_lines
    from vanne.cli.policy_lines import Explained
    from vanne.policy import load
    from vanne.report.policy_text import explained_policy
    from vanne.words import words

    loaded = load(policy)
    lang = lang or terminal_language()
    explanation = explained_policy(loaded, lang, purpose, as_of)
    if as_json:
        answer(explanation)
    else:
        show_lines(list(Explained(explanation, words(lang)).lines()))


# What a change would do


@command.command()
@click.argument("policy")
@click.option("--purpose", default=MAIN_PURPOSE, show_default=True)
@click.option("--items", required=True, help="Parquet, CSV, JSON Lines, a folder, or a query.")
@click.option("--members", required=True, help="The same.")
@click.option("--choices", help="The same; none: nobody has chosen.")
@click.option(
    "--as-of",
    "times",
    type=MomentParam(),
    required=True,
    multiple=True,
    help="Give it several times.",
)
@as_json
def simulate(
    policy: str,
    purpose: str,
    items: str,
    members: str,
    choices: str | None,
    times: Sequence[datetime],
    as_json: bool,
) -> None:
    """Count the reasons that a policy would give at each time, without writing anything."""
    from vanne.decide.compare import simulate as count
    from vanne.decide.request import EvaluationRequest, Tables
    from vanne.policy import load
    from vanne.sources.relation import row_count
    from vanne.terms import REASONS

    loaded = load(policy)
    questions = [EvaluationRequest(loaded, purpose, as_of) for as_of in times]
    with Progress("items decided", row_count(items)) as progress:
        counts = count(Tables(items, members, choices), questions, progress)
    reasons = [reason for reason in REASONS if any(c[reason] for c in counts)]
    if as_json:
        rows = [
            {
                "as_of": as_of.isoformat(),
                "counts": [{"reason": r.value, "count": c[r]} for r in reasons if c[r]],
            }
            for as_of, c in zip(times, counts, strict=True)
        ]
        named = {"policy": _named(loaded), "purpose": purpose, "items": counts[0].total()}
        answer({"schema": "vanne/policy-simulate/1"} | named | {"simulated": rows})
        return
    click.echo(f"{counts[0].total():,} items by {loaded.name}, nothing was written; as of")
    click.echo("".join(f"{_when(as_of):>18}" for as_of in times))
    for reason in reasons:
        click.echo("".join(f"{c[reason]:>18,}" for c in counts) + f"  {reason.value}")


@command.command()
@click.argument("before")
@click.argument("after")
@click.option("--purpose", help="Default: each purpose of either.")
@click.option(
    "--as-of", "as_of", type=MomentParam(), help="At that time only (default: at all times)."
)
@click.option("--items", help="Who would change: Parquet, CSV, JSON Lines, a folder, or a query.")
@click.option("--members", help="The same.")
@click.option("--choices", help="The same; none: nobody has chosen.")
@click.option(
    "--accept-no-to-yes", "accepted", is_flag=True, help="Exit with 0 even if no becomes yes."
)
@as_json
def diff(
    before: str,
    after: str,
    purpose: str | None,
    as_of: datetime | None,
    items: str | None,
    members: str | None,
    choices: str | None,
    accepted: bool,
    as_json: bool,
) -> None:
    """Say what a change of policy permits that was not permitted, and the other way round.

    Without tables the policies themselves are compared, exactly. With --items, --members and
    --as-of the items and members are counted whose answer changes. Whenever something goes from no
    to yes, the exit code is 1.
    """
    from vanne.cli.policy_lines import diff_document, diff_lines
    from vanne.decide.difference import compare_policies
    from vanne.decide.request import Tables
    from vanne.policy import load

    old, new = load(before), load(after)
    if (items or members or choices) and not (items and members and as_of):
        raise click.UsageError("give --items, --members and --as-of together")
    differences = compare_policies(old, new, purpose, as_of)
    moved: Moved = {}
    if items and members and as_of:
        moved = _shifts(Tables(items, members, choices), old, new, list(differences), as_of)
    later = as_of is not None and _permits(compare_policies(old, new, purpose), {})
    if as_json:
        answer(diff_document(old, new, as_of, differences, moved))
    else:
        for line in diff_lines(old, new, as_of, differences, moved):
            click.echo(line)
    if (_permits(differences, moved) or later) and not accepted:
        raise _refusal(later and not _permits(differences, moved))


def _permits(differences: "Mapping[str, PolicyDifference]", moved: "Moved") -> bool:
    changes = any(change.permits for each in differences.values() for change in each.changes)
    return changes or any(shift.permits for each in moved.values() for shift in each)


def _refusal(later: bool) -> VerificationError:
    at = " at another time of asking" if later else ""
    see = "leave --as-of out to see it" if later else "read what goes from no to yes"
    return VerificationError(
        f"the new policy permits what the old one does not{at}",
        todo=f"{see}; if it is meant, give --accept-no-to-yes",
    )


def _shifts(
    tables: "Tables", old: "Policy", new: "Policy", purposes: Sequence[str], as_of: datetime
) -> "Moved":
    from vanne.decide.compare import shifts
    from vanne.decide.difference import with_purpose
    from vanne.decide.request import EvaluationRequest
    from vanne.sources.relation import row_count

    pairs = [
        (
            EvaluationRequest(with_purpose(old, purpose), purpose, as_of),
            EvaluationRequest(with_purpose(new, purpose), purpose, as_of),
        )
        for purpose in purposes
    ]
    with Progress("items decided", row_count(tables.items)) as progress:
        return dict(zip(purposes, shifts(tables, pairs, progress), strict=True))


def _named(policy: "Policy") -> dict[str, str]:
    return {"name": policy.name, "version": policy.version, "digest": policy.digest}


def _when(at: datetime) -> str:
    """Write a time of asking; a midnight as its day."""
    return at.date().isoformat() if at.time() == time.min else f"{at:%Y-%m-%dT%H:%M}"
