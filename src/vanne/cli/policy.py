"""`vanne policy`: check and explain policies, and compare two of them."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

import click

from vanne.cli import completion
from vanne.cli.inputs import PolicyParam
from vanne.cli.options import (
    WIDTH,
    ScreenLine,
    answer,
    as_json,
    as_of,
    lang,
    never_with,
    only_with,
    tell,
    titled,
    wrapped,
)
from vanne.cli.options import purpose as purpose_option
from vanne.cli.options import show as show_lines
from vanne.errors import VerificationError
from vanne.terms import GROUPS, REGIONS, Reason
from vanne.words import Words, category_words, sentence

if TYPE_CHECKING:
    from vanne.decide.difference import PolicyDifference
    from vanne.policy import Policy

_policy = click.argument("policy", type=PolicyParam(), shell_complete=completion.policies)


@click.group()
def command() -> None:
    """Check, explain and compare policies."""


@command.command()
@_policy
@lang
@as_json
def check(policy: str, lang: str, as_json: bool) -> None:
    """Say whether a policy (a name or a TOML file) is right, and what in it is uncertain."""
    from vanne.policy import load
    from vanne.words import words

    loaded = load(policy)
    if as_json:
        uncertain = [{"where": where, "why": why} for where, why in loaded.uncertain]
        facts = {"purposes": sorted(loaded.purposes), "uncertain": uncertain}
        answer({"schema": "vanne/policy-check/1"} | loaded.named() | facts)
        return
    w = words(lang)
    named = {"name": loaded.name, "version": loaded.version, "digest": loaded.digest[:16]}
    click.echo(w("%(name)s, version %(version)s: right (%(digest)s)", **named))
    for where, why in loaded.uncertain:
        click.echo(w("uncertain: %(where)s: %(why)s", where=where, why=w(why)))


@command.command()
@click.argument("policy", required=False, type=PolicyParam(), shell_complete=completion.policies)
@purpose_option(None)
@click.option("--toml", is_flag=True, help="Print its file, with its sources: a start for yours.")
@click.option(
    "--with-purposes",
    is_flag=True,
    help="Add Vanne's example of three more to the file: being found, job offers, drafts.",
)
@lang
@as_of("all times")
@as_json
def explain(
    policy: str | None,
    purpose: str | None,
    toml: bool,
    with_purposes: bool,
    lang: str,
    as_of: datetime | None,
    as_json: bool,
) -> None:
    """Say a policy in sentences, with a table of what each country and choice gives.

    Without POLICY, list those that ship with Vanne.
    """
    from vanne.policy import load
    from vanne.report.policy_text import explained_policy
    from vanne.words import words

    if policy is None:
        only_with("POLICY", "purpose", "toml", "with_purposes", "as_of")
        _list(lang, as_json)
        return
    if toml:
        never_with("--toml", "purpose", "as_of")
        _print_file(policy, with_purposes=with_purposes, as_json=as_json)
        return
    only_with("--toml", "with_purposes")
    explanation = explained_policy(load(policy), lang, purpose, as_of)
    if as_json:
        answer(explanation)
    else:
        show_lines(_Explained(explanation, words(lang)).lines())


def _list(lang: str, as_json: bool) -> None:
    from vanne.policy.load import titles_of_packs
    from vanne.words import words

    titles = {name: words(lang)(title) for name, title in titles_of_packs().items()}
    rows = [{"name": name, "title": title} for name, title in titles.items()]
    lines = [f"{name:24}  {title}" for name, title in titles.items()]
    tell({"schema": "vanne/policies/1", "lang": lang, "policies": rows}, as_json, *lines)


def _print_file(policy: str, *, with_purposes: bool, as_json: bool) -> None:
    from vanne.policy.load import parse, text_of
    from vanne.policy.load import with_purposes as added

    text = added(text_of(policy)) if with_purposes else text_of(policy)
    if as_json:
        answer({"schema": "vanne/policy-text/1"} | parse(text, policy).named() | {"toml": text})
    else:
        click.echo(text, nl=False)


# What a change would do


@command.command()
@click.argument("before", type=PolicyParam(), shell_complete=completion.policies)
@click.argument("after", type=PolicyParam(), shell_complete=completion.policies)
@purpose_option(None)
@as_of("all times")
@click.option(
    "--accept-no-to-yes", "accepted", is_flag=True, help="Exit with 0 even if no becomes yes."
)
@as_json
def diff(
    before: str,
    after: str,
    purpose: str | None,
    as_of: datetime | None,
    accepted: bool,
    as_json: bool,
) -> None:
    """Say what a change of policy permits that was not permitted, and the other way round.

    The policies themselves are compared, exactly. Whom a change would touch in your own corpus is
    counted by `vanne notice publish --dry-run`. Whenever something goes from no to yes, the exit
    code is 1.
    """
    from vanne.decide.difference import compare_policies
    from vanne.policy import load

    old, new = load(before), load(after)
    differences = compare_policies(old, new, purpose, as_of)
    later = as_of is not None and _permits(compare_policies(old, new, purpose))
    if as_json:
        answer(_document(old, new, as_of, differences))
    else:
        for line in diff_lines(old, new, as_of, differences):
            click.echo(line)
    now_permits = _permits(differences)
    if (now_permits or later) and not accepted:
        at = "" if now_permits else " at another time of asking"
        see = "read what goes from no to yes" if now_permits else "leave --as-of out to see it"
        raise VerificationError(
            f"the new policy permits what the old one does not{at}",
            todo=f"{see}; if it is meant, give --accept-no-to-yes",
        )


def _permits(differences: "Mapping[str, PolicyDifference]") -> bool:
    return any(change.permits for each in differences.values() for change in each.changes)


def diff_lines(
    old: "Policy",
    new: "Policy",
    as_of: datetime | None,
    differences: "Mapping[str, PolicyDifference]",
) -> Iterator[str]:
    """Yield what `vanne policy diff` prints."""
    yield f"from {old.name} ({old.digest[:16]}) to {new.name} ({new.digest[:16]})"
    when = "at every time of asking" if as_of is None else f"asked as of {as_of.isoformat()}"
    for purpose, difference in differences.items():
        yield f"{purpose}, {when}"
        yield from _wrapped("  they differ in: ", difference.keys or ("nothing",))
        for change in difference.changes:
            way = "no → yes" if change.permits else "yes → no"
            yield f"  {way}  {change.before.value} → {change.after.value}"
            if change.regions:
                yield from _wrapped("      region: ", region_names(change.regions))
                yield from _wrapped("      category: ", change.categories)
                yield from _wrapped(
                    "      chosen: ", [_SAID[chosen.value] for chosen in change.chosen]
                )
            if change.trait:
                yield from _wrapped(f"      {change.trait}: ", change.values)
            if change.start or change.end:
                start = f"from {change.start} " if change.start else ""
                end = f"until the day before {change.end}" if change.end else "on"
                yield f"      asked: {start}{end}"
        if not difference.changes:
            yield "  nothing goes from no to yes or from yes to no"
        elif any(change.regions for change in difference.changes):
            yield "  The same holds for whoever else wrote an item or is in it."


_SAID = {
    "never": "never",
    "on": "on",
    "off": "off",
    "off-later": "off after it was made",
    "mixed": "off after it was made, on for a part",
}


def region_names(regions: Sequence[str]) -> list[str]:
    """Name regions by their codes, as briefly as a policy could."""
    named, left = [], set(regions)
    if len(left) > len(REGIONS) / 2:
        return ["everywhere but " + ", ".join(region_names(sorted(REGIONS - left)) or ["nowhere"])]
    for group in ("EEA", "EU"):
        if left >= GROUPS[group]:
            named.append(group)
            left -= GROUPS[group]
    return named + sorted(left)


def _wrapped(label: str, values: Sequence[str]) -> list[str]:
    return wrapped(ScreenLine(label, ", ".join(values)), WIDTH).splitlines()


def _document(
    old: "Policy",
    new: "Policy",
    as_of: datetime | None,
    differences: "Mapping[str, PolicyDifference]",
) -> dict[str, Any]:
    purposes = []
    for purpose, difference in differences.items():
        changes = [
            {
                "answer": "no-to-yes" if change.permits else "yes-to-no",
                "before": change.before.value,
                "after": change.after.value,
                "regions": list(change.regions),
                "categories": list(change.categories),
                "chosen": [chosen.value for chosen in change.chosen],
                "from": change.start and change.start.isoformat(),
                "until": change.end and change.end.isoformat(),
                "trait": change.trait,
                "values": list(change.values),
            }
            for change in difference.changes
        ]
        row: dict[str, Any] = {"purpose": purpose, "keys": list(difference.keys)}
        row["changes"] = changes
        purposes.append(row)
    return {
        "schema": "vanne/policy-diff/1",
        "before": old.named(),
        "after": new.named(),
        "as_of": as_of and as_of.isoformat(),
        "purposes": purposes,
    }


# A policy in sentences

_ANSWERS = {
    "listed": sentence("may be used"),
    "never": sentence("never used"),
    "not-listed": sentence("not listed"),
}
_OWN = sentence("never used, by Vanne's own rule")
_CHOSEN = {
    "never": sentence("Never chose"),
    "off": sentence("Chose off"),
    "off-later": sentence("Off, made before"),
    "on": sentence("Chose on"),
}


class _Explained:
    """An explained policy as paragraphs; sources get numbers in the order of being cited."""

    def __init__(self, policy: dict[str, Any], w: Words) -> None:
        self.explained, self.w = policy, w
        self.numbers: dict[str, int] = {}
        self.doubts: list[tuple[str, str]] = []

    def lines(self) -> Iterator[ScreenLine]:
        w, policy = self.w, self.explained["policy"]
        yield ScreenLine("", self.explained["title"], "bold")
        yield ScreenLine(
            "", w("Policy %(name)s, version %(version)s, digest %(digest)s.", **policy)
        )
        for purpose in self.explained["purposes"]:
            yield from self.purpose(purpose)
        if self.doubts:
            yield from titled(w("Not certain (with a question mark above)"))
        for where, why in self.doubts:
            yield ScreenLine("  ", w.explained(where, why))
        if self.numbers:
            yield from titled(w("Sources"))
        for source, number in self.numbers.items():
            of = self.explained["sources"][source]
            text = f"{of['publisher']}: {of['title']}. {of['date']}. {of['where']}"
            yield ScreenLine(f"{number:>2} ", text, "dim")

    def purpose(self, purpose: dict[str, Any]) -> Iterator[ScreenLine]:
        w = self.w
        yield from titled(w("Purpose: %(purpose)s", purpose=purpose["purpose"]))
        yield ScreenLine(
            "", w("An item may be used only if none of these rules speaks against it.")
        )
        yield ScreenLine(
            "", w("They are asked in this order; the first that speaks is the reason.")
        )
        if any(line["own"] for rule in purpose["rules"] for line in rule["said"]):
            yield from titled(w("What the network says, by the sources"))
            yield from self.rules(purpose, own=False)
            yield from titled(w("What Vanne adds, for a network that runs Vanne"))
            yield ScreenLine("", w("No source states these rules: they are not the network's."))
            yield from self.rules(purpose, own=True)
        else:
            yield from self.rules(purpose, own=False)
        yield from self.table(purpose)
        yield from titled(w("Kinds of data"))
        rows = []
        for kind in purpose["kinds"]:
            category, answer = kind["category"], kind["answer"]
            cited = self.cited(kind, purpose, f"{answer}.{category}")
            text = w(_OWN if kind["own"] and answer == "never" else _ANSWERS[answer])
            rows.append([category_words(category, w.lang), text + cited])
        yield from (ScreenLine("  ", line) for line in _aligned(rows))

    def rules(self, purpose: dict[str, Any], *, own: bool) -> Iterator[ScreenLine]:
        """Say the rules in their order: those that are Vanne's own, or the others."""
        for number, rule in enumerate(purpose["rules"], 1):
            lines = [line for line in rule["said"] if line["own"] is own]
            if lines:
                yield ScreenLine(f"{number:>2}. ", " · ".join(rule["reasons"]), "bold")
            for line in lines:
                yield ScreenLine("    ", line["text"] + self.cited(line, purpose, line["where"]))

    def table(self, purpose: dict[str, Any]) -> Iterator[ScreenLine]:
        w = self.w
        yield from titled(w("What each country and choice gives"))
        if self.explained["as_of"]:
            at = datetime.fromisoformat(self.explained["as_of"])
            yield ScreenLine("", w("Asked for the time %(at)s.", at=w.date(at)))
        yield ScreenLine(
            "", w("For a listed kind of data of an owner of age, if no other rule speaks:")
        )
        rows = purpose["table"]
        chosen = [w(_CHOSEN[name]) for name in (rows[0]["answers"] if rows else ())]
        cells = [[w("From"), w("Before"), *chosen]]
        for row in rows:
            answers = [
                w("yes") if reason == "allowed" else w("no: %(reason)s", reason=reason)
                for reason in row["answers"].values()
            ]
            cells.append([row["from"] or "", row["until"] or "", *answers])
        head, *aligned = _aligned(cells)
        if rows:
            yield ScreenLine("    ", head)
        for number, (row, line) in enumerate(zip(rows, aligned, strict=True)):
            if number == 0 or row["place"] != rows[number - 1]["place"]:
                yield ScreenLine("  ", row["place"])
            yield ScreenLine("    ", line)
        rest = w("no: %(reason)s", reason=Reason.REGION_NOT_STARTED.value)
        text = sentence("At any other time, and in every other country: %(answer)s")
        yield ScreenLine("  ", w(text, answer=rest))

    def cited(self, row: dict[str, Any], purpose: dict[str, Any], where: str | None) -> str:
        """Return the numbers of the sources, and a mark if there is a doubt."""
        numbers = [self.numbers.setdefault(s, len(self.numbers) + 1) for s in row["sources"]]
        if row["uncertain"]:
            self.doubts.append((f"{purpose['purpose']}.{where}", row["uncertain"]))
        mark = "?" if row["uncertain"] else ""
        cited = ",".join(map(str, sorted(numbers)))
        return f" [{cited}{mark}]" if cited or mark else ""


def _aligned(rows: Sequence[list[str]]) -> list[str]:
    """Make all cells of a column as wide as its widest."""
    widths = [max(map(len, cells)) for cells in zip(*rows, strict=True)]
    return [
        "  ".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]
