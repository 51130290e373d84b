"""Control when the memory of freed arrays goes back to the operating system."""

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


def keep_pages() -> None:
    """Keep the pages of freed arrays for the next ones, where the C library is glibc.

    It maps and unmaps each array of 128 kB or more otherwise, and the system clears every page of
    it again: a third of the CPU of deciding many batches. 32 MB is the most that glibc takes as the
    size from which on arrays are mapped; half a GB may lie free before it is given back.
    """
    import pyarrow as pa

    with suppress(OSError, AttributeError):
        libc = ctypes.CDLL(None)
        libc.mallopt(_MMAP_THRESHOLD, 32 << 20)
        libc.mallopt(_TRIM_THRESHOLD, 512 << 20)
        pa.set_memory_pool(pa.system_memory_pool())


_MMAP_THRESHOLD, _TRIM_THRESHOLD = -3, -1
"""Parameters of `mallopt`, from <malloc.h>."""
