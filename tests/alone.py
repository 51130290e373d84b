"""The core at work in a process that can import no plug-in: `python -m tests.alone HOME`.

Commands in one process, and every address to which a page of the application leads.
"""

import re
import sys
from datetime import UTC, datetime
from pathlib import Path

sys.modules.update(dict.fromkeys(["vanne_assist", "vanne_audit", "vanne_azure"]))  # type: ignore[arg-type]

from click.testing import CliRunner  # noqa: E402
from starlette.testclient import TestClient  # noqa: E402

from tests.web.conftest import sign_in  # noqa: E402
from vanne.cli import cli  # noqa: E402
from vanne.config import Home  # noqa: E402
from vanne.web import create_app  # noqa: E402

ROOT = Path(__file__).parents[1]
TABLES = ROOT / "examples" / "tables"
PAGES = {
    "member": ("/", "/settings", "/settings/data-privacy"),
    "operator": ("/", "/operator"),
    "auditor": ("/", "/auditor"),
}


def run(*arguments: object) -> str:
    """Run a command; return what it prints."""
    done = CliRunner().invoke(cli, [str(each) for each in arguments], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.output


def work(home: Home) -> None:
    """Inspect an archive, make a network and build its corpus."""
    assert "\n  inspect " in run("--help")
    assert "LinkedIn" in run("inspect", ROOT / "examples" / "archive", "--region", "CH")
    place = ("--home", home.root)
    given = ("--policy", "linkedin-2025-11-03", "--members", TABLES / "members.csv")
    run("corpus", "init", *given, *place)
    run("corpus", "add", TABLES / "items.csv", *place)
    run("corpus", "build", *place)


def walk(home: Home) -> None:
    """Open the pages of each role, and whatever they lead to on this server."""
    app = create_app(home, now=lambda: datetime.now(UTC))
    for role, paths in PAGES.items():
        with TestClient(app, base_url="http://127.0.0.1:8000") as client:
            client.headers["sec-fetch-site"] = "same-origin"
            assert client.get("/sign-in").status_code == 200
            sign_in(client, "ada", role)
            for path in paths:
                page = client.get(path)
                assert page.status_code == 200, path
                for link in sorted(set(re.findall(r'href="(/[^"#]*)"', page.text))):
                    assert client.get(link).status_code == 200, f"{path} leads to {link}"


if __name__ == "__main__":
    home = Home(Path(sys.argv[1]))
    work(home)
    walk(home)
    print("done")
