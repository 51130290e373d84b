"""Make the pictures of the docs from real pages: `./run python docs/pictures.py HOME`.

Without HOME only those of `vanne inspect --open` and of the page for archives are made, of the
example archives of the tests.

HOME is what `vanne demo` made, with a notice published in it (`vanne notice publish`) and an
objection that a person must look at (`vanne objections add`, `match`). The numbers of use are those
of whatever was done there in whole weeks. The pages are served on a free port, and a real browser
goes there.
"""

import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from playwright.sync_api import Page, sync_playwright

from vanne.config import Home
from vanne.ledger import Ledger
from vanne.site.build import build

PHONE = (
    "Mozilla/5.0 (Linux; Android 15; Pixel 8) AppleWebKit/537.36 Chrome/142.0 Mobile Safari/537.36"
)
STATIC = Path(__file__).parent / "_static"
CHROMIUM = "/usr/bin/chromium-headless-shell"
BRIEF = "développeuse en Suisse romande, 5 ans, idéalement Python et allemand B2"
SWITCH = "settings/data-privacy/generative-ai"
DEVICES = {
    "desktop": {"viewport": {"width": 1280, "height": 800}},
    "mobile": {
        "viewport": {"width": 390, "height": 844},
        "is_mobile": True,
        "has_touch": True,
        "device_scale_factor": 2,
    },
}


def take(page: Page, address: str, device: str) -> None:
    """Sign in as the auditor, the operator and the first member, and picture what they see."""
    page.goto(f"{address}sign-in")
    page.screenshot(path=STATIC / f"sign-in-{device}.png")
    page.locator("button[name=staff][value=auditor]").click()
    page.goto(f"{address}auditor")
    page.screenshot(path=STATIC / f"auditor-{device}.png", full_page=device == "desktop")
    page.goto(f"{address}sign-in")
    page.locator("button[name=staff][value=operator]").click()
    page.goto(f"{address}operator")
    page.screenshot(path=STATIC / f"operator-{device}.png", full_page=device == "desktop")
    page.goto(f"{address}operator/objections")
    page.screenshot(path=STATIC / f"review-{device}.png")
    page.goto(f"{address}object")
    page.screenshot(path=STATIC / f"object-{device}.png")
    enter_used(page, address)
    settings(page, address, device)
    page.goto(f"{address}{SWITCH}/notice")
    page.screenshot(path=STATIC / f"notice-{device}.png")
    page.goto(f"{address}guide/linkedin")
    page.screenshot(path=STATIC / f"guide-{device}.png")


def enter_used(page: Page, address: str) -> None:
    """Sign in as the first member all of whose data are used: another once one has switched off."""
    page.goto(f"{address}sign-in")
    members = page.locator("button[name=member]")
    for number in range(members.count()):
        page.goto(f"{address}sign-in")
        members.nth(number).click()
        page.goto(f"{address}{SWITCH}")
        if "Oui, vos données servent" in page.locator("h1").inner_text():
            return
    raise LookupError("there is no member all of whose data are used")


def settings(page: Page, address: str, device: str) -> None:
    """Picture the way to the settings page, every switch on it, and its parts."""
    page.goto(address)
    page.locator("header summary:visible").click()
    page.screenshot(path=STATIC / f"way-{device}.png")
    page.goto(f"{address}settings")
    page.screenshot(path=STATIC / f"settings-{device}.png")
    page.goto(f"{address}{SWITCH}")
    page.screenshot(path=STATIC / f"switch-{device}.png")
    page.get_by_text("Type par type").click()
    press(page, "Photos")
    page.evaluate("scrollTo(0, 0)")
    page.screenshot(path=STATIC / f"switches-{device}.png", full_page=True, scale="css")
    page.locator("#choice [role=switch]").click()
    page.locator("#choice [role=switch][aria-checked=false]").wait_for()  # that all of it is new
    page.locator("#happens").get_by_role("link").first.wait_for()
    page.mouse.move(0, 0)
    page.evaluate("scrollTo(0, 0)")
    page.screenshot(path=STATIC / f"saved-{device}.png")
    page.get_by_text("Retiré et prouvé").first.wait_for(timeout=300_000)  # the worker trains again
    page.screenshot(path=STATIC / f"closed-{device}.png", full_page=device == "desktop")
    page.goto(address)
    page.screenshot(path=STATIC / f"home-{device}.png")
    page.goto(f"{address}{SWITCH}")
    page.get_by_role("button", name="Activer, ceux-ci compris").click()
    page.locator("#choice [role=switch][aria-checked=true]").wait_for()
    page.goto(f"{address}{SWITCH}/used")
    page.get_by_role("switch").first.click()
    page.get_by_role("status").get_by_role("link").wait_for()
    page.mouse.move(0, 0)
    page.screenshot(path=STATIC / f"used-{device}.png")
    page.goto(f"{address}{SWITCH}/record")
    page.screenshot(path=STATIC / f"record-{device}.png")
    page.locator("a[href^='/receipts/']").first.click()
    page.screenshot(path=STATIC / f"receipt-{device}.png")


def press(page: Page, name: str) -> None:
    """Press a switch, and wait until it is saved."""
    page.get_by_role("switch", name=name, exact=True).click()
    page.mouse.move(0, 0)
    page.get_by_role("status").get_by_role("link").wait_for()


def take_report(page: Page, address: str, device: str, member: str) -> None:
    """Sign in as the member whom the model forgot, and picture what was used of them."""
    enter(page, address, member)
    page.goto(f"{address}{SWITCH}/report")
    page.screenshot(path=STATIC / f"report-{device}.png", full_page=device == "desktop")
    page.locator("a[href^='/certificates/']").first.click()
    page.screenshot(path=STATIC / f"certificate-{device}.png")
    page.goto(f"{address}{SWITCH}/report/whole")
    page.emulate_media(media="print")
    page.set_viewport_size({"width": 794, "height": 1123})  # A4 at 96 dots an inch
    page.screenshot(path=STATIC / "report-print.png")


ARCHIVES = Path(__file__).parents[1] / "tests" / "fixtures"
INSPECTED = ("linkedin/2026-complete", "x", "facebook-2025", "mastodon")


def inspection() -> None:
    """Picture the page of a person with archives of several networks, on both devices."""
    given = [str(ARCHIVES / name) for name in INSPECTED if (ARCHIVES / name).exists()]
    asked = ["inspect", *given, "--region", "CH", "--as-of", "2026-11-25", "--lang", "fr"]
    for device, options in DEVICES.items():
        command = [sys.executable, "-u", "-m", "vanne", *asked, "--open", "--no-browser"]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
            assert server.stdout is not None
            address = server.stdout.readline().split()[0]
            try:
                with sync_playwright() as play:
                    browser = play.chromium.launch(
                        executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"]
                    )
                    page = browser.new_context(**options).new_page()  # type: ignore[arg-type]
                    take_inspection(page, address, device)
            finally:
                server.terminate()


def take_inspection(page: Page, address: str, device: str) -> None:
    """Picture the overview and the items."""
    page.goto(address)
    long(page, f"inspect-{device}", device, 1060)  # to the end of the first chart
    page.goto(f"{address.split('?')[0]}items")
    page.screenshot(path=STATIC / f"inspect-items-{device}.png")


def archive_page() -> None:
    """Picture the page for archives on a telephone, from the archive to what is done."""
    with TemporaryDirectory() as folder, sync_playwright() as play:
        built = build(Path(folder))
        browser = play.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        options = {**DEVICES["mobile"], "locale": "fr-CH", "user_agent": PHONE}
        page = browser.new_context(**options).new_page()  # type: ignore[arg-type]
        page.goto(built.path.as_uri())
        page.screenshot(path=STATIC / "page-1-archive.png")
        page.locator("#example").click()
        page.locator("#until-done").wait_for(timeout=120_000)
        page.evaluate("scrollTo(0, 0)")
        page.screenshot(path=STATIC / "page-2-answer.png")
        page.locator("#until-done ~ section").first.evaluate("part => part.scrollIntoView()")
        page.screenshot(path=STATIC / "page-3-steps.png")
        page.get_by_text("2. S'opposer par écrit").click()
        page.locator("textarea").first.evaluate("part => part.scrollIntoView()")
        page.screenshot(path=STATIC / "page-4-letter.png")
        page.get_by_text("3. C'est fait").click()
        page.get_by_role("link", name="C'est fait aujourd'hui").click()
        page.get_by_role("link", name="Le rappel").wait_for()
        page.get_by_text("3. C'est fait").evaluate("part => part.scrollIntoView()")
        page.screenshot(path=STATIC / "page-5-done.png")


def take_search(page: Page, address: str, device: str, member: str) -> None:
    """Sign in as the recruiter, and picture a search; as a member, what recruiters see."""
    page.goto(f"{address}sign-in")
    page.locator("button[name=staff][value=recruiter]").click()
    page.goto(f"{address}find")
    page.locator("#brief").fill("jeune infirmière, sans enfants")
    page.locator("button[name=do]").first.click()
    page.locator("#stopped").wait_for()
    page.screenshot(path=STATIC / f"stopped-{device}.png")
    page.goto(f"{address}find")
    page.locator("#brief").fill(BRIEF)
    page.locator("button[name=do]").first.click()
    page.wait_for_url("**/find/results/*")
    if device == "mobile":  # the people, who begin below the first screen
        page.locator("#people").evaluate("part => part.scrollIntoView()")
    long(page, f"found-{device}", device, 1650)
    page.locator("main details summary").first.click()
    page.locator("main details summary").first.scroll_into_view_if_needed()
    page.screenshot(path=STATIC / f"criteria-{device}.png")
    enter(page, address, member)
    page.goto(f"{address}appear")
    page.screenshot(
        path=STATIC / f"appear-{device}.png", full_page=device == "desktop", scale="css"
    )


ANSWERS = {
    "what": "J'ai refait la planification de nos livraisons",
    "for_whom": "L'entrepôt de Renens",
    "result": "Les camions partent à l'heure",
    "number": "12 minutes de retard au lieu de 45",
}


def take_tools(page: Page, address: str, device: str, member: str) -> None:
    """Sign in as a member, and picture writing, suggestions and job offers.

    Drafts of a model are pictured if HOME names one (`writing.toml`).
    """
    enter(page, address, member)
    page.goto(f"{address}write")
    for name, said in ANSWERS.items():
        page.locator(f"#{name}").fill(said)
    page.locator("button[value=build]").click()
    page.locator("#post-1").wait_for()
    page.screenshot(path=STATIC / f"write-{device}.png")
    if page.locator("button[value=draft]").count():
        page.locator("button[value=draft]").click()
        page.locator("#what").wait_for()
        long(page, f"drafts-{device}", device)
    page.goto(f"{address}profile/suggestions")
    switch = page.get_by_role("switch")
    if switch.get_attribute("aria-checked") == "false":
        switch.click()
        page.locator("ins").first.wait_for()
    page.goto(f"{address}profile/suggestions")
    long(page, f"suggestions-{device}", device)
    page.goto(f"{address}opportunities")
    further = page.get_by_role("link", name="regarder aussi là-bas")
    if further.count():  # nothing near fits this member
        further.click()
    long(page, f"opportunities-{device}", device)


def long(page: Page, name: str, device: str, height: int = 1300) -> None:
    """Picture what is above the fold, and on a computer what is below it too."""
    clip = {"x": 0, "y": 0, "width": 1280, "height": height} if device == "desktop" else None
    page.screenshot(path=STATIC / f"{name}.png", full_page=bool(clip), clip=clip)


def enter(page: Page, address: str, member: str) -> None:
    """Sign in as a member of the demonstration."""
    page.goto(f"{address}sign-in")
    page.locator("[name=q]").fill(member)
    page.locator("[name=q]").press("Enter")
    page.locator(f"button[name=member][value={member}]").click()


def forgotten(home: str) -> str:
    """The member who said no in the demo."""
    with Ledger.of(Home(Path(home)), read_only=True) as ledger:
        return next(choice.member_id for choice in ledger.choices() if choice.channel == "demo")


def main(home: str) -> None:
    """Serve the pages and picture them on both devices, in French."""
    command = [sys.executable, "-m", "vanne", "serve", "--home", home, "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        address = server.stdout.readline().split()[0]
        try:
            with sync_playwright() as play:
                browser = play.chromium.launch(
                    executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"]
                )
                for device, options in DEVICES.items():
                    context = browser.new_context(locale="fr-CH", **options)  # type: ignore[arg-type]
                    take(context.new_page(), address, device)
                    context = browser.new_context(locale="fr-CH", **options)  # type: ignore[arg-type]
                    take_report(context.new_page(), address, device, forgotten(home))
                    context = browser.new_context(locale="fr-CH", **options)  # type: ignore[arg-type]
                    take_search(context.new_page(), address, device, forgotten(home))
                    context = browser.new_context(locale="fr-CH", **options)  # type: ignore[arg-type]
                    take_tools(context.new_page(), address, device, forgotten(home))
                    context = browser.new_context(locale="fr-CH", **options)  # type: ignore[arg-type]
        finally:
            server.terminate()


if __name__ == "__main__":
    if len(sys.argv) < 2:
        inspection()
        archive_page()
    else:
        main(sys.argv[1])
