"""A mirror over a connection that breaks: resumed and verified, or told; never half a file."""

from __future__ import annotations

import base64
import hashlib
import itertools
import subprocess
import sys
from pathlib import Path

import pytest

from components.errors import AtelierError
from components.storage import mirror, objects
from tests.tiny_s3 import TinyS3, serving

BODY = hashlib.shake_256(b"a painting").digest(300_000)
OTHER = hashlib.shake_256(b"another").digest(200_000)
FOREVER = 10**9


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(objects, "PAUSE_SECONDS", 0.001)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")


def files_in(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder / "files").as_posix(): path.read_bytes()
        for path in (folder / "files").rglob("*")
        if path.is_file()
    }


def test_a_broken_object_goes_on_where_it_stopped(tmp_path: Path) -> None:
    store = TinyS3({"p/a.jpg": BODY}, breaks_after=iter([100_000, 131_072]))
    with serving(store):
        mirror("s3://b/p", tmp_path, store.endpoint)
    assert files_in(tmp_path) == {"p/a.jpg": BODY}
    first, second, third = store.ranges()
    starts = [int(asked.removeprefix("bytes=").removesuffix("-")) for asked in (second, third)]
    assert first == ""
    assert 0 < starts[0] <= 100_000
    assert starts[0] < starts[1] <= 231_072
    assert list((tmp_path / "parts").iterdir()) == []


def test_what_came_is_kept_for_the_next_run(tmp_path: Path) -> None:
    store = TinyS3(
        {"p/a.jpg": BODY, "p/b.jpg": OTHER}, breaks_after=itertools.chain([150_000], itertools.repeat(0))
    )
    with serving(store):
        with pytest.raises(
            AtelierError, match=r"s3://b/p/a\.jpg: the connection broke 6 times in a row .* of 300,000"
        ):
            mirror("s3://b/p", tmp_path, store.endpoint, threads=1)
        assert files_in(tmp_path) == {}
        kept = sum(path.stat().st_size for path in (tmp_path / "parts").iterdir())
        assert kept > 64 * 1024
        store.breaks_after, before = iter(()), len(store.asked)
        mirror("s3://b/p", tmp_path, store.endpoint, threads=1)
    assert store.asked[before] == ("GET", "p/a.jpg", f"bytes={kept}-")
    assert files_in(tmp_path) == {"p/a.jpg": BODY, "p/b.jpg": OTHER}


def test_what_is_whole_stays_when_another_object_fails(tmp_path: Path) -> None:
    store = TinyS3(
        {"p/a.jpg": OTHER, "p/b.jpg": BODY}, breaks_after=itertools.chain([FOREVER], itertools.repeat(0))
    )
    with serving(store):
        with pytest.raises(AtelierError, match=r"p/b\.jpg: the connection broke"):
            mirror("s3://b/p", tmp_path, store.endpoint, threads=1)
        assert files_in(tmp_path) == {"p/a.jpg": OTHER}
        store.breaks_after = iter(())
        mirror("s3://b/p", tmp_path, store.endpoint)
    assert [key for method, key, _ in store.asked if method == "GET"].count("p/a.jpg") == 1


def test_an_object_changed_in_between_is_fetched_anew(tmp_path: Path) -> None:
    store = TinyS3({"p/a.jpg": BODY}, breaks_after=iter([100_000]))
    store.before = lambda number: store.objects.update({"p/a.jpg": OTHER}) if number == 1 else None
    with serving(store):
        mirror("s3://b/p", tmp_path, store.endpoint)
    assert files_in(tmp_path) == {"p/a.jpg": OTHER}


def test_an_end_point_that_knows_neither_versions_nor_ranges(tmp_path: Path) -> None:
    store = TinyS3({"p/a.jpg": BODY, "p/b.jpg": BODY}, knows_ranges=False, knows_versions=False)
    store.breaks_after = iter([100_000, 100_000])
    store.before = lambda number: store.objects.update({"p/a.jpg": OTHER}) if number == 1 else None
    with serving(store):
        mirror("s3://b/p", tmp_path, store.endpoint, threads=1)
    assert files_in(tmp_path) == {"p/a.jpg": OTHER, "p/b.jpg": BODY}


def test_an_object_removed_in_between_is_not_there(tmp_path: Path) -> None:
    store = TinyS3({"p/a.jpg": BODY, "p/b.jpg": OTHER}, breaks_after=iter([100_000]))
    store.before = lambda number: store.objects.pop("p/a.jpg", None) if number == 1 else None
    with serving(store):
        mirror("s3://b/p", tmp_path, store.endpoint, threads=1)
    assert files_in(tmp_path) == {"p/b.jpg": OTHER}


def test_an_object_that_never_stays_the_same_is_told(tmp_path: Path) -> None:
    store = TinyS3({"p/a.jpg": BODY})
    store.before = lambda number: store.objects.update({"p/a.jpg": BODY + bytes([number])})
    with serving(store), pytest.raises(AtelierError, match="changed 4 times while it was fetched"):
        mirror("s3://b/p", tmp_path, store.endpoint)
    assert files_in(tmp_path) == {}


def test_altered_bytes_are_refused(tmp_path: Path) -> None:
    store = TinyS3({"p/a.jpg": BODY}, garble=lambda body: body[:-1] + b"\0")
    with (
        serving(store),
        pytest.raises(AtelierError, match="twice the bytes that came were not those of its ETag"),
    ):
        mirror("s3://b/p", tmp_path, store.endpoint)
    assert files_in(tmp_path) == {}
    assert store.ranges() == ["", ""]


@pytest.mark.parametrize("whole", [True, False])
@pytest.mark.parametrize("checksum", ["SHA256", "SHA1", "CRC32"])
def test_an_etag_that_is_no_md5_leaves_the_checksum(tmp_path: Path, whole: bool, checksum: str) -> None:
    import zlib

    digest = {
        "SHA256": hashlib.sha256(BODY).digest(),
        "SHA1": hashlib.sha1(BODY).digest(),
        "CRC32": zlib.crc32(BODY).to_bytes(4, "big"),
    }[checksum]
    headers = {f"x-amz-checksum-{checksum.lower()}": base64.b64encode(digest).decode()}
    store = TinyS3({"p/a.jpg": BODY}, etags={"p/a.jpg": "0" * 32}, headers={"p/a.jpg": headers})
    store.garble = bytes if whole else (lambda body: body[:-1] + b"\0")
    with serving(store):
        if whole:
            mirror("s3://b/p", tmp_path, store.endpoint)
        else:
            with pytest.raises(AtelierError, match="not those of its ETag"):
                mirror("s3://b/p", tmp_path, store.endpoint)
    assert files_in(tmp_path) == ({"p/a.jpg": BODY} if whole else {})


@pytest.mark.parametrize(
    ("etag", "headers"),
    [
        ("0" * 32, {"x-amz-server-side-encryption": "aws:kms"}),
        ("of-a-kind-unknown", {}),
        (f"{'0' * 32}-3", {}),
    ],
)
def test_an_etag_that_says_nothing_leaves_the_size(
    tmp_path: Path, etag: str, headers: dict[str, str]
) -> None:
    store = TinyS3({"p/a.jpg": BODY}, etags={"p/a.jpg": etag}, headers={"p/a.jpg": headers})
    with serving(store):
        mirror("s3://b/p", tmp_path, store.endpoint)
    assert files_in(tmp_path) == {"p/a.jpg": BODY}


def test_a_guessed_part_size_verifies(tmp_path: Path) -> None:
    body = BODY * 30  # 9 MB in parts of 8 MiB, as boto3 and aws-cli cut
    parts = b"".join(hashlib.md5(body[start : start + 2**23]).digest() for start in (0, 2**23))
    store = TinyS3({"p/a.tif": body}, etags={"p/a.tif": f"{hashlib.md5(parts).hexdigest()}-2"})
    with serving(store):
        mirror("s3://b/p", tmp_path, store.endpoint)
    assert files_in(tmp_path) == {"p/a.tif": body}


@pytest.mark.parametrize(
    "key", ["p/../../x", "p/..", "p//etc/passwd", "p/a\\..\\x", "p/C:/x", "p/./x", "p/a/../b", "p/x/"]
)
def test_keys_that_would_leave_the_folder_are_refused(tmp_path: Path, key: str) -> None:
    store = TinyS3({"p/good.jpg": OTHER, key: b"evil"})
    with serving(store), pytest.raises(AtelierError, match="names no file below the folder"):
        mirror("s3://b/p", tmp_path / "here", store.endpoint)
    assert [path for path in tmp_path.rglob("*") if path.is_file() and path.name != "lock"] == []


def test_a_key_that_is_file_and_folder_is_refused(tmp_path: Path) -> None:
    store = TinyS3({"p/a": b"1", "p/a/b": b"2"})
    with (
        serving(store),
        pytest.raises(AtelierError, match="s3://b/p/a/b: 'p/a' would be a file and a folder"),
    ):
        mirror("s3://b/p", tmp_path, store.endpoint)


def test_a_prefix_of_dots_is_refused(tmp_path: Path) -> None:
    store = TinyS3({"../x": b"1"})
    with serving(store), pytest.raises(AtelierError, match="its parts may not be"):
        mirror("s3://b/..", tmp_path / "here", store.endpoint)


_FULL = """
import resource, sys
from pathlib import Path
from components.errors import AtelierError
from components.storage import mirror
resource.setrlimit(resource.RLIMIT_FSIZE, (150_000, 150_000))
try:
    mirror("s3://b/p", Path(sys.argv[1]), sys.argv[2])
except AtelierError as exc:
    print(exc)
"""


def test_a_disk_without_room_leaves_no_half_file(tmp_path: Path) -> None:
    store = TinyS3({"p/a.jpg": BODY, "p/small.jpg": b"small"})
    with serving(store):
        said = subprocess.run(
            [sys.executable, "-c", _FULL, str(tmp_path), store.endpoint],
            capture_output=True,
            text=True,
            timeout=120,
            check=True,
        )
        assert "s3://b/p/a.jpg: cannot be written" in said.stdout
        assert "Make room and run it again" in said.stdout
        assert "p/a.jpg" not in files_in(tmp_path)
        mirror("s3://b/p", tmp_path, store.endpoint)
    assert files_in(tmp_path) == {"p/a.jpg": BODY, "p/small.jpg": b"small"}
    assert any(asked.startswith("bytes=1") for asked in store.ranges())  # went on from what fitted


def test_two_that_mirror_at_once_agree(tmp_path: Path) -> None:
    from concurrent.futures import ThreadPoolExecutor

    store = TinyS3({f"p/{n}.jpg": bytes([n]) * 1000 for n in range(20)})
    with serving(store), ThreadPoolExecutor(2) as pool:
        asked = [pool.submit(mirror, "s3://b/p", tmp_path, store.endpoint) for _ in range(2)]
        assert asked[0].result() == asked[1].result()
    assert len(files_in(tmp_path)) == 20
    assert len(store.ranges()) == 20
