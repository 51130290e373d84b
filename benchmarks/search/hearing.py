"""How long an open index takes to hear that somebody said no."""

from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from time import process_time

import numpy as np

from benchmarks.search.profiles import Profiles, open_index
from vanne.config import Home
from vanne.ledger import Ledger
from vanne.terms import Choice
from vanne_assist.search.index import PURPOSE

SAID = 60
AT = datetime(2026, 6, 2, tzinfo=UTC)


def measure(profiles: int) -> dict[str, float]:
    """Let people say no one by one, and ask after each who may be shown; CPU milliseconds."""
    with TemporaryDirectory() as folder, Ledger.of(Home(Path(folder))) as ledger:
        index = open_index(Profiles(profiles, 1), ledger)
        new, nothing = [], []
        for at in range(SAID):
            ledger.append([Choice(f"m{at * profiles // SAID:07d}", PURPOSE, "all", False, AT)])
            for times in (new, nothing):
                start = process_time()
                shown = index.shown()
                times.append(1000 * (process_time() - start))
            assert int(np.count_nonzero(~shown)) == at + 1
    return {
        "profiles": profiles,
        "first": new[0],
        "no_p50": float(np.percentile(new, 50)),
        "no_p95": float(np.percentile(new, 95)),
        "nothing_new_p50": float(np.percentile(nothing, 50)),
    }
