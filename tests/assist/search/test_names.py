"""No text of a member names its owner to a recruiter, and what is no name stays."""

import json
import tomllib
from typing import Any

import pytest

from tests.conftest import CASES
from vanne_assist.brief.criteria import Passage
from vanne_assist.search.names import names_of, without_names

EACH = tomllib.loads((CASES / "names" / "cases.toml").read_text("utf-8"))["case"]


@pytest.mark.parametrize("case", EACH, ids=[each["why"] for each in EACH])
def test_a_name_goes_and_its_like_stays(case: dict[str, Any]) -> None:
    rows = [
        {**row, "item_id": "i", "fields": json.dumps(row.get("fields", {}))}
        for row in case["items"]
    ]
    shown = without_names([row for row in rows if not row.get("off")], names_of(rows))
    assert [Passage.of(row).text for row in shown] == case["shown"]
