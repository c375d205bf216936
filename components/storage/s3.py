"""The door to S3: the client, its errors with a hint, and one object to one file."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from components.errors import AtelierError, SettingsError
from components.progress import steps
from components.storage.files import building, key_of

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client

_FORBIDDEN = "These credentials may not read there: allow s3:ListBucket and s3:GetObject, or use others."
_HINTS = {
    "NoSuchBucket": "Correct the bucket's name.",
    "NoSuchKey": "Correct the key; `aws s3 ls` shows those there are.",
    "404": "Correct the bucket or the key; `aws s3 ls` shows those there are.",
    "403": _FORBIDDEN,
    "AccessDenied": _FORBIDDEN,
    "InvalidAccessKeyId": "The end point does not know this key: check AWS_PROFILE or AWS_ACCESS_KEY_ID.",
    "SignatureDoesNotMatch": "The secret does not belong to the key: check AWS_SECRET_ACCESS_KEY.",
    "ExpiredToken": "Log in again: the session's token has expired.",
}


def client_for(endpoint_url: str, *, connections: int = 10) -> S3Client:
    """A client with boto3's own chain of credentials; botocore tries a request up to 4 times by itself.

    Checksums are asked for and checked only where a request needs them: many stores that speak S3 know none.
    """
    import boto3
    from botocore.config import Config

    config = Config(
        retries={"mode": "standard", "max_attempts": 4},
        max_pool_connections=connections,
        connect_timeout=10,
        read_timeout=30,
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
    )
    client: S3Client = boto3.client("s3", endpoint_url=endpoint_url or None, config=config)
    return client


@contextmanager
def translated(address: str, endpoint_url: str) -> Iterator[None]:
    """Within the block, what boto3 raises becomes an AtelierError that says how to hint it."""
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        yield
    except (BotoCoreError, ClientError) as exc:
        hint = _HINTS.get(code_of(exc), "Check the address, and the credentials (boto3's own chain).")
        raise AtelierError(
            f"{address}: S3 answered: {exc}. {hint} ATELIER_S3_ENDPOINT_URL is {endpoint_url or 'not set'!r}."
        ) from exc
    except OSError as exc:
        raise AtelierError(
            f"{address}: {exc.filename or 'a file'} cannot be written ({exc.strerror or exc}). Check the "
            "disk's room and the folder's rights, and run it again."
        ) from exc


def code_of(exc: Exception) -> str:
    """S3's code of a refusal ("NoSuchKey", "412"); "" for what is none."""
    response = getattr(exc, "response", None)
    return str(response.get("Error", {}).get("Code", "")) if isinstance(response, dict) else ""


def refusals() -> type[Exception]:
    """What boto3 raises when S3 answered, and answered no."""
    from botocore.exceptions import ClientError

    return ClientError


def breaks() -> tuple[type[Exception], ...]:
    """What is raised when a connection fails or ends early: worth another try."""
    from botocore.exceptions import HTTPClientError, IncompleteReadError

    return (HTTPClientError, IncompleteReadError, ConnectionError, TimeoutError)


def fetch(address: str, folder: Path, endpoint_url: str = "") -> Path:
    """A local file for `address`: a path as it is, an s3://bucket/key downloaded once into `folder`.

    Raises:
        SettingsError: the path is missing, or the address is of a kind not known here.
        AtelierError: S3 refused or broke off; nothing half-written is left.
    """
    parts = urlsplit(address)
    if parts.scheme in {"", "file"} or len(parts.scheme) == 1:  # one letter: a Windows drive
        path = Path(parts.path if parts.scheme == "file" else address).expanduser()
        if not path.is_file():
            raise SettingsError(f"{path}: no such file. Check the path, or give an s3:// address.")
        return path
    bucket, key = bucket_and_key(address)
    if not key:
        raise SettingsError(f"{address}: a path or s3://bucket/key is expected.")
    return _fetch(bucket, key, folder, endpoint_url)


def bucket_and_key(address: str) -> tuple[str, str]:
    """("bucket", "a/key") of s3://bucket/a/key; the key is "" for a whole bucket.

    Raises:
        SettingsError: not such an address.
    """
    scheme, _, rest = address.partition("://")
    bucket, _, key = rest.partition("/")
    if scheme.lower() != "s3" or not bucket:
        raise SettingsError(f"{address}: a path or s3://bucket/key is expected.")
    return bucket, key.strip("/")


def _fetch(bucket: str, key: str, folder: Path, endpoint_url: str) -> Path:
    address = f"s3://{bucket}/{key}"
    with translated(address, endpoint_url):
        client = client_for(endpoint_url)
        head = client.head_object(Bucket=bucket, Key=key)
        version = key_of(address, head["ETag"], head["ContentLength"])
        final = folder / version / Path(key).name
        if final.is_file():
            return final
        with (
            building(final.parent) as draft,
            steps(f"Fetching {address}", head["ContentLength"]) as advance,
            (draft / final.name).open("wb") as file,
        ):
            client.download_fileobj(bucket, key, file, Callback=advance)
    return final
