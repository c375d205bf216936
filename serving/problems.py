"""Every error of the API in one form: RFC 9457, `application/problem+json`."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from components.errors import AtelierError

MEDIA_TYPE = "application/problem+json"
_log = logging.getLogger("serving")


class Problem(Exception):  # noqa: N818 (RFC 9457's own word)
    """An answer that is an error: what went wrong, and how to correct it."""

    def __init__(
        self,
        status: int,
        slug: str,
        detail: str,
        *,
        headers: Mapping[str, str] | None = None,
        **more: Any,
    ) -> None:
        """Args: `slug` names the kind in `type`; `more` become extension members."""
        super().__init__(detail)
        self.status = status
        self.slug = slug
        self.detail = detail
        self.headers = dict(headers or {})
        self.more = more

    def response(self, instance: str) -> JSONResponse:
        """The answer; `instance` is the path that was asked for."""
        content = {
            "type": f"urn:atelier:problem:{self.slug}",
            "title": HTTPStatus(self.status).phrase,
            "status": self.status,
            "detail": self.detail,
            "instance": instance,
            **self.more,
        }
        return JSONResponse(content, self.status, self.headers, MEDIA_TYPE)


def install(app: FastAPI) -> None:
    """Answer every error of `app` as problem+json."""
    app.add_exception_handler(Problem, _problem)
    app.add_exception_handler(AtelierError, _atelier)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(RequestValidationError, _validation)
    app.add_exception_handler(ClientDisconnect, _gone)
    app.add_exception_handler(Exception, _unforeseen)


async def _problem(request: Request, exc: Exception) -> JSONResponse:
    assert isinstance(exc, Problem)  # noqa: S101 (for the type checker: registered for it alone)
    return exc.response(request.url.path)


async def _atelier(request: Request, exc: Exception) -> JSONResponse:
    return Problem(422, "cannot-be-done", str(exc)).response(request.url.path)


async def _http(request: Request, exc: Exception) -> JSONResponse:
    assert isinstance(exc, HTTPException)  # noqa: S101
    path = request.url.path
    if exc.status_code == 404:
        problem = Problem(404, "no-such-address", f"{path} is no address of this API; /docs lists them.")
    elif exc.status_code == 405:
        allowed = (exc.headers or {}).get("Allow", "another method")
        detail = f"{path} does not answer {request.method}; expected {allowed}."
        problem = Problem(405, "method-not-allowed", detail, headers=exc.headers)
    else:
        problem = Problem(exc.status_code, "request-refused", exc.detail, headers=exc.headers)
    return problem.response(path)


async def _validation(request: Request, exc: Exception) -> JSONResponse:
    assert isinstance(exc, RequestValidationError)  # noqa: S101
    errors = [
        {"where": ".".join(map(str, error["loc"])), "what": error["msg"], "received": _short(error["input"])}
        for error in exc.errors()
    ]
    detail = "; ".join(f"{e['where']}: {e['what']} (received {e['received']})" for e in errors)
    return Problem(422, "invalid-request", detail, errors=errors).response(request.url.path)


async def _gone(request: Request, exc: Exception) -> JSONResponse:  # noqa: ARG001
    # Nobody is there to read it; without it, every cancelled upload would be logged as a breakdown.
    return Problem(400, "upload-broken-off", "The client left before its upload was whole.").response(
        request.url.path
    )


async def _unforeseen(request: Request, exc: Exception) -> JSONResponse:
    # What went wrong inside is for the log; the client gets a number to quote.
    error_id = uuid.uuid4().hex[:12]
    _log.error("error %s at %s %s", error_id, request.method, request.url.path, exc_info=exc)
    detail = f"Something broke inside the server. Quote error {error_id}: the server's log says more."
    return Problem(500, "internal-error", detail, error_id=error_id).response(request.url.path)


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 100 else f"{text[:100]}..."
