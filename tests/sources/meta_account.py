"""A made-up account at Facebook and at Instagram, as Meta sends it: as JSON, and as pages of HTML.

The pages have the classes that public parsers of such downloads look for: those of 2019, of 2022 and
of 2025. File names are English everywhere, labels and times are in the language of the account.
"""

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from html import escape
from typing import Any, Literal

Form = Literal["2019", "2022", "2025"]
FORMS: tuple[Form, ...] = ("2019", "2022", "2025")
T0 = 1_700_000_000
ME, BRAM = "Zoë Lac", "Bram Oosterling"
PHOTO, ALBUM_PHOTO = "posts/media/lake/1.jpg", "posts/media/lake/2.jpg"
SENT = "messages/inbox/bram_1/photos/3.jpg"
LINK = "https://example.org/a?b=1&c=2"

LABELS: dict[str, dict[str, str]] = {
    "en": {"name": "Name", "bio": "Bio", "private": "Private Account", "comment": "Comment",
           "owner": "Media Owner", "time": "Time", "user": "Username", "updated": "Updated",
           "city": "Current city", "status": "updated their status.", "false": "False"},
    "fr": {"name": "Nom", "bio": "Bio", "private": "Compte privé", "comment": "Commentaire",
           "owner": "Propriétaire du média", "time": "Heure", "user": "Nom d'utilisateur",
           "updated": "Mis à jour", "city": "Ville actuelle", "status": "a changé son statut.",
           "false": "Faux"},
    "de": {"name": "Name", "bio": "Steckbrief", "private": "Privates Konto", "comment": "Kommentar",
           "owner": "Medieninhaber", "time": "Zeit", "user": "Benutzername",
           "updated": "Aktualisiert", "city": "Aktueller Wohnort",
           "status": "hat den Status aktualisiert.", "false": "Falsch"},
    "it": {"name": "Nome", "bio": "Biografia", "private": "Account privato", "comment": "Commento",
           "owner": "Proprietario", "time": "Ora", "user": "Nome utente", "updated": "Aggiornato",
           "city": "Città attuale", "status": "ha aggiornato il suo stato.", "false": "Falso"},
}  # fmt: skip
MONTHS = {"en": "Nov", "fr": "nov.", "de": "Nov.", "it": "nov"}


def written(seconds: int, lang: str) -> str:
    """Write a time as a page in that language does."""
    at = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)
    if lang == "en":
        return f"{MONTHS[lang]} {at.day:02}, {at.year} {at:%I:%M:%S}{at:%p}".lower().capitalize()
    day = f"{at.day}." if lang == "de" else str(at.day)
    return f"{day} {MONTHS[lang]} {at.year}{' à' if lang == 'fr' else ','} {at:%H:%M:%S}"


def byte_by_byte(value: Any) -> Any:
    """Write texts as Meta's JSON does."""
    if isinstance(value, str):
        return value.encode().decode("latin-1")
    if isinstance(value, list):
        return [byte_by_byte(one) for one in value]
    if isinstance(value, dict):
        return {byte_by_byte(key): byte_by_byte(one) for key, one in value.items()}
    return value


def facebook_json(lang: str) -> dict[str, str]:
    """Return the files of the account at Facebook as JSON."""
    say = LABELS[lang]
    title = f"{ME} {say['status']}"
    media = {"media": {"uri": PHOTO, "creation_timestamp": T0}}
    files = {
        "posts/your_posts_1.json": [
            {"timestamp": T0, "title": title, "data": [{"post": "Été à Genève 😀\nEncore"}]},
            {"timestamp": T0 + 60, "title": title, "attachments": [{"data": [media]}],
             "data": [{"post": "At <the> lake"}, {"update_timestamp": T0 + 90}]},
            {"timestamp": T0 + 120, "title": title,
             "attachments": [{"data": [{"external_context": {"url": LINK}}]}],
             "data": [{"post": "Read this"}]},
            {"timestamp": T0 + 180, "title": title},
        ],
        "posts/album/0.json": {
            "name": "Lake",
            "photos": [{"uri": ALBUM_PHOTO, "creation_timestamp": T0 + 240, "title": "Lake"}],
        },
        "comments_and_reactions/comments.json": {
            "comments_v2": [
                {"timestamp": T0 + 300, "title": f"{ME} → {BRAM}",
                 "data": [{"comment": {"timestamp": T0 + 300, "comment": "Bravo, Bram"}}]},
            ]
        },
        "connections/friends/your_friends.json": {
            "friends_v2": [{"name": BRAM, "timestamp": T0 + 360}]
        },
        "profile_information/profile_information.json": {
            "profile_v2": {"name": {"full_name": ME}, "current_city": {"name": "Bern, Switzerland"}}
        },
        "messages/inbox/bram_1/message_1.json": {
            "participants": [{"name": ME}, {"name": BRAM}],
            "messages": [
                {"sender_name": BRAM, "timestamp_ms": (T0 + 420) * 1000, "content": "Grüezi"},
                {"sender_name": ME, "timestamp_ms": (T0 + 480) * 1000, "photos": [{"uri": SENT}]},
            ],
        },
    }  # fmt: skip
    return {path: json.dumps(byte_by_byte(document)) for path, document in files.items()}


def facebook_html(lang: str, form: Form) -> dict[str, str]:
    """Return the same account as pages of HTML."""
    say, card = LABELS[lang], _cards(form, lang)
    title = f"{ME} {say['status']}"
    exif = _table({"ISO": "100", "Upload IP": "192.0.2.1", "Latitude": "46.2"})
    picture = f'<div><a href="{PHOTO}"><img src="{PHOTO}" class="_a6_o _3-96" /></a></div>{exif}'
    album = f'<a href="{ALBUM_PHOTO}"><img src="{ALBUM_PHOTO}" /></a>{exif}'
    updated = f"{say['updated']} {written(T0 + 90, lang)}"
    sent = f'<div><div><a target="_blank" href="{SENT}"><img src="{SENT}" /></a></div></div>'
    reacted = f'<ul class="{"_tqp" if form == "2019" else "_a6-q"}"><li>😍{BRAM}</li></ul>'
    link = f'<a href="{escape(LINK)}">{escape(LINK)}</a>'
    pages = {
        "posts/your_posts_1.html": [
            card(title, _pins("Été à Genève 😀<br />Encore"), T0),
            card(title, _pins("At &lt;the&gt; lake", picture, updated), T0 + 60),
            card(title, _pins("Read this", link), T0 + 120),
            card(title, "", T0 + 180),
        ],
        "posts/album/0.html": [card("Lake", album, T0 + 240)],
        "comments_and_reactions/comments.html": [
            card(f"{ME} → {BRAM}", _pins("Bravo, Bram"), T0 + 300)
        ],
        "connections/friends/your_friends.html": [card(BRAM, "", T0 + 360)],
        "profile_information/profile_information.html": [
            card(
                "", _table({say["name"]: ME, say["city"]: "Bern, Switzerland", "E-mail": "z@e.ch"})
            )
        ],
        "messages/inbox/bram_1/message_1.html": [
            card(f"Participants: {ME}, {BRAM}"),
            card(
                BRAM,
                f"<div><div></div><div>Grüezi</div><div></div><div>{reacted}</div></div>",
                T0 + 420,
            ),
            card(ME, f"<div><div></div><div></div>{sent}</div>", T0 + 480),
        ],
        "start_here.html": [],
    }
    return {path: _page("Facebook", cards) for path, cards in pages.items()}


def instagram_json(lang: str) -> dict[str, str]:
    """Return the files of the account at Instagram as JSON."""
    say = LABELS[lang]
    comment = {
        say["comment"]: {"value": "Schön, Bram"},
        say["owner"]: {"value": "bram.o"},
        say["time"]: {"timestamp": T0 + 60},
    }
    profile = {
        say["user"]: {"value": "zoe.lac"},
        say["name"]: {"value": ME},
        say["bio"]: {"value": "Rivers"},
        say["private"]: {"value": say["false"]},
    }
    files = {
        "your_instagram_activity/media/posts_1.json": [
            {
                "media": [
                    {"uri": "media/posts/1.jpg", "creation_timestamp": T0, "title": "Été au lac"}
                ]
            }
        ],
        "your_instagram_activity/media/profile_photos.json": {
            "ig_profile_picture": [{"uri": "media/profile/2.jpg", "creation_timestamp": T0 + 30}]
        },
        "your_instagram_activity/comments/post_comments_1.json": [{"string_map_data": comment}],
        "personal_information/personal_information/personal_information.json": {
            "profile_user": [{"string_map_data": profile}]
        },
        "connections/followers_and_following/followers_1.json": [
            {"string_list_data": [{"value": "bram.o", "timestamp": T0 + 90}]}
        ],
        "your_instagram_activity/messages/inbox/bram_1/message_1.json": {
            "messages": [{"sender_name": ME, "timestamp_ms": (T0 + 120) * 1000, "content": "Ciao"}]
        },
    }
    return {path: json.dumps(byte_by_byte(document)) for path, document in files.items()}


def instagram_html(lang: str, form: Form) -> dict[str, str]:
    """Return the same account as pages of HTML."""
    say, card = LABELS[lang], _cards(form, lang)
    rows = {say["comment"]: "Schön, Bram", say["owner"]: "bram.o"}
    time = f"<tr>{_cell(say['time'])}{_cell(written(T0 + 60, lang))}</tr>"
    profile = {say["user"]: "zoe.lac", say["name"]: ME, say["bio"]: "Rivers"}
    profile[say["private"]] = say["false"]
    follower = (
        f'<a href="https://www.instagram.com/bram.o">bram.o</a></div><div>{written(T0 + 90, lang)}'
    )
    pages = {
        "your_instagram_activity/media/posts_1.html": [
            card(
                "Été au lac", '<a href="media/posts/1.jpg"><img src="media/posts/1.jpg" /></a>', T0
            )
        ],
        "your_instagram_activity/media/profile_photos.html": [
            card("", '<img src="media/profile/2.jpg" />', T0 + 30)
        ],
        "your_instagram_activity/comments/post_comments_1.html": [
            card("", _table(rows).replace("</table>", f"{time}</table>"))
        ],
        "personal_information/personal_information/personal_information.html": [
            card("", _table(profile))
        ],
        "connections/followers_and_following/followers_1.html": [
            card("", f"<div><div>{follower}</div></div>")
        ],
        "your_instagram_activity/messages/inbox/bram_1/message_1.html": [
            card(ME, "<div><div></div><div>Ciao</div><div></div></div>", T0 + 120)
        ],
    }
    return {path: _page("Instagram", cards) for path, cards in pages.items()}


def _cards(form: Form, lang: str) -> Callable[..., str]:
    def card(title: str, body: str = "", at: int | None = None) -> str:
        head, time = escape(title), written(at, lang) if at else ""
        if form == "2019":
            return (
                '<div class="pam _3-95 _2pi0 _2lej uiBoxWhite noborder">'
                f'<div class="_3-96 _2pio _2lek _2lel">{head}</div><div class="_3-96 _2let">{body}'
                f'</div><div class="_3-94 _2lem"><a href="https://f.example/1">{time}</a></div></div>'
            )
        if form == "2022":
            return (
                f'<div class="_3-95 _a6-g"><div class="_2ph_ _a6-h _a6-i">{head}</div>'
                f'<div class="_2ph_ _a6-p">{body}</div><div class="_3-94 _a6-o">'
                f'<a href="https://f.example/1"><div class="_a72d">{time}</div></a></div></div>'
            )
        return (
            f'<section class="_a6-g" aria-labelledby="u"><h2 class="_2ph_ _a6-h _a6-i">{head}</h2>'
            f'<div class="_2ph_ _a6-p">{body}</div><footer class="_3-94 _a6-o">'
            f'<div class="_a72d">{time}</div></footer></section>'
        )

    return card


def _pins(*blocks: str) -> str:
    return "".join(f'<div class="_2pin"><div>{block}</div></div>' for block in blocks)


def _cell(text: str) -> str:
    return f'<td class="_2pin _a6_q">{escape(text)}</td>'


def _table(rows: Mapping[str, str]) -> str:
    cells = (
        f'<tr><td colspan="2" class="_2pin _a6_q">{escape(name)}<div><div>{escape(value)}</div></div>'
        "</td></tr>"
        for name, value in rows.items()
    )
    return f'<table style="table-layout: fixed;">{"".join(cells)}</table>'


def _page(network: str, cards: list[str]) -> str:
    return (
        '<!DOCTYPE html><html><head><meta charset="utf-8" /><base href="../../" />'
        f"<title>{network}</title><style>._a6-g{{padding:8px}}</style></head>"
        '<body class="_5vb_ _2yq _a7o5"><div class="_a705"><div class="_a70e">Page</div>'
        f'<div class="_a706" role="main">{"".join(cards)}</div></div></body></html>'
    )
