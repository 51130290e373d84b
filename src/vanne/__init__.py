"""Vanne: the valve between a network's members and the generative AI that trains on them.

The rooms follow the path of the data: `sources`, `policy`, `ledger`, `decide`, `corpus`, `train`,
`forget`, `assist`, `report`; `web` and `cli` are thin edges and `demo` is a made-up network.
"""

__version__ = "0.1.0"
