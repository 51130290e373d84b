"""`vanne policy`: list, check and show policies."""

import click

from vanne.cli.options import answer, as_json


@click.group()
def command() -> None:
    """Check, show and list policies."""


@command.command("list")
@as_json
def list_(as_json: bool) -> None:
    """List the policies that ship with Vanne."""
    from vanne.policy import builtin_names, load

    policies = [load(name) for name in builtin_names()]
    if as_json:
        rows = [{"name": p.name, "version": p.version, "title": p.title} for p in policies]
        answer({"schema": "vanne/policies/1", "policies": rows})
        return
    for policy in policies:
        click.echo(f"{policy.name:24}  {policy.title}")


@command.command()
@click.argument("policy")
@as_json
def check(policy: str, as_json: bool) -> None:
    """Say whether a policy (a name or a TOML file) is right, and what in it is uncertain."""
    from vanne.policy import load

    loaded = load(policy)
    if as_json:
        uncertain = [{"where": where, "why": why} for where, why in loaded.uncertain]
        answer(
            {
                "schema": "vanne/policy-check/1",
                "name": loaded.name,
                "version": loaded.version,
                "digest": loaded.digest,
                "purposes": sorted(loaded.purposes),
                "uncertain": uncertain,
            }
        )
        return
    click.echo(f"{loaded.name}, version {loaded.version}: right ({loaded.digest[:16]})")
    for where, why in loaded.uncertain:
        click.echo(f"uncertain: {where}: {why}")


@command.command()
@click.argument("policy")
def show(policy: str) -> None:
    """Print the TOML of a policy, with its sources: a start for one of your own."""
    from vanne.policy.load import text_of

    click.echo(text_of(policy), nl=False)
