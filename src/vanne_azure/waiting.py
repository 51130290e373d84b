"""Wait for Azure: how often to ask, how long at most, and what to say meanwhile."""

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

from vanne.errors import BusyError
from vanne_azure.calling import Sleep, printable
from vanne_azure.state import Run

Show = Callable[[str], None]


class Waiting:
    """Asks every `poll_seconds`, for `wait_hours` at most.

    `say` hears what is worth a line of its own, `passing` what the next line may replace.
    """

    def __init__(
        self, poll_seconds: float, wait_hours: float, say: Show, passing: Show, sleep: Sleep
    ) -> None:
        self.poll_seconds, self.wait_hours = poll_seconds, wait_hours
        self.say, self._passing, self._sleep = say, passing, sleep
        self._shown = ("", "")

    def turns(self, what: str) -> Iterator[float]:
        """Yield the seconds waited so far, once for each time to ask.

        Raises:
            BusyError: it took too long.
        """
        waited = 0.0
        while waited <= self.wait_hours * 3600:
            yield waited
            self._sleep(self.poll_seconds)
            waited += self.poll_seconds
        raise BusyError(
            f"{what} at Azure is not ready after {self.wait_hours:g} hours",
            todo="run this again: it goes on from there",
        )

    def show(self, what: str, status: str, seconds_left: float | None) -> None:
        """Say how far something is: as a line of its own when that has changed."""
        status = printable(status)
        left = "nothing says how long" if seconds_left is None else _left(seconds_left)
        line = f"{what}: {status}, {left}"
        if (what, status) != self._shown:
            self._shown = what, status
            self.say(line)
        self._passing(line)

    def hear(self, events: list[Any], heard: set[str]) -> None:
        """Say the events that were not heard yet: what is measured, and that there was another.

        Their messages may quote what was trained on, so only numbers are said.
        """
        for event in events:
            if event.id in heard:
                continue
            heard.add(event.id)
            data = event.data if isinstance(event.data, dict) else {}
            if isinstance(loss := data.get("train_loss"), int | float):
                of = f" of {data['total_steps']}" if data.get("total_steps") else ""
                self.say(f"step {data.get('step', '?')}{of}: loss {loss:.3f}")
            elif event.level in ("warn", "error"):
                self.say(f"the job says something (`{event.level}`): see its events in the portal")


def estimate(
    job: Any, events: list[Any], run: Run, earlier: Run | None, now: datetime
) -> float | None:
    """Return in how many seconds a job will have ended, or None if nothing tells.

    By what Azure itself says, else by its steps, else by how long the last job took for its bytes.
    """
    if job.estimated_finish:
        return max(0.0, float(job.estimated_finish) - now.timestamp())
    steps = [(int(event.created_at), *found) for event in events if (found := _steps(event.data))]
    if len(steps) > 1:
        (began, first, _), (ended, last, total) = steps[0], steps[-1]
        passed = ended - began
        if last > first and passed > 0:
            return passed / (last - first) * max(0, total - last)
    if earlier and earlier.seconds and earlier.size_bytes:
        whole = earlier.seconds * run.size_bytes / earlier.size_bytes
        return max(0.0, whole - (now.timestamp() - float(job.created_at)))
    return None


def _steps(data: object) -> tuple[int, int] | None:
    """Return a step and how many there are, if an event says both."""
    if not isinstance(data, dict):
        return None
    step, total = data.get("step"), data.get("total_steps")
    return (step, total) if isinstance(step, int) and isinstance(total, int) else None


def _left(seconds: float) -> str:
    if seconds < 90:
        return f"about {seconds:.0f} s left"
    if seconds < 5400:
        return f"about {seconds / 60:.0f} min left"
    return f"about {seconds / 3600:.1f} h left"
