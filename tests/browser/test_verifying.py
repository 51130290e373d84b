"""The browser and `vanne verify` give one verdict, on whole files and on files that were changed."""

import base64
import json
import random
from collections.abc import Iterator, Sequence
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
import segno
from playwright.sync_api import Browser, Page, Route, expect

from tests.browser.conftest import Open, served
from tests.browser.firefox import FIREFOX, firefox
from tests.ledger import example
from tests.report.conftest import lived  # noqa: F401  the network with a past
from tests.report.lives import PastLife
from tests.table import every
from vanne.config import Home
from vanne.errors import InputError, VerificationError
from vanne.forget.history import entry_of
from vanne.forget.verifying import read_document, verify_offline
from vanne.ledger import Ledger, read_receipt, verify_receipt
from vanne.ledger.checkpoint import Checkpoint, Signer
from vanne.ledger.entry import seal
from vanne.ledger.merkle import Tiles, leaf_hash, prove_inclusion, root
from vanne.ledger.proof import prove_entry, read_proof
from vanne.ledger.receipt import make_receipt
from vanne.terms import Category, Choice, Objection

RECEIPT = json.dumps(example.receipt(), ensure_ascii=False).encode()
VKEY = example.SIGNER.verifier.vkey

VERDICTS = """async ([files, known]) => {
  const bytes = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  const verdict = async (work) => {
    try { await work(); return "holds"; } catch (error) { if (error.step) return error.step; throw error; }
  };
  return Promise.all(files.map((file) => verdict(async () => {
    const [document, proof] = file.map((text) => read(bytes(text)));
    if (document.schema === CERTIFICATE || proof) await checkEntryOf(await checkCertificate(document), proof);
    else if (document.schema === RECEIPT) await checkReceipt(document, known);
    else throw new Refused("unreadable");
  })));
}"""


@pytest.fixture
def home(lived: PastLife) -> Home:  # noqa: F811
    """The network with a past."""
    return lived.home


@pytest.fixture(scope="module")
def judge(browser: Browser, lived: PastLife) -> Iterator[Page]:  # noqa: F811
    """The page of /verify, whose checks are called by name."""
    with served(lived.home) as site:
        page = browser.new_page(base_url=site, locale="en-GB")
        page.goto("/verify")
        yield page
        page.close()


def browsers(judge: Page, files: Sequence[Sequence[bytes]], known: str = "") -> list[str]:
    """What the browser says of each: that it holds, or the step at which it does not."""
    texts = [[base64.b64encode(data).decode() for data in file] for file in files]
    verdicts: list[str] = judge.evaluate(VERDICTS, [texts, known])
    return verdicts


def pythons(data: bytes, known: str | None = None) -> str:
    """What `vanne verify` says of a receipt."""
    try:
        verify_receipt(read_receipt(data), vkey=known)
    except InputError:
        return "unreadable"
    except VerificationError as error:
        return error.title.split("`")[1]
    return "holds"


def pythons_of_certificate(data: bytes, proof: bytes) -> str:
    """What it says of a certificate with the proof of its entry."""
    try:
        verify_offline(read_document(data, "file"), proof=read_proof(proof))
    except InputError:
        return "unreadable"
    except VerificationError as error:
        return error.title.split("`")[1]
    return "holds"


def flipped(data: bytes) -> list[bytes]:
    """The file with one bit of one byte changed, for each of its bytes."""
    changed = []
    for at in range(len(data)):
        copy = bytearray(data)
        copy[at] ^= 1 << at % 8
        changed.append(bytes(copy))
    return changed


def test_a_receipt_holds_and_none_with_one_bit_changed_by_both_verdicts(judge: Page) -> None:
    files = [RECEIPT, *flipped(RECEIPT)]
    verdicts = browsers(judge, [[file] for file in files])
    assert verdicts == [pythons(file) for file in files]
    assert verdicts[0] == "holds" and "holds" not in verdicts[1:]
    steps = {"unreadable", "form", "commitment", "key", "checkpoint", "inclusion", "record"}
    assert set(verdicts[1:]) == steps


def changed_in(*path: str | int, to: object) -> bytes:
    receipt: Any = deepcopy(example.receipt())
    inner = receipt
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = to
    return json.dumps(receipt).encode()


@every(
    ("changed", "step"),
    [
        (changed_in("choice", "on", to=True), "commitment"),
        (changed_in("choice", "at", to="2025-11-03T09:32:01Z"), "commitment"),
        (changed_in("choice", "at", to="2025-11-03T09:32:00.000000Z"), "form"),
        (changed_in("choice", "at", to="2025-02-30T09:32:00Z"), "form"),
        (changed_in("choice", "notice", to="other words"), "commitment"),
        (changed_in("choice", "member_id", to="\ud800"), "form"),
        (changed_in("choice", "member_id", to="\x1c\x85"), "form"),
        (changed_in("choice", "target", to="toString"), "form"),
        (changed_in("salt", to="AA" * 21 + "B="), "form"),
        (changed_in("index", to=2.0), "form"),
        (changed_in("index", to=True), "form"),
        (changed_in("index", to=3), "inclusion"),
        (changed_in("proof", to=[]), "inclusion"),
        (changed_in("proof", 0, to="AA" * 21 + "A="), "inclusion"),
        (changed_in("entry", "v", to=True), "form"),
        (changed_in("vkey", to=VKEY.replace("61428703", "61428704")), "key"),
        (changed_in("vkey", to=f"{VKEY}\n"), "key"),
        (changed_in("record", "event", "event_state", to="dpv:ConsentGiven"), "record"),
        (changed_in("record", to=None), "record"),
        (RECEIPT.replace(b"\\n5\\n", b"\\n6\\n"), "checkpoint"),
        (RECEIPT.replace(b'"index"', b'"inde\\u0078": 2, "index"'), "unreadable"),
        (b"\xef\xbb\xbf" + RECEIPT, "unreadable"),
        (b"[]", "unreadable"),
        (b"null", "unreadable"),
        (b"", "unreadable"),
        (b"[" * 100_000, "unreadable"),
        (b" " * 1_000_001, "unreadable"),
    ],
)
def test_each_change_of_a_receipt_fails_at_its_own_step(
    judge: Page, changed: bytes, step: str
) -> None:
    assert browsers(judge, [[changed]]) == [pythons(changed)] == [step]


def made_receipts(dice: random.Random, count: int) -> Iterator[dict[str, Any]]:
    """Receipts of made-up logs of every size, of choices of all kinds and of objections."""
    texts = ("anna", "Zoë 😀\n\0\x7f\u2028", '"\\/', "ﬁ \xa0é", "x" * 300)
    for number in range(count):
        at = example.CHOICES[0].at.replace(microsecond=dice.choice((0, 0, 1, 999_999)))
        scope = dice.choice(("all", "category", "item"))
        target = {"all": None, "category": list(Category)[number % 30].value, "item": "post 1"}
        record: Choice | Objection = Choice(
            dice.choice(texts), "p", scope, dice.random() < 0.5, at, target[scope],  # type: ignore[arg-type]
            dice.choice((None, "", "web")), dice.choice((None, *texts)), dice.choice((None, at)),
        )  # fmt: skip
        if number % 4 == 0:
            profile = dice.choice((None, "", "https://example.org/é"))
            record = Objection(dice.choice(texts), profile, "p", dice.random() < 0.5, at)
        size = dice.choice((1, 2, 3, 7, 8, 9, 100, 257, 1000))
        index, entry = dice.randrange(size), seal(record, dice.randbytes(32))
        leaves = [leaf_hash(dice.randbytes(4)) for _ in range(size)]
        leaves[index] = leaf_hash(entry.public)
        tree = Tiles({}).grown(0, leaves)
        signer = Signer(dice.choice(("a.example/log", "é/ß")), example.SIGNER.private)
        note = signer.sign(Checkpoint(signer.name, size, root(size, tree.node)))
        proof = prove_inclusion(index, size, tree.node)
        assert entry.salt is not None
        yield make_receipt(
            record, entry.salt, entry.public, index, proof, note, signer.verifier.vkey
        )


def mangled(dice: random.Random, receipt: dict[str, Any]) -> bytes:
    """The receipt with one value taken from elsewhere in it, or with one byte of another value."""
    data = bytearray(json.dumps(receipt, ensure_ascii=dice.random() < 0.5).encode())
    if dice.random() < 0.5:
        data[dice.randrange(len(data))] = dice.choice((*b'0aA"\\{}[],: \n=+/e.-', 0xC3))
        return bytes(data)
    part, value = dice.choice(list(receipt)), dice.choice(list(receipt.values()))
    return json.dumps(receipt | {part: dice.choice((value, None, 1, [], {}, "x"))}).encode()


def test_both_verdicts_are_equal_on_receipts_of_all_kinds_and_on_what_becomes_of_them(
    judge: Page,
) -> None:
    seed = random.randrange(10**9)
    dice = random.Random(seed)
    receipts = list(made_receipts(dice, 60))
    whole = [json.dumps(receipt).encode() for receipt in receipts]
    assert browsers(judge, [[data] for data in whole]) == ["holds"] * len(whole), seed
    files = [mangled(dice, dice.choice(receipts)) for _ in range(600)]
    verdicts = zip(files, browsers(judge, [[file] for file in files]), strict=True)
    assert [(file, seen) for file, seen in verdicts if seen != pythons(file)] == [], seed


def test_a_key_that_is_known_decides_and_two_keys_may_sign(judge: Page, tmp_path: Path) -> None:
    with Ledger.create(tmp_path / "ledger.db") as ledger:
        ledger.append(example.CHOICES)
        old = ledger.vkey
        new = ledger.rotate_key()
        both = json.dumps(ledger.receipt(1)).encode()
        ledger.rotate_key(retire=True)
        retired = json.dumps(ledger.receipt(1)).encode()
    other = example.SIGNER.verifier.vkey
    for data in (both, retired):
        for known in (old, new, other, "x"):
            expected = "key" if known == "x" else pythons(data, known)
            assert browsers(judge, [[data]], known) == [expected]
    assert [pythons(both, old), pythons(both, new), pythons(retired, old)] == [
        "holds", "holds", "key"
    ]  # fmt: skip


@pytest.fixture(scope="module")
def certified(lived: PastLife) -> tuple[bytes, bytes]:  # noqa: F811
    """A certificate of the network with a past, and the proof of its entry."""
    with Ledger(lived.home.ledger, read_only=True) as ledger:
        found = entry_of(ledger, lived.left.id)
        assert found is not None
        proof = prove_entry(ledger, found[0])
    return json.dumps(dict(lived.left.document)).encode(), json.dumps(proof).encode()


def test_a_certificate_holds_and_none_with_a_bit_changed_by_both_verdicts(
    judge: Page, certified: tuple[bytes, bytes]
) -> None:
    data, proof = certified
    files = [data, *flipped(data)[::4]]
    verdicts = browsers(judge, [[file, proof] for file in files])
    assert verdicts == [pythons_of_certificate(file, proof) for file in files]
    assert verdicts[0] == "holds" and "holds" not in verdicts[1:]
    assert set(verdicts[1:]) >= {"unreadable", "signature"}


def test_no_proof_with_a_changed_part_is_that_of_the_certificate(
    judge: Page, certified: tuple[bytes, bytes]
) -> None:
    data, proof = certified
    files = flipped(proof)[::3]
    for file, verdict in zip(files, browsers(judge, [[data, f] for f in files]), strict=True):
        assert (verdict == "holds") == (pythons_of_certificate(data, file) == "holds"), file


# Papers: the pages of a receipt and of a certificate


def test_a_receipt_is_verified_in_the_browser_when_its_page_opens(open_page: Open) -> None:
    page = open_page(locale="en-GB", timezone_id="Europe/Zurich")
    page.goto("/receipts/4")
    check = page.locator(".checked")
    expect(check.locator(".fact")).to_contain_text("Verified in your browser")
    expect(check.locator("li.holds")).to_have_count(4)
    expect(check.locator("li.open")).to_contain_text("Compare it with one you know")
    expect(page.locator(".paper time").first).to_have_text("21 November 2026 at 10:00 CET")
    expect(page.get_by_text("5 of your items left the model")).to_be_visible()


def test_a_certificate_is_verified_with_the_receipts_that_asked_for_it(
    open_page: Open,
    lived: PastLife,  # noqa: F811
) -> None:
    page = open_page(locale="en-GB")
    page.goto(f"/certificates/{lived.left.id[:16]}")
    check = page.locator(".checked")
    expect(check.locator("li.holds")).to_have_count(4)
    expect(check).to_contain_text("Your receipt no. 4 is one of those that asked")


@pytest.mark.parametrize(
    ("sought", "instead", "line"),
    [
        ('"on":false', '"on":true', "The content was changed"),
        ("no such text", "", "This page differs from the file."),
    ],
)
def test_a_paper_whose_file_or_page_was_changed_is_refused(
    open_page: Open, sought: str, instead: str, line: str
) -> None:
    page = open_page(locale="en-GB")

    def change(route: Route) -> None:
        answer = route.fetch()
        text = answer.text().replace(sought, instead)
        if route.request.resource_type == "document" and "differs" in line:
            text = text.replace('data-says="member_id">anna', 'data-says="member_id">bruno')
        route.fulfill(response=answer, body=text)

    page.route("**/receipts/4*", change)
    page.goto("/receipts/4")
    check = page.locator(".checked")
    expect(check.locator(".fact")).to_have_text("Not verified. Do not rely on it.")
    expect(check.locator("li.fails")).to_contain_text(line)


def test_the_code_of_a_paper_leads_to_its_entry_and_to_no_other(
    open_page: Open, home: Home, tmp_path: Path
) -> None:
    page = open_page(locale="en-GB")
    page.goto("/receipts/4")
    leaf = page.locator(".sealed code").nth(1).inner_text()
    vkey = page.locator(".sealed code").nth(0).inner_text()
    raw = base64.b64decode(vkey.split("+", 2)[2])[1:]
    key = base64.urlsafe_b64encode(raw).decode().rstrip("=")
    address = f"{page.evaluate('location.origin')}/verify#4.{leaf}.{key}"
    drawn = page.locator(".code path").last.get_attribute("d")
    assert drawn and drawn in segno.make(address, error="m", micro=False).svg_inline(border=2)
    (tmp_path / "own.json").write_bytes(page.request.get("/receipts/4.json").body())
    (tmp_path / "other.json").write_bytes(RECEIPT)
    page.goto(address)
    paper = page.locator("#results section")
    expect(paper).to_contain_text("The ledger contains the entry named on your paper: no. 4 of")
    assert page.get_by_label("ledger's key").input_value() == vkey
    page.set_input_files("#files", tmp_path / "own.json")
    expect(paper).to_contain_text("This file belongs to your paper.")
    expect(paper).to_contain_text("The key is the one you gave.")
    page.set_input_files("#files", tmp_path / "other.json")
    expect(paper).to_contain_text("The key is malformed, or not the one you gave.")


@pytest.mark.parametrize("what", ["leaf", "key", "index"])
def test_a_forged_code_is_refused(open_page: Open, home: Home, what: str) -> None:
    with Ledger(home.ledger, read_only=True) as ledger:
        leaf = leaf_hash(next(iter(ledger.entries(5, start=4)))).hex()
        raw = base64.b64decode(ledger.vkey.split("+", 2)[2])[1:]
    index = 5 if what == "index" else 4
    leaf = "0" * 64 if what == "leaf" else leaf
    key = base64.urlsafe_b64encode(bytes(32) if what == "key" else raw).decode().rstrip("=")
    page = open_page(member=None, locale="en-GB", expected="404")
    page.goto(f"/verify#{index}.{leaf}.{key}")
    line = "The key is malformed" if what == "key" else "does not contain the entry"
    expect(page.locator("#results li.fails")).to_contain_text(line)


@pytest.mark.parametrize("lang", ["fr", "de"])
def test_a_paper_fits_one_sheet(open_page: Open, lived: PastLife, lang: str) -> None:  # noqa: F811
    page = open_page(locale=f"{lang}-CH")
    for path in ("/receipts/4", f"/certificates/{lived.left.id[:16]}"):
        page.goto(path)
        expect(page.locator(".checked li").first).to_be_visible()
        assert page.pdf(format="A4").count(b"/Type /Page\n") == 1


# The page for files


def test_files_that_are_chosen_are_checked_and_a_changed_one_gets_one_line(
    open_page: Open, tmp_path: Path
) -> None:
    page = open_page(member=None, locale="en-GB")
    asked: list[str] = []
    page.goto("/verify")
    page.on("request", lambda request: asked.append(request.url))
    good, bad = tmp_path / "good.json", tmp_path / "bad.json"
    good.write_bytes(RECEIPT)
    bad.write_bytes(changed_in("choice", "on", to=True))
    page.set_input_files("#files", [good, bad])
    first, second = (page.locator("#results section").nth(n) for n in (0, 1))
    expect(first.locator(".fact")).to_contain_text("Verified in your browser")
    expect(first.locator("li.holds")).to_have_count(3)
    expect(first).to_contain_text("Compare it with one you know: " + VKEY)
    expect(first).to_contain_text("member-2")
    expect(second.locator(".fact")).to_have_text("Not verified. Do not rely on it.")
    expect(second.locator("li")).to_have_text(
        ["The content was changed: the ledger entry was not made from it."]
    )
    assert asked == []  # nothing is sent anywhere


def test_a_pasted_receipt_is_checked_with_the_key_that_is_given(open_page: Open) -> None:
    page = open_page(member=None, locale="en-GB")
    page.goto("/verify")
    for known, line in ((VKEY, "The key is the one you gave."), ("x", "The key is malformed")):
        page.get_by_label("paste the text").fill(RECEIPT.decode())
        page.get_by_label("ledger's key").fill(known)
        page.get_by_role("button", name="Verify").click()
        expect(page.locator("#results li", has_text=line)).to_be_visible()


def test_the_page_that_is_kept_on_a_disk_checks_without_a_network(
    browser: Browser, open_page: Open, tmp_path: Path, certified: tuple[bytes, bytes]
) -> None:
    kept = tmp_path / "verify.html"
    kept.write_bytes(open_page(member=None).request.get("/verify/page.html?lang=de").body())
    for name, data in zip(("a.json", "a.proof.json"), certified, strict=True):
        (tmp_path / name).write_bytes(data)
    context = browser.new_context(offline=True)
    page = context.new_page()
    page.goto(kept.as_uri())
    page.set_input_files("#files", [tmp_path / "a.json", tmp_path / "a.proof.json"])
    expect(page.locator("#results .fact").first).to_contain_text("In Ihrem Browser geprüft")
    expect(page.locator("#results li.fails")).to_have_count(0)
    context.close()


@pytest.mark.parametrize("scripts", [True, False])
def test_a_browser_that_cannot_check_gets_one_line_and_the_command(
    open_page: Open, scripts: bool
) -> None:
    page = open_page(member=None, locale="en-GB", java_script_enabled=scripts)
    page.add_init_script("delete SubtleCrypto.prototype.verify")
    page.goto("/verify")
    expect(page.get_by_text("Your browser cannot check signatures here.")).to_be_visible()
    expect(page.locator("form#verify")).to_be_hidden()
    expect(page.get_by_text("vanne verify vanne-receipt-71.json")).to_be_visible()


UNTIL = """(async () => {
  const there = () => document.querySelectorAll("%s");
  for (let n = 0; n < 600 && there().length < %s; n++) await new Promise((done) => setTimeout(done, 100));
  return [...there()].map((each) => each.className);
})()"""


def test_firefox_gives_the_same_verdicts(home: Home, tmp_path: Path) -> None:
    if not FIREFOX:
        pytest.skip("no Firefox: apt-get update && apt-get install -y firefox-esr")
    good, bad = tmp_path / "good.json", tmp_path / "bad.json"
    good.write_bytes(RECEIPT)
    bad.write_bytes(changed_in("proof", 0, to="AA" * 21 + "A="))
    with served(home) as site, firefox(tmp_path / "profile") as window:
        window.goto(f"{site}/verify?lang=en")
        window.evaluate(UNTIL % ("#verify:not([hidden])", 1))
        window.set_files("#files", good, bad)
        seen = window.evaluate(UNTIL % ("#results .checks li", 5))
    assert seen == ["holds", "holds", "holds", "open", "fails"]
