"""The words of the page itself: all that is said before Python answers, and around its answers."""

from vanne.words import LANGUAGES, sentence, words

PAGE_WORDS = {
    "skip": sentence("Skip to the content"),
    "language": sentence("Language"),
    # The start
    "title": sentence("What of mine may train AI?"),
    "lead": sentence(
        "Open the archive that LinkedIn, Facebook, Instagram, X or another network sent you, or"
        " your CV. This page reads it here, and says of each item whether it may train AI and "
        "who says so."
    ),
    "drop": sentence("Drop your archive here"),
    "ways": sentence("The zip as it came, several at once, or its unpacked folder."),
    "files": sentence("Choose files"),
    "folder": sentence("Choose a folder"),
    "example": sentence("Try it with a made-up archive"),
    "country": sentence("Your country"),
    "country_of_archive": sentence("As the archive says"),
    "country_why": sentence("The rules are not the same everywhere."),
    "promise": sentence(
        "Nothing leaves this page: it asks no server, and works with the network off. Try it."
    ),
    "forgets": sentence("Nothing is kept. When you close the page, it forgets your archive."),
    # While it works
    "preparing": sentence("The page is getting ready"),
    "ready": sentence("Ready"),
    "reading": sentence("Reading your archive"),
    "cancel": sentence("Cancel"),
    "cancelled": sentence("Cancelled. Nothing was kept."),
    # After the answer
    "keep": sentence("Keep this answer"),
    "print": sentence("Print, or save as a PDF"),
    "csv": sentence("The items as a table (CSV)"),
    "json": sentence("Everything as a file (JSON)"),
    "saved": sentence("Saved among your downloads: %(name)s"),
    "another": sentence("Open another archive"),
    # What goes wrong, and what to do
    "memory": sentence(
        "The memory was not enough for this archive. Close other tabs and open it again, or "
        "open it on a computer."
    ),
    "unreadable": sentence(
        "A file cannot be read: it was moved or changed, or is not yet on this device. Copy it "
        "here, then choose it again."
    ),
    "fault": sentence(
        "Something went wrong in this page. Nothing was sent, nothing was kept. Open the "
        "archive again, or one of its files alone."
    ),
    "start": sentence(
        "This browser cannot start what reads archives. Update it, or take a current Firefox, "
        "Chrome, Edge or Safari."
    ),
    "half": sentence("Only a part of this page has arrived. Load it again."),
    "no_folder": sentence(
        "The browser does not hand over this folder. Choose it with the button, or drop the zip."
    ),
    "old": sentence(
        "This page needs scripts and a current browser: update yours, or take a current "
        "Firefox, Chrome, Edge or Safari. Your archive stays with you: the page reads it on "
        "this device."
    ),
}


def page_words() -> dict[str, dict[str, str]]:
    """Return the words of the page in each language."""
    return {
        lang: {key: words(lang)(text) for key, text in PAGE_WORDS.items()} for lang in LANGUAGES
    }
