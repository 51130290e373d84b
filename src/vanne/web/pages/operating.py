"""The pages of an operator: what needs a person and what runs, and a policy before it counts.

No page names a member. Each figure's rows are also a CSV file and a JSON document. A change of
policy that is typed here is kept as a draft; another account puts it in force.
"""

import json
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response

from vanne.config import Home
from vanne.errors import VanneError
from vanne.forks import FORKS
from vanne.policy.editing import fields_of, with_fields
from vanne.policy.schedule import pending, policy_at
from vanne.report.notice import NoticeDraft, marked
from vanne.report.operations import operations
from vanne.report.policy_draft import (
    LONGEST,
    Account,
    ProposedPolicy,
    approve,
    count,
    drafts,
    drop,
    open_draft,
    propose,
    table_of,
    text_in_force,
)
from vanne.report.tables import CountTable
from vanne.secrets import keyed
from vanne.web.pages.access import staff_form, staff_only
from vanne.web.session import Person, Role
from vanne.web.site import page, site_of, words_of
from vanne.worker.commands import clock

POLICY = "/operator/policy"
ROLE: Role = "operator"
SHOWN = 10


@staff_only("operator")
def operator(request: Request, person: Person) -> Response:
    """Show what needs a person, what runs, what the last runs did, and what is in force."""
    site = site_of(request)
    now = operations(site.home, site.now())
    return page(request, "operator.html", member=None, now=now, wide=True)


@staff_only("operator")
def operator_table(request: Request, person: Person) -> Response:
    """Send the rows of one figure as CSV or as JSON."""
    site, asked = site_of(request), request.path_params["table"]
    name, _, kind = asked.partition(".")
    tables = dict(operations(site.home, site.now()).tables)
    if draft := open_draft(site.home):
        tables["effects"] = table_of(draft)
    table = tables.get(name)
    if table is None or kind not in ("csv", "json"):
        raise HTTPException(404)
    if kind == "json":
        return JSONResponse(_document(table))
    about = {"Content-Disposition": f'attachment; filename="vanne-{asked}"'}
    return PlainTextResponse(table.as_csv(), headers=about, media_type="text/csv")


def _document(table: CountTable) -> dict[str, Any]:
    return {"schema": f"vanne/operator-{table.name}/1", "rows": table.as_json()}


# A policy before it counts


@staff_only("operator")
def policy_page(request: Request, person: Person) -> Response:
    """Show the draft that waits, whom it touches, and the policy to edit."""
    return _show(request, person)


@staff_form(ROLE, 3 * LONGEST + 16_384, 200)  # a form writes a letter with three
def policy_form(request: Request, person: Person, sent: dict[str, str]) -> Response:
    """Keep a draft, approve it, drop it, or count again whom it touches."""
    site, account = site_of(request), _account(request, person)
    toml, number = sent.get("toml", "").replace("\r\n", "\n"), sent.get("draft", "")
    draft = int(number) if number.isascii() and number.isdigit() and len(number) < 10 else 0
    try:
        match sent.get("do"):
            case "try":
                toml = with_fields(toml, sent)
                draft = propose(site.home, toml, account, site.now()).id
                begin_counting(site.home, draft)
            case "count":
                begin_counting(site.home, draft)
            case "approve":
                accepted = sent.get("accepted") == "yes"
                approve(site.home, draft, account, site.now(), accepted=accepted)
            case "drop":
                drop(site.home, draft, account, site.now())
            case _:
                raise HTTPException(400)
    except VanneError as error:
        wrong = error.said(words_of(request))
        return _show(request, person, wrong=wrong, typed=toml or None, status=422)
    return RedirectResponse(POLICY, 303)


def _show(
    request: Request,
    person: Person,
    wrong: str = "",
    typed: str | None = None,
    status: int = 200,
) -> Response:
    site = site_of(request)
    home, now = site.home, site.now()
    waiting, made, stale = open_draft(home), None, ""
    if waiting:
        try:
            hour = now.replace(minute=0, second=0, microsecond=0)  # a page is shown often
            made = waiting.read(home, hour)
        except VanneError as error:
            stale = error.said(words_of(request))
    toml = typed or (waiting.toml if waiting else text_in_force(home, now))
    return page(
        request,
        "operator-policy.html",
        status=status,
        member=None,
        policy=policy_at(home, now),
        pending=pending(home, now),
        draft=waiting,
        made=made,
        stale=stale,
        told=_told(made, words_of(request).lang) if made else [],
        is_own=waiting is not None and waiting.proposed_by == _account(request, person).id,
        effects=_effects(waiting),
        wrong=wrong,
        toml=toml,
        form=fields_of(toml),
        decided=[each for each in drafts(home) if each.state != "open"][:SHOWN],
        marked=marked,
        wide=True,
    )


def _told(made: NoticeDraft, lang: str) -> list[dict[str, Any]]:
    """Return what people would be told, by purpose: what goes, and what comes."""
    return [purpose["said"][lang] for purpose in json.loads(made.text)["purposes"]]


def _effects(draft: ProposedPolicy | None) -> list[Any]:
    """Return whom a draft touches, by purpose: those first where something changes."""
    effects = (draft.effects if draft else None) or {}
    return sorted(effects.items(), key=lambda pair: -len(pair[1].groups))


def _account(request: Request, person: Person) -> Account:
    """Return who acts; the id is a keyed digest, which says nothing of them elsewhere."""
    key = keyed(site_of(request).home.root, "staff", person.subject)
    return Account(key, person.name)


def begin_counting(home: Home, draft: int) -> None:
    """Count in a process of its own, which may take seconds, whom a draft touches."""
    FORKS.Process(target=count, args=(home, draft, clock), name="simulation", daemon=True).start()
