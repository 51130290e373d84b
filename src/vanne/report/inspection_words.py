"""An inspection in words, and what its reader can do, for the terminal and the local page.

`advice` puts the action that helps most first.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Literal

from vanne.report.evaluate import NO_NETWORK, NetworkPart, networks
from vanne.report.guide import load_guide
from vanne.report.inspection import Inspection
from vanne.report.state_words import EXCEPTION, count_words
from vanne.report.states import claimed_by
from vanne.sources.reading import FileReading
from vanne.terms import MAIN_PURPOSE, Reason
from vanne.words import Message, Words, category_words, sentence

ActionKind = Literal["region", "audience", "format", "switch", "objection", "none", "unread"]


@dataclass(frozen=True, slots=True)
class Action:
    """One thing to do: where (a network, an address, a guide), and how many items it is about.

    `seen` is when the address was last seen; it `is_old` if that is more than a year ago. What is a
    `precaution` is about items that the policy does not let be used, and is not certain of it or
    names the day on which that `begins`, or about pages that nobody read.
    """

    kind: ActionKind
    count: int
    network: str | None = None
    url: str | None = None
    guide: str | None = None
    seen: str | None = None
    is_old: bool = False
    is_certain: bool = True
    precaution: bool = False
    begins: str | None = None


def advice(inspection: Inspection) -> Sequence[Action]:
    """Return what to do, in order.

    A country that is not known comes first, because nothing is right without it, then who sees the
    posts, and a download of which nothing can be read; then the networks by how many items they may
    use, those with a switch before those with a form or neither, and after them those of which it
    is not certain; then the rows that gave no item.
    """
    denied = sum(n for (_, why), n in inspection.counts.items() if why is Reason.REGION_UNKNOWN)
    pages = [Action("format", count, network) for network, count in inspection.pages.most_common()]
    at_networks, today = dict[str, Action](), inspection.as_of.date()
    for part in inspection.networks:
        used = part.may_be_used or part.allowed
        step = _at(part.network, used or part.unsure or part.coming or part.left_out, today)
        if step and step.count:
            begins = part.begins.isoformat() if part.begins and part.coming else None
            at_networks[part.network] = replace(step, precaution=not used, begins=begins)
    for network, count in inspection.pages.items():  # what they hold may be used all the same
        if network not in at_networks and (step := _at(network, count, today)):
            at_networks[network] = replace(step, precaution=True)
    order = ("switch", "objection", "none")
    ranked = sorted(
        at_networks.values(), key=lambda s: (s.precaution, order.index(s.kind), -s.count)
    )
    asked = inspection.asked if inspection.audience == "unknown" else 0
    first = Action("region", denied), Action("audience", asked)
    then = (*pages, *ranked) if inspection.is_pages else (*ranked, *pages)
    steps = (*first, *then, Action("unread", inspection.unread))
    return [step for step in steps if step.count]


def _at(key: str, count: int, today: date) -> Action | None:
    """Return what to do at a network, with the address where its guide begins."""
    network = networks()[key]
    if network.guide is None:
        return None
    guide = load_guide(network.guide)
    step = Action(guide.kind, count, network.key, guide=network.guide)
    link = next((one for one in guide.links if one.role in ("setting", "form") and one.url), None)
    if link is None:
        return step
    is_old, day = link.is_stale(today), link.date.isoformat()
    return replace(step, url=link.url, seen=day, is_old=is_old, is_certain=link.certain)


AGES = {
    "given": sentence("by the birth date that you gave"),
    "profile": sentence("by the birth date in your profile"),
    "verified-year": sentence("by the year of birth in your verification"),
    "school-sign": sentence("perhaps under age: your profile names a secondary school"),
    "account-age": sentence("of age, by how long you have been there"),
    "assumed-adult": sentence("not known, and assumed to be of age"),
}
_SINCE = {
    "joined": sentence("With %(network)s since %(day)s."),
    "oldest-item": sentence("Your oldest item at %(network)s is of %(day)s."),
}
_Answer = Literal["used", "reserved", "reserved-ai", "unknown", "unknown-some", "not-used", "both"]
"""What is said of all items together; of `reserved-ai` no policy says that it is generative."""
_ONE: dict[_Answer, str] = {
    "used": sentence(
        "%(network)s says that it uses your one item to train generative AI (%(day)s)."
    ),
    "reserved": sentence(
        "%(network)s reserves the right to train generative AI with your one item (%(day)s)."
    ),
    "reserved-ai": sentence(
        "%(network)s reserves the right to train AI with your one item; it does not say that the "
        "AI is generative (%(day)s)."
    ),
    "unknown": sentence(
        "It is not known whether %(network)s uses your one item to train generative AI (%(day)s)."
    ),
    "not-used": sentence("%(network)s says that it does not use your one item (%(day)s)."),
}
_ONE_BY_POLICY: dict[_Answer, str] = {
    "used": sentence(
        "By the policy %(policy)s, your one item is used to train generative AI (%(day)s)."
    ),
    "reserved": sentence(
        "By the policy %(policy)s, your one item may be used to train generative AI (%(day)s)."
    ),
    "reserved-ai": sentence(
        "By the policy %(policy)s, your one item may be used to train AI; that the AI is "
        "generative is not said (%(day)s)."
    ),
    "unknown": sentence(
        "By the policy %(policy)s it is not known whether your one item is used to train "
        "generative AI (%(day)s)."
    ),
    "not-used": sentence(
        "By the policy %(policy)s, your one item is not used to train generative AI (%(day)s)."
    ),
}
_NETWORK: dict[_Answer, str] = {
    "used": sentence(
        "%(network)s says that it uses %(n)s of your %(items)s items to train generative AI "
        "(%(day)s)."
    ),
    "reserved": sentence(
        "%(network)s reserves the right to train generative AI with %(reserved)s of your %(items)s "
        "items (%(day)s)."
    ),
    "reserved-ai": sentence(
        "%(network)s reserves the right to train AI with %(reserved)s of your %(items)s items; it "
        "does not say that the AI is generative (%(day)s)."
    ),
    "unknown": sentence(
        "It is not known whether %(network)s uses your %(items)s items to train generative AI "
        "(%(day)s)."
    ),
    "unknown-some": sentence(
        "It is not known whether %(network)s uses %(unknown)s of your %(items)s items to train "
        "generative AI; it says that it does not use the others (%(day)s)."
    ),
    "not-used": sentence(
        "%(network)s says that it uses none of your %(items)s items to train generative AI "
        "(%(day)s)."
    ),
}
_NETWORKS: dict[_Answer, str] = {
    "used": sentence(
        "%(networks)s networks: they say that they use %(n)s of your %(items)s items to train "
        "generative AI (%(day)s)."
    ),
    "both": sentence(
        "%(networks)s networks: they say that they use %(n)s of your %(items)s items to train "
        "generative AI, and reserve the right to train AI with %(reserved)s others (%(day)s)."
    ),
    "reserved": sentence(
        "%(networks)s networks: they reserve the right to train generative AI with %(reserved)s of "
        "your %(items)s items (%(day)s)."
    ),
    "reserved-ai": sentence(
        "%(networks)s networks: they reserve the right to train AI with %(reserved)s of your "
        "%(items)s items; not all say that the AI is generative (%(day)s)."
    ),
    "unknown": sentence(
        "%(networks)s networks: it is not known whether they use your %(items)s items to train "
        "generative AI (%(day)s)."
    ),
    "unknown-some": sentence(
        "%(networks)s networks: it is not known whether they use %(unknown)s of your %(items)s "
        "items to train generative AI; they say that they do not use the others (%(day)s)."
    ),
    "not-used": sentence(
        "%(networks)s networks: they say that they use none of your %(items)s items to train "
        "generative AI (%(day)s)."
    ),
}
_POLICY: dict[_Answer, str] = {
    "used": sentence(
        "By the policy %(policy)s, %(n)s of your %(items)s items are used to train "
        "generative AI (%(day)s)."
    ),
    "reserved": sentence(
        "By the policy %(policy)s, %(reserved)s of your %(items)s items may be used to train "
        "generative AI (%(day)s)."
    ),
    "reserved-ai": sentence(
        "By the policy %(policy)s, %(reserved)s of your %(items)s items may be used to train AI; "
        "that the AI is generative is not said (%(day)s)."
    ),
    "unknown": sentence(
        "By the policy %(policy)s it is not known whether your %(items)s items are used to train "
        "generative AI (%(day)s)."
    ),
    "unknown-some": sentence(
        "By the policy %(policy)s it is not known whether %(unknown)s of your %(items)s items are "
        "used to train generative AI; the others are not (%(day)s)."
    ),
    "not-used": sentence(
        "By the policy %(policy)s, none of your %(items)s items is used to train generative AI "
        "(%(day)s)."
    ),
}
_STEPS = {
    "region": sentence("Say in which country you live; nothing is right without it"),
    "switch": sentence("Switch %(setting)s off at %(network)s"),
    "switch-briefly": sentence("Switch it off at %(network)s"),
    "objection": sentence("Object at %(network)s"),
    "none": sentence("%(network)s has no switch: see what is left to do"),
}


def headline(inspection: Inspection, w: Words) -> str:
    """Say the answer in one sentence."""
    items = inspection.item_count
    if inspection.is_pages:
        (network, _), *_ = inspection.pages.most_common(1)
        return w(
            "Your download from %(network)s is HTML of a form that is not read: "
            "what of yours may train generative AI is not known.",
            network=network_name(network, w),
        )
    if inspection.is_foreign:
        return w("No archive of a network and no CV was found in what you gave.")
    if not items:
        return w("No item was found in what you gave.")
    # The answer is about one network, several, or a policy whatever the network.
    parts, answer = inspection.networks, _answer(inspection)
    own = all(part.policy.name == networks()[part.network].policy for part in parts)
    named = sum(part.network != NO_NETWORK for part in parts)
    texts = _NETWORK if own and parts[0].network != NO_NETWORK else _POLICY
    texts = _NETWORKS if own and len(parts) > 1 else texts
    if items == 1:
        texts = _ONE if texts is _NETWORK else _ONE_BY_POLICY
    text = w(
        texts.get(answer, texts["used"]),
        n=count_words(inspection.totals, "used", w),
        reserved=count_words(inspection.totals, "reserved", w),
        items=w.number(items),
        unknown=w.number(sum(part.count("not-known") for part in parts)),
        day=w.day(inspection.as_of.date()),
        policy=inspection.policy.name,
        network=network_name(parts[0].network, w),
        networks=w.number(max(2, named)),  # files of no network are judged as if with one
    )
    if answer not in ("unknown-some", "not-used"):
        return text
    exceptions = dict.fromkeys(w(each) for part in parts for each in part.exceptions)
    return " ".join([text, *(w(EXCEPTION, why=why) for why in exceptions)])


def _answer(inspection: Inspection) -> _Answer:
    """Return what the states of all items say together: never more than they do."""
    counts = Counter[str]()
    for each, count in inspection.totals.items():
        counts[each.state] += count
    if counts["used"]:
        return "both" if counts["reserved"] and len(inspection.networks) > 1 else "used"
    if counts["reserved"]:
        claiming = (part for part in inspection.networks if part.count("reserved"))
        all_say = all(p.policy.purpose(MAIN_PURPOSE).is_generative for p in claiming)
        return "reserved" if all_say else "reserved-ai"
    if counts["not-known"]:
        return "unknown" if counts["not-known"] == inspection.item_count else "unknown-some"
    return "not-used"


def besides_words(inspection: Inspection, what: str, w: Words) -> str:
    """Say of what no archive holds that it is used too, or that the same words cover it."""
    claims = {
        claimed_by(part.policy.purpose(MAIN_PURPOSE))
        for part in inspection.networks
        if part.may_be_used
    }
    if claims == {"used"}:
        return w("Also used, but not found in your archive: %(what)s", what=what)
    return w("Covered by the same words, but not found in your archive: %(what)s", what=what)


def not_in_archive(inspection: Inspection, w: Words) -> list[str]:
    """Name what networks also claim and no archive of theirs holds, where they claim anything."""
    texts = dict[str, None]()
    for part in inspection.networks:
        guide = networks()[part.network].guide
        if guide and part.may_be_used:
            rows = (row.not_in_archive for row in load_guide(guide).used)
            texts |= {text[w.lang]: None for text in rows if text}  # type: ignore[index]
    return list(texts)


def basis(inspection: Inspection, w: Words) -> str:
    """Say on what the answer rests; where there is none, what could be given."""
    if inspection.is_foreign or not (inspection.item_count or inspection.is_pages):
        return w(
            "What is read: archives of %(networks)s, and CVs. Give the zip as the network sent it.",
            networks=w.series([one.name for one in networks().values() if one.is_read]),
        )
    region = inspection.member.region
    params = {
        "region": w.region(region) if region else w("not known"),
        "age": w(AGES[inspection.age.source]),
    }
    names = {part.policy.name for part in inspection.networks}
    return (
        w("Region: %(region)s. Age: %(age)s.", **params)
        if len(names) > 1 or not inspection.item_count
        else w(
            "Policy: %(policy)s. Region: %(region)s. Age: %(age)s.",
            policy=inspection.policy.name,
            **params,
        )
    )


def age_words(inspection: Inspection, w: Words) -> list[str]:
    """Say what bears on an age that no birth date tells, a sentence or two for each sign."""
    if inspection.age.source not in ("school-sign", "account-age", "assumed-adult"):
        return []
    texts = []
    for sign in inspection.age.evidence:
        if sign.sign == "birth-date":
            texts.append(w("A birth date stands in your profile."))
        elif sign.day is None:
            texts.append(w("Your education names a secondary school that you attend now."))
        else:
            network = network_name(sign.network or NO_NETWORK, w)
            since = w(_SINCE[sign.sign], network=network, day=w.day(sign.day))
            proves = w("This proves no age: the policy does not say at which age accounts begin.")
            if sign.begins_at is not None and sign.says == "adult":
                proves = w("Accounts begin at %(age)s: so you are of age.", age=sign.begins_at)
            elif sign.begins_at is not None:
                text = sentence("Accounts begin at %(age)s: that is not long enough to tell.")
                proves = w(text, age=sign.begins_at)
            texts.append(f"{since} {proves}")
    return texts


def kind_words(category: str | None, network: str | None, w: Words) -> str:
    """Name a kind of data: as the network does, if all of it lies there and it has a word."""
    own = networks()[network].words if network else {}
    for kind, names in own.items():
        if kind == category:
            return next(word for lang, word in names.items() if lang == w.lang)
    return category_words(category or None, w.lang)


def network_name(key: str, w: Words) -> str:
    """Name a network; files of none are called so."""
    return networks()[key].name or w("Files of no network")


def step_words(step: Action, w: Words, *, briefly: bool = False) -> str:
    """Say what to do; the switch by its name, unless `briefly`."""
    if step.kind == "format":
        return w.plural(
            "Ask %(network)s for the download as JSON: %(n)s page of HTML gave no item",
            "Ask %(network)s for the download as JSON: %(n)s pages of HTML gave no item",
            step.count,
            network=network_name(step.network or NO_NETWORK, w),
        )
    if step.kind == "unread":
        return w.plural(
            "See %(n)s row that gave no item",
            "See %(n)s rows that gave no item",
            step.count,
        )
    if step.kind == "audience":
        return w.plural(
            "Say who sees your posts, with --audience: %(n)s item hangs on it",
            "Say who sees your posts, with --audience: %(n)s items hang on it",
            step.count,
        )
    if step.kind == "region":
        return w(_STEPS[step.kind])
    name = network_name(step.network or NO_NETWORK, w)
    setting = None if briefly or not step.guide else load_guide(step.guide).setting_in(w.lang)
    kind = "switch-briefly" if step.kind == "switch" and not setting else step.kind
    text = w(_STEPS[kind], network=name, setting=setting)
    if step.begins:
        return w("%(step)s, before it begins on %(day)s", step=text, day=_day(step.begins, w))
    return w("%(step)s, to be safe", step=text) if step.precaution else text


def _day(iso: str, w: Words) -> str:
    return w.day(date.fromisoformat(iso))


def region_words(part: NetworkPart, w: Words) -> str:
    """Say that it is not certain whether anything has started in the reader's country, and why."""
    if not part.unsure or part.doubt is None:
        return ""
    # A policy's own words are English, those of the policies that ship translated.
    why = w.say(part.doubt) if isinstance(part.doubt, Message) else w(part.doubt)
    return w("Not certain for your country: %(why)s", why=why)


def seen_words(step: Action, w: Words) -> str:
    """Say how old what is known of a step's address is, and whether it is certain."""
    if step.seen is None:
        return ""
    parts = [w("last seen on %(day)s", day=_day(step.seen, w))]
    parts += [w("seen more than a year ago")] if step.is_old else []
    parts += [] if step.is_certain else [w("not certain")]
    return ", ".join(parts)


_FIRST = frozenset(("archive-left-out", "of-another-member"))


def notes(inspection: Inspection, w: Words, *, strangers: bool = False) -> Iterator[str]:
    """Say what is odd about the files, but for what the list of rows without an item says.

    With `strangers` say which archives were left out or seem to be another person's, since all
    were put together; without, everything else.
    """
    listed = {
        (file.path, "cut-off" if reason.code == "truncated" else reason.code)
        for file in inspection.reading.files
        for reason in file.reasons
    }
    for note in inspection.reading.notes:
        code = note.message.code
        if (note.about, code) not in listed and (code in _FIRST) is strangers:
            yield w.explained(note.about or "", w.say(note.message))


def listed_words(file: FileReading, w: Words) -> list[tuple[str, int]]:
    """Say each reason why rows of a file gave no item, the most frequent first, with how many."""
    return [(w.say(reason), count) for reason, count in file.reasons.most_common()]
