"""`vanne certificate`: which certificates a network has written, by its ledger; proofs of them."""

from typing import TYPE_CHECKING, Any

import click

from vanne.cli.options import answer, as_json
from vanne.cli.options import home as home_option
from vanne.config import Home

if TYPE_CHECKING:
    from vanne.ledger import Certified, ModelServed


@click.group()
def command() -> None:
    """List the certificates of forgetting, and prove that one is in the ledger.

    `vanne verify FILE` checks one.
    """


@command.command("list")
@home_option
@as_json
def listing(home: Home, as_json: bool) -> None:
    """List models and certificates as the ledger names them; exit with 1 if something is wrong.

    Wrong is: a second certificate of the same forgetting, another key than that of the model before
    it, another secret by which members are placed, a file that the ledger does not name, an entry
    whose file is not here.
    """
    from vanne.forget.history import PHOTOS, TEXTS, known_in
    from vanne.ledger import Ledger
    from vanne.ledger.entry import logged_problems

    known = {**known_in(home.require(), TEXTS), **known_in(home, PHOTOS)}
    with Ledger.of(home, read_only=True, create=False) as ledger:
        logged = ledger.models()
    rows = [_row(index, entry) for index, entry in logged]
    problems = [problem for _, problem in logged_problems(logged)]
    named = {row["certificate"]: row["entry"] for row in rows if row["certificate"]}
    problems += [
        f"entry {named[each]}: its certificate is not here" for each in named.keys() - known
    ]
    problems += [f"no entry names certificate {each[:16]}" for each in known.keys() - named]
    if as_json:
        schema = "vanne/certificates/1"
        answer({"schema": schema, "entries": rows, "problems": problems})
    else:
        for row in rows:
            what = "certificate " + row["certificate"][:16] if row["certificate"] else "trained"
            click.echo(f"{row['entry']:>8}  {row['day']}  {row['series']}  {what}; "
                       f"model {row['model'][:16]}, key {row['key'][:16]}")  # fmt: skip
        for problem in problems:
            click.echo(problem, err=True)
    if problems:
        raise click.exceptions.Exit(1)


def _row(index: int, entry: "ModelServed | Certified") -> dict[str, Any]:
    return {
        "entry": index,
        "day": f"{entry.at:%Y-%m-%d}",
        "series": entry.series,
        "certificate": getattr(entry, "certificate", None),
        "model": entry.model,
        "corpus": entry.corpus,
        "key": entry.key,
    }


@command.command()
@click.argument("name", metavar="CERTIFICATE")
@home_option
def prove(name: str, home: Home) -> None:
    """Print the proof that the ledger names a CERTIFICATE, given by how its name begins.

    Give it on beside the certificate: `vanne verify FILE --inclusion PROOF` needs nothing else.
    """
    from vanne.errors import MissingError
    from vanne.forget.history import PHOTOS, TEXTS, entry_of, known_in
    from vanne.ledger import Ledger
    from vanne.ledger.proof import prove_entry

    known = {**known_in(home.require(), TEXTS), **known_in(home, PHOTOS)}
    matches = [each for each in known.values() if each.id.startswith(name)]
    if len(matches) != 1:
        raise MissingError(f"{len(matches)} certificates begin with `{name}`",
                           todo="see `vanne certificate list`")  # fmt: skip
    with Ledger.of(home, read_only=True, create=False) as ledger:
        index = entry_of(ledger, matches[0])
        if index is None:
            raise MissingError("no entry of the ledger names this certificate",
                               todo="`vanne forget` appends it")  # fmt: skip
        answer(prove_entry(ledger, index))
