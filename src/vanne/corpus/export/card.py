"""Describe an export for people: a dataset card in the form that Hugging Face reads.

It is written from the record of the export alone: nothing here opens a shard or knows a member.
"""

import json
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from importlib.resources import files
from typing import Any

from vanne.corpus.export.shards import DATA, PHOTO_KINDS, SUFFIX
from vanne.corpus.manifest import Manifest, ScreeningRules
from vanne.policy import Policy
from vanne.policy.policy import PurposePolicy
from vanne.screening import KINDS, placeholder, rules_digest

_SIZES = (1_000, 10_000, 100_000, 1_000_000, 10_000_000, 100_000_000, 1_000_000_000)
_SIZE_NAMES = ("n<1K", "1K<n<10K", "10K<n<100K", "100K<n<1M", "1M<n<10M", "10M<n<100M")
_COUNTS = {
    "written": "are in it",
    "exact_duplicates": "say exactly what another one says",
    "near_duplicates": "say nearly what another one says",
    "without_content": "have nothing of this kind (a photo has no text)",
    "missing_photos": "name a photo that was not there",
    "unreadable_photos": "name a photo that cannot be read",
    "too_large_photos": "name a photo that is too large",
    "without_headline": "are photos of people who have no headline that may be used",
}


@dataclass(frozen=True, slots=True)
class Publisher:
    """Who answers for an export, as its receivers see it."""

    title: str = "Members' data, as their choices allow"
    name: str = "the operator of the network (name not given)"
    contact: str = "not given: ask whoever gave you this folder"
    licence: str = "none is granted here: what you may do is what you agreed with the operator"


def readme(document: Mapping[str, Any], publisher: Publisher, policy: Policy | None) -> str:
    """Return the dataset card, in Markdown with a YAML header."""
    rules = policy.purpose(document["purpose"]) if policy else None
    parts = (
        _header(document, publisher),
        f"# {publisher.title}",
        what_text(document),
        *(["## Photos\n\n" + photos_text(document)] if is_photos(document) else []),
        _rows(document),
        _rules(document, rules),
        "## What was taken out of the texts\n\n" + taken_out_text(document),
        copies_text(document),
        removal_text(document),
        _summary(document),
        _made(document, publisher),
    )
    return "\n\n".join(part for part in parts if part) + "\n"


def _header(document: Mapping[str, Any], publisher: Publisher) -> str:
    tasks = {"webdataset": [], "vision": ["image-to-text"]}.get(
        document["kind"], ["text-generation"]
    )
    languages = [code for code in document["languages"] if code != "unknown"]
    fields: dict[str, object] = {
        "pretty_name": publisher.title,
        "license": "other",
        "license_name": "agreed-with-the-operator",
        **({"language": languages} if languages else {}),
        "size_categories": [size_category(document["counts"]["written"])],
        **({"task_categories": tasks} if tasks else {}),
        "tags": ["vanne", f"policy:{document['policy']['name']}"],
        "configs": [
            {
                "config_name": "default",
                "data_files": [{"split": "train", "path": f"{DATA}/*.{SUFFIX[document['kind']]}"}],
            }
        ],
    }
    # A JSON value is a YAML value, whatever stands in it.
    lines = [f"{key}: {json.dumps(value, ensure_ascii=False)}" for key, value in fields.items()]
    return "\n".join(("---", *lines, "---"))


def size_category(rows: int) -> str:
    """Return Hugging Face's name for a number of rows.

    >>> size_category(999), size_category(1_000), size_category(2_000_000_000)
    ('n<1K', '1K<n<10K', 'n>1B')
    """
    place = sum(rows >= size for size in _SIZES)
    names = (*_SIZE_NAMES, "100M<n<1B", "n>1B")
    return names[place]


def what_text(document: Mapping[str, Any]) -> str:
    """Say in two paragraphs what the rows are."""
    noun = {"webdataset": "photos", "vision": "photos with their owners' headlines"}.get(
        document["kind"], "texts"
    )
    return (
        f"{document['counts']['written']:,} {noun} that members of a social network wrote or "
        f"shared and that may be used for `{document['purpose']}`: each was decided by the policy "
        f"`{document['policy']['name']}` and the choices of those concerned as of "
        f"{document['as_of']}, and nothing spoke against it.\n\n"
        "They are personal data. They may name or show people, and what screening missed is still "
        "in them."
    ) + (
        " The column `owner` holds the member's id, at the operator's wish."
        if document["with_owner"] and document["kind"] != "vision"
        else " No row says whose it is."
    )


def taken_out_text(document: Mapping[str, Any]) -> str:
    """Say what was taken out of the texts and what was not."""
    screening = ScreeningRules(
        tuple(document["screening"]["redact"]), document["screening"]["rules"]
    )
    text = screening_text(screening, document["redacted"])
    if is_photos(document):
        text += " Nothing in a picture was made unrecognisable."
    return text


def is_photos(document: Mapping[str, Any]) -> bool:
    """Say whether an export holds photos."""
    return document["kind"] in PHOTO_KINDS


def photos_text(document: Mapping[str, Any]) -> str:
    """Say what was taken out of the photos, and what they must not be used for."""
    return " ".join(
        (
            "Each photo is a new file that holds its pixels, upright, and nothing else: no EXIF, "
            "no place (GPS), no XMP or IPTC, no comment, thumbnail, colour profile or second "
            "picture. A place or a name that can be seen in the picture is still there. **Not to "
            "be used to recognise faces**, to tell people apart or to compute templates of their "
            "faces or bodies (biometric data, Regulation (EU) 2016/679, Article 9); no such thing "
            "was computed to make this.",
            *(f"{warning}." for warning in document["warnings"]),
        )
    )


def _rows(document: Mapping[str, Any]) -> str:
    counts = document["counts"]
    chosen = _table(
        ("items", "that"),
        [("**" + f"{counts['allowed']:,}" + "**", "may be used; of these")]
        + [(f"{counts[name]:,}", say) for name, say in _COUNTS.items() if counts[name]],
    )
    by = [
        _table(
            (kind[:-3] + "y" if kind == "categories" else "language", "items"), _by_count(counted)
        )
        for kind, counted in (
            ("categories", document["categories"]),
            ("languages", document["languages"]),
        )
        if counted
    ]
    return "\n\n".join(("## What is in it", chosen, *by))


def _rules(document: Mapping[str, Any], rules: PurposePolicy | None) -> str:
    denied = [row for row in _by_count(document["reasons"]) if row[0] != "allowed"]
    policy = document["policy"]
    lines = [
        "## What was never in it",
        f"Whatever the policy `{policy['name']}` (sha256 `{policy['digest']}`) or a member denies. "
        "An item with anything unknown about it (whose, where, how old, what kind) is denied too. "
        "What was denied, and the first reason against each item:",
        _table(("reason", "items"), denied) if denied else "Nothing was denied.",
    ]
    if rules:
        moment = datetime.fromisoformat(document["as_of"])
        lines += [
            f"Used: {_words(category.value for category in rules.listed)}. Never used: "
            f"{_words(category.value for category in rules.never)}; and nothing of people who are "
            f"or may be under {rules.minimum_age}. In force on that day for members in: "
            f"{_regions(rules, moment)}."
        ]
    if document["choices_not_heard"]:
        lines.append(
            f"**{document['choices_not_heard']:,} choices that members have made since are not "
            "heard in it**: the operator exported an earlier version by its name."
        )
    return "\n\n".join(lines)


def _regions(rules: PurposePolicy, moment: datetime) -> str:
    running = [rollout for rollout in rules.rollouts if rollout.in_force(moment)]
    named = sorted({region for rollout in running for region in rollout.regions})
    everywhere = any(rollout.everywhere for rollout in running)
    rest = ["every region that the policy does not name"] if everywhere else []
    return ", ".join(named + rest) or "none"


def copies_text(document: Mapping[str, Any]) -> str:
    """Say which copies were left out."""
    near = document["near"]
    how = (
        f"Texts that share about {near:.0%} or more of their runs of three words count as copies "
        "(estimated with MinHash); of copies the one with the smallest id is here."
        if near is not None
        else "Photos count as copies if every pixel is the same, whatever else their files said."
        if is_photos(document)
        else "Only exact copies were left out."
    )
    return (
        f"## Copies\n\n{how} A copy that is not here may come in when the other one is taken back."
    )


def removal_text(document: Mapping[str, Any]) -> str:
    """Say how a member's opt-out reaches whoever holds a copy, and what they must then do."""
    text = (
        "## When a member says no\n\n"
        "This is a copy, and a no that comes after it does not reach it by itself. The operator "
        "exports again; whoever received this folder must then, without delay, delete every row "
        "whose `key` is not in the new `keys.txt` (those of an earlier export are listed in "
        "`removed.jsonl`), wherever it went, and train again without it what was trained on it. "
        "Shards are named by the sha256 of their bytes: a shard that is in both exports has not "
        "changed. A key says nothing about whose row it is; an item keeps its key from one export "
        "to the next as long as its content is the same."
    )
    if document["kind"] == "vision":
        text += (
            " The format has no room for a key: the n-th line of a shard is the row of the n-th of "
            "its keys, which follow one another in `keys.txt` as the shards do in `export.json`."
        )
    if since := document.get("since"):
        text += (
            f"\n\nSince the export as of {since['as_of']}: {since['removed']:,} rows are gone "
            f"(`removed.jsonl`), {len(since['shards_gone'])} shards are gone and "
            f"{len(since['shards_new'])} are new (`export.json`)."
        )
    return text


def _summary(document: Mapping[str, Any]) -> str:
    kind = "image" if is_photos(document) else "text"
    languages = ", ".join(document["languages"]) or "none"
    return (
        "## For the public summary of training content\n\n"
        "Regulation (EU) 2024/1689, Article 53(1)(d). "
        f"Modality: {kind}; {document['counts']['written']:,} items; languages: {languages}; "
        f"collected until {document['as_of'][:10]}. Data of users of the provider's own services: "
        "yes, if the model's provider runs this network; else obtained from a third party. "
        "Not crawled."
    )


def _made(document: Mapping[str, Any], publisher: Publisher) -> str:
    libraries = ", ".join(f"{name} {number}" for name, number in document["written_by"].items())
    ledger = document["ledger"]
    return (
        "## Where it comes from\n\n"
        f"* Operator: {publisher.name}\n* Contact: {publisher.contact}\n"
        f"* Licence: {publisher.licence}\n* Corpus: `{document['corpus']}`\n"
        f"* Ledger of choices: {ledger['size']:,} entries, root `{ledger['root']}`\n"
        f"* Written by: {libraries}"
    )


def _by_count(counts: Mapping[str, int]) -> list[tuple[str, str]]:
    rows = sorted(counts.items(), key=lambda row: (-row[1], row[0]))
    return [(name, f"{count:,}") for name, count in rows]


def _table(head: tuple[str, str], rows: Iterable[tuple[str, str]]) -> str:
    lines = [f"| {left} | {right} |" for left, right in rows]
    return "\n".join((f"| {head[0]} | {head[1]} |", "|---|---|", *lines))


def _words(values: Iterable[str]) -> str:
    return ", ".join(sorted(values)) or "nothing"


# What redaction took out of texts, and what it misses. `[PHONE]` stands where a phone number was
# found. The marks are counted in the texts themselves, so that everybody can count them again; a
# member may also have written such a mark by hand.


def screening_of(manifest: Manifest) -> ScreeningRules:
    """Return what is taken out of the texts of a version of the corpus, and by which rules."""
    return manifest.screening or ScreeningRules(KINDS, rules_digest())


def marks_in(texts: Iterable[str | None], kinds: Collection[str]) -> Counter[str]:
    """Count the marks of these kinds in texts.

    >>> marks_in(["[PHONE] or [PHONE]", None], ["phone", "iban"])
    Counter({'phone': 2, 'iban': 0})
    """
    marks = {kind: placeholder(kind) for kind in kinds}
    counts = Counter(dict.fromkeys(kinds, 0))
    for text in texts:
        if text and "[" in text:
            counts.update({kind: text.count(mark) for kind, mark in marks.items()})
    return counts


def screening_text(screening: ScreeningRules, marks: Mapping[str, int] | None) -> str:
    """Say it in paragraphs and a table, in Markdown; `marks` is None where nobody can count them.

    The last column is what the labelled texts of the blind sets measure (`docs/screening.py`).
    """
    rest = ", ".join(sorted(set(KINDS) - set(screening.redact)))
    if not screening.redact:
        return f"Nothing was taken out of the texts: the policy names no kind ({rest} stay in)."
    rows = [("mark", "places", "found in a test"), ("---", "---", "---")]
    for kind in screening.redact:
        redacted, total = measured()[kind]
        places = "not counted" if marks is None else f"{marks[kind]:,}"
        rows.append((f"`{placeholder(kind)}`", places, f"{redacted} of {total}"))
    parts = [
        "Before anything read the texts, a mark was put in the place of what was found of these "
        f"kinds (rules of screening: sha256 `{screening.rules}`).",
        "\n".join(f"| {' | '.join(row)} |" for row in rows),
        "**Not everything is found.** The last column is the lowest figure of several sets of "
        "texts that the rules were not made from, in French, English, German and Italian; expect "
        "no more of other texts, and less in other languages. What was missed is still there. "
        "Names of people and companies, dates of birth and what pictures show are not looked for.",
    ]
    if rest:
        parts.append(
            "Of what can be looked for, these kinds were not taken out, because the policy does "
            f"not name them: {rest}."
        )
    return "\n\n".join(parts)


@cache
def measured() -> dict[str, tuple[int, int]]:
    """Return of each kind how many were found, of how many in the hardest blind set."""
    text = (files("vanne.screening") / "measured.json").read_text(encoding="utf-8")
    return {kind: (each["found"], each["marks"]) for kind, each in json.loads(text).items()}
