"""No request body beyond a bound, whatever its header says: pure ASGI, before anything is kept."""

from __future__ import annotations

import anyio
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from serving.problems import Problem

LINGER_SECONDS = 1.0


class UploadLimit:
    """Answers 413 as soon as a body is known to hold more than `max_bytes`.

    A body that declares its length is refused before any of it is read; one that does not is counted
    as it streams in.
    """

    def __init__(self, app: ASGIApp, max_bytes: int) -> None:
        self.app = app
        self.max_bytes = max_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or refuse it."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        if _declared_length(scope) > self.max_bytes:
            await self._refuse(scope, receive, send, unread=True)
            return
        seen = 0
        unread = True
        started = False

        async def counted() -> Message:
            nonlocal seen, unread
            message = await receive()
            unread = message.get("more_body", False)
            seen += len(message.get("body", b""))
            if seen > self.max_bytes:
                raise _TooLarge
            return message

        async def watched(message: Message) -> None:
            nonlocal started
            started = True
            await send(message)

        try:
            await self.app(scope, counted, watched)
        except _TooLarge:
            if started:
                raise
            await self._refuse(scope, receive, send, unread=unread)

    async def _refuse(self, scope: Scope, receive: Receive, send: Send, *, unread: bool) -> None:
        problem = Problem(
            413,
            "upload-too-large",
            f"The upload holds more than the {self.max_bytes:,} bytes that are accepted. Send a smaller "
            "picture, or raise ATELIER_MAX_UPLOAD_BYTES where the API is started.",
            headers={"Connection": "close"},
            max_upload_bytes=self.max_bytes,
        )

        async def send_open(message: Message) -> None:
            if message["type"] == "http.response.body":
                message = {**message, "more_body": True}
            await send(message)

        await problem.response(scope["path"])(scope, receive, send_open)
        if unread:
            await _linger(receive)
        await send({"type": "http.response.body", "body": b"", "more_body": False})


class _TooLarge(Exception):  # noqa: N818 (never leaves this room)
    """The counted bytes passed the bound."""


async def _linger(receive: Receive) -> None:
    # A connection closed on a client that still sends is reset, and the client may then never see
    # the answer. So what it is sending is thrown away for a moment before the connection is closed.
    with anyio.move_on_after(LINGER_SECONDS):
        message = await receive()
        while message["type"] == "http.request" and message.get("more_body", False):
            message = await receive()


def _declared_length(scope: Scope) -> int:
    for name, value in scope["headers"]:
        if name == b"content-length" and value.isdigit():
            return int(value)
    return 0
