"""Figures as SVG with matplotlib, the same bytes for the same numbers.

One style for all charts. matplotlib is imported when a figure is drawn, and never opens a window.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import Any

from vanne.files import write_whole

COLOURS = ("#2f5d8a", "#c4622d", "#5b8c5a", "#8a5a9e", "#7a7a7a", "#b08c2e")
_STYLE: dict[Any, Any] = {
    "svg.hashsalt": "vanne",
    "svg.fonttype": "none",
    "font.family": "sans-serif",
    "font.size": 10,
    "axes.grid": True,
    "axes.axisbelow": True,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "grid.color": "#dddddd",
    "legend.frameon": False,
    "figure.constrained_layout.use": True,
}


@contextmanager
def figure(path: Path, title: str, *, size: tuple[float, float] = (7.6, 4.0)) -> Iterator[Any]:
    """Give the axes of a figure (inches); when the block ends well it is written as SVG."""
    import matplotlib as mpl
    from cycler import cycler
    from matplotlib.figure import Figure

    with mpl.rc_context():
        mpl.rcdefaults()  # a `matplotlibrc` in the current folder has no say
        mpl.rcParams.update({**_STYLE, "axes.prop_cycle": cycler(color=COLOURS)})
        drawing = Figure(figsize=size)
        axes = drawing.subplots()
        axes.set_title(title, loc="left")
        yield axes
        sink = BytesIO()
        drawing.savefig(sink, format="svg", metadata={"Date": None, "Title": title})
    write_whole(path, sink.getvalue())
