"""The audit of a network's model: who is asked about, what is judged, kept and told.

People who are in come from the corpus that the model was trained on. That corpus holds nobody who
opted out, so the forgotten are canaries, unless somebody asks for the texts of those who left with
a certificate: they are read as the corpus before had them, for this one question, and not kept.
"""

import json
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from vanne.config import Home
from vanne.corpus import Document, read
from vanne.corpus.manifest import load as load_manifest
from vanne.errors import InputError, MissingError
from vanne.files import write_whole
from vanne.forget.history import certificates
from vanne.train.base import find_base
from vanne.train.model import TOMBSTONE, Model, current, items_in, load, read_lineage, salt_of
from vanne.train.store import ModelStore
from vanne.train.tokens import BaseTokenizer
from vanne.words import sentence, words
from vanne_audit.canaries import folder_of, read_canaries
from vanne_audit.membership import (
    FEWEST,
    AuditedModel,
    Crowd,
    holm,
    membership,
    person_scores,
    text_scores,
)
from vanne_audit.people import AuditedPerson, ModelStanding, PersonSample, read_texts

SCHEMA = "vanne/audit/1"
ALPHA = 0.05
"""What is called found would be so by chance in one of twenty audits of a model without memory."""
LEAST_DIFFERENCE = 0.05
"""An advantage in AUC below this is not called memory even where it is certain."""

AuditProgress = Callable[[int, int, str], None]


@dataclass(frozen=True, slots=True)
class AuditSize:
    """How much is tried: people of each standing, items of each, draws of the bootstrap."""

    people: int = 120
    items: int = 4
    draws: int = 1000
    seed: int = 0


@dataclass(frozen=True, slots=True)
class OutsideTexts:
    """Where texts come from of people who are not in the model: a file, or a certificate."""

    never: Path | None = None
    certificate: str | None = None


def find_model(home: Home, name: str) -> Model:
    """Return the model that `current` or the beginning of a version names.

    Raises:
        MissingError: none is called that.
        InputError: several are.
    """
    if name == "current":
        return current(home.model)
    store = ModelStore(home.model)
    versions = [
        path.stem for path in sorted(store.models.glob("*.json")) if path.stem.startswith(name)
    ]
    if len(versions) > 1:
        living = [v for v in versions if read_lineage(store, v).get("schema") != TOMBSTONE]
        versions = living if len(living) == 1 else versions
    if not versions or not name:
        raise MissingError(
            f"there is no model `{name}`", todo="say `current`, or see `model/models`"
        )
    if len(versions) > 1:
        raise InputError(f"{len(versions)} models begin with `{name}`", todo="name more of it")
    return load(home.model, versions[0])


def gather(
    home: Home, model: Model, size: AuditSize, outside: OutsideTexts
) -> tuple[list[AuditedPerson], list[AuditedPerson]]:
    """Return the members and the canaries that are asked about."""
    salt, inside = salt_of(ModelStore(home.model)), items_in(home.model, model)
    canaries = read_canaries(folder_of(home))
    canary_ids = {canary.id for canary in canaries}
    sample = PersonSample(size.people, size.items, salt, model.settings)
    corpus = load_manifest(home, model.corpus_version)
    people = sample.members(read(home, corpus), inside, canary_ids)

    def strangers(documents: Iterable[Document], standing: ModelStanding) -> list[AuditedPerson]:
        some = (d for d in documents if d.owner not in canary_ids and d.item_id not in inside)
        return sample.others(some, standing)

    if outside.never:
        people += strangers(read_texts(outside.never), ModelStanding.NEVER)
    if outside.certificate:
        people += strangers(_left(home, model, outside.certificate), ModelStanding.FORGOTTEN)
    return people, [canary.as_person(inside, salt, model.settings) for canary in canaries]


def _left(home: Home, model: Model, name: str) -> Iterator[Document]:
    """Yield the texts of the corpus before a certificate, of owners who have none in the model's.

    Raises:
        MissingError: there is no such certificate.
    """
    signed = certificates(home.certificates, home.model)
    matching = [each for each in signed.values() if each.id.startswith(name)]
    if len(matching) != 1:
        raise MissingError(
            f"{len(matching)} certificates begin with `{name}`",
            todo="see the folder `certificates`",
        )
    stay = {d.owner for d in read(home, load_manifest(home, model.corpus_version))}
    before = load_manifest(home, matching[0].corpus_before)
    return (document for document in read(home, before) if document.owner not in stay)


def seconds_expected(model: Model, people: Sequence[AuditedPerson]) -> float:
    """Return about how long it takes: reading is a third of training, whose speed is known."""
    each = model.seconds_total / max(model.tokens_total, 1)
    return each / 3 * _tokens(model, people) * (len(model.shards) + 2) + 5


def audit(
    store: Path,
    model: Model,
    members: Sequence[AuditedPerson],
    canaries: Sequence[AuditedPerson],
    size: AuditSize,
    progress: AuditProgress | None = None,
) -> dict[str, Any]:
    """Ask every model and judge; return the document (`vanne/audit/1`) without time or home.

    Raises:
        VerificationError: an adapter does not have the digest that the lineage records.
    """
    started, done = time.perf_counter(), 0
    people = [*members, *canaries]
    total = _tokens(model, people) * (len(model.shards) + 2)

    def tell(count: int, name: AuditedModel) -> None:
        nonlocal done
        done += count
        if progress:
            progress(min(done, total), total, name if isinstance(name, str) else f"shard {name}")

    tokens = BaseTokenizer(find_base(model.settings), model.settings.max_tokens)
    texts = [text for person in people for text in person.texts]
    scores = person_scores(people, text_scores(store, model, tokens, texts, tell))
    count = len(members)
    crowds = {
        "members": Crowd(members, {name: each[:count] for name, each in scores.items()}),
        "canaries": Crowd(canaries, {name: each[count:] for name, each in scores.items()}),
    }
    rows = [
        {"who": who} | row
        for who, crowd in crowds.items()
        for standing in (ModelStanding.IN, ModelStanding.FORGOTTEN)
        if crowd.standing(standing).any()
        for row in membership(crowd, standing, size.draws, size.seed)
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
        "verdict": judged(rows),
        "seconds": round(time.perf_counter() - started, 1),
    }


def _tokens(model: Model, people: Sequence[AuditedPerson]) -> int:
    tokens = BaseTokenizer(find_base(model.settings), model.settings.max_tokens)
    return sum(map(len, tokens.encode([text for person in people for text in person.texts])))


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


# What is kept


def keep(home: Home, model: Model, findings: Mapping[str, Any], at: datetime) -> dict[str, Any]:
    """Keep the result of an audit in the home; return the whole document."""
    load(home.model, model.version)  # refuses if the model was replaced meanwhile
    document = {"schema": findings["schema"], "at": at.isoformat(), **findings}
    data = json.dumps(document, indent=1).encode()
    write_whole(folder_of(home) / f"{model.version}.json", data)
    return document


def past_audits(home: Home) -> list[dict[str, Any]]:
    """Return the audits that are kept, the newest first; what is damaged is left out."""
    audits = []
    for path in folder_of(home).glob("*.json") if folder_of(home).exists() else ():
        try:
            document = json.loads(path.read_bytes())
            if document["schema"] == SCHEMA:
                audits.append((datetime.fromisoformat(document["at"]), document))
        except (OSError, ValueError, KeyError, TypeError):
            continue
    return [document for _, document in sorted(audits, key=lambda pair: pair[0], reverse=True)]


AuditDocument = Mapping[str, Any]
HEAD = ("who", "standing", "where", "tried", "AUC", "never trained", "difference", "p", "")

_TOLD_APART = {
    "in": sentence(
        "We tried to tell %(people)s people who are in it from %(others)s whom it never saw: right "
        "%(here)s times out of 100, a model without them %(never)s times (%(where)s)."
    ),
    "forgotten": sentence(
        "We tried to tell %(people)s people who were forgotten from %(others)s whom it never saw: "
        "right %(here)s times out of 100, a model without them %(never)s times (%(where)s)."
    ),
}


def sentences(document: AuditDocument, lang: str) -> list[str]:
    """Say what was tried and found: each sentence can be read by itself, the verdict is first."""
    w = words(lang)
    inside, forgotten = (document["verdict"][s]["remembered"] for s in ("in", "forgotten"))
    lines = [
        w("The model remembers people who are in it more than chance explains.")
        if inside
        else w("No memory was found of people who are in the model.")
        if inside is not None
        else w("Too few people who are in the model could be tried."),
        w("The model remembers people whom it was made to forget. That must not be.")
        if forgotten
        else w("Nothing was found of people whom the model was made to forget.")
        if forgotten is not None
        else w("Nobody whom the model was made to forget could be tried."),
    ]
    for standing in ("in", "forgotten"):
        rows = [row for row in document["membership"] if row["standing"] == standing]
        tried = [row for row in rows if "auc" in row]
        if rows and not tried:
            lines.append(
                w("Too few people to tell them apart: %(n)s are needed on each side.", n=FEWEST)
            )
        if tried:
            row = worst(tried)
            view = row["view"]
            values = {
                "people": w.number(row["people"]),
                "others": w.number(row["others"]),
                "here": w.number(round(100 * row["auc"]["value"])),
                "never": w.number(round(100 * row["never_trained"]["value"])),
                "where": w("shard %(n)s", n=view)
                if view.isdigit()
                else w("merged model")
                if view == "merged"
                else w("all shards"),
            }
            lines.append(w(_TOLD_APART[standing], **values))
    return lines


def worst(rows: Sequence[AuditDocument]) -> AuditDocument:
    """Return the row that says most: the surest, and of equally sure ones the largest."""
    return min(rows, key=lambda row: (row["p_corrected"], -row["difference"]["value"]))


def table(document: AuditDocument) -> list[tuple[str, ...]]:
    """Return one row per question."""
    rows: list[tuple[str, ...]] = [HEAD]
    for row in document["membership"]:
        if "auc" in row:
            low, high = row["difference"]["low"], row["difference"]["high"]
            p = row["p_corrected"]
            rows.append(
                (
                    row["who"],
                    row["standing"],
                    row["view"],
                    f"{row['people']}/{row['others']}",
                    f"{row['auc']['value']:.2f}",
                    f"{row['never_trained']['value']:.2f}",
                    f"{row['difference']['value']:+.2f} ({low:+.2f} to {high:+.2f})",
                    "< 0.001" if p < 0.001 else f"{p:.3f}",
                    "found" if row["found"] else "",
                )
            )
    return rows
