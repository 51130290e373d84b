"""What the shell offers for a value that was begun: policies, networks, purposes, members.

`vanne` is completed by click; these functions are named at the options and the arguments. A shell
asks while somebody types, so that a home that is not there, or a file that is damaged, offers
nothing and says nothing.
"""

from collections.abc import Callable, Iterable

import click
from click.shell_completion import CompletionItem

from vanne.config import Home
from vanne.terms import Category

_MOST = 50
"""More members than these are no help: type another letter."""

Completer = Callable[[click.Context, click.Parameter, str], list[CompletionItem]]


def policies(_ctx: click.Context, _param: click.Parameter, begun: str) -> list[CompletionItem]:
    """Offer the built-in policies, and files."""
    from vanne.policy import builtin_names

    return [*_matching(builtin_names(), begun), CompletionItem(begun, type="file")]


def networks(_ctx: click.Context, _param: click.Parameter, begun: str) -> list[CompletionItem]:
    """Offer the networks that have a guide."""
    from vanne.report.guide import platforms

    return _matching(platforms(), begun.lower())


def purposes(ctx: click.Context, _param: click.Parameter, begun: str) -> list[CompletionItem]:
    """Offer the purposes of the policy that is named, else of the one in force in the home."""
    from vanne.errors import VanneError
    from vanne.policy import load

    named = next((ctx.params[key] for key in ("policy_name", "policy", "after")
                  if ctx.params.get(key)), None)  # fmt: skip
    try:
        return _matching(sorted(load(named or str(_home(ctx).policy)).purposes), begun)
    except VanneError:
        return []


def categories(_ctx: click.Context, _param: click.Parameter, begun: str) -> list[CompletionItem]:
    """Offer the categories of data."""
    return _matching((each.value for each in Category), begun)


def members(ctx: click.Context, _param: click.Parameter, begun: str) -> list[CompletionItem]:
    """Offer the first ids of members that begin so."""
    import duckdb

    rows = "SELECT member_id FROM read_parquet(?) WHERE starts_with(member_id, ?) ORDER BY 1"
    try:
        found = duckdb.execute(f"{rows} LIMIT {_MOST}", [str(_home(ctx).members), begun])
        return _matching((member_id for (member_id,) in found.fetchall()), begun)
    except duckdb.Error:
        return []


def _home(ctx: click.Context) -> Home:
    return ctx.params.get("home") or Home.find(None)


def _matching(names: Iterable[str], begun: str) -> list[CompletionItem]:
    return [CompletionItem(name) for name in names if name.startswith(begun)]
