"""The night: take in what the sources brought, let the corpus hear every opt-out, report on it.

In come one file (`night.toml`) that names the sources, and the home of a network. Out come a corpus
that has heard everything, the report `night/run.json`, an error with an exit code if something did
not go well, and one line. Always true: what was killed anywhere goes on from there, and ends in the
same bytes; what came in is let in only if nothing speaks against it, and every opt-out that could
be read is heard even if nothing else is let in.

* `plan`: the file
* `intake`: compare a source with what was taken of it; what is new becomes one file
* `taking`: put a batch into the ledger or the home, or hold back what it would open
* `run`: the night itself, with the steps of the worker
* `health`: how it is: the last good night, what waits, opt-outs that the corpus has not heard
* `metrics`: the same in numbers
* `telling`: OpenLineage and OpenTelemetry are told, if they are configured
"""

from vanne.night.health import NetworkHealth, health
from vanne.night.plan import NightPlan, read_plan
from vanne.night.run import NightReport, rehearse, run

__all__ = ["NetworkHealth", "NightPlan", "NightReport", "health", "read_plan", "rehearse", "run"]
