"""Make a release: `./run release 0.3.0`. Without a version, rehearse one.

All of it happens in a clone, so that a failure leaves nothing behind:

1. the version is written, the changelog assembled from `changelog.d`, and a home, a receipt, a
   certificate and an export made, which later versions must open; this is committed and tagged;
2. the source distribution is built, and from it the wheel; `twine` checks both;
3. each extra is installed from the wheel into an environment of its own, and runs what it names;
4. the tests with dbt, Dagster and datasets run (`./run integrations`), and for a version all others
   (`./run pytest --all`).

Then the commit and its tag are taken over into this repository, and both files into `dist`. What
is left to do is said at the end: nothing is uploaded. uv is used where it is there: it is quicker.
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from urllib.request import HTTPCookieProcessor, build_opener

from vanne.train.base import PACKAGE, VERSION

ROOT = Path(__file__).parents[1]
BASE = "base"
LINK = re.compile(r"(!?\[[^\]]*\])\((?!\w+:|#)([^)]+)\)")

RUNS = {
    BASE: [
        "inspect --example",
        "guide linkedin",
        "policy check linkedin-2025-11-03",
        "decide --policy linkedin-2025-11-03 --as-of 2026-01-01"
        " --items {tables}/items.csv --members {tables}/members.csv",
        "corpus init --policy linkedin-2025-11-03 --members {tables}/members.csv",
        "choose ada off > receipt.json",
        "verify receipt.json",
    ],
    "train": [
        "corpus init --policy linkedin-2025-11-03 --members {tables}/members.csv",
        "corpus add {tables}/items.csv",
        "choose --from {tables}/choices.csv",
        "corpus build --as-of 2026-01-01",
        "train --dry-run",
    ],
    "web": ["inspect --example --open --no-browser"],
    "search": [
        "policy explain linkedin-2025-11-03 --toml --with-purposes > policy.toml",
        "corpus init --policy policy.toml --members {tables}/members.csv",
        "corpus add {tables}/items.csv",
        "corpus build",
        "search index",
        "find welder",
    ],
    "demo": ["demo --members 5 --no-serve --json"],
    "cv": ["inspect {fixtures}/cv/cv.pdf --region CH"],
}
"""What is run where an extra is installed; of every extra the modules are imported besides."""

IMPORT = """
import sys
from importlib import import_module
from vanne.extras import EXTRAS
for module in EXTRAS.get(sys.argv[1], ("vanne",)):
    import_module(module)
"""


def main() -> None:
    parser = argparse.ArgumentParser(description="Make a release, or rehearse one.")
    parser.add_argument("version", nargs="?", help="without one, nothing is taken over or tagged")
    parser.add_argument("--only", help="only these extras, with commas; `base` is none of them")
    parser.add_argument("--keep", type=Path, help="a new folder for the clone and the environments")
    asked = parser.parse_args()
    if links := os.environ.get("PIP_FIND_LINKS"):
        os.environ.setdefault("UV_FIND_LINKS", links)  # uv does not read pip's configuration
    version = asked.version or "0.0.0"
    check_tree(version if asked.version else None)
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = asked.only.split(",") if asked.only else [BASE, *project["optional-dependencies"]]
    with tempfile.TemporaryDirectory(prefix="vanne-release-") as name:
        work = asked.keep or Path(name)
        clone = work / "vanne"
        run("git", "clone", "--quiet", "--no-hardlinks", ROOT, clone)
        commit(clone, version)
        files = build(clone, project["urls"]["Source"])
        for extra in extras:
            try_extra(extra, clone, work / extra, files)
        if not asked.only:
            run("./run", "integrations", cwd=clone)
        if asked.version:
            run("./run", "pytest", "-q", "--all", cwd=clone)
            take_over(clone, version, files)
    homepage = project["urls"]["Homepage"]
    if ".example" in homepage:
        say(f"before an upload: `{homepage}` in pyproject.toml is a placeholder that leads nowhere")


def check_tree(version: str | None) -> None:
    """Refuse a tree with changes, and a version that is there or is none."""
    if run("git", "status", "--porcelain", quiet=True):
        sys.exit("release: there are changes that are not committed: commit them first")
    if version and not re.fullmatch(r"\d+\.\d+\.\d+", version):
        sys.exit(f"release: `{version}` is no version such as 0.3.0")
    if version and run("git", "tag", "--list", f"v{version}", quiet=True):
        sys.exit(f"release: the tag v{version} is there already: give the next version")


def commit(clone: Path, version: str) -> None:
    """Write the version, assemble the changelog, commit and tag."""
    run(
        sys.executable, "-m", "tests.report.test_words", cwd=clone
    )  # no sentence lacks a translation
    init = clone / "src/vanne/__init__.py"
    text = re.sub(
        r'^__version__ = ".*"$', f'__version__ = "{version}"', init.read_text(), flags=re.M
    )
    init.write_text(text)
    today = date.today().isoformat()
    run("towncrier", "build", "--yes", "--version", version, "--date", today, cwd=clone)
    made = f"tests/fixtures/{version}"  # a later version opens it: tests/test_versions.py
    code = {"PYTHONPATH": f"{clone}/src{os.pathsep}{clone}"}
    run(sys.executable, "-m", "tests.made_by", made, cwd=clone, more=code)
    run("git", "add", "--all", cwd=clone)
    run("git", "commit", "--quiet", "--message", f"Release {version}", cwd=clone)
    run("git", "tag", "--annotate", f"v{version}", "--message", f"Vanne {version}", cwd=clone)


def build(clone: Path, source: str) -> list[Path]:
    """Build from the clone, whose README gets links that lead somewhere outside it."""
    readme = clone / "README.md"
    readme.write_text(with_absolute_links(readme.read_text(), source))
    run(sys.executable, "-m", "build", "--no-isolation", cwd=clone)
    run("git", "checkout", "--quiet", "README.md", cwd=clone)
    files = sorted((clone / "dist").iterdir())
    run("twine", "check", "--strict", *files)
    return files


def with_absolute_links(text: str, source: str) -> str:
    """Return Markdown whose links to files of the project begin with its address.

    >>> with_absolute_links("[a](docs/a.md#b) [c](https://c.example) [d](#d)", "https://x.example")
    '[a](https://x.example/docs/a.md#b) [c](https://c.example) [d](#d)'
    """
    return LINK.sub(rf"\1({source}/\2)", text)


def try_extra(extra: str, clone: Path, folder: Path, files: list[Path]) -> None:
    """Install the wheel with an extra, and run what it names."""
    [wheel] = [file for file in files if file.suffix == ".whl"]
    python = folder / ".venv/bin/python"
    if shutil.which("uv"):
        run("uv", "venv", "--quiet", "--python", sys.executable, python.parents[1])
        pip = ["uv", "pip", "install", "--quiet", "--python", python]
    else:
        run(sys.executable, "-m", "venv", python.parents[1])
        pip = [python, "-m", "pip", "install", "--quiet"]
    if extra in ("train", "demo", "all"):  # not the 3 GB of CUDA, where a CPU build is to be had
        subprocess.run([*pip, "--no-deps", "-r", clone / "locks/torch-cpu.txt"], check=False)
        run(*pip, "--no-deps", f"{PACKAGE}=={VERSION}")
    run(*pip, f"{wheel}[{extra}]" if extra != BASE else wheel)
    run(python, "-I", "-c", IMPORT, extra, cwd=folder)
    places = {"tables": clone / "examples/tables", "fixtures": clone / "tests/fixtures"}
    for line in RUNS.get(extra, []):
        command = f"{python} -I -m vanne {line.format(**places)}"
        say(f"{extra}: vanne {line.format(**places)}")
        if "--open" in line:
            ask_page(command, folder)
        else:
            run("sh", "-c", command, cwd=folder, quiet=True)
    size = sum(file.stat().st_size for file in python.parents[1].rglob("*") if file.is_file())
    say(f"{extra}: holds, {size / 2**20:,.0f} MB")


def ask_page(command: str, folder: Path) -> None:
    """Start a command that serves a page, and fetch it."""
    with subprocess.Popen(
        command.split(), cwd=folder, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stdout
            address = process.stdout.readline().split()[0]
            opener = build_opener(
                HTTPCookieProcessor()
            )  # the address works once, then a cookie does
            with opener.open(address, timeout=60) as page:
                assert page.status == 200
        finally:
            process.terminate()


def take_over(clone: Path, version: str, files: list[Path]) -> None:
    """Bring commit, tag and files here."""
    run("git", "pull", "--quiet", "--ff-only", "--tags", clone, f"v{version}")
    (ROOT / "dist").mkdir(exist_ok=True)
    for file in files:
        shutil.copy(file, ROOT / "dist")
    say(f"{version} is committed, tagged and in dist")
    say("what is left: `git push --follow-tags`, `twine upload dist/*`")


def run(
    *command: object, cwd: Path = ROOT, quiet: bool = False, more: Mapping[str, str] | None = None
) -> str:
    """Run a command; end with what it said if it fails."""
    words = [str(word) for word in command]
    if not quiet:
        say(" ".join(words[:5]).partition("\n")[0])
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = {k: v for k, v in os.environ.items() if k not in ("VIRTUAL_ENV", "PYTHONPATH")}
    environment |= {"PATH": path} | dict(more or {})
    done = subprocess.run(
        words,
        cwd=cwd,
        env=environment | {"PATH": path} | (more or {}),
        capture_output=True,
        text=True,
    )
    if done.returncode:
        sys.exit(f"release: {' '.join(words)}\n{done.stdout[-2000:]}{done.stderr[-4000:]}")
    return done.stdout


def say(text: str) -> None:
    print(f"release: {text}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
