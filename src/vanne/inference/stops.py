"""Texts before which an answer ends, although they may come in pieces."""


class Stops:
    """Holds back what may be the beginning of a stop text, and gives the rest."""

    def __init__(self, texts: tuple[str, ...]) -> None:
        self._texts = [text for text in texts if text]
        self._held = ""
        self.is_hit = False

    def feed(self, text: str) -> str:
        """Take a piece; return what can be given of all so far.

        >>> stops = Stops(("END",))
        >>> [stops.feed(piece) for piece in ("an E", "nd E", "N", "D.")], stops.is_hit
        (['an ', 'End ', '', ''], True)
        """
        if self.is_hit:
            return ""
        held = self._held + text
        places = [place for stop in self._texts if (place := held.find(stop)) >= 0]
        if places:
            self.is_hit, self._held = True, ""
            return held[: min(places)]
        keep = max((_overlap(held, stop) for stop in self._texts), default=0)
        given, self._held = held[: len(held) - keep], held[len(held) - keep :]
        return given

    def rest(self) -> str:
        """Return what was held back and turned out to be no stop."""
        held, self._held = self._held, ""
        return held


def _overlap(text: str, stop: str) -> int:
    """Return how many characters at the end of a text begin the stop."""
    longest = min(len(text), len(stop) - 1)
    return next((n for n in range(longest, 0, -1) if text.endswith(stop[:n])), 0)
