"""The model is away: what was recorded of it is damaged or gone. Nothing is claimed then."""

import json
import shutil
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from tests.report.lives import NOW, PastLife
from tests.web.conftest import SWITCH, sign_in
from tests.web.network import clock
from vanne.config import Home
from vanne.report.document import certificate_page, report_json, state_json
from vanne.report.oversight import LedgerScan, count
from vanne.report.person import person_state
from vanne.report.usage import usage_report
from vanne.terms import MAIN_PURPOSE
from vanne.train.model import current, items_path, lineage_path
from vanne.train.store import ModelStore
from vanne.web import create_app

NOT_KNOWN = "What the model of today holds is not known."
CLAIMS = (
    "No model holds it yet",
    "no model has held your data",
    "the model has none of it",
    "both basins are empty",
    "It held none of it",
    "holds 0 of your items",
    "Not in the model.",
)
OFF = {"set": "off:all:generative-ai-training"}


def _lineage(home: Home) -> Path:
    return lineage_path(ModelStore(home.model), current(home.model).version)


def damage_the_lineage(home: Home) -> None:
    _lineage(home).write_text("{")


def lose_the_lineage(home: Home) -> None:
    _lineage(home).unlink()


def have_it_made_by_another_version(home: Home) -> None:
    document = json.loads(_lineage(home).read_bytes())
    document["settings"]["of_before"] = 1
    _lineage(home).write_text(json.dumps(document))


def damage_the_list_of_items(home: Home) -> None:
    items_path(ModelStore(home.model), current(home.model).version).write_bytes(b"PAR1")


def lose_the_manifest(home: Home) -> None:
    (home.corpus / "manifests" / f"{current(home.model).corpus_version}.json").unlink()


def lose_the_folder(home: Home) -> None:
    shutil.rmtree(home.model)


AWAY = pytest.mark.parametrize(
    "away",
    [
        damage_the_lineage,
        lose_the_lineage,
        have_it_made_by_another_version,
        damage_the_list_of_items,
        lose_the_manifest,
        lose_the_folder,
    ],
)


@AWAY
def test_the_documents_count_what_is_not_known_as_null(
    past: PastLife, away: Callable[[Home], None]
) -> None:
    away(past.home)
    usage = usage_report(past.home, "anna", NOW)
    counts = report_json(usage)["purposes"][0]["counts"]
    assert counts["items"] and counts["in_model"] is None
    state = state_json(person_state(usage.usages[0]), "anna", "en")
    assert state["counts"] == counts


def test_an_auditor_reads_the_rest_of_a_model_of_another_version(past: PastLife) -> None:
    have_it_made_by_another_version(past.home)
    counted = count(past.home, NOW, LedgerScan(MAIN_PURPOSE))
    serving = [row for row in counted.tables["versions"] if row["state"] == "serves"]
    assert [row["documents"] for row in serving] == [None]


@AWAY
def test_pages_say_that_it_is_not_known_and_the_switch_still_works(
    past: PastLife, away: Callable[[Home], None]
) -> None:
    home = past.home
    away(home)
    app = create_app(home, now=clock(NOW + timedelta(hours=1)))
    with TestClient(app, base_url="http://127.0.0.1:8000") as client:
        sign_in(client, "anna")
        client.get("/?lang=en")

        def said(path: str) -> str:
            answer = client.get(path)
            assert answer.status_code == 200, path
            assert not [claim for claim in CLAIMS if claim in answer.text], path
            return answer.text

        for path in (SWITCH, "/", f"{SWITCH}/used", f"{SWITCH}/report"):
            assert NOT_KNOWN in said(path), path
        said("/settings/data-privacy")
        # where the key that it is checked with went with the folder, the ledger names it
        address = certificate_page(past.left)
        assert past.left.before[:16] in said(address)
        shutil.rmtree(home.certificates)
        assert "its file is missing" in said(address)
        assert past.left.id in said(f"{address}.proof.json")
        assert client.get(f"{address}.json").status_code == 404
        assert "Saved." in client.post(SWITCH, data=OFF).text
        page = said(SWITCH)
        assert 'aria-checked="false"' in page
        assert NOT_KNOWN in page


def test_an_earlier_lineage_that_is_damaged_takes_no_page_away(
    past: PastLife,
) -> None:
    home = past.home
    for path in (home.model / "models").glob("*.json"):
        if path != _lineage(home):
            path.write_text("{")
    with TestClient(create_app(home, now=clock(NOW)), base_url="http://127.0.0.1:8000") as client:
        sign_in(client, "anna")
        client.get("/?lang=en")
        assert client.get(SWITCH).status_code == 200
        assert "not known whether" in client.get(f"{SWITCH}/report").text
