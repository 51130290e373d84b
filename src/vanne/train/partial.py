"""What a killed run can go on from inside a slice.

While a slice is trained its snapshot (adapter, AdamW's moments, losses so far) is written now and
then. The clock decides only when; going on from any snapshot gives the bits of a run that nobody
interrupted. It is deleted as soon as the slice's checkpoint is there.
"""

import time
from collections.abc import Callable
from dataclasses import InitVar, dataclass, field

from vanne.train.adapter import Tensors
from vanne.train.store import Shelf

SECONDS = 30.0
"""How much work a killed run loses at most."""

SHARE = 50
"""A snapshot that takes long to write comes less often: it costs at most 1 / SHARE of the time."""


@dataclass
class Saving:
    """The snapshots of one slice. `snapshot` is the one that this run goes on from."""

    store: Shelf
    key: str
    snapshot: InitVar[Tensors | None]
    earlier: tuple[float, float] = field(default=(0.0, 0.0), init=False)

    def __post_init__(self, snapshot: Tensors | None) -> None:
        """Start the clocks; what earlier runs spent on the slice counts, too."""
        if snapshot:
            seconds, cpu_seconds = snapshot["spent/seconds"].tolist()
            self.earlier = seconds, cpu_seconds
        self._began = time.perf_counter(), time.process_time()
        self._due = time.monotonic() + SECONDS

    def spent(self) -> tuple[float, float]:
        """Return the wall and CPU seconds that the slice has taken, earlier runs included."""
        wall, cpu = self._began
        return (
            self.earlier[0] + time.perf_counter() - wall,
            self.earlier[1] + time.process_time() - cpu,
        )

    def when_due(self, take: Callable[[], Tensors]) -> None:
        """Write a snapshot if it is time.

        Raises:
            StorageError: it cannot be written; the one before is whole.
        """
        started = time.monotonic()
        if started < self._due:
            return
        import torch

        spent = {"spent/seconds": torch.tensor(self.spent(), dtype=torch.float64)}
        self.store.save_partial(self.key, take() | spent)
        ended = time.monotonic()
        self._due = ended + max(SECONDS, SHARE * (ended - started))
