"""Write the dataset card of an export, in the form that Hugging Face reads.

The card is made from the record of the export alone: no function here opens a shard or knows a
member.
"""

import json
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from importlib.resources import files
from typing import Any

from vanne.corpus.manifest import ScreeningRules
from vanne.policy import Policy
from vanne.screening import KINDS, placeholder

FATES = {
    "written": "are in it",
    "exact_duplicates": "say exactly what another one says",
    "without_content": "have no text (and no photo, where photos are exported)",
    "missing_photos": "name a photo that was not there",
    "unreadable_photos": "name a photo that cannot be read",
}


@dataclass(frozen=True, slots=True)
class Publisher:
    """Who answers for an export, as its receivers see it."""

    title: str = "Members' data, as their choices allow"
    name: str = "the operator of the network (name not given)"
    contact: str = "not given: ask whoever gave you this folder"
    licence: str = "none is granted here: what you may do is what you agreed with the operator"


_CARD = """\
---
{header}
---

# {title}

{counts[written]:,} items that members of a social network wrote or shared and that may be used \
for `{purpose}`: each was decided by the policy `{policy[name]}` and the choices of those \
concerned as of {as_of}, and nothing spoke against it.

They are personal data. They may name or show people, and what screening missed is still in \
them. No row says whose it is.
{photos_text}
## What is in it

{chosen}

{by_category}

{by_language}

## What was never in it

Whatever the policy `{policy[name]}` (sha256 `{policy[digest]}`) or a member denies. An item \
with anything unknown about it (whose, where, how old, what kind) is denied too. What was \
denied, and the first reason against each item:

{denied}
{rules}{unheard}
## What was taken out of the texts

{taken_out}

## Copies

Of items with the same text, or the same pixels, one is here. Another one may come in when the \
member of that one takes it back.

## When a member opts out

This is a copy, and an opt-out that comes after it does not reach it by itself. The operator \
exports again; whoever received this folder must then, without delay, delete every row whose \
`key` is not in the new `keys.txt` (those of an earlier export are listed in `removed.jsonl`), \
wherever it went, and train again without it what was trained on it. Shards are named by the \
sha256 of their bytes: a shard that is in both exports has not changed. A key says nothing \
about whose row it is; an item keeps its key from one export to the next as long as its content \
is the same.
{since_text}
## For the public summary of training content

Regulation (EU) 2024/1689, Article 53(1)(d): see `training-summary.md`.

## Where it comes from

* Operator: {publisher.name}
* Contact: {publisher.contact}
* Licence: {publisher.licence}
* Corpus: `{corpus}`
* Ledger of choices: {ledger[size]:,} entries, root `{ledger[root]}`
* Written by: {libraries}
"""

_PHOTOS = """
## Photos

Each photo is a new file that holds its pixels, upright, and nothing else: no EXIF, no place \
(GPS), no XMP or IPTC, no comment, thumbnail, colour profile or second picture. A place or a \
name that can be seen in the picture is still there. **Not to be used to recognise faces**, to \
tell people apart or to compute templates of their faces or bodies (biometric data, Regulation \
(EU) 2016/679, Article 9); no such thing was computed to make this.
"""


def readme(document: Mapping[str, Any], publisher: Publisher, policy: Policy | None) -> str:
    """Return the dataset card, in Markdown with a YAML header."""
    languages, since = document["languages"], document.get("since")
    header: dict[str, object] = {
        "pretty_name": publisher.title,
        "license": "other",
        "license_name": "agreed-with-the-operator",
        "language": [code for code in languages if code != "unknown"],
        "size_categories": [size_category(document["counts"]["written"])],
        "task_categories": ["text-generation"],
        "tags": ["vanne", f"policy:{document['policy']['name']}"],
        "configs": [
            {
                "config_name": "default",
                "data_files": [{"split": "train", "path": "data/*.parquet"}],
            }
        ],
    }
    chosen = [("**" + f"{document['counts']['allowed']:,}" + "**", "may be used; of these")]
    chosen += [(f"{document['counts'][n]:,}", text) for n, text in FATES.items()
               if document["counts"][n]]  # fmt: skip
    denied = _by_count({r: n for r, n in document["reasons"].items() if r != "allowed"})
    rules = unheard = since_text = ""
    if policy:
        purpose = policy.purpose(document["purpose"])
        moment = datetime.fromisoformat(document["as_of"])
        running = [rollout for rollout in purpose.rollouts if rollout.in_force(moment)]
        regions = sorted({region for rollout in running for region in rollout.regions})
        if any(rollout.everywhere for rollout in running):
            regions.append("every region that the policy does not name")
        rules = (
            f"\nUsed: {', '.join(sorted(purpose.listed)) or 'nothing'}. "
            f"Never used: {', '.join(sorted(purpose.never)) or 'nothing'}; and nothing of people "
            f"who are or may be under {purpose.minimum_age}. In force on that day for members in: "
            f"{', '.join(regions) or 'none'}.\n"
        )
    if count := document["choices_not_heard"]:
        unheard = (
            f"\n**{count:,} choices that members have made since are not heard in it**: the "
            "operator exported an earlier version by its name.\n"
        )
    if since:
        since_text = (
            f"\nSince the export as of {since['as_of']}: {since['removed']:,} rows are gone "
            f"(`removed.jsonl`), {len(since['shards_gone'])} shards are gone and "
            f"{len(since['shards_new'])} are new (`export.json`).\n"
        )
    screening = ScreeningRules(**document["screening"])
    taken_out = screening_text(screening, document["redacted"])
    if document["with_photos"]:
        taken_out += " Nothing in a picture was made unrecognisable."
    return _CARD.format(
        **document,
        # A JSON value is a YAML value, whatever stands in it.
        header="\n".join(f"{k}: {json.dumps(v, ensure_ascii=False)}" for k, v in header.items()),
        title=publisher.title,
        publisher=publisher,
        photos_text=_PHOTOS if document["with_photos"] else "",
        chosen=_table(("items", "that"), chosen),
        by_category=_table(("category", "items"), _by_count(document["categories"])),
        by_language=_table(("language", "items"), _by_count(languages)),
        denied=_table(("reason", "items"), denied) if denied else "Nothing was denied.",
        rules=rules,
        unheard=unheard,
        taken_out=taken_out,
        since_text=since_text,
        libraries=", ".join(f"{name} {number}" for name, number in document["written_by"].items()),
    )


def size_category(rows: int) -> str:
    """Return Hugging Face's name for a number of rows.

    >>> size_category(999), size_category(1_000), size_category(2_000_000_000)
    ('n<1K', '1K<n<10K', 'n>1B')
    """
    steps = ("1K", "10K", "100K", "1M", "10M", "100M", "1B")
    place = sum(rows >= 10**power for power in range(3, 10))
    if place in (0, len(steps)):
        return "n<1K" if not place else "n>1B"
    return f"{steps[place - 1]}<n<{steps[place]}"


def _by_count(counts: Mapping[str, int]) -> list[tuple[str, str]]:
    rows = sorted(counts.items(), key=lambda row: (-row[1], row[0]))
    return [(name, f"{count:,}") for name, count in rows]


def _table(head: tuple[str, str], rows: Iterable[tuple[str, str]]) -> str:
    lines = [f"| {left} | {right} |" for left, right in rows]
    return "\n".join((f"| {head[0]} | {head[1]} |", "|---|---|", *lines))


# What redaction took out of texts, and what it misses. `[PHONE]` stands where a phone number was
# found. The marks are counted in the texts themselves, so that everybody can count them again; a
# member may also have written such a mark by hand.


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


# Describe an export in Croissant 1.1 (MLCommons), with what its RAI extension asks for.
#
# Made from the record of the export alone, as the card is. `mlcroissant` reads the rows by it.


_OURS = (
    "arrayShape citeAs column containedIn equivalentProperty extract field fileObject fileProperty "
    "fileSet format includes isArray isLiveDataset jsonPath key md5 parentField path recordSet "
    "references regex repeated replace samplingRate separator source subField transform"
)
CONTEXT = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "cr": "http://mlcommons.org/croissant/",
    "dct": "http://purl.org/dc/terms/",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "sc": "https://schema.org/",
    **{name: f"cr:{name}" for name in _OURS.split()},
    "conformsTo": "dct:conformsTo",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "description": {"@container": "@language"},
    "examples": {"@id": "cr:examples", "@type": "@json"},
    "name": {"@container": "@language"},
}
"""The context that the specification gives."""
_SHARDS = "shards"
_COLUMNS = {
    "key": ("sc:Text", "names the row in this export and in later ones, and nobody"),
    "category": ("sc:Text", "what kind of item it is"),
    "lang": ("sc:Text", "the language, or nothing"),
    "text": ("sc:Text", "what the item says, after screening"),
    "photo": ("sc:ImageObject", "the picture, without anything but its pixels"),
}


def croissant(
    document: Mapping[str, Any], publisher: Publisher, folder: str, columns: list[str]
) -> str:
    """Return the description of an export, whose shards lie in `folder` and have these columns."""
    policy, shards = document["policy"], document["shards"]
    whole = {
        "@type": "cr:FileSet",
        "@id": _SHARDS,
        "name": _SHARDS,
        "encodingFormat": "application/x-parquet",
        "includes": f"{folder}/*.parquet",
    }
    record = {
        "@context": CONTEXT,
        "@type": "sc:Dataset",
        "conformsTo": ["http://mlcommons.org/croissant/1.1", "http://mlcommons.org/croissant/RAI/1.0"],
        "name": publisher.title,
        "description": f"{document['counts']['written']:,} items of members of a social network "
        f"that may be used for {document['purpose']}, by the policy {policy['name']} and the "
        f"choices of those concerned as of {document['as_of']}.",
        "version": "1.0.0",
        "identifier": document["corpus"],
        "datePublished": f"{datetime.fromisoformat(document['as_of']):%Y-%m-%d}",
        "license": publisher.licence,
        "url": f"urn:sha256:{document['corpus']}",
        "citeAs": f"{publisher.title}, corpus {document['corpus']}",
        "creator": {"@type": "sc:Organization", "name": publisher.name},
        "isLiveDataset": True,
        "rai:personalSensitiveInformation": "Personal data of the network's members. What was "
        "taken out of the texts, and how well, is in README.md.",
        "rai:dataCollection": "Decided item by item against a policy and a ledger of choices, "
        f"which had the root {document['ledger']['root']}.",
        "rai:dataReleaseMaintenancePlan": "An opt-out after this date is in a later export, whose "
        "removed.jsonl names the rows to delete.",
        "distribution": [*(_shard(each, folder) for each in shards), whole] if shards else [],
        "recordSet": [_rows(columns)] if shards else [],
    }  # fmt: skip
    return json.dumps(record, ensure_ascii=False, indent=2) + "\n"


def _shard(shard: Mapping[str, Any], folder: str) -> dict[str, Any]:
    return {
        "@type": "cr:FileObject",
        "@id": shard["name"],
        "name": shard["name"],
        "contentUrl": f"{folder}/{shard['name']}",
        "contentSize": f"{shard['bytes']} B",
        "encodingFormat": "application/x-parquet",
        "sha256": shard["sha256"],
    }


def _rows(columns: list[str]) -> dict[str, Any]:
    fields = [
        {
            "@type": "cr:Field",
            "@id": f"items/{name}",
            "name": name,
            "description": _COLUMNS[name][1],
            "dataType": _COLUMNS[name][0],
            "source": {"fileSet": {"@id": _SHARDS}, "extract": {"column": name}},
        }
        for name in columns
    ]
    key = {"@id": "items/key"}
    return {"@type": "cr:RecordSet", "@id": "items", "name": "items", "key": key, "field": fields}


# The public summary of training content (Regulation (EU) 2024/1689, Article 53(1)(d)).
#
# The sections are those of the template of the AI Office of July 2025. What an export knows is
# filled in from its record; what only the provider of the model knows is left open, and says so.
# A provider of a general-purpose model must publish it; for others it is voluntary.


_OPEN = "*(to be filled in by the provider of the model)*"

_SUMMARY = """\
# Summary of training content

Template of the AI Office for Article 53(1)(d) of Regulation (EU) 2024/1689. Filled in from the \
export of the corpus `{corpus}` for the part of the training that it is; what it does not know is \
marked.

## 1. General information

### 1.1 Provider

* Provider and contact: {open}
* Operator of the network: {publisher.name}; {publisher.contact}
* Authorised representative: {open}

### 1.2 Model

* Name, version, model that it depends on, date of placing on the market: {open}

### 1.3 Modalities, size and characteristics

* Modality: {modality}
* Size, in a unit of its own: {written:,} items after copies were left out ({open} in tokens)
* Types of content: {categories}
* Latest date of collection: {day}
* Languages, by items: {languages}
* Other: each item was allowed by the policy `{policy[name]}` and by the choices of everybody in \
it; before it was read, {redacted} were taken out of the texts

## 2. List of data sources

### 2.1 Publicly available datasets

None in this export. Others: {open}

### 2.2 Private non-public datasets obtained from third parties

If the provider of the model does not run this network: yes, this export, by agreement with its \
operator. Modality: {modality}. Others: {open}

### 2.3 Data crawled and scraped

None in this export. Others: {open}

### 2.4 User data

* From interactions with the model: none in this export. Others: {open}
* From interactions with other services of the provider: yes, if the provider runs this network: \
what members wrote there ({categories}). Members switch it off as a whole, for a category or for \
an item; {denied:,} items were left out, {by_choice:,} of them because somebody in them did not \
permit it.

### 2.5 Synthetic data

None that the network marks as such. Others: {open}

### 2.6 Other sources

{open}

## 3. Processing

### 3.1 Reservations of rights

An item with a reservation of text and data mining is not used ({reservation:,} items). Signatory \
of the code of practice: {open}

### 3.2 Illegal content

{open}

### 3.3 Other

Choices are entries of a log that anybody can check ({ledger[size]:,} entries, root \
`{ledger[root]}`). Who opts out later leaves the next export and what is trained on it.
"""
_BY_CHOICE = ("off", "off-category", "off-item", "author-refuses", "subject-refuses", "objection")


def training_summary(document: Mapping[str, Any], publisher: Publisher) -> str:
    """Return the summary of what an export holds, in Markdown."""
    reasons: Mapping[str, int] = document["reasons"]
    redacted = ", ".join(document["screening"]["redact"]) or "nothing"
    return _SUMMARY.format(
        **{name: document[name] for name in ("corpus", "policy", "ledger")},
        publisher=publisher,
        open=_OPEN,
        modality="text and image" if document["with_photos"] else "text",
        written=document["counts"]["written"],
        categories=_counted(document["categories"]),
        languages=_counted(document["languages"]),
        day=document["as_of"][:10],
        redacted=redacted,
        denied=sum(reasons.values()) - reasons.get("allowed", 0),
        by_choice=sum(reasons.get(name, 0) for name in _BY_CHOICE),
        reservation=reasons.get("reservation", 0),
    )


def _counted(counts: Mapping[str, int]) -> str:
    largest = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
    return ", ".join(f"{name} {count:,}" for name, count in largest) or "none"
