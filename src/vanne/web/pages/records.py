"""Pages where a member looks things up: their record, receipts, notices, certificates, report.

A receipt that belongs to somebody else and one that does not exist get the same answer.
Certificates of forgetting name nobody, so every member may read every one. The ledger remembers,
once, that a member was shown a notice; if the entry cannot be written, the notice is shown all the
same.
"""

import logging
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response

from vanne.errors import VanneError
from vanne.forget import Certificate
from vanne.forget.certificate import check_signature
from vanne.forget.history import entry_of, known_in
from vanne.forget.requests import opening
from vanne.ledger import Certified, verify_receipt
from vanne.ledger.proof import prove_entry
from vanne.policy.schedule import PublishedNotice, notices, policy_at
from vanne.report import usage_text
from vanne.report.document import certificate_page, report_file, verify_line
from vanne.report.member import MemberReport, open_ledger
from vanne.report.member_items import items_of
from vanne.report.notice import effects_of, marked, state_of, state_text, to_show
from vanne.report.person import person_state
from vanne.report.person_words import exports, outcome, statements
from vanne.report.usage import UsageReport, usage_report
from vanne.secrets import keyed
from vanne.terms import Channel, Member, Seen
from vanne.web.pages.access import members_only
from vanne.web.pages.switches import path_of
from vanne.web.pages.verifying import seal_of
from vanne.web.rendering import STATIC
from vanne.web.site import page, paged, rendered, site_of, words_of
from vanne.words import Message, purpose_words, reason_words

log = logging.getLogger("vanne.web")

ENTRIES_A_PAGE = 20


@members_only
def record_page(request: Request, member: Member) -> Response:
    """Show one page of the record, newest first."""
    site = site_of(request)
    with open_ledger(site.home) as ledger:
        history = ledger.history(member.member_id)[::-1]
    return page(
        request,
        "record.html",
        member=member,
        shown=paged(request, history, ENTRIES_A_PAGE),
        rules=policy_at(site.home, site.now()).purposes,
        kind_of=items_of(site.home, member.member_id).kind_of,
    )


@members_only
def receipt_page(request: Request, member: Member) -> Response:
    """Show a receipt after verifying it like anybody who holds the file would."""
    index, receipt = _receipt(request, member)
    proven = verify_receipt(receipt)
    purpose = proven.choice.purpose
    site, lang = site_of(request), words_of(request).lang
    rules = policy_at(site.home, site.now()).purposes.get(purpose)
    about = purpose_words(purpose, rules.words if rules else {}, lang)
    answer, proof, became = None, None, list[Message]()
    with suppress(VanneError):  # a receipt is shown, whatever else cannot be read
        report = usage_report(site.home, member.member_id, site.now())
        if known := report.answer_to(index):
            usage, answer = known
            became = [*outcome(answer, usage.deployment)]
            if not answer.choice.on:
                became += exports(person_state(usage))
            proof = report.proof_of(answer.certificate) if answer.certificate else None
    return page(
        request,
        "receipt.html",
        member=member,
        index=index,
        proven=proven,
        said=receipt["choice"],
        about=about,
        title=about.title,
        back=path_of(purpose) if rules else "/settings/data-privacy",
        answer=answer,
        outcome=became,
        proof=proof,
        tell=usage_text,
        address=certificate_page,
        **seal_of(request, index),
    )


@members_only
def receipt_file(request: Request, member: Member) -> Response:
    """Send the receipt as a file."""
    index, receipt = _receipt(request, member)
    name = f'attachment; filename="vanne-receipt-{index}.json"'
    return JSONResponse(receipt, headers={"Content-Disposition": name})


def _receipt(request: Request, member: Member) -> tuple[int, dict[str, Any]]:
    index = request.path_params["index"]
    with site_of(request).ledger() as ledger:
        if index not in dict(ledger.history(member.member_id)):
            raise HTTPException(404)
        return index, ledger.receipt(index)


@members_only
def notice_page(request: Request, member: Member) -> Response:
    """Show the notice of that id; without one, the first that concerns people now."""
    site, now = site_of(request), site_of(request).now()
    known = notices(site.home)
    name = request.path_params.get("notice")
    notice = next((each for each in known if each.notice == name), None)
    if name is None:
        notice = next(iter(to_show(site.home, now)), None)
    elif notice is None:
        raise HTTPException(404)
    effects = effects_of(site.home, member, notice, now, words_of(request).lang) if notice else []
    entry = _entry_of_showing(request, member, notice) if notice else None
    return page(
        request,
        "notice.html",
        member=member,
        notice=notice,
        state=notice and state_text(words_of(request), notice, state_of(site.home, notice, now)),
        effects=effects,
        marked=marked,
        known=known[::-1],
        entry=entry,
    )


def _entry_of_showing(request: Request, member: Member, notice: PublishedNotice) -> int | None:
    """Return the entry that says that the member was shown it; None if it cannot be written."""
    site = site_of(request)
    try:
        with site.ledger() as ledger:
            entries = [
                i for i, showing in ledger.seen(member.member_id) if showing.notice == notice.notice
            ]
            if entries or request.method != "GET":
                return next(iter(entries), None)
            showing = Seen(member.member_id, notice.notice, site.now(), Channel.WEB)
            # two pages that are opened at once have one key: the showing is recorded once
            key = keyed(site.home.root, "seen", member.member_id, notice.notice)
            return ledger.append([showing], key=key)[0]
    except VanneError as error:
        log.error("it was not recorded that a notice was shown: %s", error)
        return None


@members_only
def certificate_details(request: Request, member: Member) -> Response:
    """Say in plain words what a certificate certifies; its signature has just been checked.

    Of those who asked for it a member is shown their own receipts, and not how many others; of what
    left with it, how many items were theirs.
    """
    certificate, site = _certificate(request), site_of(request)
    if certificate is None:
        index, record = _entry(request)
        return page(request, "certificate-lost.html", member=member, index=index, record=record)
    known, policy = known_in(site.home), policy_at(site.home, site.now())
    with site.ledger() as ledger:
        mine = []
        for index, choice in ledger.history(member.member_id):
            if not choice.on and opening(ledger, index) in certificate.requests:
                due: datetime | None = None
                if choice.purpose in policy.purposes:
                    due = choice.at + timedelta(days=policy.purpose(choice.purpose).forget_days)
                mine.append({"index": index, "due": due})
        found = entry_of(ledger, certificate.id)
        entry = found[0] if found else None
    steps, items = [known[step] for step in certificate.steps if step in known], 0
    with suppress(VanneError):  # a certificate is shown, whatever else cannot be read
        report = usage_report(site.home, member.member_id, site.now())
        proofs = (report.proof_of(each) for each in (certificate, *steps))
        items = sum(proof.items for proof in proofs if proof)
    later = [each for each in known.values() if certificate.id in each.steps and not each.waiting]
    return page(
        request,
        "certificate.html",
        member=member,
        certificate=certificate,
        mine=mine,
        items=items,
        receipts=[f"/receipts/{row['index']}.json" for row in mine],
        same_bits=len(certificate.document["configuration"]["facts"]) == 1,
        entry=entry,
        **({} if entry is None else seal_of(request, entry)),
        steps=steps,
        completed=min(later, key=lambda each: len(each.steps), default=None),
        address=certificate_page,
        verify_line=verify_line(certificate),
    )


@members_only
def certificate_file(request: Request, member: Member) -> Response:
    """Send the certificate as a file."""
    certificate = _certificate(request)
    if certificate is None:
        raise HTTPException(404)
    return _file(f"{certificate.id[:16]}.json", dict(certificate.document))


@members_only
def proof_file(request: Request, member: Member) -> Response:
    """Send the proof that the certificate's entry is in the log."""
    index, record = _entry(request)
    with site_of(request).ledger() as ledger:
        return _file(f"{record.certificate[:16]}.proof.json", prove_entry(ledger, index))


def _file(name: str, document: dict[str, Any]) -> Response:
    return JSONResponse(document, headers={"Content-Disposition": f'attachment; filename="{name}"'})


def _entry(request: Request) -> tuple[int, Certified]:
    """Return the entry of the ledger that names the certificate of an address, or answer 404."""
    with site_of(request).ledger() as ledger:
        found = entry_of(ledger, request.path_params["certificate"])
    if found is None:
        raise HTTPException(404)
    return found


def _certificate(request: Request) -> Certificate | None:
    """Return the certificate of an address; None if its file is not here."""
    wanted = request.path_params["certificate"]
    for certificate in known_in(site_of(request).home).values():
        if certificate.id[:16] == wanted:
            check_signature(certificate.document)
            return certificate
    return None


@members_only
def report_page(request: Request, member: Member) -> Response:
    """Show what was used for one purpose, in short: the page stays small."""
    report = _report(request, member)
    purpose = request.query_params.get("purpose")
    named = (usage for usage in report.usages if usage.report.purpose == purpose)
    return page(
        request,
        "report.html",
        member=member,
        whole=report,
        usage=next(named, report.usages[0]),
        linked=True,
        **_words_of_reports(words_of(request).lang),
    )


@members_only
def whole_report_page(request: Request, member: Member) -> Response:
    """Show everything on one page, as long as it is: it is made to be printed."""
    w = words_of(request)
    html = whole_page(_report(request, member), w.lang)
    return HTMLResponse(html, headers={"Content-Language": w.lang})


@members_only
def report_download(request: Request, member: Member) -> Response:
    """Send the report as a file."""
    name = 'attachment; filename="vanne-report.json"'
    data = report_file(_report(request, member))
    return Response(data, media_type="application/json", headers={"Content-Disposition": name})


def _report(request: Request, member: Member) -> UsageReport:
    site = site_of(request)
    return usage_report(site.home, member.member_id, site.now())


def whole_page(report: UsageReport, lang: str, *, alone: bool = False) -> str:
    """Return the page; one that is `alone` needs no other file and leads nowhere."""
    page = rendered(
        lang,
        "report-whole.html",
        whole=report,
        style=(STATIC / "vanne.css").read_text(encoding="utf-8") if alone else None,
        linked=not alone,
        why=lambda item: reason_words(item.reason, lang),
        **_words_of_reports(lang),
    )
    return page + "\n"


def _words_of_reports(lang: str) -> dict[str, Any]:
    return {
        "tell": usage_text,
        "outcome": outcome,
        "statements": lambda usage: statements(person_state(usage)),
        "title": lambda usage: purpose_title(usage, lang),
        "address": certificate_page,
        "verify": verify_line,
    }


def purpose_title(report: MemberReport, lang: str) -> str:
    """Name the purpose of a report as members read it."""
    return purpose_words(report.purpose, report.policy.purpose(report.purpose).words, lang).title
