"""A small real mail server on this machine, which keeps what it is given."""

import email
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import EmailMessage
from email.policy import default
from typing import Any

from aiosmtpd.controller import Controller

from vanne.settings import Settings


class Mailbox:
    """What was delivered, and how: the messages, and from and to whom."""

    def __init__(self) -> None:
        self.messages: list[EmailMessage] = []
        self.envelopes: list[tuple[str, list[str]]] = []
        self.refused: set[str] = set()
        """Addresses to which it takes nothing."""

    async def handle_RCPT(  # noqa: N802
        self, server: Any, session: Any, envelope: Any, address: str, options: Any
    ) -> str:
        if address in self.refused:
            return "550 5.1.1 no such mailbox"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        self.envelopes.append((envelope.mail_from, envelope.rcpt_tos))
        self.messages.append(email.message_from_bytes(envelope.content, policy=default))
        return "250 OK"

    @property
    def texts(self) -> list[str]:
        return [message.get_content() for message in self.messages]


@contextmanager
def mail_server() -> Iterator[tuple[Mailbox, Settings]]:
    """Run the server on a free port."""
    box = Mailbox()
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    controller = Controller(box, hostname="127.0.0.1", port=port)
    controller.start()
    try:
        yield box, Settings(smtp_url=f"smtp://127.0.0.1:{port}", mail_from="vanne@network.example")
    finally:
        controller.stop()
