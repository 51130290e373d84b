"""Write a folder atomically: it appears whole, or it does not appear.

A hidden sibling folder is filled, every file in it is synced, and one rename puts it in place. A
killed process leaves only the sibling, which the next call clears away. A lock on the sibling stops
two processes from building the same folder.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from shutil import rmtree

from vanne.errors import BusyError, RefusedError, storing
from vanne.files import locked, sync


@contextmanager
def whole_folder(out: Path, *, may_replace: Callable[[Path], bool]) -> Iterator[Path]:
    """Give an empty folder to write into; when the block ends well, it is `out`.

    `may_replace` is asked if there is something at `out` already. Between the two renames of a
    replacement there is no `out`, and whoever is killed there has left the old one beside it under
    a hidden name: the next call brings it back first.

    Raises:
        RefusedError: there is something that may not be replaced.
        BusyError: another process builds the same folder.
    """
    out = Path(os.path.realpath(out))
    if not out.name:
        raise RefusedError("the root of the disk is no place for an export", todo="name a folder")
    building, old = (out.with_name(f".{out.name}.{part}") for part in ("building", "old"))
    with storing(f"`{out}`"):
        building.mkdir(mode=0o700, parents=True, exist_ok=True)
    busy = BusyError(
        f"another process is writing `{building.name}`", todo="wait for it and run this again"
    )
    with locked(building, busy=busy):
        try:
            with storing(f"`{out}`"):
                if old.exists() and not out.exists():
                    old.rename(out)  # a process was killed between its two renames
                rmtree(old, ignore_errors=True)
                is_free = not out.exists() or (out.is_dir() and not any(out.iterdir()))
                if not is_free and not (out.is_dir() and may_replace(out)):
                    raise RefusedError(f"`{out}` is there already", todo="name another folder")
                for path in building.iterdir():  # what a process that was killed had written
                    rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()
            yield building
            with storing(f"`{out}`"):
                for path in sorted(building.rglob("*")):
                    sync(path)
                sync(building)
                if out.exists() and any(out.iterdir()):
                    out.rename(old)
                building.rename(out)
                sync(out.parent)
                rmtree(old, ignore_errors=True)
        finally:
            rmtree(building, ignore_errors=True)
