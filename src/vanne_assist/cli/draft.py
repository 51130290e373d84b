"""`vanne draft`: posts, advice on them, and suggestions for a profile. Nothing is posted."""

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from vanne.cli.options import answer, as_json, home, now, printable, terminal_language
from vanne.cli.outputs import OutputFile
from vanne.config import Home
from vanne.terms import LANGUAGES

if TYPE_CHECKING:
    from vanne_assist.brief.criteria import Passage
    from vanne_assist.writing.drafting import Draft, Event, Wish

_TONES = ("plain", "warm", "short")
_lang = click.option(
    "--lang",
    type=click.Choice(LANGUAGES),
    default=terminal_language,
    show_default="that of the terminal",
    help="The language of the text.",
)


@click.group()
def command() -> None:
    """Write posts behind a fact guard, and improve a profile; nothing is posted."""


@command.command()
@click.option("--topic", default="", help="What it is about.")
@click.option("--what", default="", help="What you did.")
@click.option("--for-whom", default="", help="For whom.")
@click.option("--result", default="", help="What came of it.")
@click.option("--number", default="", help="The figure that shows it.")
@click.option("--thanks", default="", help="Whom you thank.")
@click.option("--points", "points", multiple=True, help="What else is true. May be repeated.")
@click.option("--tone", type=click.Choice(_TONES), default="plain", show_default=True)
@click.option(
    "--length",
    "length",
    type=click.IntRange(20, 400),
    default=120,
    show_default=True,
    help="About how many words a model is asked for.",
)
@_lang
@click.option("--member", help="Whose post it is.")
@click.option(
    "--from-my-items", is_flag=True, help="Let drafts rest on the member's items; needs --member."
)
@click.option("--own", "own", multiple=True, metavar="ITEM", help="On these items only.")
@click.option(
    "--backend",
    type=click.Choice(("auto", "none")),
    default="auto",
    show_default=True,
    help="`auto`: the one that HOME/writing.toml names.",
)
@click.option(
    "--out", type=OutputFile(".html", ".md", ".txt"), help="Write a text there: .html, .md, .txt."
)
@click.option(
    "--take", type=click.IntRange(1), default=1, show_default=True, help="Which, for --out."
)
@home
@as_json
def post(
    tone: Any,
    length: int,
    lang: str,
    member: str | None,
    from_my_items: bool,
    own: tuple[str, ...],
    backend: str,
    out: Path | None,
    take: int,
    home: Home,
    as_json: bool,
    **said: Any,
) -> None:
    """Put a post together from your answers and, with a back end, draft some.

    A guard compares figures, names and addresses of each draft with what you said, and says which
    to check. Read the rest, too.
    """
    from vanne_assist.writing.builder import Answers
    from vanne_assist.writing.drafting import Wish

    if (from_my_items or own) and not member:
        raise click.UsageError("--from-my-items and --own need --member")
    answers = Answers(**said).check()
    passages = _own(home, member, own) if member and (from_my_items or own) else ()
    wish = Wish(answers, lang, tone, length, member, passages)
    document = _written(wish, home, backend, quiet=as_json)
    if out:
        _write(out, document, take, lang)
    if as_json:
        answer(document)
    elif not out:
        _show(document, lang)


@command.command()
@click.argument("file", type=click.File("rb"), default="-")
@_lang
@as_json
def coach(file: Any, lang: str, as_json: bool) -> None:
    """Give advice on the text in FILE (or on standard input), each with its place and reason."""
    from vanne.errors import InputError
    from vanne_assist.report.drafting import advice_words
    from vanne_assist.writing.coach import coach as advise

    try:
        text = file.read().decode()
    except UnicodeDecodeError:
        raise InputError("the text is not UTF-8", todo="save it as UTF-8") from None
    rows = [
        {
            "hint": each.hint.value,
            "start": each.span[0],
            "end": each.span[1],
            "reason": advice_words(each, lang),
            "instead": each.instead or None,
        }
        for each in advise(text, lang)
    ]
    if as_json:
        answer({"schema": "vanne/advice/1", "lang": lang, "advice": rows})
        return
    for row in rows:
        click.echo(f"{row['start']:>5}  {row['reason']}")
    if not rows:
        click.echo("nothing to say: it is your text")


@command.command()
@click.argument("member")
@_lang
@click.option("--accept", "accepted", multiple=True, metavar="ID", help="Take this suggestion.")
@home
@as_json
def profile(member: str, lang: str, accepted: tuple[str, ...], home: Home, as_json: bool) -> None:
    """Suggest changes of a member's profile, each with its reason and its source.

    Nothing is changed. --accept prints only the changes that were taken, for the network to make.
    """
    from vanne_assist.brief.facts import facts_of
    from vanne_assist.report.drafting import field_words, suggestions_document
    from vanne_assist.writing.profile import accept, suggest
    from vanne_assist.writing.skills import preferred_names

    passages = _own(home, member, ())
    names = preferred_names(home.root)
    found = suggest(passages, facts_of(passages, now()), names)
    shown = accept(found, accepted) if accepted else found
    document = suggestions_document(shown, lang)
    if as_json:
        answer(document)
        return
    for each, row in zip(shown, document["suggestions"], strict=True):
        _show_suggestion(row, field_words(each.field, lang))
    if not shown:
        click.echo("nothing to suggest")


def _own(home: Home, member: str, items: tuple[str, ...]) -> "tuple[Passage, ...]":
    from vanne_assist.own import own_passages
    from vanne_assist.writing import PURPOSE

    return own_passages(home.require(), PURPOSE, member, items)


def _written(wish: "Wish", home: Home, backend: str, *, quiet: bool) -> dict[str, Any]:
    """Put posts together, let a back end draft, and say all of it as a document."""
    from vanne_assist.report.drafting import advice_words
    from vanne_assist.writing.builder import build
    from vanne_assist.writing.coach import coach as advise

    posts = build(wish.answers, wish.lang, wish.tone)
    document: dict[str, Any] = {
        "schema": "vanne/drafts/1",
        "lang": wish.lang,
        "built": [
            {
                "form": each.form,
                "text": each.text,
                "advice": [advice_words(a, wish.lang) for a in advise(each.text, wish.lang)],
            }
            for each in posts
        ],
        "items": [passage.item_id for passage in wish.own],
        "model": None,
        "drafts": [],
        "failure": None,
    }
    if backend == "auto":
        _drafted(wish, home, document, quiet=quiet)
    return document


def _drafted(wish: "Wish", home: Home, document: dict[str, Any], *, quiet: bool) -> None:
    """Let the back end draft; what goes wrong is a line of the document, and the rest stands."""
    from vanne.errors import ConfigError, VanneError
    from vanne_assist.report.drafting import rate_words
    from vanne_assist.writing import drafting
    from vanne_assist.writing.backend import open_writer
    from vanne_assist.writing.counts import Counts
    from vanne_assist.writing.guard import documents_of
    from vanne_assist.writing.prompts import prompt
    from vanne_assist.writing.settings import WritingSettings

    settings = WritingSettings.read(home.root)
    try:
        writer = open_writer(home)
    except ConfigError:
        raise
    except VanneError as error:
        document["failure"] = str(error)
        return
    if writer is None:
        return
    counts = Counts(home)
    documents = (lambda: documents_of(home)) if settings.backend == "ensemble" else None
    tell = None if quiet else _telling()
    try:
        for event in drafting.drafts(writer, wish, settings, counts, now(), documents):
            if isinstance(event, drafting.Failure):
                document["failure"] = str(event.error)
            elif isinstance(event, drafting.Draft):
                document["drafts"].append(_row(event, wish))
            elif tell:
                tell(event)
    finally:
        writer.close()
    label = prompt("post").label
    rate = counts.rate(writer.name, label)
    document |= {
        "model": writer.name,
        "prompt": label,
        "guard": {
            "accepted": rate.accepted,
            "judged": rate.judged,
            "findings": dict(rate.kinds),
            "said": rate_words(rate, wish.lang),
        },
    }


def _write(out: Path, document: dict[str, Any], take: int, lang: str) -> None:
    """Write one of the texts with its mark; a plain text gets the mark beside it."""
    from datetime import datetime

    from vanne.errors import InputError, storing
    from vanne_assist.writing.marks import Mark, in_html, in_markdown

    taken = [(d["text"], d["mark"]) for d in document["drafts"] if d["accepted"]]
    texts = [*taken, *((b["text"], None) for b in document["built"])]
    if take > len(texts):
        raise InputError(f"there are {len(texts)} texts, no number {take}")
    text, said = texts[take - 1]
    mark = said and Mark(
        said["digital_source_type"].rpartition("/")[2],
        said["model"],
        said["prompt"],
        datetime.fromisoformat(said["at"]),
    )
    kind = out.suffix.lower()
    with storing(f"`{out}`"):
        if kind == ".html":
            out.write_text(in_html(text, mark, lang), encoding="utf-8")
        elif kind == ".md":
            out.write_text(in_markdown(text, mark), encoding="utf-8")
        elif kind == ".txt":
            out.write_text(text + "\n", encoding="utf-8")
            if mark:
                side = out.with_suffix(".txt.mark.json")
                side.write_text(json.dumps(mark.as_dict(), indent=2) + "\n", encoding="utf-8")
        else:
            raise InputError(f"`{out.name}` is no .html, .md or .txt file")
    print(f"{out}: text {take} of {len(texts)}", file=sys.stderr)  # noqa: T201


def _row(draft: "Draft", wish: "Wish") -> dict[str, Any]:
    """Return a draft as the document holds it; of a rejected one the reasons, not the text."""
    from vanne_assist.report.drafting import finding_words
    from vanne_assist.writing.difference import difference

    shown: dict[str, Any] = {
        "number": draft.number,
        "accepted": draft.is_accepted,
        "findings": [
            {
                "kind": each.kind.value,
                "start": each.span[0],
                "end": each.span[1],
                "reason": finding_words(each, wish.lang),
            }
            for each in draft.findings
        ],
    }
    if not draft.is_accepted:
        return shown
    changes = difference(wish.answers.text, draft.text)
    return shown | {
        "text": draft.text,
        "own_words": {"own": draft.own.own, "words": draft.own.words},
        "difference": [{"op": each.op, "text": each.text} for each in changes],
        "mark": draft.mark.as_dict(),
    }


def _telling() -> "Callable[[Event], None]":
    """Return what shows on stderr, as it comes, each sentence of a draft that was not stopped."""
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


def _show(document: dict[str, Any], lang: str) -> None:
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
            head = "check" if draft["accepted"] else "stopped"
            click.echo(f"   {head}: {_clean(finding['reason'])}")
        click.echo()
    if document["model"]:
        click.echo(document["guard"]["said"])
    if document["failure"]:
        click.echo(f"vanne: no more drafts: {document['failure']}", err=True)


def _show_suggestion(row: dict[str, Any], field: str) -> None:
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
