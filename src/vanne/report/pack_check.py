"""Check a network pack, and read its examples: what somebody who writes a pack needs.

An example is an archive in the folder `examples` of a pack: a folder, a zip or a single file. What
must come out of it stands beside it in `NAME.toml`. Each verdict counts by its reason.

    rows = 4
    items = 3
    listed = 1
    region = "CH"
    as_of = 2026-06-01
    birth_date = 1990-01-01

    [categories]
    post = 3

    [verdicts]
    allowed = 2
    visibility-not-listed = 1

    [states]
    used = 2
    not-known = 1
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from vanne.errors import ConfigError, InputError, VanneError, did_you_mean
from vanne.folding import fold
from vanne.packs import Pack, packs
from vanne.packs.finding import given_pack, working
from vanne.packs.pack import FACTS, GUIDE
from vanne.packs.schema import PackFacts, keys_of, lines_of, missing_languages, validated
from vanne.policy import builtin_names
from vanne.policy.load import parse
from vanne.report.guide import Guide
from vanne.report.inspection import inspect
from vanne.report.states import State, words_of_network
from vanne.sources.readers import Kind, kinds_of, read_readers
from vanne.terms import Category, Reason

EXAMPLES = "examples"
_PARTS = (FACTS, GUIDE, "readers", "policies", EXAMPLES)
_OTHERS = re.compile(r"\..*|__.*|README.*|LICENSE.*", re.IGNORECASE)
_KEY = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")


def is_pack_name(name: str) -> bool:
    """Say whether a folder with that name can be a pack."""
    return _KEY.fullmatch(name) is not None


@dataclass(frozen=True, slots=True)
class PackFindings:
    """What a check found: what is wrong, what is only worth to know, and how much there is."""

    pack: Pack
    faults: Sequence[str]
    remarks: Sequence[str]
    kinds: int
    policies: int
    examples: int


def check(folder: Path) -> PackFindings:
    """Check a pack as a whole: each fault is one line with the file, the key and what to do.

    Raises:
        ConfigError: the folder is no pack.
    """
    pack = given_pack(folder)
    faults = list[str]()
    for name, part in _CHECKS.items():
        try:
            faults += part(pack)
        except VanneError as error:  # a whole file cannot be read
            faults.append(str(error))
        except OSError as error:
            faults.append(f"{pack.place(name)}: {error.strerror}: check its owner and mode")
    kinds = [] if faults else kinds_of(pack)
    policies, examples = len(pack.files("policies")), len(example_archives(pack))
    return PackFindings(pack, faults, list(_remarks(pack)), len(kinds), policies, examples)


def _facts(pack: Pack) -> Iterator[str]:
    if not is_pack_name(pack.key):
        todo = "use up to 40 small letters, digits and hyphens"
        yield f"`{pack.key}` is no name of a network: {todo}"
    for entry in sorted(pack.folder.iterdir(), key=lambda entry: entry.name):
        if entry.name not in _PARTS and not _OTHERS.fullmatch(entry.name):
            yield str(pack.wrong(entry.name, "is no part of a pack", _near(entry.name, _PARTS)))
    facts, wrong = validated(PackFacts, pack.data(FACTS))
    for what, todo in lines_of(wrong, pack.text(FACTS)):
        yield str(pack.wrong(FACTS, what, todo))
    names = {fold(each) for each in (facts.name, *facts.formerly)} if facts else set()
    for other in working():
        theirs = {fold(each) for each in (other.facts.name, *other.facts.formerly)}
        if other.key != pack.key and names & theirs:
            what = f"a name is that of the pack `{other.key}` too"
            yield str(pack.wrong(FACTS, what, "give each network names of its own"))
    if facts and facts.policy and facts.policy not in pack.files("policies"):
        known = [*pack.files("policies"), *builtin_names()]
        if facts.policy not in known:
            what = f"`policy` names `{facts.policy}`, which is not there"
            yield str(pack.wrong(FACTS, what, _near(facts.policy, known)))
    if facts and facts.judges_cvs and pack.folder not in {other.folder for other in packs()}:
        yield str(pack.wrong(FACTS, "`judges_cvs` is what another pack does", "take the key out"))


def _readers(pack: Pack) -> Iterator[str]:
    kinds, faults = read_readers(pack)
    for fault in faults:
        yield str(pack.wrong(*fault))
    yield from _claims(pack, kinds)


def _claims(pack: Pack, kinds: Sequence[Kind]) -> Iterator[str]:
    """Yield what another pack claims, too."""
    for other in packs():
        if other.folder == pack.folder:
            continue
        if other.key == pack.key:
            yield f"`{pack.key}` is a pack of {other.origin} already: rename the folder"
        marks = {mark for kind in read_readers(other)[0] for mark in kind.marks}
        for kind in kinds:
            if marks.intersection(kind.marks):
                what = f"`{kind.name}` claims the same files as the pack `{other.key}`"
                todo = "name in `has` what only this network writes"
                yield str(pack.wrong("readers", what, todo))


def _policies(pack: Pack) -> Iterator[str]:
    for name, file in pack.files("policies").items():
        try:
            policy = parse(pack.text(file), pack.place(file))
        except ConfigError as error:
            yield str(error)
            continue
        if policy.name != name:
            what = f"`name` is `{policy.name}`, and the file is called `{name}`"
            yield str(pack.wrong(file, what, "give both one name"))


def _guide(pack: Pack) -> Iterator[str]:
    if not pack.guide:
        return
    guide, wrong = validated(Guide, pack.data(GUIDE))
    for what, todo in lines_of(wrong, pack.text(GUIDE), keys_of(Guide)):
        yield str(pack.wrong(GUIDE, what, todo))
    if guide and guide.platform != pack.key:
        what = f"`platform` is `{guide.platform}`, and the pack is called `{pack.key}`"
        yield str(pack.wrong(GUIDE, what, "give both one name"))
    if guide and guide.used:
        yield from _other_kinds(pack, guide)


def _other_kinds(pack: Pack, guide: Guide) -> Iterator[str]:
    """Yield each kind of data of which the guide and the policy do not say the same."""
    name = pack.facts.policy or ""
    file = pack.files("policies").get(name)
    if file is None:  # its policy is another pack's
        return
    rules = words_of_network(parse(pack.text(file), pack.place(file)))
    for section, rows, kinds in (
        ("used", guide.used, rules.listed),
        ("never", guide.never, rules.never),
    ):
        named = {category for row in rows for category in row.categories}
        for category in sorted(named - kinds):
            what = f"`{section}` names `{category}`, and the policy `{name}` does not"
            yield str(pack.wrong(GUIDE, what, "make both say the same"))
        for category in sorted(kinds - named):
            what = f"`{section}` lacks `{category}`, which the policy `{name}` names"
            yield str(pack.wrong(GUIDE, what, "add it to the `categories` of a row"))


def _examples(pack: Pack) -> Iterator[str]:
    archives = example_archives(pack)
    for file in sorted(_example_folder(pack).glob("*.toml")):
        name = f"{EXAMPLES}/{file.name}"
        expected, wrong = validated(PackExample, pack.data(name))
        for what, todo in lines_of(wrong, pack.text(name), list(PackExample.model_fields)):
            yield str(pack.wrong(name, what, todo))
        if expected and expected.rows != expected.items + expected.listed:
            what = f"`rows` is {expected.rows}, and `items` and `listed` add up to something else"
            yield str(pack.wrong(name, what, "count again: no row is lost"))
        if file.stem not in archives:
            what = f"the archive `{file.stem}` is not there"
            yield str(pack.wrong(name, what, "put a folder, a zip or a file of that name there"))


_CHECKS = {
    FACTS: _facts,
    "readers": _readers,
    "policies": _policies,
    GUIDE: _guide,
    EXAMPLES: _examples,
}


def _remarks(pack: Pack) -> Iterator[str]:
    """Yield what is allowed and worth to know."""
    try:
        if pack.files("readers") and not pack.facts.policy:
            yield f"{pack.place(FACTS)}: no `policy`: what is read belongs to no network"
        gaps = Counter[str]()
        for _, missing in missing_languages(pack.data(GUIDE) if pack.guide else {}):
            gaps.update(missing)
        for lang, count in sorted(gaps.items()):
            what = f"{count} texts are" if count > 1 else "1 text is"
            yield f"{pack.place(GUIDE)}: {what} missing in `{lang}`, and shown in English"
    except VanneError:
        return
    if not example_archives(pack):
        yield f"{pack.place(EXAMPLES)}: no example: `vanne pack test` has nothing to read"


def _near(word: str, known: Sequence[str]) -> str:
    return str(did_you_mean(word, list(known)))


# The examples


class PackExample(BaseModel):
    """What must come out of an example, and of whom and when it is asked."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    rows: int = Field(description="How many rows the archive has.")
    items: int = Field(description="How many of them are items.")
    listed: int = Field(description="How many are listed with the reason why they are none.")
    region: str = Field(description="The country of the member.")
    as_of: date = Field(description="The day of asking.")
    birth_date: date | None = Field(None, description="The member's birth date.")
    categories: dict[Category, int] = Field({}, description="How many items each category has.")
    verdicts: dict[Reason, int] = Field({}, description="How many items have each reason.")
    states: dict[State, int] = Field(
        {},
        description="How many items the network says that it uses, or does not, and of how many "
        "that is not known; nothing is compared without it.",
    )


@dataclass(frozen=True, slots=True)
class ExampleResult:
    """What came out of an example, and in what that differs from what must come out."""

    name: str
    found: PackExample
    differences: Sequence[str]
    unread: Mapping[str, int]
    """Why rows gave no item, with how many."""


def example_archives(pack: Pack) -> dict[str, Path]:
    """Return the archives of the examples by name."""
    folder = _example_folder(pack)
    places = sorted(folder.iterdir()) if folder.is_dir() else []
    return {p.stem: p for p in places if p.suffix != ".toml" and not p.name.startswith(".")}


def _example_folder(pack: Pack) -> Path:
    return Path(str(pack.folder)) / EXAMPLES


def try_examples(pack: Pack) -> Iterator[ExampleResult]:
    """Read each example of a pack that is attached, and compare.

    Raises:
        InputError: there is no example, or one does not say what must come out.
        ConfigError: something in the pack is wrong.
    """
    archives = example_archives(pack)
    if not archives:
        todo = f"put an archive into `{EXAMPLES}/`, and what must come out into `NAME.toml`"
        raise InputError(f"the pack `{pack.key}` has no example", todo=todo)
    for name, archive in archives.items():
        file = f"{EXAMPLES}/{name}.toml"
        if not pack.has(file):
            raise InputError(f"{pack.place(file)} is missing", todo="say what must come out")
        expected, wrong = validated(PackExample, pack.data(file))
        if expected is None:
            known = list(PackExample.model_fields)
            raise pack.wrong(file, *next(lines_of(wrong, pack.text(file), known)))
        inspection = inspect(
            [archive],
            region=expected.region,
            as_of=datetime.combine(expected.as_of, time(), UTC),
            birth_date=expected.birth_date,
        )
        categories, verdicts = Counter[Category](), Counter[Reason]()
        for (category, reason), count in inspection.counts.items():
            categories[Category(category)] += count
            verdicts[reason] += count
        states = Counter[State]()
        for (_, item_state), count in inspection.states.items():
            states[item_state.state] += count
        rows, items = inspection.reading.rows, inspection.item_count
        counts = {"rows": rows, "items": items, "listed": rows - items}
        found = expected.model_copy(
            update={**counts, "categories": categories, "verdicts": verdicts, "states": states}
        )
        unread = Counter[str]()
        for each in inspection.reading.files:
            unread.update({f"{each.path}: {why}": n for why, n in each.reasons.items()})
        yield ExampleResult(name, found, list(_differences(expected, found)), unread)


def _differences(expected: PackExample, found: PackExample) -> Iterator[str]:
    for name in ("rows", "items", "listed"):
        wanted, counted = getattr(expected, name), getattr(found, name)
        if wanted != counted:
            yield f"{name}: {wanted} expected, {counted} found"
    for part in ("categories", "verdicts", *(["states"] if expected.states else [])):
        wanted, counted = getattr(expected, part), getattr(found, part)
        for key in sorted({*wanted, *counted}):
            if wanted.get(key, 0) != counted.get(key, 0):
                yield f"{part}.{key}: {wanted.get(key, 0)} expected, {counted.get(key, 0)} found"
