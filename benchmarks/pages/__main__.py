"""`./run python benchmarks/pages`: CPU of the pages of a member with few items and with very many.

    --members 100000 --items 100000 --people 100 --rounds 40

One network, one server in this process, and two of its members: one with ten items and one with
`--items`. In each round each page is asked of both, and each saves a choice, so that nothing of the
member's own choices can be kept from one round to the next. The first answers are told apart: they
read the items.
"""

import sys
from argparse import ArgumentParser
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from time import process_time

import duckdb

sys.path.insert(0, str(Path(__file__).parents[2]))

from starlette.testclient import TestClient

from benchmarks import machine
from benchmarks.corpora import prepare
from benchmarks.network import AS_OF
from benchmarks.page import table
from benchmarks.terminal import say
from vanne.config import Home
from vanne.corpus import build
from vanne.settings import Settings
from vanne.web import create_app

FEW, MANY = "m000000000", "m000000001"
HERE = "/settings/data-privacy/generative-ai"
PAGES = {
    "home": "/",
    "the settings": "/settings",
    "the page of training": HERE,
    "my data, item by item": f"{HERE}/used",
    "the last page of these": f"{HERE}/used?page=99999999",
    "how my data was used": f"{HERE}/report",
    "the record": f"{HERE}/record",
}


def main() -> None:
    """Make the network, ask, and print the table."""
    arguments = ArgumentParser(description=__doc__)
    arguments.add_argument("--members", type=int, default=100_000)
    arguments.add_argument("--items", type=int, default=100_000)
    arguments.add_argument("--people", type=int, default=100, help="who are in these items")
    arguments.add_argument("--rounds", type=int, default=40)
    arguments.add_argument("--work", help="a folder for the network")
    wish = arguments.parse_args()
    with TemporaryDirectory(dir=wish.work, prefix="vanne-bench-") as folder:
        home = Home(Path(folder) / "home")
        say(f"{wish.members:,} members, one of them with {wish.items:,} items more")
        prepare(home, str(wish.members * 10), "2")
        _add_items(home, wish.items, wish.people)
        build(home, datetime.fromisoformat(AS_OF))
        times = _measure(home, wish.rounds)
    rows = []
    for name in times[FEW]:
        cells = [name]
        for member in (FEW, MANY):
            first, rest = times[member][name][0], sorted(times[member][name][1:])
            middle, slow = rest[len(rest) // 2], rest[int(len(rest) * 0.95)]
            cells += [f"{1000 * each:,.0f}" for each in (first, middle, slow)]
        rows.append(cells)
    print(machine.about())
    head = ("CPU ms", "few: first", "middle", "p95", "many: first", "middle", "p95")
    print(table(head, rows))


def _add_items(home: Home, items: int, people: int) -> None:
    """Give one member as many items more, of many kinds and times, some with somebody else."""
    folder = home.items
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        connection.execute(f"""COPY (
            SELECT * EXCLUDE other FROM (SELECT 'many' || n AS item_id, '{MANY}' AS owner,
                'm' || lpad((n % {people})::VARCHAR, 9, '0') AS other,
                CASE WHEN n % 25 = 1 THEN other END AS author,
                CASE WHEN n % 20 = 0 THEN [other] END AS subjects,
                ['post', 'comment', 'photo', 'article', 'reaction'][1 + n % 5] AS category,
                TIMESTAMPTZ '2012-01-01 00:00:00+00' + to_seconds(n * 4000) AS created_at,
                ['public', 'connections'][1 + n % 2] AS visibility, ['work'] AS tags,
                CASE WHEN n % 40 = 0 THEN 'train-ai=y' END AS reservation, 'en' AS lang,
                'post number ' || n AS text,
                CASE WHEN n % 20 = 3 THEN 'photos/' || n || '.jpg' END AS media,
                'benchmark' AS source FROM range({items}) AS r(n))
            ) TO '{folder / "many.parquet"}' (FORMAT parquet)""")


def _measure(home: Home, rounds: int) -> dict[str, dict[str, list[float]]]:
    unlimited = Settings(rate_limit="off", pages_limit="off")
    app = create_app(home, now=lambda: datetime.now(UTC), settings=unlimited)
    times: dict[str, dict[str, list[float]]] = {FEW: {}, MANY: {}}
    clients = {}
    headers = {"sec-fetch-site": "same-origin"}
    with TestClient(app, base_url="http://127.0.0.1:8000", headers=headers) as client:
        for member in times:
            client.cookies.clear()  # to sign in again ends the session before
            client.post("/sign-in", data={"member": member}, follow_redirects=False)
            clients[member] = dict(client.cookies)
        for turn in range(rounds):
            for member, cookies in clients.items():
                client.cookies = cookies
                for name, path in PAGES.items():
                    before = process_time()
                    answer = client.get(path)
                    spent = process_time() - before
                    assert (answer.status_code, answer.history) == (200, []), name
                    times[member].setdefault(name, []).append(spent)
                form = {"set": f"{'on' if turn % 2 else 'off'}:category::post", "key": str(turn)}
                before = process_time()
                answer = client.post(HERE, data=form, follow_redirects=False)
                spent = process_time() - before
                assert answer.status_code == 303, answer.text
                times[member].setdefault("saving a choice", []).append(spent)
    return times


if __name__ == "__main__":
    main()
