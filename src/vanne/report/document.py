"""The usage report as a JSON document, `vanne/member-report/1`, for page, command line and API.

The document holds codes, ids and times, so that its bytes depend on no language. It holds the text
of an item only if the member owns and wrote it. `docs/reference/report.md` explains each part.
"""

import json
from datetime import date
from typing import Any

from vanne.forget.certificate import Certificate
from vanne.report.member import OwnItem, ReportItem
from vanne.report.person import Held, PersonState
from vanne.report.person_words import statements
from vanne.report.usage import ChoiceOutcome, ItemUse, Proof, PurposeUsage, UsageReport
from vanne.terms import MemberId
from vanne.words import words

SCHEMA = "vanne/member-report/1"
STATE_SCHEMA = "vanne/member-state/1"


def report_json(report: UsageReport) -> dict[str, Any]:
    """Return a report as a JSON document."""
    member, first = report.member, report.usages[0].report

    def uses(item: ReportItem) -> dict[str, Any]:
        return {u.report.purpose: _use(u, u.report.item(item.place)) for u in report.usages}

    return {
        "schema": SCHEMA,
        "as_of": _time(report.as_of),
        "member": {
            "member_id": member.member_id,
            "region": member.region,
            "birth_date": str(member.birth_date) if member.birth_date else None,
            "joined_at": _time(member.joined_at),
        },
        "policy": report.policy.named(),
        "purposes": [_purpose(usage) for usage in report.usages],
        "items": [
            {
                "item_id": item.item_id,
                "category": item.category,
                "created_at": _time(item.created_at),
                "text": item.text,
                "purposes": uses(item),
            }
            for item in first.items
        ],
        "items_of_others": [
            {
                "category": item.category,
                "created_at": _time(item.created_at),
                "role": item.role,
                "purposes": uses(item),
            }
            for item in first.others
        ],
    }


def report_file(report: UsageReport) -> bytes:
    """Return the document as a file: the same bytes from page and command."""
    return json.dumps(report_json(report), ensure_ascii=False, indent=2).encode() + b"\n"


def state_json(person: PersonState, member_id: MemberId, lang: str) -> dict[str, Any]:
    """Return the state of a person as a JSON document, with its sentences in a language."""
    state, w = person.switch.state, words(lang)
    return {
        "schema": STATE_SCHEMA,
        "member_id": member_id,
        "purpose": person.switch.purpose,
        "as_of": _time(person.as_of),
        "standing": person.state,
        "used": person.is_open,
        "kept_out": person.kept_out,
        "on": state.on,
        "by": "signal" if person.switch.by_signal else state.by,
        "since": _time(state.since),
        "off_categories": person.switch.kinds_off,
        "off_items": person.switch.items_off,
        "counts": _counts(person.held),
        "deployment": person.deployment.does,
        "stages": [
            {"stage": each.name, "state": each.state, "at": _time(each.at)}
            | {"expected": _time(each.expected), "due": _time(each.due)}
            for each in person.stages
        ],
        "steps": [
            {"step": each.name, "state": each.state, "at": _time(each.at or each.day)}
            | {"expected": _time(each.expected)}
            for each in person.steps
        ],
        "receivers": [
            {"name": each.name, "at": _time(each.at), "items": each.items}
            | {"later": _time(each.later)}
            for each in person.receivers
        ],
        "receipt": person.receipt,
        "certificate": person.certificate.id if person.certificate else None,
        "says": [each.document() | {"text": w.say(each)} for each in statements(person)],
    }


def certificate_page(certificate: Certificate) -> str:
    """Return the address of the page on a certificate; with `.json` it is the certificate."""
    return f"/certificates/{certificate.id[:16]}"


def verify_line(certificate: Certificate) -> str:
    """Return the command that checks a certificate and the proof that it is in the log."""
    name = certificate.id[:16]
    return f"vanne verify {name}.json --inclusion {name}.proof.json"


def _time(moment: date | None) -> str | None:
    return moment.isoformat() if moment else None


def _counts(held: Held) -> dict[str, int | None]:
    """Return how many items are held, those too that are the member's no more; None: not known."""
    return {
        "items": held.items,
        "allowed": held.allowed,
        "in_corpus": None if held.unknown else held.in_corpus,
        "in_model": None if held.model_unknown else held.in_model,
    }


def _purpose(usage: PurposeUsage) -> dict[str, Any]:
    report, state = usage.report, usage.report.state
    return {
        "purpose": report.purpose,
        "state": {
            "on": state.on,
            "by": state.by,
            "since": _time(state.since),
            "block": state.block,
            "used": state.used,
        },
        "counts": _counts(Held.of(usage)),
        "forget_by": _time(usage.due),
        "corpora": [
            {
                "version": version.name,
                "as_of": _time(version.as_of),
                "until": _time(until),
                "policy": version.policy,
                "ledger_size": version.ledger_size,
                "items": items,
            }
            for version, until, items in usage.corpora
        ],
        "departed": [
            {"item_id": each.item_id, **_held(usage, each.use)} for each in usage.departed
        ],
        "models": [
            {
                "version": model.version,
                "corpus": model.corpus,
                "since": _time(model.since),
                "until": _time(model.until),
                "serves": model.is_current,
                "certificate": model.certificate.id if model.certificate else None,
                "items": items,
            }
            for model, items in usage.models
        ],
        "choices": [_choice(answer) for answer in usage.answers],
        "certificates": [_certificate(proof) for proof in usage.proofs],
        "not_known": {"corpora": usage.gaps[0], "models": usage.gaps[1]},
    }


def _choice(answer: ChoiceOutcome) -> dict[str, Any]:
    choice, proof, retrained = answer.choice, answer.certificate, answer.retrained
    return {
        "receipt": answer.index,
        "scope": choice.scope,
        "target": choice.target,
        "on": choice.on,
        "at": _time(choice.at),
        "claimed_at": _time(choice.claimed_at),
        "channel": choice.channel,
        "notice": choice.notice,
        "outcome": answer.outcome,
        "forget_by": _time(answer.due),
        "forgotten_on": proof.day.isoformat() if proof and answer.outcome == "done" else None,
        "certificate": proof.id if proof else None,
        "retrained_on": retrained.day.isoformat() if retrained else None,
        "retrained_certificate": retrained.id if retrained else None,
    }


def _certificate(proof: Proof) -> dict[str, Any]:
    certificate, page = proof.certificate, certificate_page(proof.certificate)
    return {
        "id": certificate.id,
        "day": certificate.day.isoformat(),
        "phase": certificate.phase,
        "waiting": certificate.waiting,
        "model_before": certificate.before,
        "model_after": certificate.after,
        "items": proof.items,
        "receipts": list(proof.receipts),
        "page": page,
        "download": f"{page}.json",
        "proof": f"{page}.proof.json",
        "verify": verify_line(certificate),
    }


def _use(usage: PurposeUsage, item: ReportItem) -> dict[str, Any]:
    """Say whether an item may be used, and what held it; why not is for its owner to know."""
    return {
        "allowed": item.allowed,
        **({"reason": item.reason} if isinstance(item, OwnItem) else {}),
        "in_corpus": item.in_corpus,
        "in_model": item.in_model,
        **_held(usage, usage.use(item)),
    }


def _held(usage: PurposeUsage, use: ItemUse) -> dict[str, Any]:
    """Say what held an item, whether it is there still or not."""
    return {
        "corpora": [
            {
                "since": _time(stay.since),
                "until": _time(stay.until),
                "still": stay.is_open,
                "first": usage.versions[stay.first].name,
                "last": usage.versions[stay.last].name,
            }
            for stay in use.stays
        ],
        "models": [model.version for model in use.models],
        "forget_by": _time(use.due),
        "known": not use.unknown,
    }
