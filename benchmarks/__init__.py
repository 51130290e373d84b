"""How fast, how much memory, how many wrong rows: measured against the copying of the same data.

`benchmarks/decide` and `benchmarks/refresh` are commands (`./run python benchmarks/decide --help`).
They make a network, measure every way in a process of its own, check every row of every answer, and
write what they found: `results/*.json`, the charts, and the page in the docs.
"""

import os
from pathlib import Path

# What is measured is a process of its own that finds its modules beside it and in this folder's.
os.environ.pop("PYTHONSAFEPATH", None)
os.environ["PYTHONPATH"] = str(Path(__file__).parents[1])
