"""A small S3 of our own over HTTP that misbehaves on demand: breaks off, forgets ranges, swaps objects."""

from __future__ import annotations

import hashlib
import re
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.parse import unquote, urlsplit
from xml.sax.saxutils import escape


@dataclass
class TinyS3:
    """Bucket `b`.

    Attributes:
        objects: by key.
        etags: of keys whose ETag is not their MD5.
        headers: further ones, by key.
        breaks_after: bytes of each body after which the connection is cut, one for each GET in turn; then
            none is cut.
        before: called with the number of each GET (from 0) before it is answered.
        knows_ranges: False: the whole object is sent whatever was asked for; as is If-Match.
        garble: applied to every body.
        asked: ("GET", key, Range) of each request for an object.
    """

    objects: dict[str, bytes]
    etags: dict[str, str] = field(default_factory=dict)
    headers: dict[str, dict[str, str]] = field(default_factory=dict)
    breaks_after: Iterator[int] = field(default_factory=lambda: iter(()))
    before: Callable[[int], object] = lambda number: None
    knows_ranges: bool = True
    knows_versions: bool = True
    garble: Callable[[bytes], bytes] = bytes
    asked: list[tuple[str, str, str]] = field(default_factory=list)
    endpoint: str = ""

    def etag_of(self, key: str) -> str:
        return self.etags.get(key) or hashlib.md5(self.objects[key]).hexdigest()

    def ranges(self) -> list[str]:
        return [asked for method, _, asked in self.asked if method == "GET"]


@contextmanager
def serving(store: TinyS3) -> Iterator[TinyS3]:
    """Serve it on this machine, at `store.endpoint`."""
    server = _Server(("127.0.0.1", 0), _Handler)
    server.store = store
    store.endpoint = f"http://127.0.0.1:{server.server_port}"
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield store
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    store: TinyS3

    def handle_error(self, *args: object) -> None:
        pass


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Server

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (its name above)
        pass

    def do_HEAD(self) -> None:
        self._object("HEAD")

    def do_GET(self) -> None:
        if "list-type=2" in self.path:
            self._list()
        else:
            self.server.store.before(len(self.server.store.ranges()))
            self._object("GET")

    def _list(self) -> None:
        store = self.server.store
        rows = "".join(
            f"<Contents><Key>{escape(key)}</Key><Size>{len(body)}</Size>"
            f'<ETag>"{store.etag_of(key)}"</ETag></Contents>'
            for key, body in store.objects.items()
        )
        self._send(
            200, f"<ListBucketResult><IsTruncated>false</IsTruncated>{rows}</ListBucketResult>".encode()
        )

    def _object(self, method: str) -> None:
        store, asked = self.server.store, self.headers.get("Range", "")
        key = unquote(urlsplit(self.path).path).removeprefix("/b/")
        store.asked.append((method, key, asked))
        if key not in store.objects:
            self._refuse(method, 404, "NoSuchKey")
            return
        version = f'"{store.etag_of(key)}"'
        if store.knows_versions and self.headers.get("If-Match", version) != version:
            self._refuse(method, 412, "PreconditionFailed")
            return
        headers = {"ETag": version, **store.headers.get(key, {})}
        body = store.garble(store.objects[key])
        if method == "HEAD":
            self._send(200, b"", headers | {"Content-Length": str(len(body))})
            return
        start = int(found[1]) if store.knows_ranges and (found := re.match(r"bytes=(\d+)-", asked)) else 0
        if start:
            headers["Content-Range"] = f"bytes {start}-{len(body) - 1}/{len(body)}"
        self._send(206 if start else 200, body[start:], headers, cut=next(store.breaks_after, None))

    def _refuse(self, method: str, status: int, code: str) -> None:
        self._send(status, f"<Error><Code>{code}</Code></Error>".encode() if method == "GET" else b"")

    def _send(
        self, status: int, body: bytes, headers: dict[str, str] | None = None, *, cut: int | None = None
    ) -> None:
        self.send_response(status)
        for name, value in ({"Content-Length": str(len(body))} | (headers or {})).items():
            self.send_header(name, value)
        self.end_headers()
        with suppress(OSError):
            self.wfile.write(body[:cut])
            self.wfile.flush()
            if cut is not None and cut < len(body):
                self.close_connection = True
                self.connection.shutdown(socket.SHUT_RDWR)
