"""Addresses of servers and databases: without secrets for people, and in the form that libraries read."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import unquote, urlsplit

MASK = "***"

_USER_INFO = re.compile(
    r"(?P<scheme>\b[a-z][a-z0-9+.\-]*://)(?P<user>[^\s/?#:@'\"<>]*)(?P<password>:[^\s'\"<>]*)?@",
    re.IGNORECASE,
)
_NAMED_SECRET = re.compile(
    r"(?P<name>[\w-]*(?:password|passwd|pwd|secret|token|access_?key|api_?key|signature)\s*=\s*)"
    r"(?:'[^']*'|\"[^\"]*\"|[^\s&;,'\"]+)",
    re.IGNORECASE,
)


def masked(text: str) -> str:
    """Return `text` with `***` in place of every password and access token in it.

    Addresses anywhere in the text are found ("postgresql://user:secret@host" becomes
    "postgresql://user:***@host"), and assignments such as "password=secret" or "?token=secret". The name
    before a password stays; of an http address without a password it is hidden, too, since tokens are
    given there. Where it cannot be told where a password ends, too much is hidden rather than too little.
    """
    return _NAMED_SECRET.sub(rf"\g<name>{MASK}", _USER_INFO.sub(_without_secret, text))


def split_credentials(address: str) -> tuple[str, str, str]:
    """Return an http address without its credentials, the user's name and the password.

    Name and password are decoded ("%40" is "@"), and "" where the address has none.
    """
    parts = urlsplit(address)
    user_info, at, host = parts.netloc.rpartition("@")
    if not at:
        return address, "", ""
    user, _, password = user_info.partition(":")
    return parts._replace(netloc=host).geturl(), unquote(user), unquote(password)


def is_http(address: str) -> bool:
    """Whether `address` is that of an HTTP server, with a scheme and a host."""
    scheme, separator, rest = address.partition("://")
    return bool(separator and rest.strip("/")) and scheme.lower() in {"http", "https"}


def with_driver(database: str, driver: str) -> str:
    """Return a PostgreSQL address that names `driver` where it names none; any other as it is."""
    scheme, separator, rest = database.partition("://")
    if scheme in {"postgresql", "postgres"}:
        return f"postgresql+{driver}{separator}{rest}"
    return database


def sqlite_file(database: str) -> Path | None:
    """The file of a SQLite address ("sqlite:////home/a/mlflow.db"); None of any other database."""
    scheme, _, rest = database.partition(":///")
    if scheme.partition("+")[0] != "sqlite":
        return None
    return Path(rest.partition("?")[0])


def _without_secret(found: re.Match[str]) -> str:
    scheme, user = found["scheme"], found["user"]
    if found["password"] is not None:
        return f"{scheme}{user}:{MASK}@"
    return f"{scheme}{MASK if scheme.lower().startswith('http') else user}@"
