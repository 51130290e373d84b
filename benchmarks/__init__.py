"""How fast, how much memory, how many wrong rows: measured against the copying of the same data.

`benchmarks/decide` and `benchmarks/refresh` are commands (`./run python benchmarks/decide --help`).
They make a network, measure every way in a process of its own, check every row of every answer, and
write what they found: `results/*.json`, the charts, and the page in the docs.
"""

import os

os.environ.pop("PYTHONSAFEPATH", None)  # what is measured finds its modules beside it, and in ROOT
