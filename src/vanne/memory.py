"""Memory that was freed, and that the process still holds."""

import ctypes
from contextlib import suppress


def give_back() -> None:
    """Give the system back what was freed: Arrow's pool, and glibc's where that is the C library.

    They keep the pages of many small blocks otherwise, which large arrays do not use again: after
    ten million members and their choices that is more than 600 MB.
    """
    import pyarrow as pa

    pa.default_memory_pool().release_unused()
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).malloc_trim(0)
