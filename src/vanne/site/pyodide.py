"""Get Pyodide, which is Python for the browser: from npm, by the digests in `package-lock.json`."""

import hashlib
import os
import shutil
import subprocess
import tempfile
from importlib.resources import files
from pathlib import Path

from vanne.errors import MissingError, storing
from vanne.files import make_folder

LOCK = ("package.json", "package-lock.json")
_INSTALL = ("ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error")


def pyodide(cache: Path | None = None) -> Path:
    """Return the folder of Pyodide; npm fetches it once, and it is kept in the cache.

    Raises:
        MissingError: npm is not installed, or cannot fetch what the lock names.
        StorageError: the cache cannot be written.
    """
    lock = {name: (files("vanne.site") / name).read_bytes() for name in LOCK}
    home = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    digest = hashlib.sha256(lock["package-lock.json"]).hexdigest()
    folder = (cache or home / "vanne" / "site") / digest[:16]
    package = folder / "node_modules" / "pyodide"
    if package.is_dir():
        return package
    npm = shutil.which("npm")
    if npm is None:
        raise MissingError("npm is not installed", todo="install Node.js (Debian: nodejs, npm)")
    with storing(f"the cache `{folder.parent}`"):
        make_folder(folder.parent)
        building = Path(tempfile.mkdtemp(prefix=".fetching-", dir=folder.parent))
        try:
            for name, text in lock.items():
                (building / name).write_bytes(text)
            done = subprocess.run([npm, *_INSTALL], cwd=building, capture_output=True, text=True)
            if done.returncode:
                line = (done.stderr.strip().splitlines() or ["it says no more"])[-1]
                todo = "check the connection and the registry (`npm config get registry`)"
                raise MissingError(f"npm cannot fetch Pyodide: {line}", todo=todo)
            if not package.is_dir():  # else another process was faster
                shutil.rmtree(folder, ignore_errors=True)
                building.rename(folder)
        finally:
            shutil.rmtree(building, ignore_errors=True)
    return package
