"""The public summary of training content (Regulation (EU) 2024/1689, Article 53(1)(d)).

The sections are those of the template of the AI Office of July 2025. What an export knows is filled
in from its record; what only the provider of the model knows is left open, and says so. A provider
of a general-purpose model must publish it; for others it is voluntary.
"""

from collections.abc import Mapping
from typing import Any

from vanne.corpus.export.card import Publisher

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
