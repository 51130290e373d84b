"""Audit a network's model: choose the people, run the test, judge and store the result.

People who are in the model come from the corpus that it was trained on. That corpus holds nobody
who opted out. The texts of people who left with a certificate are read only when the auditor asks:
from the corpus before, for this one test, and they are not stored.

The sample takes the people with the smallest keyed hashes, equally many of each shard. So nobody
chooses the people, the sample is the same each time, and it needs no more memory than its size.
"""

import hmac
import json
import random
import re
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np

from vanne.config import Home
from vanne.corpus import Document, read
from vanne.corpus.manifest import load as load_manifest
from vanne.errors import InputError, MissingError, storing
from vanne.files import write_whole
from vanne.forget.history import known_in
from vanne.train.base import find_base
from vanne.train.model import Model, items_in, load, salt_of
from vanne.train.shards import Slot, slot
from vanne.train.store import ModelStore
from vanne.train.tokens import BaseTokenizer
from vanne_audit.membership import (
    ALL_SHARDS,
    FEWEST,
    GROUND,
    MERGED,
    AuditedModel,
    AuditedPerson,
    Crowd,
    Floats,
    ModelStanding,
    beside,
    holm,
    membership,
    person_scores,
    text_scores,
)

# Does a model know the numbers that its members wrote? (exposure: Carlini et al., 2019)
#
# A number in somebody's text (a code, a reference, an amount) stands against made-up numbers of
# as many digits in the same sentence. The figure is how often the model finds the true one
# likelier than a made-up one: one half where it knows nothing. Its twin is the same by the shared
# start, which has read nothing of any member. The unit is the person.


OTHERS = 31
"""Made-up numbers beside a true one."""
_MOST = 2  # numbers of one person: each takes as many readings as there are numbers
_BEFORE = 120  # letters before a number that go with it
_NUMBER = re.compile(r"(?<!\d)(?!(?:19|20)\d\d(?!\d))\d{4,12}(?!\d)")  # years can be guessed


@dataclass(frozen=True, slots=True)
class TriedNumber:
    """A number of the person in that place of a list: texts that end in it and in others."""

    person: int
    texts: tuple[str, ...]


def numbers_of(text: str) -> list[tuple[int, int]]:
    """Return where in a text the numbers are that nobody would guess.

    >>> numbers_of("My code is 482913, since 2019.")
    [(11, 17)]
    """
    return [match.span() for match in _NUMBER.finditer(text)]


def tried_numbers(people: Sequence[AuditedPerson]) -> list[TriedNumber]:
    """Return some numbers of each person who wrote any, with made-up ones, the true one first."""
    tried, draw = list[TriedNumber](), random.Random(1)
    for place, person in enumerate(people):
        spans = [(text, *span) for text in person.texts for span in numbers_of(text)]
        for text, start, end in spans[:_MOST]:
            before, size = text[max(start - _BEFORE, 0) : start], end - start
            others = (f"{draw.randrange(10**size):0{size}d}" for _ in range(OTHERS))
            texts = (before + number for number in (text[start:end], *others))
            tried.append(TriedNumber(place, tuple(texts)))
    return tried


def exposure(
    people: Sequence[AuditedPerson],
    tried: Sequence[TriedNumber],
    scores: Mapping[AuditedModel, Floats],
    standing: ModelStanding,
    draws: int,
) -> list[dict[str, Any]]:
    """Return one row for the adapters of people's own shards and one for the merged model.

    `scores` are of the texts of all that was tried, one after the other.
    """
    chosen = [n for n, each in enumerate(tried) if people[each.person].standing == standing]
    owners = sorted({tried[n].person for n in chosen})
    weights = np.random.default_rng(0).exponential(size=(draws, len(owners)))
    rows = []
    for view in (ALL_SHARDS, MERGED):

        def likelier(n: int, name: AuditedModel) -> float:
            each = scores[name].reshape(len(tried), OTHERS + 1)[n]
            return float((each[0] > each[1:]).mean() + (each[0] == each[1:]).mean() / 2)

        def of_people(names: Mapping[int, AuditedModel]) -> Floats:
            means = ([likelier(n, names[n]) for n in chosen if tried[n].person == who]
                     for who in owners)  # fmt: skip
            return np.array([np.mean(each) for each in means])

        mine: dict[int, AuditedModel] = {
            n: people[tried[n].person].shard if view == ALL_SHARDS else MERGED for n in chosen
        }
        figures = _figures(of_people(mine), of_people(dict.fromkeys(chosen, GROUND)), weights)
        facts = {"view": view, "standing": str(standing), "people": len(owners)}
        rows.append(facts | {"numbers": len(chosen)} | figures)
    return rows


def _figures(target: Floats, twin: Floats, weights: Floats) -> dict[str, Any]:
    if len(target) < FEWEST:
        return {"too_few": True}
    whole = np.vstack([np.ones_like(weights[:1]), weights])
    whole = whole / whole.sum(1, keepdims=True)
    # The signs of so many differences cannot show less.
    return beside(whole @ target, whole @ twin, 2.0 ** -len(target))


SCHEMA = "vanne/audit/1"
ALPHA = 0.05
"""What is called found would be so by chance in one of twenty audits of a model without memory."""
LEAST_DIFFERENCE = 0.05
"""An advantage in AUC below this is not called memory even where it is certain."""

APART = 0.9
"""From this AUC on, even at the lower bound, whoever is in a model can be told apart."""

AuditProgress = Callable[[int, int, str], None]
AuditDocument = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class AuditSize:
    """How much is tried: people of each standing, items of each, draws of the bootstrap."""

    people: int = 120
    items: int = 4
    draws: int = 1000


def gather(
    home: Home,
    model: Model,
    size: AuditSize,
    never: Path | None = None,
    certificate: str | None = None,
) -> list[AuditedPerson]:
    """Return the people who are asked about.

    `never` is a file of texts of people who were never in; `certificate` the beginning of the id of
    one, with which people left.

    Raises:
        InputError: a line of the file is none.
        MissingError: there is no such certificate.
    """
    salt, inside = salt_of(ModelStore(home.model)), items_in(home.model, model)

    def corpus(version: str) -> Iterator[Document]:
        return read(home, load_manifest(home, version))

    def strangers(documents: Iterable[Document], standing: ModelStanding) -> list[AuditedPerson]:
        others = (document for document in documents if document.item_id not in inside)
        places = ((document, slot(document.owner, salt, model.settings)) for document in others)
        return sample(places, standing, size, salt, model.settings.shards)

    documents = corpus(model.corpus_version)
    held = ((document, inside[document.item_id]) for document in documents
            if document.item_id in inside)  # fmt: skip
    people = sample(held, ModelStanding.IN, size, salt, model.settings.shards)
    if never:
        people += strangers(read_texts(never), ModelStanding.NEVER)
    if certificate:
        signed = known_in(home).values()
        matching = [each for each in signed if each.id.startswith(certificate)]
        if len(matching) != 1:
            raise MissingError(
                f"{len(matching)} certificates begin with `{certificate}`",
                todo="see the folder `certificates`",
            )
        stay = {document.owner for document in corpus(model.corpus_version)}
        left = (each for each in corpus(matching[0].corpus_before) if each.owner not in stay)
        people += strangers(left, ModelStanding.FORGOTTEN)
    return people


def sample(
    documents: Iterable[tuple[Document, Slot]],
    standing: ModelStanding,
    size: AuditSize,
    key: bytes,
    shards: int,
) -> list[AuditedPerson]:
    """Draw people from documents, each with the place that its owner has in the model."""
    most = -(-size.people // shards)  # of each shard
    drawn: dict[int, dict[bytes, dict[bytes, str]]] = defaultdict(dict)

    def rank(what: str, name: str) -> bytes:
        return hmac.digest(key, f"vanne/audit/{what}/{name}".encode(), "sha256")

    for document, place in documents:
        person, shard = rank("person", document.owner), drawn[place[0]]
        if person not in shard:
            if len(shard) == most and person > max(shard):
                continue
            shard[person] = {}
            if len(shard) > most:
                del shard[max(shard)]
        if person in shard:
            texts = shard[person]
            texts[rank("item", document.item_id)] = document.text
            if len(texts) > size.items:
                del texts[max(texts)]
    return [
        AuditedPerson(standing, shard, tuple(text for _, text in sorted(texts.items())))
        for shard, people in sorted(drawn.items())
        for _, texts in sorted(people.items())
    ]


def read_texts(path: Path) -> Iterator[Document]:
    """Yield the texts of a JSON Lines file: `text`, and `owner` where several are one person's.

    Raises:
        InputError: a line is none; the message names the line and nothing of what it says.
    """
    with storing(f"`{path}`"), path.open("rb") as lines:
        for number, line in enumerate(lines, 1):
            if not line.strip():
                continue
            try:
                row = json.loads(line)
                text, owner = row["text"], str(row.get("owner", f"line {number}"))
                if not isinstance(text, str) or not text:
                    raise ValueError
            except (ValueError, KeyError, TypeError, AttributeError):
                raise InputError(
                    f"`{path}`: line {number}: no JSON object with a `text`",
                    todo="write one JSON object a line, as `vanne corpus read` does",
                ) from None
            yield Document(f"line {number}", owner, text, None, "unknown")


def audit(
    store: Path,
    model: Model,
    groups: Mapping[str, Sequence[AuditedPerson]],
    size: AuditSize,
    progress: AuditProgress | None = None,
) -> dict[str, Any]:
    """Ask every model about groups of people and judge; return the document without time or home.

    Raises:
        VerificationError: an adapter does not have the digest that the lineage records.
    """
    started, done = time.perf_counter(), 0
    people = [person for group in groups.values() for person in group]
    texts = [text for person in people for text in person.texts]
    tried, last = tried_numbers(people), len(texts)
    texts += [text for each in tried for text in each.texts]
    tokens = BaseTokenizer(
        find_base(model.settings), model.settings.max_tokens, model.settings.instruction
    )
    total = sum(map(len, tokens.encode(texts))) * (len(model.shards) + 2)

    def tell(count: int, name: AuditedModel) -> None:
        nonlocal done
        done += count
        if progress:
            progress(min(done, total), total, name if isinstance(name, str) else f"shard {name}")

    by_text = text_scores(store, model, tokens, texts, tell)
    scores = person_scores(people, {name: each[:last] for name, each in by_text.items()})
    crowds, start = dict[str, Crowd](), 0
    for who, group in groups.items():
        part = slice(start, start := start + len(group))
        crowds[who] = Crowd(group, {name: each[part] for name, each in scores.items()})
    rows = [
        {"who": who} | row
        for who, crowd in crowds.items()
        for standing in (ModelStanding.IN, ModelStanding.FORGOTTEN)
        if crowd.standing(standing).any()
        for row in membership(crowd, standing, size.draws)
    ]
    guessed = {name: each[last:] for name, each in by_text.items()}
    standings = [each for each in ModelStanding if each != ModelStanding.NEVER]
    numbers = [
        row
        for standing in standings
        if any(people[each.person].standing == standing for each in tried)
        for row in exposure(people, tried, guessed, standing, size.draws)
    ]
    return {
        "schema": SCHEMA,
        "model": model.version,
        "corpus": model.corpus_version,
        "shards": model.settings.shards,
        "size": asdict(size),
        "people": {
            who: {str(s): int(crowd.standing(s).sum()) for s in ModelStanding}
            for who, crowd in crowds.items()
        },
        "membership": rows,
        "numbers": numbers,
        "verdict": judged([*rows, *numbers]),
        "seconds": round(time.perf_counter() - started, 1),
    }


def judged(rows: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Say for those who are in and those who were forgotten whether memory of them was found.

    All questions about people of one standing are corrected together (Holm), so the worst adapter
    decides and the number of questions does not. Each row is given its corrected p.
    """
    verdict: dict[str, Any] = {"alpha": ALPHA, "least_difference": LEAST_DIFFERENCE}
    for standing in (ModelStanding.IN, ModelStanding.FORGOTTEN):
        questions = [row for row in rows if row["standing"] == standing and "p" in row]
        corrected = holm([row["p"] for row in questions])
        for row, p in zip(questions, corrected, strict=True):
            is_large = row["difference"]["value"] >= LEAST_DIFFERENCE
            row["p_corrected"], row["found"] = p, p < ALPHA and is_large
        verdict[str(standing)] = {
            "questions": len(questions),
            "found": sum(row["found"] for row in questions),
            "remembered": any(row["found"] for row in questions) if questions else None,
        }
    return verdict


def audit_path(home: Home, version: str) -> Path:
    """Return where the last audit of a model is kept."""
    return home.root / "audit" / f"{version}.json"


def keep(home: Home, model: Model, findings: AuditDocument, at: datetime) -> dict[str, Any]:
    """Keep the result of an audit in the home; return the whole document."""
    load(home.model, model.version)  # refuses if the model was replaced meanwhile
    document = {"schema": findings["schema"], "at": at.isoformat(), **findings}
    write_whole(audit_path(home, model.version), json.dumps(document, indent=1).encode())
    return document


def sentences(document: AuditDocument) -> list[str]:
    """Say what was tried and found: each sentence can be read by itself, the verdict is first."""
    inside, forgotten = (document["verdict"][s]["remembered"] for s in ("in", "forgotten"))
    lines = [
        {
            True: "The model remembers people who are in it more than chance explains."
            if not is_told_apart(document)
            else "Whoever is in this model can be told apart from people who are not.",
            False: "No memory was found of people who are in the model.",
            None: "Too few people who are in the model could be tried.",
        }[inside],
        {
            True: "The model remembers people whom it was made to forget. That must not be.",
            False: "Nothing was found of people whom the model was made to forget.",
            None: "Nobody whom the model was made to forget could be tried.",
        }[forgotten],
    ]
    for standing, who in (("in", "are in it"), ("forgotten", "were forgotten")):
        row = surest(document, standing)
        if row is None and any(row["standing"] == standing for row in document["membership"]):
            lines.append(f"Too few people to tell them apart: {FEWEST} are needed on each side.")
        if row:
            view = f"shard {row['view']}" if row["view"].isdigit() else row["view"]
            here, never = (round(100 * row[name]["value"]) for name in ("auc", "never_trained"))
            lines.append(
                f"We tried to tell {row['people']} people who {who} from {row['others']} whom it "
                f"never saw: right {here} times out of 100, a model without them {never} times "
                f"({'merged model' if view == 'merged' else view})."
            )
    tried = [row for row in document.get("numbers", ()) if "auc" in row]
    for row in sorted(tried, key=lambda row: row["p_corrected"])[:1]:
        here, never = (round(100 * row[name]["value"]) for name in ("auc", "never_trained"))
        who = "are in it" if row["standing"] == "in" else "were forgotten"
        lines.append(
            f"We tried {row['numbers']} numbers that {row['people']} people who {who} wrote: the "
            f"true one is likelier than a made-up one {here} times out of 100, in a model without "
            f"them {never} times ({'merged model' if row['view'] == 'merged' else row['view']})."
        )
    return lines


def is_told_apart(document: AuditDocument) -> bool:
    """Say whether the model tells practically everybody who is in it from people who are not."""
    row = surest(document, "in")
    return row is not None and bool(row["found"]) and row["auc"]["low"] >= APART


def surest(document: AuditDocument, standing: str) -> dict[str, Any] | None:
    """Return the surest row of a standing, of equally sure ones that of the largest difference.

    None where too few people could be tried.
    """
    tried = [r for r in document["membership"] if r["standing"] == standing and "auc" in r]
    return min(tried, key=lambda r: (r["p_corrected"], -r["difference"]["value"]), default=None)
