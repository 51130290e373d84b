"""The report as a JSON document, `vanne/member-report/1`, that page, command and API show.

It says everything in codes, ids and times, so that its bytes depend on no language. The text of an
item is in it only if the member owns and wrote it. `docs/reference/report.md` explains each part.
"""

import json
from datetime import datetime
from typing import Any

from vanne.corpus.history import Inclusion
from vanne.forget.certificate import Certificate
from vanne.report.member import OthersItem, OwnItem
from vanne.report.member_items import Row
from vanne.report.usage import ChoiceOutcome, Proof, PurposeUsage, UsageReport

SCHEMA = "vanne/member-report/1"


def report_json(report: UsageReport) -> dict[str, Any]:
    """Return a report as a JSON document."""
    first = report.usages[0].report
    return {
        "schema": SCHEMA,
        "as_of": _time(report.as_of),
        "member": {
            "member_id": report.member.member_id,
            "region": report.member.region,
            "birth_date": str(report.member.birth_date) if report.member.birth_date else None,
            "joined_at": _time(report.member.joined_at),
        },
        "policy": report.policy.named(),
        "purposes": [_purpose(usage) for usage in report.usages],
        "items": [
            {
                "item_id": item.item_id,
                "category": item.category,
                "created_at": _time(item.created_at),
                "text": item.text,
                "purposes": _uses(report, item.row),
            }
            for item in first.items
        ],
        "items_of_others": [
            {
                "category": item.category,
                "created_at": _time(item.created_at),
                "role": item.role,
                "purposes": _uses(report, item.row),
            }
            for item in first.others
        ],
    }


def report_line(report: UsageReport) -> bytes:
    """Return the document as one line, for JSON Lines."""
    document = report_json(report)
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def report_file(report: UsageReport) -> bytes:
    """Return the document as a file: the same bytes from page and command, alone or among many."""
    return json.dumps(report_json(report), ensure_ascii=False, indent=2).encode() + b"\n"


# One purpose


def _purpose(usage: PurposeUsage) -> dict[str, Any]:
    report = usage.report
    return {
        "purpose": report.purpose,
        "state": {
            "on": report.state.on,
            "by": report.state.by,
            "since": _time(report.state.since),
            "block": report.state.block,
            "used": report.state.used,
        },
        "counts": {
            "items": len(report.items),
            "allowed": report.allowed,
            "in_corpus": report.in_corpus,
            "in_model": report.in_model,
        },
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
        "choices": [_answer(answer) for answer in usage.answers],
        "certificates": [_proof(proof) for proof in usage.proofs],
        "not_known": {"corpora": usage.gaps[0], "models": usage.gaps[1]},
    }


def _answer(answer: ChoiceOutcome) -> dict[str, Any]:
    choice = answer.choice
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
        "forgotten_on": _day(answer.certificate),
        "certificate": answer.certificate.id if answer.certificate else None,
        "retrained_on": _day(answer.retrained),
        "retrained_certificate": answer.retrained.id if answer.retrained else None,
    }


def _proof(proof: Proof) -> dict[str, Any]:
    certificate = proof.certificate
    return {
        "id": certificate.id,
        "day": _day(certificate),
        "phase": certificate.phase,
        "waiting": certificate.waiting,
        "model_before": certificate.before,
        "model_after": certificate.after,
        "items": proof.items,
        "receipts": list(proof.receipts),
        "page": certificate_page(certificate),
        "download": f"{certificate_page(certificate)}.json",
        "proof": f"{certificate_page(certificate)}.proof.json",
        "verify": verify_line(certificate),
    }


def _day(certificate: Certificate | None) -> str | None:
    return certificate.day.isoformat() if certificate else None


def certificate_page(certificate: Certificate) -> str:
    """Return the address of the page on a certificate; with `.json` it is the certificate."""
    return f"/certificates/{certificate.id[:16]}"


def verify_line(certificate: Certificate) -> str:
    """Return the command that checks a certificate and the proof that it is in the log."""
    name = certificate.id[:16]
    return f"vanne verify {name}.json --inclusion {name}.proof.json"


# One item


def _uses(report: UsageReport, row: Row) -> dict[str, Any]:
    return {usage.report.purpose: _use(usage, usage.items[row]) for usage in report.usages}


def _use(usage: PurposeUsage, item: OwnItem | OthersItem) -> dict[str, Any]:
    use = usage.uses[item.row]
    return {
        **_verdict(item),
        "corpora": [_stay(usage, stay) for stay in use.stays],
        "models": [model.version for model in use.models],
        "forget_by": _time(use.due),
        "known": not use.unknown,
    }


def _verdict(item: OwnItem | OthersItem) -> dict[str, Any]:
    """Say whether an item may be used; why not is for its owner to know."""
    verdict: dict[str, Any] = {"allowed": item.allowed}
    if isinstance(item, OwnItem):
        verdict["reason"] = item.reason
    return verdict | {"in_corpus": item.in_corpus, "in_model": item.in_model}


def _stay(usage: PurposeUsage, stay: Inclusion) -> dict[str, Any]:
    return {
        "since": _time(stay.since),
        "until": _time(stay.until),
        "still": stay.is_open,
        "first": usage.versions[stay.first].name,
        "last": usage.versions[stay.last].name,
    }


def _time(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None
