"""The report over the API is as its OpenAPI document says, of a member with models behind them."""

import jsonschema_rs
import pytest

from tests.report.lives import NOW, Past
from tests.web.api.conftest import asking
from vanne.web.api.app import document, routes


@pytest.mark.parametrize("member", ["anna", "bruno", "fritz", "gina"])
def test_the_report_is_as_it_is_described(past: Past, member: str) -> None:
    described = document(routes())
    schema = {"$ref": "#/components/schemas/Report", "components": described["components"]}
    with asking(past.home, "reports", now=lambda: NOW) as asked:
        said = asked.get(f"/v1/members/{member}/report").json()
    jsonschema_rs.validate(schema, said)
    (purpose,) = said["purposes"]
    assert member != "anna" or (purpose["models"] and purpose["certificates"])
