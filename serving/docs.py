"""The API's documentation pages, which load nothing from any other host.

Swagger UI (`/docs`) and ReDoc (`/redoc`) come with the package fastapi-offline: FastAPI's own pages fetch
their scripts from the internet, and stay blank where there is none.
"""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI
from fastapi_offline import FastAPIOffline
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

PAGES = ("/docs", "/redoc")
FILES = "/docs-files"
_NO_VALIDATOR = {"validatorUrl": None}
"""Swagger UI would ask validator.swagger.io for a badge."""

_SAME_HOST = (
    "default-src 'self'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; font-src 'self' data:; worker-src blob:; frame-ancestors 'none'"
)
"""What browsers are told the pages may load: ReDoc would fetch its maker's logo, too."""


def documented_app(**options: Any) -> FastAPI:
    """A FastAPI app, made with `options`, that serves its documentation's files itself."""
    app = FastAPIOffline(static_url=FILES, swagger_ui_parameters=_NO_VALIDATOR, **options)
    app.add_middleware(_SameHostOnly)
    return app


class _SameHostOnly:
    """Sends the content security policy with the documentation pages; pure ASGI."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def with_policy(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message)["Content-Security-Policy"] = _SAME_HOST
            await send(message)

        is_page = scope["type"] == "http" and scope["path"] in PAGES
        await self.app(scope, receive, with_policy if is_page else send)
