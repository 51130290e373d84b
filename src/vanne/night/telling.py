"""Tell others of a night: OpenLineage what came from where, OpenTelemetry what took how long.

Both are told if the environment configures their libraries (`OPENLINEAGE_URL`,
`OTEL_EXPORTER_OTLP_ENDPOINT`, and what else they read). They hear of sources, versions, counts and
times: no name, id or text of a member, and no words of a query. If a receiver is away, or a library
is missing, the log has a line, and the night goes on.
"""

import logging
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Any

from vanne.extras import missing_in
from vanne.night.plan import NightPlan
from vanne.night.taking import SourceReport
from vanne.sources.lake import places_in

if TYPE_CHECKING:
    from vanne.night.run import NightReport

log = logging.getLogger("vanne.night")
JOBS = "vanne"
"""The namespace of what has no address of its own."""
PRODUCER = "https://vanne.example/source"


@contextmanager
def told(plan: NightPlan, began: datetime) -> "Iterator[Callable[[NightReport], None]]":
    """Tell that a night begins, and give what tells how it ended. A killed night has no end."""
    send: Callable[[NightReport | None], None] = lambda report: None  # noqa: E731
    if _is_set("OPENLINEAGE"):
        with _unharmed("OpenLineage"):
            send = _lineage(plan, began)
            send(None)

    def end(report: "NightReport") -> None:
        with _unharmed("OpenLineage"):
            send(report)
        if _is_set("OTEL_EXPORTER_OTLP"):
            with _unharmed("OpenTelemetry"):
                _trace(report)

    yield end


def _is_set(prefix: str) -> bool:
    return any(name.startswith(prefix) for name in os.environ)


@contextmanager
def _unharmed(who: str) -> Iterator[None]:
    try:
        yield
    except ImportError as error:
        log.warning("%s was not told: %s", who, missing_in(error) or error)
    except Exception as error:  # whatever receives it, the night goes on
        log.warning("%s was not told: %s", who, type(error).__name__)


def _lineage(plan: NightPlan, began: datetime) -> "Callable[[NightReport | None], None]":
    """Return what sends the event of the begin of a night (None), or of its end."""
    from openlineage.client import OpenLineageClient
    from openlineage.client import event_v2 as events
    from openlineage.client import facet_v2 as facets
    from openlineage.client.uuid import generate_new_uuid

    client, run_id = OpenLineageClient(), str(generate_new_uuid(began))
    version = facets.dataset_version_dataset.DatasetVersionDatasetFacet
    read = facets.input_statistics_input_dataset.InputStatisticsInputDatasetFacet
    written = facets.output_statistics_output_dataset.OutputStatisticsOutputDatasetFacet
    failed = facets.error_message_run.ErrorMessageRunFacet

    def send(report: "NightReport | None") -> None:
        ended = {each.name: each for each in report.sources} if report else {}
        inputs, outputs, about = list[Any](), list[Any](), dict[str, Any]()
        for source in plan.sources:
            done = ended.get(source.name, SourceReport(source.name, source.kind, "waits"))
            places = places_in(source.query) or {"": (JOBS, source.name)}
            for address, (namespace, name) in places.items():
                snapshot = done.snapshots.get(address)
                known = {"version": version(snapshot)} if snapshot else {}
                rows = {"inputStatistics": read(done.rows)} if report and len(places) == 1 else {}
                inputs.append(
                    events.InputDataset(namespace, name, facets=dict(known), inputFacets=dict(rows))
                )
        if report and report.after:
            made = {"outputStatistics": written(report.after.documents)}
            known = {"version": version(report.after.version)}
            outputs.append(
                events.OutputDataset(JOBS, "corpus", facets=dict(known), outputFacets=dict(made))
            )
        state = events.RunState.COMPLETE if report else events.RunState.START
        if report and report.problems:
            state, about = events.RunState.FAIL, {"errorMessage": failed(report.line, "Python")}
        event = events.RunEvent(
            eventTime=(report.ended if report else began).isoformat(),
            producer=PRODUCER,
            run=events.Run(run_id, about),
            job=events.Job(JOBS, "night"),
            eventType=state,
            inputs=inputs,
            outputs=outputs,
        )
        client.emit(event)

    return send


def _trace(report: "NightReport") -> None:
    """Send one trace: the night, and in it each source and each step."""
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor
    from opentelemetry.trace import StatusCode, set_span_in_context

    provider = TracerProvider(resource=Resource.create({"service.name": "vanne"}))
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    tracer = provider.get_tracer("vanne.night")
    about: dict[str, Any] = {"vanne.exit_code": report.exit_code, "vanne.alerts": report.alerts}
    about["vanne.cpu_seconds"] = report.cpu_seconds
    night = tracer.start_span("night", start_time=_nanos(report.began), attributes=about)
    for name, is_good, facts, began, ended in _parts(report):
        within = set_span_in_context(night)
        span = tracer.start_span(name, within, start_time=_nanos(began), attributes=facts)
        span.set_status(StatusCode.OK if is_good else StatusCode.ERROR)
        span.end(_nanos(ended))
    night.set_status(StatusCode.ERROR if report.problems else StatusCode.OK)
    night.end(_nanos(report.ended))
    provider.shutdown()


def _parts(
    report: "NightReport",
) -> Iterator[tuple[str, bool, dict[str, int | float], datetime, datetime]]:
    for each in report.sources:
        if each.began and each.ended:
            is_good, name = each.error is None, f"take {each.name}"
            yield name, is_good, {"vanne.rows": each.rows}, each.began, each.ended
    for task in report.steps:
        if task.started and task.ended:
            facts = {"vanne.cpu_seconds": task.cpu_seconds or 0.0}
            yield task.kind, task.state == "done", facts, task.started, task.ended


def _nanos(at: datetime) -> int:
    return round(at.timestamp() * 1e9)
