"""The peers' own environment: made on first use, and again when `requirements.txt` changes."""

import hashlib
import subprocess
import sys
from pathlib import Path

PEERS = Path(__file__).with_name("peers")
REQUIREMENTS = PEERS / "requirements.txt"


def python_of_peers(venv: Path = PEERS / ".venv", requirements: Path = REQUIREMENTS) -> Path:
    """Return the Python in which the peers, or those of other requirements, are installed.

    Raises:
        subprocess.CalledProcessError: pip failed; it says why on stderr.
    """
    python, mark = venv / "bin" / "python", venv / "installed"
    wanted = hashlib.sha256(requirements.read_bytes()).hexdigest()
    if python.exists() and mark.exists() and mark.read_text() == wanted:
        return python
    print("installing the peers into an environment of their own", file=sys.stderr)
    base = str(Path(sys.base_prefix, "bin", f"python3.{sys.version_info.minor}"))
    subprocess.run([base, "-m", "venv", "--without-pip", "--clear", str(venv)], check=True)
    pip = [base, "-m", "pip", "--python", str(python), "install", "--quiet"]
    quiet = ["--disable-pip-version-check", "--no-warn-script-location"]
    subprocess.run([*pip, *quiet, "-r", str(requirements)], check=True)
    mark.write_text(wanted)
    return python
