"""The usage report in sentences, shared by the pages, the printed page and the terminal."""

from collections.abc import Callable, Iterator

from vanne.corpus.history import Inclusion
from vanne.forget.history import ServedModel
from vanne.report.member import CategoryCount, MemberReport, OwnItem, ReportItem
from vanne.report.usage import DepartedItem, ItemUse, Proof, PurposeUsage
from vanne.words import Words

SHORT = 8
"""So many letters of a version or a certificate tell it from others for a reader."""


def verdict_words(item: ReportItem, why: Callable[[OwnItem], str], w: Words) -> str:
    """Say whether an item may be used, and why not if that is the member's to know."""
    if item.allowed:
        return w("May be used.")
    no = w("Not used.")
    return f"{no} {why(item)}" if isinstance(item, OwnItem) else no


def stay_words(stay: Inclusion, w: Words) -> str:
    """Say from when to when training sets held something."""
    if stay.until:
        return w("From %(since)s to %(until)s.", since=w.date(stay.since), until=w.date(stay.until))
    if stay.is_open:
        return w("Since %(since)s (still in use).", since=w.date(stay.since))
    return w("Since %(since)s; until when is not known.", since=w.date(stay.since))


def served_words(model: ServedModel, w: Words) -> str:
    """Say from when to when a model served, as far as that was recorded."""
    since = w.date(model.since) if model.since else None
    until = w.date(model.until) if model.until else None
    if model.is_current:
        return w("Since %(since)s (still in use).", since=since) if since else w("It serves today.")
    if since and until:
        return w("From %(since)s to %(until)s.", since=since, until=until)
    if until:
        return w("Until %(until)s; since when is not known.", until=until)
    if since:
        return w("Since %(since)s; until when is not known.", since=since)
    return w("From when to when is not known.")


def use_words(usage: PurposeUsage, item: ReportItem, w: Words) -> Iterator[str]:
    """Say what held an item, from when to when, and by when it must be forgotten."""
    yield from held_words(usage.use(item), w)


def departed_words(item: DepartedItem, w: Words) -> str:
    """Name an item that is not the member's any more."""
    return item.item_id or w("An item whose id was removed with it")


def held_words(use: ItemUse, w: Words) -> Iterator[str]:
    """Say what held an item, as `use_words`."""
    for stay in use.stays:
        sets = w("In training sets:")
        yield f"{sets} {stay_words(stay, w)}"
    for model in use.models:
        name = w("In model %(name)s:", name=model.version[:SHORT])
        yield f"{name} {served_words(model, w)}"
    if use.due:
        yield w("The current model must have forgotten it by %(day)s.", day=w.day(use.due))
    if use.unknown:
        yield w("Whether an earlier training set held it is not known: a data file has changed.")
    elif not use.stays and not use.models:
        yield w("No training set and no model has held it.")


def no_corpus_words(usage: PurposeUsage, w: Words) -> str:
    """Say that no training set is known to have held anything, and whether that is sure."""
    if usage.gaps[0]:
        return w("Whether a training set has held anything of yours is not known.")
    return w("No training set has held anything of yours.")


def no_model_words(usage: PurposeUsage, w: Words) -> str:
    """Say that no model is known to have held anything, and whether that is sure."""
    if not usage.deployment.trains:
        return w("No model is trained here.")
    if usage.gaps[1] or (usage.report.model and not usage.report.model.is_known):
        return w("Whether a model has held anything of yours is not known.")
    return w("No model has held anything of yours.")


def in_model_words(report: MemberReport, row: CategoryCount, w: Words) -> str:
    """Say how many items of a kind the model of today holds, if that is known."""
    if report.model and not report.model.is_known:
        return w("not known")
    return w.number(row.in_model)


def proof_words(proof: Proof, w: Words) -> str:
    """Say what a certificate has to do with the member."""
    if proof.items or not proof.certificate.steps:
        return w.plural(
            "%(n)s of your items left the model", "%(n)s of your items left the model", proof.items
        )
    return w("trained again, after it had left")


def gap_words(usage: PurposeUsage, w: Words) -> Iterator[str]:
    """Say what is not known, and what this report cannot know."""
    corpora, models = usage.gaps
    if corpora:
        yield w.plural(
            "It is not known whether %(n)s training set held items of yours: files have changed.",
            "It is not known whether %(n)s training sets held items of yours: files have changed.",
            corpora,
        )
    if models:
        yield w.plural(
            "It is not known whether %(n)s model held items of yours.",
            "It is not known whether %(n)s models held items of yours.",
            models,
        )
    if usage.report.model and not usage.report.model.is_known:
        yield w("What the model of today holds is not known.")
    yield w("What others made of copies of your data is not in this report.")
