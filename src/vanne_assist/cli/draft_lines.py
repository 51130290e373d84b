"""How `vanne draft` shows drafts and suggestions, as lines and as rows of JSON."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

from vanne.cli.options import printable

if TYPE_CHECKING:
    from vanne_assist.writing.drafting import Draft, Event, Wish


def row(draft: "Draft", wish: "Wish") -> dict[str, Any]:
    """Return a draft as the document holds it; of a rejected one the reasons, not the text."""
    from vanne_assist.report.drafting import finding_words
    from vanne_assist.writing.difference import difference

    found = [
        {"kind": each.kind.value, "start": each.span[0], "end": each.span[1],
         "reason": finding_words(each, wish.lang)}
        for each in draft.findings
    ]  # fmt: skip
    shown: dict[str, Any] = {"number": draft.number, "accepted": draft.is_accepted}
    if not draft.is_accepted:
        return shown | {"findings": found}
    changes = difference(wish.answers.text, draft.text)
    return shown | {
        "text": draft.text,
        "findings": [],
        "own_words": {"own": draft.own.own, "words": draft.own.words},
        "difference": [{"op": each.op, "text": each.text} for each in changes],
        "mark": draft.mark.as_dict(),
        "c2pa": draft.mark.c2pa(),
    }


def telling() -> "Callable[[Event], None]":
    """Return what shows on stderr, as it comes, each sentence that has passed the guard so far."""
    from vanne_assist.writing.drafting import Sentence

    number = 0

    def tell(event: "Event") -> None:
        nonlocal number
        if isinstance(event, Sentence):
            if event.number != number:
                number = event.number
                click.echo(f"\n[{number}] ", err=True, nl=False)
            click.echo(_clean(event.text), err=True, nl=False)

    return tell


def show(document: dict[str, Any], lang: str) -> None:
    """Show posts from the answers, then drafts of a model, and what was not done."""
    from vanne_assist.report.drafting import marked_words, passed_words

    for number, built in enumerate(document["built"], 1):
        click.secho(f"{number}. from your answers ({built['form']})", bold=True)
        click.echo(_clean(built["text"]))
        for advice in built["advice"]:
            click.echo(f"   - {_clean(advice)}")
        click.echo()
    for draft in document["drafts"]:
        click.secho(f"draft {draft['number']} of {printable(document['model'])}", bold=True)
        if draft["accepted"]:
            click.echo(_clean(draft["text"]))
            click.echo(f"   {marked_words(lang)}")
            click.echo(
                f"   {passed_words(draft['own_words']['own'], draft['own_words']['words'], lang)}"
            )
        for finding in draft["findings"]:
            click.echo(f"   stopped: {_clean(finding['reason'])}")
        click.echo()
    if document["model"]:
        click.echo(document["guard"]["said"])
    if document["failure"]:
        click.echo(f"vanne: no more drafts: {document['failure']}", err=True)


def show_suggestion(row: dict[str, Any], field: str) -> None:
    """Show a change, its reason and where it comes from."""
    click.secho(f"{row['id']}  {field}", bold=True)
    if row["before"]:
        click.echo(f"   - {printable(row['before'])}")
    if row["after"]:
        click.echo(f"   + {printable(row['after'])}")
    sources = f" ({', '.join(map(printable, row['sources']))})" if row["sources"] else ""
    click.echo(f"   {row['said']}{sources}")


def _clean(text: str) -> str:
    """Return a text of several lines without what a terminal would obey."""
    return "\n".join("".join(c for c in line if c.isprintable()) for line in text.split("\n"))
