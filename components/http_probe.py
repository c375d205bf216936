"""Whether an HTTP server answers."""

from __future__ import annotations

import http.client
from urllib.error import HTTPError
from urllib.request import urlopen

from components.addresses import split_credentials


def unreachable(address: str, seconds: float = 5.0) -> str:
    """Say why no HTTP server answers at `address`; "" when one does, whatever it answers."""
    try:
        with urlopen(split_credentials(address)[0], timeout=seconds):  # noqa: S310 (http or https, as told)
            return ""
    except HTTPError:
        return ""  # whether it lets us in is seen at the first real call
    except (OSError, ValueError, http.client.HTTPException) as exc:
        return str(getattr(exc, "reason", exc))
