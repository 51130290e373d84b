"""The night of a network as a Dagster job: refresh, forget, export.

Run it with `dagster dev -f night.py`, or one step by hand:

    VANNE_HOME=network dagster asset materialize -f night.py --select corpus
"""

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import dagster as dg

HOME = os.environ.get("VANNE_HOME", "vanne-home")
TRY_AGAIN = 75
"""The exit code of `vanne` for what is in use right now, or was lost halfway."""


def vanne(*arguments: str) -> dict[str, Any]:
    """Run a command of Vanne on the network and return its JSON document.

    Raises:
        RetryRequested: the network is in use.
        Failure: the command failed; the one line that it said.
    """
    command = ["vanne", *arguments, "--home", HOME, "--json"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode == TRY_AGAIN:
        raise dg.RetryRequested(max_retries=10, seconds_to_wait=60)
    if done.returncode:
        raise dg.Failure(done.stderr.strip(), metadata={"exit code": done.returncode})
    document: dict[str, Any] = json.loads(done.stdout)
    return document


@dg.asset
def corpus() -> dg.MaterializeResult:
    """The corpus, after what members chose until now."""
    document = vanne("corpus", "refresh")
    return dg.MaterializeResult(metadata={"version": document["version"], **document["counts"]})


@dg.asset(deps=[corpus])
def model() -> dg.MaterializeResult:
    """The model, without what was switched off: trained again for four hours at most."""
    document = vanne("forget", "--hours", "4")
    return dg.MaterializeResult(metadata={"forgetting": dg.JsonMetadataValue(document)})


@dg.asset(deps=[corpus])
def export() -> dg.MaterializeResult:
    """A copy of the allowed items for another trainer, and what its receiver must delete."""
    out = os.environ.get("VANNE_EXPORT", "export")
    again = ["--since", out, "--replace"] if Path(out).is_dir() else []
    document = vanne("corpus", "export", "--out", out, *again)
    return dg.MaterializeResult(metadata={"export": dg.JsonMetadataValue(document)})


@dg.asset_check(asset=corpus)
def verifies() -> dg.AssetCheckResult:
    """Decide the whole corpus again: the verdicts are the same to the byte."""
    return dg.AssetCheckResult(passed=vanne("corpus", "verify")["ok"])


night = dg.define_asset_job("night", [corpus, model, export])
definitions = dg.Definitions(
    assets=[corpus, model, export],
    asset_checks=[verifies],
    jobs=[night],
    schedules=[dg.ScheduleDefinition(job=night, cron_schedule="0 2 * * *")],
)
