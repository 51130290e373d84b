"""The inspection runs where there is neither numpy nor Arrow, as in a browser, and says the same."""

import json
import subprocess
import sys
from pathlib import Path

FOLDER = Path(__file__).parents[1] / "fixtures" / "linkedin"
SCRIPT = """
import json, sys
from datetime import UTC, datetime
from pathlib import Path

class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in sys.argv[2:]:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

sys.meta_path.insert(0, Absent())
from vanne.report.inspection import inspect

skills = Path("Skills.csv")
skills.write_text("Name\\nWriting to ann@example.org or 020 7946 0123\\n")
found = inspect([Path(sys.argv[1]), skills], region="CH", as_of=datetime(2026, 1, 1, tzinfo=UTC))
print(json.dumps({**found.document(), "loaded": sorted({m.partition(".")[0] for m in sys.modules})}))
"""


def inspected(folder: Path, *absent: str) -> dict[str, object]:
    archive = FOLDER / "2026-complete"
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, archive, *absent], cwd=folder, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    document: dict[str, object] = json.loads(done.stdout)
    return document


def test_the_inspection_needs_neither_numpy_nor_arrow(tmp_path: Path) -> None:
    light = inspected(tmp_path, "numpy", "pyarrow", "duckdb", "sqlalchemy", "torch")
    whole = inspected(tmp_path)
    assert light["redacted"] and "numpy" in whole.pop("loaded")  # type: ignore[operator]
    light.pop("loaded")
    assert light == whole
