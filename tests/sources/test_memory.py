"""What reading holds does not grow with the archive."""

import subprocess
import sys
import zipfile
from pathlib import Path

READ = """
import re, sys
from pathlib import Path
from vanne.report import inspected_items
from vanne.report.inspected_items import ItemFilter
from vanne.report.inspection import inspect
inspected_items.KEPT_BYTES = 1 << 20  # the smaller archive has more
found = inspect(sys.argv[1], region='CH', as_of='2026-11-25')
rows = found.item_count
for wanted in (ItemFilter(), ItemFilter('river')):
    page = found.search(wanted)[rows - 50:]
    assert len(page) == 50, len(page)
peak = re.search(r'VmHWM:\\s+(\\d+)', Path('/proc/self/status').read_text())
print(rows, int(peak[1]) // 1024)
"""

INSPECT = """
import contextlib, io, json, re, sys
from pathlib import Path
from vanne.cli import main
said = Path(sys.argv[1]).with_suffix('.json')
with said.open('w') as sys.stdout, contextlib.suppress(SystemExit):
    sys.argv[1:] = ['inspect', sys.argv[1], '--region', 'CH', '--json']
    main()
peak = re.search(r'VmHWM:\\s+(\\d+)', Path('/proc/self/status').read_text())
sys.stdout = sys.__stdout__
print(json.loads(said.read_text())['totals']['listed'], int(peak[1]) // 1024)
"""


def peak(tmp_path: Path, rows: int) -> int:
    """Inspect so many rows of a table and of a document to the last page; return the peak in MiB."""
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


def test_more_rows_take_no_more_memory(tmp_path: Path) -> None:
    # 8,000 rows fill what is kept and each buffer; 12,000 more would take 20 MiB if they were kept.
    small, large = peak(tmp_path, 8_000), peak(tmp_path, 20_000)
    assert large < small + 12, (small, large)


def peak_of_listing(tmp_path: Path, rows: int) -> int:
    """Inspect a table that nobody knows, with so many rows; return the peak of memory in MiB."""
    path = tmp_path / f"{rows}-unknown.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as packed:
        packed.writestr("strange.csv", "A,B\n" + "".join(f"{n},{'x' * 70}\n" for n in range(rows)))
    done = subprocess.run(
        [sys.executable, "-c", INSPECT, str(path)], capture_output=True, text=True, check=True
    )
    listed, mebibytes = map(int, done.stdout.split())
    assert listed == rows
    return mebibytes


def test_a_long_list_of_rows_that_gave_nothing_takes_no_more_memory(tmp_path: Path) -> None:
    small, large = peak_of_listing(tmp_path, 15_000), peak_of_listing(tmp_path, 60_000)
    assert large < small + 10, (small, large)
