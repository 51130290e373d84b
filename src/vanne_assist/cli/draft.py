"""`vanne draft`: write posts, get advice on them, and improve a profile. Nothing is posted."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import click

from vanne.cli import completion
from vanne.cli.options import as_json, home, lang, never_with, now, printable, tell
from vanne.cli.options import member as member_argument
from vanne.config import Home
from vanne.words import words

if TYPE_CHECKING:
    from vanne_assist.brief.criteria import Passage

_TONES = ("plain", "warm", "short")


@click.group()
def command() -> None:
    """Write posts behind a fact guard, and improve a profile; nothing is posted."""


@command.command()
@click.argument("member", required=False, shell_complete=completion.members)
@click.option("--topic", default="", help="What it is about.")
@click.option("--what", default="", help="What you did.")
@click.option("--for-whom", default="", help="For whom.")
@click.option("--result", default="", help="What came of it.")
@click.option("--number", default="", help="The figure that shows it.")
@click.option("--thanks", default="", help="Whom you thank.")
@click.option("--points", "points", multiple=True, help="What else is true. May be repeated.")
@click.option("--tone", type=click.Choice(_TONES), default="plain", show_default=True,
              help="How it sounds.")  # fmt: skip
@click.option(
    "--length",
    "words",
    type=click.IntRange(20, 400),
    default=120,
    show_default=True,
    help="About how many words a model is asked for.",
)
@click.option("--check", "file", type=click.File("rb"), metavar="FILE",
              help="Give advice on this text instead; `-` reads standard input.")  # fmt: skip
@lang
@home
@as_json
def post(
    tone: Any,
    words: int,
    file: Any,
    lang: str,
    member: str | None,
    home: Home,
    as_json: bool,
    **answers: Any,
) -> None:
    """Put a post together from your answers and, with a model server, draft some.

    A guard compares figures, names and addresses of each draft with what you said, and says which
    to check. Read the rest, too. With MEMBER, drafts rest on what this member permits of their
    items. With --check, a text of your own is looked at.
    """
    from vanne_assist.model_server import WritingSettings
    from vanne_assist.report.drafting import post_document
    from vanne_assist.writing.builder import Answers
    from vanne_assist.writing.drafting import DraftRequest

    if file is not None:
        never_with("--check", "member", *answers, "tone", "words", "home")
        _advise(file, lang, as_json)
        return
    checked = Answers(**answers).check()
    own = _own(home, member) if member else ()
    asked = DraftRequest(checked, lang, tone, words, member, own)
    document, failure = post_document(home, asked, lang, now(), WritingSettings.read(home.root))
    tell(document, as_json, *_shown(document, lang))
    if failure and not as_json:
        click.echo(f"vanne: no more drafts: {failure}", err=True)


def _advise(file: Any, lang: str, as_json: bool) -> None:
    """Give advice on a text, each with its place and reason."""
    from vanne.errors import InputError
    from vanne_assist.report.drafting import remark_words
    from vanne_assist.writing.coach import coach

    try:
        text = file.read().decode()
    except UnicodeDecodeError:
        raise InputError("the text is not UTF-8", todo="save it as UTF-8") from None
    rows = [
        {
            "hint": each.kind,
            "start": each.span[0],
            "end": each.span[1],
            "reason": remark_words(each, lang),
            "instead": each.instead or None,
        }
        for each in coach(text, lang)
    ]
    nothing = words(lang)(
        "Nothing stands out in form or wording. Whether the text is good, this advice cannot tell."
    )
    tell(
        {"schema": "vanne/advice/1", "lang": lang, "advice": rows},
        as_json,
        *([f"{row['start']:>5}  {row['reason']}" for row in rows] or [nothing]),
    )


@command.command()
@member_argument
@lang
@home
@as_json
def profile(member: str, lang: str, home: Home, as_json: bool) -> None:
    """Suggest changes of a member's profile, each with its reason and its source.

    Nothing is changed.
    """
    from vanne_assist.brief.facts import facts_of
    from vanne_assist.report.drafting import field_words, suggestions_document
    from vanne_assist.writing.profile import suggest

    passages = _own(home, member)
    document = suggestions_document(suggest(passages, facts_of(passages, now())), lang)
    lines = []
    for row in document["suggestions"]:
        lines.append(click.style(field_words(row["field"], lang), bold=True))
        changes = (("-", row["before"]), ("+", row["after"]))
        lines += [f"   {sign} {printable(text)}" for sign, text in changes if text]
        sources = f" ({', '.join(map(printable, row['sources']))})" if row["sources"] else ""
        lines.append(f"   {row['said']}{sources}")
    tell(document, as_json, *(lines or [words(lang)("There is nothing to suggest.")]))


def _own(home: Home, member: str) -> "tuple[Passage, ...]":
    from vanne_assist.own import passages_for
    from vanne_assist.writing import PURPOSE

    return passages_for(home.require(), PURPOSE, member, now())


def _shown(document: dict[str, Any], lang: str) -> Iterator[str]:
    """Yield the posts from the answers, then the drafts of a model, and what is wanting."""
    from vanne_assist.report.drafting import marked_words, passed_words

    w = words(lang)
    forms = {"story": w("As a story"), "result-first": w("The result first")}
    for number, built in enumerate(document["built"], 1):
        yield click.style(f"{number}. {forms[built['form']]}", bold=True)
        yield _clean(built["text"])
        yield from (f"   - {_clean(advice)}" for advice in built["advice"])
        yield ""
    if document["wanting"]:
        yield click.style(w("No post can be made of these answers yet"), bold=True)
        yield from (f"   {e['answer']}: {_clean(e['reason'])}" for e in document["wanting"])
        yield ""
    for draft in document["drafts"]:
        model = printable(document["model"])
        yield click.style(f"draft {draft['number']} of {model}", bold=True)
        if draft["accepted"]:
            own = draft["own_words"]
            yield _clean(draft["text"])
            yield f"   {marked_words(lang)}"
            yield f"   {passed_words(own['own'], own['words'], lang)}"
        if draft["findings"]:
            head = "Check this:" if draft["accepted"] else "The guard stopped this draft."
            yield f"   {w(head)}"
        yield from (f"   - {_clean(each['reason'])}" for each in draft["findings"])
        yield ""


def _clean(text: str) -> str:
    """Return a text of several lines without what a terminal would obey."""
    return "\n".join(map(printable, text.split("\n")))
