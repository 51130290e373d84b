"""Whoever is configured hears of a night, and of nobody in it; who is away harms nothing."""

import json
import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
from openlineage.client.event_v2 import InputDataset, Job, OutputDataset, Run, RunEvent
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from tests.night.test_drifts import FIRST, SECOND, lake, night
from vanne.config import Home
from vanne.sources.lake import places_in


@contextmanager
def receiver() -> Iterator[tuple[str, list[tuple[str, bytes]]]]:
    """Give the address of a server that keeps what is posted to it."""
    posted = list[tuple[str, bytes]]()

    class Keep(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            posted.append((self.path, self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(200)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Keep)
    thread = Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", posted
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_lineage_and_traces_say_what_a_night_did_and_name_nobody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    home = Home(tmp_path / "home")
    with receiver() as (address, posted):
        monkeypatch.setenv("OPENLINEAGE_URL", address)
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", address)
        report = night(home, lake(tmp_path / "lake", 1, {}), FIRST)
    assert report.exit_code == 0 and report.after
    begun, ended = (json.loads(body) for path, body in posted if path.endswith("/lineage"))
    assert (begun["eventType"], ended["eventType"]) == ("START", "COMPLETE")
    assert begun["run"]["runId"] == ended["run"]["runId"]
    for event in (begun, ended):  # OpenLineage's own types take them, and refuse what is no event
        parts = [InputDataset(**each) for each in event["inputs"]]
        made = [OutputDataset(**each) for each in event["outputs"]]
        RunEvent(
            eventTime=event["eventTime"],
            producer=event["producer"],
            run=Run(**event["run"]),
            job=Job(**event["job"]),
            eventType=event["eventType"],
            inputs=parts,
            outputs=made,
        )
    assert [each["inputFacets"]["inputStatistics"]["rowCount"] for each in ended["inputs"]] == [
        200, 20, 1000
    ]  # fmt: skip
    version = ended["outputs"][0]["facets"]["version"]["datasetVersion"]
    assert version == report.after.version
    [body] = [body for path, body in posted if path == "/v1/traces"]
    [scope] = ExportTraceServiceRequest.FromString(body).resource_spans[0].scope_spans
    night_span = next(each for each in scope.spans if each.name == "night")
    parents = {each.name: each.parent_span_id for each in scope.spans if each is not night_span}
    assert {"take people", "take posts", "refresh", "check"} <= parents.keys()
    assert set(parents.values()) == {night_span.span_id}
    assert all(each.end_time_unix_nano >= each.start_time_unix_nano for each in scope.spans)
    assert not re.search(rb"\b[mi]\d+\b", b"".join(body for _, body in posted))
    with caplog.at_level(logging.WARNING, "vanne.night"):  # both are away by now
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_TIMEOUT", "1")
        monkeypatch.setenv("OPENLINEAGE__TRANSPORT__TYPE", "http")
        monkeypatch.setenv("OPENLINEAGE__TRANSPORT__URL", address)
        monkeypatch.setenv("OPENLINEAGE__TRANSPORT__RETRY__TOTAL", "0")
        assert night(home, lake(tmp_path / "second", 2, {}), SECOND).exit_code == 0
    assert any("OpenLineage was not told" in line for line in caplog.messages)


def test_a_data_set_is_named_as_openlineage_names_it() -> None:
    named = {
        "s3://lake/posts": ("s3://lake", "posts"),
        "delta:s3://lake/posts": ("s3://lake", "posts"),
        "delta:/lake/posts": ("file", "/lake/posts"),
        "iceberg:test/social.posts": ("iceberg://test", "social.posts"),
        "postgresql://reader@host/social#public.posts": ("postgres://host:5432", "social.public.posts"),
    }  # fmt: skip
    tables = ", ".join(f"'{address}'" for address in named)
    assert places_in(f"SELECT * FROM {tables}, read_csv('x.csv')") == named
