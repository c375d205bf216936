"""A collection below an s3:// prefix is mirrored: against moto's S3 over HTTP, on this machine."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto.server import ThreadedMotoServer

from components.data import sources
from components.data.manifest import Task
from components.errors import AtelierError, SettingsError
from components.settings import Settings
from components.storage import mirror
from components.storage.etags import Remote, is_whole
from tests import tiny_collections

BUCKET = "paintings"
ADDRESS = f"s3://{BUCKET}/sets/pandora"


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def client(endpoint: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    client = boto3.client("s3", endpoint_url=endpoint)
    client.create_bucket(Bucket=BUCKET)
    yield client
    bucket = boto3.resource("s3", endpoint_url=endpoint).Bucket(BUCKET)
    bucket.objects.all().delete()
    bucket.delete()


def put(client: Any, objects: dict[str, bytes]) -> None:
    for key, body in objects.items():
        client.put_object(Bucket=BUCKET, Key=key, Body=body)


def held(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()
    }


def stamps(folder: Path) -> dict[str, tuple[int, int]]:
    """Another inode or time means that a file was fetched again."""
    return {
        path.name: (path.stat().st_ino, path.stat().st_mtime_ns)
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_the_folder_equals_the_prefix(client: Any, endpoint: str, tmp_path: Path) -> None:
    objects = {f"sets/pandora/0{n}_M/Jan Ünal+/{n} %.jpg": bytes([n]) * 1000 * n for n in range(7)}
    put(client, objects | {"sets/pandora-18k/x.jpg": b"x", "sets/pandora/empty/": b""})
    files = mirror(ADDRESS, tmp_path / "here", endpoint)
    assert files == tmp_path / "here" / "files" / "pandora"
    assert held(files) == {key.removeprefix("sets/pandora/"): body for key, body in objects.items()}
    assert list((tmp_path / "here" / "parts").iterdir()) == []


def test_more_objects_than_one_listing_tells(
    client: Any, endpoint: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MOTO_S3_DEFAULT_MAX_KEYS", "3")
    put(client, {f"many/{n}.txt": str(n).encode() for n in range(10)})
    assert len(held(mirror(f"s3://{BUCKET}/many/", tmp_path, endpoint, threads=4))) == 10


def test_a_whole_bucket(client: Any, endpoint: str, tmp_path: Path) -> None:
    put(client, {"a.txt": b"a", "b/c.txt": b"c"})
    files = mirror(f"s3://{BUCKET}", tmp_path, endpoint)
    assert (files.name, held(files)) == (BUCKET, {"a.txt": b"a", "b/c.txt": b"c"})


def test_only_what_changed_is_fetched(client: Any, endpoint: str, tmp_path: Path) -> None:
    put(client, {f"sets/pandora/{name}": name.encode() for name in ("same", "changed", "deep/down/removed")})
    files = mirror(ADDRESS, tmp_path, endpoint)
    before, index = stamps(files), (tmp_path / "index.json").stat().st_mtime_ns
    assert mirror(ADDRESS, tmp_path, endpoint) == files
    assert (stamps(files), (tmp_path / "index.json").stat().st_mtime_ns) == (before, index)
    put(client, {"sets/pandora/changed": b"another", "sets/pandora/new": b"new"})
    client.delete_object(Bucket=BUCKET, Key="sets/pandora/deep/down/removed")
    mirror(ADDRESS, tmp_path, endpoint)
    assert held(files) == {"same": b"same", "changed": b"another", "new": b"new"}
    assert not (files / "deep").exists()
    assert stamps(files)["same"] == before["same"]


def test_what_was_altered_here_is_fetched_anew(client: Any, endpoint: str, tmp_path: Path) -> None:
    put(client, {f"sets/pandora/{name}": b"abcd" for name in ("altered", "shorter", "lost", "touched")})
    files = mirror(ADDRESS, tmp_path, endpoint)
    inode = (files / "touched").stat().st_ino
    (files / "altered").write_bytes(b"abcX")
    (files / "shorter").write_bytes(b"abc")
    (files / "lost").unlink()
    (files / "stranger").write_bytes(b"not of S3")
    (files / "touched").touch()
    mirror(ADDRESS, tmp_path, endpoint)
    assert held(files) == dict.fromkeys(("altered", "shorter", "lost", "touched"), b"abcd")
    assert (files / "touched").stat().st_ino == inode  # verified, not fetched


@pytest.mark.parametrize("index", [None, "{", "[]", '{"address": 1}', '{"objects": {}}'])
def test_a_lost_index_costs_no_fetching(
    client: Any, endpoint: str, tmp_path: Path, index: str | None
) -> None:
    put(client, {"sets/pandora/a": b"a" * 5000})
    files = mirror(ADDRESS, tmp_path, endpoint)
    before = stamps(files)
    if index is None:
        (tmp_path / "index.json").unlink()
    else:
        (tmp_path / "index.json").write_text(index)
    mirror(ADDRESS, tmp_path, endpoint)
    assert stamps(files) == before
    assert json.loads((tmp_path / "index.json").read_text())["objects"]["a"]["size"] == 5000


def test_a_file_may_become_a_folder(client: Any, endpoint: str, tmp_path: Path) -> None:
    put(client, {"sets/pandora/a": b"1", "sets/pandora/b/c": b"2"})
    files = mirror(ADDRESS, tmp_path, endpoint)
    for key in ("a", "b/c"):
        client.delete_object(Bucket=BUCKET, Key=f"sets/pandora/{key}")
    put(client, {"sets/pandora/a/c": b"3", "sets/pandora/b": b"4"})
    assert held(mirror(ADDRESS, tmp_path, endpoint)) == {"a/c": b"3", "b": b"4"}
    assert files.is_dir()


@pytest.mark.parametrize("sizes", [(5 * 2**20, 100), (6 * 2**20, 5 * 2**20, 7)], ids=["even", "uneven"])
def test_objects_uploaded_in_parts_are_verified(
    client: Any, endpoint: str, tmp_path: Path, sizes: tuple[int, ...]
) -> None:
    body = hashlib.shake_256(b"painting").digest(sum(sizes))
    key = "sets/pandora/large.tif"
    upload = client.create_multipart_upload(Bucket=BUCKET, Key=key)["UploadId"]
    parts, start = [], 0
    for number, size in enumerate(sizes, 1):
        part = client.upload_part(
            Bucket=BUCKET, Key=key, UploadId=upload, PartNumber=number, Body=body[start : start + size]
        )
        parts.append({"PartNumber": number, "ETag": part["ETag"]})
        start += size
    client.complete_multipart_upload(
        Bucket=BUCKET, Key=key, UploadId=upload, MultipartUpload={"Parts": parts}
    )
    files = mirror(ADDRESS, tmp_path, endpoint)
    assert (files / "large.tif").read_bytes() == body
    head = client.head_object(Bucket=BUCKET, Key=key)
    remote = Remote("large.tif", key, head["ETag"].strip('"'), head["ContentLength"])
    assert remote.etag.endswith(f"-{len(sizes)}")
    assert is_whole(client, BUCKET, remote, files / "large.tif")
    if len(set(sizes)) == 2:  # even: a size that can be guessed, so damage is seen
        (files / "large.tif").write_bytes(body[:-1] + b"\0")
        assert not is_whole(client, BUCKET, remote, files / "large.tif")


@pytest.mark.parametrize(
    ("address", "told"),
    [
        (f"s3://{BUCKET}/sets/none", "no object lies below it"),
        (
            "s3://nowhere/x",
            r"s3://nowhere/x: S3 answered: .*NoSuchBucket.* Correct the bucket's name\..*URL is 'http",
        ),
        ("s3://", "a path or s3://bucket/key is expected"),
        ("gs://bucket/x", "a path or s3://bucket/key is expected"),
    ],
)
def test_wrong_addresses_are_told(
    client: Any, endpoint: str, tmp_path: Path, address: str, told: str
) -> None:
    with pytest.raises(AtelierError, match=told):
        mirror(address, tmp_path, endpoint)


def test_an_emptied_prefix_does_not_empty_the_mirror(client: Any, endpoint: str, tmp_path: Path) -> None:
    put(client, {"sets/pandora/a": b"a"})
    files = mirror(ADDRESS, tmp_path, endpoint)
    client.delete_object(Bucket=BUCKET, Key="sets/pandora/a")
    with pytest.raises(AtelierError, match="no object lies below it"):
        mirror(ADDRESS, tmp_path, endpoint)
    assert held(files) == {"a": b"a"}


def test_a_folder_mirrors_one_address(client: Any, endpoint: str, tmp_path: Path) -> None:
    put(client, {"a/x": b"a", "b/x": b"b"})
    mirror(f"s3://{BUCKET}/a", tmp_path, endpoint)
    mirror(f"s3://{BUCKET}/a/", tmp_path, endpoint)
    with pytest.raises(SettingsError, match=f"it mirrors s3://{BUCKET}/a/?, not s3://{BUCKET}/b"):
        mirror(f"s3://{BUCKET}/b", tmp_path, endpoint)
    with pytest.raises(SettingsError, match="threads=0"):
        mirror(f"s3://{BUCKET}/a", tmp_path, endpoint, threads=0)


def test_missing_credentials_are_told(endpoint: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    for name in ("AWS_SHARED_CREDENTIALS_FILE", "AWS_CONFIG_FILE"):
        monkeypatch.setenv(name, str(tmp_path / "none"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)  # it keeps the credentials it found first
    with pytest.raises(AtelierError, match=r"Unable to locate credentials.*boto3's own chain"):
        mirror(ADDRESS, tmp_path, endpoint)


@pytest.mark.parametrize("as_path", [True, False])
def test_any_layout_below_an_address(client: Any, endpoint: str, tmp_path: Path, as_path: bool) -> None:
    local = tiny_collections.pandora(tmp_path / "drawn")
    put(
        client,
        {f"sets/pandora/{path.relative_to(local)}": path.read_bytes() for path in local.rglob("*.jpg")},
    )
    settings = Settings.load(s3_endpoint_url=endpoint)
    root = sources.local_folder(Path(ADDRESS) if as_path else ADDRESS, settings)
    assert root.is_relative_to(settings.collections / "s3")
    assert sources.local_folder(f"{ADDRESS}/", settings) == root
    read = sources.read("pandora", root, Task.STYLE)
    assert read.lineage[0] == f"mirrored from {ADDRESS}"
    assert read.fingerprint == sources.read("pandora", local, Task.STYLE).fingerprint
    assert not any("mirrored" in step for step in sources.read("pandora", local, Task.STYLE).lineage)
