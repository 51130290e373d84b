"""The usage report: which corpora and models held each item of a member, and from when to when.

The report only reads records. The versions of the corpus record their rows. A model held the texts
of the corpus version that it was trained on, for as long as the model served. A certificate records
when a model was replaced by one that forgot. A certificate names nobody. It belongs to a member if
its corpus included their opt-out, or if an item of theirs was in the model before and is not in the
one after. What was not recorded, or has changed since, is reported as «not known», and counted.

History outlives items. An item that was deleted, or that belongs to another member by now, is
reported too if a version held it: by its id, or without one after a compaction removed the id.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import numpy as np

from vanne.config import Home
from vanne.corpus.export.made import ExportMade, exports_made
from vanne.corpus.history import Held, Inclusion, Lifetimes, Version, departed, lifetimes
from vanne.corpus.moves import Departed
from vanne.decide.item_columns import Rows, firsts, refined
from vanne.forget.certificate import Certificate
from vanne.forget.history import ServedModel, known_in, served_models
from vanne.policy import Policy
from vanne.policy.schedule import policy_at
from vanne.report.member import MemberReport, OwnItem, ReportItem, report_of
from vanne.report.member_items import MemberData, files_of, load_member
from vanne.terms import Channel, Choice, Item, ItemId, Member, MemberId, Purpose
from vanne.worker import Task, alive, next_for

Outcome = Literal["done", "due", "overdue", "nothing"]
"""Of an opt-out: the models have forgotten, must by a day, should have, or held nothing."""


@dataclass(frozen=True, slots=True)
class ItemUse:
    """What held one item. `due` is by when the model of today must have forgotten it.

    `unknown` are the places of the versions that cannot be asked any more whether they held it.
    """

    stays: tuple[Inclusion, ...]
    models: tuple[ServedModel, ...]
    due: datetime | None
    unknown: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class ItemGroup:
    """Items that the same versions and models held: one of them, how many, and what held them."""

    item: ReportItem
    whole: Item
    size: int
    use: ItemUse

    @property
    def own(self) -> int:
        """How many are the member's own."""
        return self.size if isinstance(self.item, OwnItem) else 0


@dataclass(frozen=True, slots=True)
class DepartedItem:
    """An item that the member owned, that versions held, and that is not theirs any more.

    `item_id` is None where the id was removed with the data.
    """

    item_id: ItemId | None
    use: ItemUse


@dataclass(frozen=True, slots=True)
class ChoiceOutcome:
    """One choice of the member, and what became of it in the models; None for an on.

    `certificate` proves that what an opt-out covers has left the serving model, `retrained` that
    the slices which held it were trained again without it: the same one, where one did both.
    """

    index: int
    choice: Choice
    outcome: Outcome | None
    due: datetime | None
    certificate: Certificate | None
    retrained: Certificate | None = None


@dataclass(frozen=True, slots=True)
class Proof:
    """A certificate that concerns the member: by which receipts, and how many items left with it"""

    certificate: Certificate
    receipts: tuple[int, ...]
    items: int


@dataclass(frozen=True, slots=True)
class PurposeDeployment:
    """What this deployment does for a purpose: trains a model, exports to others, or nothing yet.

    `tasks` are what its worker does next, by kind: none where no worker is alive.
    """

    trains: bool
    exports: tuple[ExportMade, ...]
    has_worker: bool
    tasks: Mapping[str, Task]

    @property
    def does(self) -> Literal["trains", "exports", "nothing"]:
        """Say what of it comes first for a person: a model of its own, exports, or nothing yet."""
        return "trains" if self.trains else "exports" if self.exports else "nothing"


@dataclass(frozen=True, slots=True)
class Receiver:
    """The last export to a receiver that held something of a member, and how many items (None: not
    known). `later` is when a later export was made for it that holds nothing of theirs.
    """

    name: str | None
    at: datetime
    items: int | None
    later: datetime | None


@dataclass(frozen=True, slots=True)
class PurposeUsage:
    """What was used of a member for one purpose, as of the time of the report.

    `versions` are all of the corpus, and a stay names them by place. `corpora` and `models` are
    those that held something of theirs, with how many of their own items; `until` of a version is
    when the next one was made. `gaps` counts the versions and the models of which it is not known
    whether they did.
    """

    report: MemberReport
    versions: tuple[Version, ...]
    of: Rows
    """The group of each item."""
    groups: tuple[ItemGroup, ...]
    departed: tuple[DepartedItem, ...]
    corpora: tuple[tuple[Version, datetime | None, int], ...]
    models: tuple[tuple[ServedModel, int], ...]
    answers: tuple[ChoiceOutcome, ...]
    proofs: tuple[Proof, ...]
    gaps: tuple[int, int]
    past: "Past"
    deployment: PurposeDeployment
    receivers: tuple[Receiver, ...]

    @property
    def departed_in_corpus(self) -> int:
        """How many items that are not the member's any more the current corpus holds."""
        return sum(any(stay.is_open for stay in each.use.stays) for each in self.departed)

    @property
    def departed_in_model(self) -> int:
        """How many items that are not the member's any more the current model was trained on."""
        return sum(any(m.is_current for m in each.use.models) for each in self.departed)

    def use(self, item: ReportItem) -> ItemUse:
        """What held an item."""
        group: ItemGroup = self.groups[self.of[item.place]]
        return group.use

    @property
    def due(self) -> datetime | None:
        """By when the model of today must have forgotten what it still holds of an opt-out."""
        uses = [*(each.use for each in self.groups), *(each.use for each in self.departed)]
        return min((use.due for use in uses if use.due), default=None)


@dataclass(frozen=True, slots=True)
class UsageReport:
    """Everything that was used of one member, for every purpose of the policy."""

    member: Member
    as_of: datetime
    policy: Policy
    usages: tuple[PurposeUsage, ...]

    def answer_to(self, index: int) -> tuple[PurposeUsage, ChoiceOutcome] | None:
        """Return what became of the choice of a receipt; None if its purpose is not in force."""
        answers = ((usage, answer) for usage in self.usages for answer in usage.answers)
        return next((each for each in answers if each[1].index == index), None)

    def proof_of(self, certificate: Certificate) -> Proof | None:
        """Return what a certificate has to do with the member; None if nothing."""
        proofs = (proof for usage in self.usages for proof in usage.proofs)
        return next((proof for proof in proofs if proof.certificate == certificate), None)


@dataclass(frozen=True, slots=True)
class Past:
    """What is the same for everybody: the versions of the corpus of a purpose, and the models."""

    lifetimes: Lifetimes
    files: Mapping[str, str]
    models: tuple[tuple[ServedModel, int | None], ...]
    """Each with the place of the version of the corpus that it was trained on, if that is known."""
    certificates: tuple[Certificate, ...]

    @classmethod
    def of(cls, home: Home, purpose: Purpose, gone: Collection[str] = ()) -> "Past":
        """Read what was recorded; what never changes is read once in a process.

        `gone` are the checksums of data files that are gone and whose rows are asked for.
        """
        files, known = files_of(home), known_in(home)
        past = lifetimes(home, purpose, files, gone)
        models = [
            (model, past.place(model.corpus or "")) for model in served_models(home.model, known)
        ]
        ours = [
            (model, place)
            for model, place in models
            # A corpus that is there and has no place among these is of another purpose.
            if place is not None
            or not (home.corpus / "manifests" / f"{model.corpus}.json").exists()
        ]

        def order(proof: Certificate) -> tuple[int, int, str]:
            """Order certificates as the corpora of their models came, then by their steps."""
            place = past.place(proof.corpus_after)
            return -1 if place is None else place, len(proof.steps), proof.id

        return cls(past, files, tuple(ours), tuple(sorted(known.values(), key=order)))

    def place(self, corpus: str) -> int | None:
        """Return the place of a version of the corpus in the order of all."""
        return self.lifetimes.place(corpus)

    def asked(self, proof: Certificate) -> range:
        """Return the entries of the ledger that the corpus after had heard and the one before not.

        None where one of them is not known any more, or of another purpose.
        """
        places = self.place(proof.corpus_before), self.place(proof.corpus_after)
        sizes = [self.lifetimes.versions[n].ledger_size for n in places if n is not None]
        return range(*sizes) if len(sizes) == 2 else range(0)

    def has_heard(self, proof: Certificate, index: int) -> bool:
        """Say whether the corpus after knew an entry of the ledger."""
        place = self.place(proof.corpus_after)
        return place is not None and index < self.lifetimes.versions[place].ledger_size

    def heard_at(self, index: int) -> datetime | None:
        """Return as of when the first version of the corpus is that knew an entry of the ledger."""
        versions = self.lifetimes.versions
        return next((each.as_of for each in versions if each.ledger_size > index), None)

    def learnt_at(self, index: int) -> datetime | None:
        """Return when the first model served that was trained on all of such a version."""
        for model, place in self.models:
            knows = place is not None and self.lifetimes.versions[place].ledger_size > index
            if knows and model.version not in self.fallbacks:
                return model.since
        return None

    @property
    def fallbacks(self) -> set[str]:
        """The models that lack what is trained again after a forgetting."""
        return {proof.after for proof in self.certificates if proof.waiting}

    @property
    def is_caught_up(self) -> bool:
        """Say whether the model of today was trained on all of the corpus of today."""
        return any(
            model.is_current
            and place is not None
            and place == self.lifetimes.current
            and model.version not in self.fallbacks
            for model, place in self.models
        )

    def served_since(self, version: str) -> datetime | None:
        """Return since when a model has served, if that was recorded."""
        return next((model.since for model, _ in self.models if model.version == version), None)

    def completed(self, proof: Certificate) -> Certificate | None:
        """Return the certificate that what was beside what left was trained again, if it was."""
        if not proof.waiting:
            return proof
        later = (each for each in self.certificates if proof.id in each.steps)
        return next((each for each in later if not each.waiting), None)


def usage_report(home: Home, member_id: MemberId, as_of: datetime) -> UsageReport:
    """Make the report of what was used of one member, with all that was chosen.

    Raises:
        MissingError: there is no such member, or no ledger.
    """
    data, policy = load_member(home, member_id), policy_at(home, as_of)
    reports = (report_of(home, data, policy, purpose, as_of) for purpose in policy.purposes)
    usages = tuple(usage_of(home, data, report) for report in reports)
    return UsageReport(data.member, as_of, policy, usages)


def usage_of(home: Home, data: MemberData, report: MemberReport) -> PurposeUsage:
    """Say what was used of a member for the purpose of a report that was made of the same data."""
    rows = _departed_rows(home, report)
    then = Past.of(home, report.purpose, [each.file for each in rows])
    of, groups = _groups(report, then)
    departed = tuple(_departed(report, rows, then))
    versions, corpora = then.lifetimes.versions, []
    counts, held = Counter[int](), Counter[str]()
    uses = [(each.use, each.own) for each in groups] + [(each.use, 1) for each in departed]
    for use, own in uses:
        counts.update(dict.fromkeys(_places([use]), own))
        held.update({model.version: own for model in use.models})
    for place in sorted(+counts):  # not those that hold only what others share with them
        until = versions[place + 1].as_of if place + 1 < len(versions) else None
        corpora.append((versions[place], until, counts[place]))
    unknown = {place for use, _ in uses for place in use.unknown} | then.lifetimes.lost
    if any(choice.channel == Channel.ERASURE for _, choice in report.history):
        unknown |= set(range(len(versions)))  # what was known of them was erased on request
    deployment = _deployment(home, report, then)
    gaps = (
        len(unknown) + then.lifetimes.damaged,
        sum(place is None or place in unknown for _, place in then.models),
    )
    answers = tuple(_answers(report, groups, departed, then, is_whole=not gaps[1]))
    return PurposeUsage(
        report=report,
        versions=versions,
        of=of,
        groups=groups,
        departed=departed,
        corpora=tuple(corpora),
        models=tuple((m, held[m.version]) for m, _ in then.models if m.version in held),
        answers=answers,
        proofs=tuple(_proofs(answers, uses, then)),
        gaps=gaps,
        past=then,
        deployment=deployment,
        receivers=tuple(_receivers(deployment.exports, then, counts, unknown)),
    )


def _deployment(home: Home, report: MemberReport, past: Past) -> PurposeDeployment:
    """Say what the deployment does for the purpose of a report."""
    has_worker = alive(home, report.as_of).is_alive
    return PurposeDeployment(
        trains=report.model is not None or bool(past.models),
        exports=tuple(
            each
            for each in exports_made(home)
            if past.place(each.corpus) is not None and not (each.at and each.at > report.as_of)
        ),
        has_worker=has_worker,
        tasks=next_for(home) if has_worker else {},
    )


def _receivers(
    exports: Iterable[ExportMade], past: Past, counts: Mapping[int, int], unknown: Collection[int]
) -> Iterator[Receiver]:
    """Yield each receiver of an export that held something of theirs, or may have."""
    versions = past.lifetimes.versions
    by_receiver: dict[str | None, list[tuple[datetime, int]]] = {}
    for each in exports:
        place = past.place(each.corpus)
        if place is not None:
            given = each.at or versions[place].as_of
            by_receiver.setdefault(each.receiver, []).append((given, place))
    for name, theirs in by_receiver.items():
        later = None
        for at, place in sorted(theirs, reverse=True):
            if counts.get(place) or place in unknown:
                items = None if place in unknown else counts[place]
                yield Receiver(name, at, items, later)
                break
            later = at


def _groups(report: MemberReport, past: Past) -> tuple[Rows, tuple[ItemGroup, ...]]:
    """Group the items that share a verdict and a history; say of each item in which group it is."""
    history, known = report.groups * 0, list[tuple[Held, ...]]()
    for name, (places, rows) in report.data.files.items():
        of_rows, histories = past.lifetimes.held_of(past.files.get(name, ""), rows)
        history[places] = of_rows + len(known)
        known += histories
    of = refined(report.groups, history)
    groups = []
    for first, size in zip(firsts(of).tolist(), np.bincount(of).tolist(), strict=True):
        item, whole = report.item(first), report.data.each[first]
        due = _due(report, item, whole) if item.in_model and not item.allowed else None
        use = _use(report, item, bool(whole.text), known[history[first]], due, past)
        groups.append(ItemGroup(item, whole, size, use))
    return of, tuple(groups)


def _departed_rows(home: Home, report: MemberReport) -> list[Departed]:
    """Return the rows of data files, of today and before, that the member's lost items were in."""
    own = {item.item_id for item in report.data.each if item.owner == report.member.member_id}
    return departed(home, report.member.member_id, own, files_of(home))


def _departed(
    report: MemberReport, parts: Sequence[Departed], past: Past
) -> Iterator[DepartedItem]:
    """Yield the lost items that a version held; an item that moved between files is one."""
    names, rows_of = dict[int, ItemId](), dict[int, list[tuple[tuple[Held, ...], bool]]]()
    for part in parts:
        of_rows, histories = past.lifetimes.held_of(part.file, part.rows)
        names |= dict(zip(part.hashes.tolist(), part.item_ids, strict=False))
        each = zip(part.hashes.tolist(), of_rows.tolist(), part.has_text.tolist(), strict=True)
        for item, group, has_text in each:
            rows_of.setdefault(item, []).append((histories[group], has_text))
    for item, rows in rows_of.items():
        held = tuple(map(_either, zip(*(states for states, _ in rows), strict=True)))
        if "held" not in held:
            continue
        models, due = [], None
        for model, place in past.models:
            if place is not None and held[place] == "held" and any(text for _, text in rows):
                models.append(model)
                left = (n for n in range(place, len(held)) if held[n] != "held")
                if model.is_current and (n := next(left, None)) is not None:
                    due = past.lifetimes.versions[n].as_of + report.time_to_forget
        unknown = tuple(place for place, state in enumerate(held) if state == "not-known")
        use = ItemUse(past.lifetimes.stays(held), tuple(models), due, unknown)
        yield DepartedItem(names.get(item), use)


def _either(states: Sequence[Held]) -> Held:
    """Say whether a version held an item, by what is known of the rows that it was in."""
    return "held" if "held" in states else "not-known" if "not-known" in states else "not-held"


def _due(report: MemberReport, item: ReportItem, whole: Item) -> datetime | None:
    """Return by when the model must forget an item, if the member's own opt-out covers it."""
    keys = (("all", None), ("category", item.category), ("item", whole.item_id))
    stands = (report.stands[key] for key in keys if key in report.stands)
    since = min((stand.since for stand in stands if not stand.on), default=None)
    return since + report.time_to_forget if since else None


def _use(
    report: MemberReport,
    item: ReportItem,
    has_text: bool,
    held: tuple[Held, ...],
    due: datetime | None,
    past: Past,
) -> ItemUse:
    """Say which corpora and models held an item, and by when the model of today must forget it."""
    models = []
    for model, place in past.models:
        if report.model is not None and report.model.version == model.version:
            has_it = item.in_model
        else:  # it was trained on the item's text, if its corpus held that
            has_it = place is not None and held[place] == "held" and has_text
        if has_it:
            models.append(model)
    return ItemUse(
        stays=past.lifetimes.stays(held),
        models=tuple(models),
        due=due,
        unknown=tuple(place for place, state in enumerate(held) if state == "not-known"),
    )


def _places(uses: Iterable[ItemUse]) -> Iterator[int]:
    for use in uses:
        for stay in use.stays:
            yield from range(stay.first, stay.last + 1)


def _answers(
    report: MemberReport,
    groups: Sequence[ItemGroup],
    departed: Sequence[DepartedItem],
    past: Past,
    *,
    is_whole: bool,
) -> Iterator[ChoiceOutcome]:
    """Yield what became of each choice of a member.

    The certificate with which what an opt-out covers left is the one whose corpus was the first to
    hear it, or that of a model that held such an item and was replaced afterwards by one that does
    not. An item that is gone may be of any kind: each opt-out but that of another item covers it,
    unless a version that knew the opt-out held it all the same.
    Where all is known of the past (`is_whole`), a certificate with which nothing of it left proves
    no forgetting: the models held nothing.
    """
    for index, choice in report.history:
        if choice.on:
            yield ChoiceOutcome(index, choice, None, None, None)
            continue
        due, covered = choice.at + report.time_to_forget, []
        for group in groups:
            whole = group.whole
            targets = {"all": choice.target, "category": whole.category, "item": whole.item_id}
            if targets[choice.scope] == choice.target:
                covered.append(group)
        gone = [
            each.use
            for each in departed
            if (choice.scope != "item" or each.item_id in (None, choice.target))
            and not _is_spared(each.use, index, _until(report.history, index, choice), past)
        ]
        uses = [*(group.use for group in covered), *gone]
        left = {proof.id for use in uses for proof in _left(use, past)}
        proofs = (
            proof
            for proof in past.certificates
            if index in past.asked(proof) or (proof.id in left and past.has_heard(proof, index))
        )
        proof = next(proofs, None)
        if proof and is_whole and proof.id not in left:
            yield ChoiceOutcome(index, choice, "nothing", None, None)
        elif proof:
            yield ChoiceOutcome(index, choice, "done", due, proof, past.completed(proof))
        elif any(
            each.item.in_model is not False and not each.item.allowed for each in covered
        ) or any(model.is_current for use in gone for model in use.models):
            late = due < report.as_of
            yield ChoiceOutcome(index, choice, "overdue" if late else "due", due, None)
        else:
            yield ChoiceOutcome(index, choice, "nothing", None, None)


def _until(history: Iterable[tuple[int, Choice]], index: int, choice: Choice) -> int | None:
    """Return the entry that replaced a choice; None if it stands."""
    later = (
        place
        for place, each in history
        if place > index and (each.scope, each.target) == (choice.scope, choice.target)
    )
    return min(later, default=None)


def _is_spared(use: ItemUse, index: int, until: int | None, past: Past) -> bool:
    """Say whether a version that knew an opt-out, and nothing that replaced it, held an item."""
    sizes = (past.lifetimes.versions[place].ledger_size for place in _places([use]))
    return any(index < size and (until is None or size <= until) for size in sizes)


def _proofs(
    answers: Sequence[ChoiceOutcome], uses: Sequence[tuple[ItemUse, int]], past: Past
) -> Iterator[Proof]:
    done = [answer.index for answer in answers if answer.outcome == "done"]
    left = Counter[str]()
    for use, own in uses:
        for proof in _left(use, past):
            left[proof.id] += own
    for certificate in past.certificates:
        asked = past.asked(certificate)
        receipts = tuple(index for index in done if index in asked)
        if receipts or certificate.id in left:
            yield Proof(certificate, receipts, left[certificate.id])


def _left(use: ItemUse, past: Past) -> Iterator[Certificate]:
    """Yield the certificates with which an item left: in the model before, not in the one after.

    What a fallback model leaves out while its slice is trained again has not left: the corpus
    still holds it.
    """
    held = {model.version for model in use.models}
    for model in use.models:
        proof = model.certificate
        if proof is None or model.version not in proof.replaced or proof.after in held:
            continue
        place = past.place(proof.corpus_after)
        if not any(stay.first <= place <= stay.last for stay in use.stays if place is not None):
            yield proof
