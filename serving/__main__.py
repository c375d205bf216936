"""`python -m serving`: the API on `ATELIER_HOST` and `ATELIER_API_PORT` (or --host, --port)."""

from __future__ import annotations

import argparse
import errno
import logging
import socket
import sys

from components.addresses import masked
from components.errors import AtelierError, ServiceError
from components.failures import explained
from components.settings import Settings

_PROBES = ("/healthz", "/readyz")
_GRACE_SECONDS = 10
_NOT_NEEDED = ("pandas", "pyarrow")


def main() -> int:
    """Serve until a signal ends it; 2 and one line on stderr where it cannot start."""
    arguments = _arguments()
    try:
        settings = Settings.load(host=arguments.host, api_port=arguments.port)
        # Bound before anything is loaded: a port in use is told at once.
        with _listen(settings.host, settings.api_port) as listener:
            _serve(settings, listener)
    except (AtelierError, OSError) as exc:
        error = explained(exc)
        if error is None:
            raise
        print(error, file=sys.stderr)  # noqa: T201
        return 2
    except KeyboardInterrupt:  # uvicorn has stopped in good order, then says how it was ended
        pass
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m serving", description="Atelier's REST API.")
    parser.add_argument("--host", help="address to listen on (ATELIER_HOST)")
    parser.add_argument("--port", type=int, help="port to listen on (ATELIER_API_PORT)")
    return parser.parse_args()


def _listen(host: str, port: int) -> socket.socket:
    try:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        return socket.create_server((host, port), family=family, backlog=2048)
    except OSError as exc:
        why = "is in use" if exc.errno == errno.EADDRINUSE else f"cannot be had ({exc.strerror or exc})"
        raise ServiceError(
            f"Port {port} on {host} {why}. End what listens there, or choose another: "
            "ATELIER_API_PORT or --port (and ATELIER_HOST or --host)."
        ) from exc


def stay_slim() -> None:
    """Keep MLflow from loading what nothing here asks of it: 90 MB and two seconds.

    It imports them where it finds them and does without where it does not, as in an image that was
    made from the `serving` extra alone.
    """
    for name in _NOT_NEEDED:
        sys.modules.setdefault(name, None)  # type: ignore[arg-type]  # "not importable"


def _serve(settings: Settings, listener: socket.socket) -> None:
    stay_slim()
    import uvicorn

    from serving.app import create_app

    _log_to_stderr()
    logging.getLogger("uvicorn.access").addFilter(_not_a_probe)
    config = uvicorn.Config(
        create_app(settings), timeout_graceful_shutdown=_GRACE_SECONDS, log_config=None, server_header=False
    )
    address = settings.public_address(settings.api_port)
    logging.getLogger("serving").info("%s (documentation: %s/docs)", address, address)
    uvicorn.Server(config).run(sockets=[listener])


class _MaskedFormatter(logging.Formatter):
    """Lines and tracebacks without the passwords of the addresses in them."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line as it is written."""
        return masked(super().format(record))


def _log_to_stderr() -> None:
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_MaskedFormatter("%(levelname)s: %(message)s"))
    logging.basicConfig(level=logging.INFO, handlers=[handler])


def _not_a_probe(record: logging.LogRecord) -> bool:
    # Supervisors ask every few seconds; nobody wants to read it.
    return not any(probe in record.getMessage() for probe in _PROBES)


if __name__ == "__main__":
    sys.exit(main())
