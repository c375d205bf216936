"""The REST API as one app."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from components.settings import Settings
from serving import problems
from serving.champions import Champions
from serving.docs import documented_app
from serving.limits import UploadLimit
from serving.routes import router

_ABOUT = """Names the **artist**, **style** or **genre** of a painting.

Each task is answered by its champion: the model that did best on a frozen test set. Every answer says
which model that was, what it learnt from, and how good it is. Errors are RFC 9457 problems that say
what was expected, what came, and how to correct it.

    curl -F image=@painting.jpg '{url}/v1/style/predict?top=3'
"""


def create_app(settings: Settings) -> FastAPI:
    """An app that loads the champions when it starts and follows the registry until it stops."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        champions: Champions = app.state.champions
        champions.load()
        champions.start()
        yield
        champions.stop()

    about = _ABOUT.format(url=settings.api_url or settings.public_address(settings.api_port))
    app = documented_app(title="Atelier", version="1", description=about, lifespan=lifespan)
    app.state.champions = Champions(settings)
    app.include_router(router)
    app.add_middleware(UploadLimit, max_bytes=settings.max_upload_bytes)
    problems.install(app)
    return app
