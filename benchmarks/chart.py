"""Charts as SVG: bars and lines on a logarithmic scale, without a plotting library."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape

COLOURS = ("#2f5d8a", "#c4622d", "#5b8c5a", "#8a5a9e", "#7a7a7a", "#b08c2e")
INK, GRID = "#333333", "#dddddd"
WIDTH, LEFT, RIGHT, TOP = 760, 300, 90, 56
TICKS = 5


@dataclass(frozen=True, slots=True)
class Scale:
    """A logarithmic scale from whole powers of ten to pixels."""

    low: float
    high: float
    start: float
    end: float

    @classmethod
    def over(cls, values: Sequence[float], start: float, end: float) -> "Scale":
        """Return the scale that shows all of these."""
        low = 10.0 ** math.floor(math.log10(min(values)) - 1e-9)
        high = 10.0 ** math.ceil(math.log10(max(values)) + 1e-9)
        return cls(low, high, start, end)

    def at(self, value: float) -> float:
        """Return where a value lies."""
        share = math.log(value / self.low) / math.log(self.high / self.low)
        return self.start + share * (self.end - self.start)

    def ticks(self) -> list[float]:
        """Return the powers of ten."""
        first, last = round(math.log10(self.low)), round(math.log10(self.high))
        return [10.0**power for power in range(first, last + 1)]


def short(value: float) -> str:
    """Return a figure as people read it.

    >>> [short(v) for v in (0.0123, 0.5, 12.34, 1000000)]
    ['0.012', '0.50', '12', '1M']
    """
    for size, unit in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if value >= size:
            return f"{value / size:.3g}{unit}"
    return f"{value:.0f}" if value >= 10 else f"{value:.2f}" if value >= 0.1 else f"{value:.2g}"


def bars(title: str, note: str, rows: Mapping[str, Mapping[str, float]]) -> str:
    """Draw one group of bars per row, one bar per series; a line at 1."""
    series = list(dict.fromkeys(name for row in rows.values() for name in row))
    values = [value for row in rows.values() for value in row.values()]
    scale = Scale.over([*values, 1], LEFT, WIDTH - RIGHT)
    y, parts, bar = TOP + 26.0, [], 13
    for name, row in rows.items():
        middle = y + bar * len(row) / 2 + 4
        parts.append(_text(LEFT - 8, middle, name, anchor="end", size=11))
        for key, value in row.items():
            colour = COLOURS[series.index(key) % len(COLOURS)]
            parts.append(_rect(LEFT, y, scale.at(value) - LEFT, bar - 2, colour))
            parts.append(_text(scale.at(value) + 4, y + bar - 3, short(value), size=10))
            y += bar
        y += 9
    grid = [_line(scale.at(t), TOP + 18, scale.at(t), y, GRID) for t in scale.ticks()]
    grid += [_text(scale.at(t), y + 14, short(t), anchor="middle", size=10) for t in scale.ticks()]
    one = [_line(scale.at(1), TOP + 18, scale.at(1), y, INK)]
    return _page(title, note, y + 26, [*grid, *parts, *one, *_legend(series)])


def shares(title: str, note: str, rows: Mapping[str, Mapping[str, float]]) -> str:
    """Draw one group of bars per row, one bar per series, on a scale from 0 to 1."""
    series = list(dict.fromkeys(name for row in rows.values() for name in row))
    y, parts, bar, left = TOP + 40.0, [], 13, 170

    def at(value: float) -> float:
        return left + value * (WIDTH - RIGHT - left)

    for name, row in rows.items():
        parts.append(_text(left - 8, y + bar * len(row) / 2 + 4, name, anchor="end", size=11))
        for key, value in row.items():
            colour = COLOURS[series.index(key) % len(COLOURS)]
            parts.append(_rect(left, y, at(value) - left, bar - 2, colour))
            parts.append(_text(at(value) + 4, y + bar - 3, f"{value:.3f}", size=10))
            y += bar
        y += 9
    ticks = [tick / 5 for tick in range(6)]
    grid = [_line(at(tick), TOP + 32, at(tick), y, GRID) for tick in ticks]
    grid += [_text(at(tick), y + 14, f"{tick:.1f}", anchor="middle", size=10) for tick in ticks]
    return _page(title, note, y + 26, [*grid, *parts, *_legend(series)])


def lines(title: str, note: str, series: Mapping[str, Mapping[float, float]]) -> str:
    """Draw one line per series over a logarithmic x; y begins at nought."""
    height, left, bottom, top = 440.0, 70, 400.0, TOP + 40
    across = Scale.over([x for line in series.values() for x in line], left, WIDTH - RIGHT)
    step = _step(max(y for line in series.values() for y in line.values()))
    parts = []
    for tick in across.ticks():
        x = across.at(tick)
        parts += [_line(x, top, x, bottom, GRID)]
        parts += [_text(x, bottom + 16, short(tick), anchor="middle", size=10)]

    def up(value: float) -> float:
        return bottom - value / (step * TICKS) * (bottom - top)

    for tick in range(TICKS + 1):
        y = up(tick * step)
        parts += [_line(left, y, WIDTH - RIGHT, y, GRID)]
        parts += [_text(left - 6, y + 4, f"{tick * step:,.0f}", anchor="end", size=10)]
    for number, line in enumerate(series.values()):
        colour = COLOURS[number % len(COLOURS)]
        places = [(across.at(x), up(y)) for x, y in sorted(line.items())]
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
        parts.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>')
        parts += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3.5" fill="{colour}"/>' for x, y in places]
    last, lowest = [(max(line), line[max(line)]) for line in series.values()], math.inf
    for x, value in sorted(last, key=lambda point: point[1]):
        lowest = min(up(value) + 4, lowest - 11)  # no label upon another
        parts.append(_text(across.at(x) + 7, lowest, f"{value:,.0f}", size=10))
    return _page(title, note, height, [*parts, *_legend(list(series))])


def _step(most: float) -> float:
    """Return the smallest step of 1, 2, 2.5 or 5 times a power of ten that shows the most."""
    power = 10.0 ** math.floor(math.log10(most / TICKS))
    return next(power * n for n in (1, 2, 2.5, 5, 10) if power * n * TICKS >= most)


def _legend(names: Sequence[str], columns: int = 3) -> list[str]:
    parts = []
    for number, name in enumerate(names):
        x = 20 + (WIDTH - 40) / columns * (number % columns)
        y = TOP + 8 + 15 * (number // columns)
        parts.append(_rect(x, y - 9, 10, 10, COLOURS[number % len(COLOURS)]))
        parts.append(_text(x + 15, y, name, size=11))
    return parts


def _page(title: str, note: str, height: float, parts: Sequence[str]) -> str:
    head = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height:.0f}" '
        f'width="{WIDTH}" height="{height:.0f}" role="img" font-family="sans-serif">',
        f"<title>{escape(title)}</title>",
        _rect(0, 0, WIDTH, height, "#ffffff"),
        _text(20, 24, title, size=15, weight="bold"),
        _text(20, 42, note, size=11),
    ]
    return "\n".join([*head, *parts, "</svg>", ""])


def _rect(x: float, y: float, width: float, height: float, fill: str) -> str:
    width = max(width, 1)
    return (
        f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" fill="{fill}"/>'
    )


def _line(x1: float, y1: float, x2: float, y2: float, stroke: str) -> str:
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{stroke}"/>'


def _text(
    x: float, y: float, text: str, *, anchor: str = "start", size: int = 12, weight: str = "normal"
) -> str:
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" font-weight="{weight}" '
        f'text-anchor="{anchor}" fill="{INK}">{escape(text)}</text>'
    )
