"""Bytes to and from a folder or S3, and writes that are whole or not there at all.

The only room that knows boto3, and that in `s3` alone.
"""

from components.storage.drafts import sweep, without_drafts
from components.storage.files import append_line, building, content_of, key_of, sha256_of, write_atomically
from components.storage.mirroring import mirror
from components.storage.s3 import fetch

__all__ = [
    "append_line",
    "building",
    "content_of",
    "fetch",
    "key_of",
    "mirror",
    "sha256_of",
    "sweep",
    "without_drafts",
    "write_atomically",
]
