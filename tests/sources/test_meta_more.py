"""What comes with Meta's downloads besides posts: Threads, chats with Meta AI, reviews, WhatsApp."""

import json
from collections import Counter
from typing import Any

import pytest

from vanne.report.inspection import inspect
from vanne.sources import FileReading, read_archives
from vanne.sources.people import person_id
from vanne.terms import Item
from vanne.words import Message

from ..report.test_inspection_screen import NOW
from .conftest import MakeZip
from .meta_account import BRAM, ME, T0, byte_by_byte, facebook_html

PROFILE = {"profile_v2": {"name": {"full_name": ME}}}
THREADS = {
    "text_post_app_text_posts": [
        {"media": [{"uri": "", "creation_timestamp": T0, "title": "Été",
                    "text_app_post": {"is_reply": False}}]},
        {"media": [{"uri": "", "creation_timestamp": T0, "title": "@bram yes",
                    "text_app_post": {"is_reply": True}}]},
        {"title": "Two", "creation_timestamp": T0,
         "media": [{"uri": "media/posts/1.jpg", "creation_timestamp": T0, "title": ""}]},
    ]
}  # fmt: skip


def written(document: Any) -> str:
    return json.dumps(byte_by_byte(document))


def message(sender: str, content: str) -> dict[str, Any]:
    return {"sender_name": sender, "timestamp_ms": T0 * 1000, "content": content}


def items_of(files: tuple[FileReading, ...], ending: str) -> tuple[Item, ...]:
    return next(file.items for file in files if file.path.endswith(ending))


def test_posts_of_threads_are_read_from_the_download_of_instagram(make_zip: MakeZip) -> None:
    folder = "your_instagram_activity/threads"
    profile = {"string_map_data": {"Private Account": {"value": "False"}, "Name": {"value": ME}}}
    likes = [{"title": "bram.o", "string_list_data": [{"href": "https://t.e/1", "timestamp": T0}]}]
    archive = make_zip(
        {
            f"{folder}/threads_and_replies.json": written(THREADS),
            f"{folder}/liked_threads.json": written({"text_post_app_media_likes": likes}),
            f"{folder}/personal_information.json": written(
                {"text_post_app_text_post_app_profile": [profile]}
            ),
            "personal_information/personal_information.json": written(
                {"profile_user": [{"string_map_data": {"Private Account": {"value": "True"}}}]}
            ),
        }
    )
    found = inspect([archive], region="CH", as_of=NOW)
    posts = [each for each in found.decided if each.item.source == "threads/posts"]
    assert [(each.item.category, each.item.text) for each in posts] == [
        ("post", "Été"), ("comment", "@bram yes"), ("post", "Two"),
    ]  # fmt: skip
    assert posts[2].item.media == "media/posts/1.jpg"
    # Threads has a setting of its own: a private account of Instagram does not close it
    assert {each.state.state for each in posts} == {"used"}
    assert found.networks[0].network == "threads"
    assert "only the press names Threads" in found.networks[0].doubts["post"]


@pytest.mark.parametrize("as_html", [False, True])
def test_a_chat_with_meta_ai_is_told_from_one_between_people(
    make_zip: MakeZip, as_html: bool
) -> None:
    asked, answered = message(ME, "Who is tall?"), message("Meta AI", "The giraffe.")
    group = [message(BRAM, "Hi"), message(ME, "@Meta AI who?"), message("Meta AI", "You.")]
    files = {
        "your_facebook_activity/messages/ai_conversations/a_1/message_1": [asked, answered],
        "your_facebook_activity/messages/inbox/b_2/message_1": group,
    }
    profile = "personal_information/profile_information/profile_information"
    if as_html:
        pages = {f"{path}.html": page_of(thread) for path, thread in files.items()}
        pages[f"{profile}.html"] = facebook_html("en", "2025")[
            "profile_information/profile_information.html"
        ]
    else:
        pages = {f"{path}.json": written({"messages": thread}) for path, thread in files.items()}
        pages[f"{profile}.json"] = written(PROFILE)
    found = inspect([make_zip(pages)], region="CH", as_of=NOW)
    said = [(each.item.category, each.item.text, each.state.state) for each in found.decided]
    assert [one for one in said if one[0] != "profile"] == [
        ("ai_prompt", "Who is tall?", "used"), ("ai_output", "The giraffe.", "used"),
        ("private_message", "Hi", "not-known"), ("ai_prompt", "@Meta AI who?", "used"),
        ("ai_output", "You.", "used"),
    ]  # fmt: skip


def page_of(thread: list[dict[str, Any]]) -> str:
    cards = (
        f'<section class="_a6-g"><h2 class="_a6-h">{one["sender_name"]}</h2><div class="_a6-p"><div>'
        f'<div></div><div>{one["content"]}</div></div></div><footer class="_a6-o">'
        '<div class="_a72d">Nov 14, 2023 10:13:20 pm</div></footer></section>'
        for one in thread
    )
    return f"<html><title>Facebook</title><body>{''.join(cards)}</body></html>"


def test_what_is_for_sale_and_reviews_are_read(make_zip: MakeZip) -> None:
    sold = {"title": "Bike", "description": "Blue", "price": "CHF90", "created_timestamp": T0}
    review = {"timestamp": T0, "label_values": [{"label": "Texte", "value": "Un bon café"}]}
    archive = make_zip(
        {
            "your_facebook_activity/facebook_marketplace/items_sold.json": written(
                {"items_selling_v2": [sold]}
            ),
            "your_facebook_activity/reviews/your_something.json": written([review]),
        }
    )
    files = read_archives([archive]).files
    (bike,), (cafe,) = items_of(files, "items_sold.json"), items_of(files, "your_something.json")
    assert (bike.category, bike.text) == ("post", "Bike\nBlue")
    assert (cafe.category, cafe.text, cafe.visibility) == ("comment", "Un bon café", "public")


@pytest.mark.parametrize(
    "chat",
    [
        "\ufeff[14.11.23, 22:13:20] Bram: \u200eMessages are encrypted.\r\n"
        "[14.11.23, 22:13:20] Bram: Ah\r\n[14.11.23, 22:13:20] Zoë Lac: Ciao\r\nBram\r\n"
        "[14.11.23, 22:13:20] Meta AI: Hello\r\n",
        "11/14/23, 10:13\u202fPM - Messages and calls are end-to-end encrypted.\n"
        "11/14/23, 10:13\u202fPM - Bram: Ah\n11/14/23, 10:13\u202fPM - Zoë Lac: Ciao\nBram\n"
        "11/14/23, 10:13\u202fPM - Meta AI: Hello\n",
    ],
    ids=["ios", "android"],
)
def test_an_exported_chat_of_whatsapp_is_said_for_what_it_is(make_zip: MakeZip, chat: str) -> None:
    archive = make_zip({"WhatsApp Chat - Bram.txt": chat.encode()})
    found = inspect([archive], region="DE", as_of=NOW)
    (part,) = found.networks
    assert part.network == "whatsapp"
    states = Counter((each.item.category, each.state.state) for each in found.decided)
    assert states["ai_output", "used"] == 1
    assert states["private_message", "not-known"] == states.total() - 1 == 2
    (file,) = found.reading.files
    assert file.reasons == {Message("line-of-app"): 1}
    ciao = next(each.item for each in found.decided if each.item.text == "Ciao\nBram")
    assert ciao.author == person_id("", "Zoë Lac")
    assert ciao.created_at is not None and f"{ciao.created_at:%Y-%m-%d %H:%M}" == "2023-11-14 22:13"
