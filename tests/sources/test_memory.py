"""What reading holds does not grow with the archive."""

import subprocess
import sys
import zipfile
from pathlib import Path

READ = """
import re, sys
from pathlib import Path
from vanne.sources import survey
rows = survey([Path(sys.argv[1])]).read(lambda item: None).rows
peak = re.search(r'VmHWM:\\s+(\\d+)', Path('/proc/self/status').read_text())
print(rows, int(peak[1]) // 1024)
"""


def peak(tmp_path: Path, rows: int) -> int:
    """Read a table and a document of so many rows each; return the peak of memory in MiB."""
    path = tmp_path / f"{rows}.zip"
    post = '{"timestamp": %d, "data": [{"post": "' + "a river " * 40 + '"}]}'
    table = "".join(f"2026-02-01 07:00:00,l{n},{'a river ' * 40}\n" for n in range(rows))
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as packed:
        packed.writestr("Comments.csv", "Date,Link,Message\n" + table)
        posts = ",".join(post % (1_500_000_000 + n) for n in range(rows))
        packed.writestr("posts/your_posts_1.json", f"[{posts}]")
    done = subprocess.run(
        [sys.executable, "-c", READ, str(path)], capture_output=True, text=True, check=True
    )
    read, mebibytes = map(int, done.stdout.split())
    assert read == 2 * rows
    return mebibytes


def test_five_times_the_rows_take_no_more_memory(tmp_path: Path) -> None:
    small, large = peak(tmp_path, 6_000), peak(tmp_path, 30_000)
    assert large < small + 8, (small, large)
