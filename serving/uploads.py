"""One uploaded picture out of a request: a multipart form's field, or the body itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from fastapi import Request
from PIL import UnidentifiedImageError
from starlette.datastructures import UploadFile

from components.errors import ImageError
from serving.problems import Problem

FIELD = "image"

REQUEST_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "description": "The picture, as a form's field or as the body itself.",
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": [FIELD],
                    "properties": {
                        FIELD: {
                            "type": "string",
                            "format": "binary",
                            "description": "JPEG, PNG, WebP, TIFF, ...",
                        }
                    },
                }
            },
            "image/*": {"schema": {"type": "string", "format": "binary"}},
        },
    }
}
"""What OpenAPI is told: the request is parsed here, because either form is taken."""


@dataclass(frozen=True)
class Upload:
    """A picture as it came."""

    name: str
    data: bytes


async def receive(request: Request) -> Upload:
    """The request's picture.

    Raises:
        Problem: 415 for a body of another kind, 422 where the field is missing or empty.
    """
    kind = request.headers.get("content-type", "").split(";")[0].strip().lower()
    if kind == "multipart/form-data":
        upload = await _from_form(request)
    elif kind.startswith("image/"):
        upload = Upload("the request's body", await request.body())
    else:
        raise Problem(
            415,
            "not-an-upload",
            f"Expected multipart/form-data with the field {FIELD!r}, or a body of type image/*; "
            f"received {kind or 'no content type'!r}. Try: curl -F {FIELD}=@painting.jpg ...",
            headers={"Accept-Post": "multipart/form-data, image/*"},
        )
    if not upload.data:
        raise Problem(422, "empty-upload", f"{upload.name}: is empty (0 bytes). Send a picture's bytes.")
    return upload


def refused(upload: Upload, exc: ImageError) -> Problem:
    """The problem that an unreadable picture is: 415 when it is none at all, otherwise 422."""
    detail = str(exc).replace("the picture", upload.name, 1)
    if isinstance(exc.__cause__, UnidentifiedImageError):
        return Problem(415, "not-a-picture", detail)
    return Problem(422, "unreadable-picture", detail)


async def _from_form(request: Request) -> Upload:
    async with request.form(max_files=4, max_fields=16) as form:
        field = form.get(FIELD)
        if not isinstance(field, UploadFile):
            raise Problem(
                422,
                "field-missing",
                f"Expected a file in the form's field {FIELD!r}; received the fields {sorted(form)}. "
                f"Try: curl -F {FIELD}=@painting.jpg ...",
            )
        return Upload(_shown(field.filename), await field.read())


def _shown(name: str | None) -> str:
    # A name comes from outside: one short line of it, whatever it holds.
    clean = "".join(char for char in name or "" if char.isprintable())
    return clean[:120] or "the upload"
