from pathlib import Path

import boto3
import pytest
from moto import mock_aws

from components import storage
from components.errors import AtelierError, SettingsError


def test_a_folder_is_whole_or_absent(tmp_path):
    final = tmp_path / "a" / "folder"
    with pytest.raises(ZeroDivisionError), storage.building(final) as draft:
        (draft / "half").write_text(str(1 / len(list(draft.iterdir()))))
    assert not final.exists()
    assert list(final.parent.iterdir()) == []
    with storage.building(final) as draft:
        (draft / "whole").write_text("x")
        assert not final.exists()
    assert (final / "whole").read_text() == "x"


def test_the_first_of_two_builders_wins(tmp_path):
    final = tmp_path / "folder"
    with storage.building(final) as slow:
        (slow / "by").write_text("slow")
        with storage.building(final) as quick:
            (quick / "by").write_text("quick")
    assert (final / "by").read_text() == "quick"
    assert [path.name for path in tmp_path.iterdir()] == ["folder"]


def test_a_file_is_replaced_in_one_step(tmp_path):
    path = tmp_path / "x" / "file.json"
    storage.write_atomically(path, "one")
    storage.write_atomically(path, b"two")
    assert path.read_text() == "two"
    assert [one.name for one in path.parent.iterdir()] == ["file.json"]


def test_keys_depend_on_content_alone():
    assert storage.key_of({"b": 1, "a": (2,)}) == storage.key_of({"a": [2], "b": 1})
    assert storage.key_of("a", "b") != storage.key_of("ab")


def test_a_path_is_itself_and_a_missing_one_is_named(tmp_path):
    path = tmp_path / "w.h5"
    path.write_text("x")
    assert storage.fetch(str(path), tmp_path) == path
    with pytest.raises(SettingsError, match=r"absent\.h5: no such file"):
        storage.fetch(str(tmp_path / "absent.h5"), tmp_path)
    with pytest.raises(SettingsError, match="s3://bucket/key is expected"):
        storage.fetch("ftp://x/y", tmp_path)


@pytest.fixture
def bucket(monkeypatch):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    with mock_aws():
        client = boto3.client("s3")
        client.create_bucket(Bucket="paintings")
        yield client


def test_an_object_is_fetched_once_a_version(bucket, tmp_path):
    bucket.put_object(Bucket="paintings", Key="weights/w.h5", Body=b"one")
    first = storage.fetch("s3://paintings/weights/w.h5", tmp_path)
    assert first.read_bytes() == b"one"
    stamp = first.stat().st_mtime_ns
    assert storage.fetch("s3://paintings/weights/w.h5", tmp_path) == first
    assert first.stat().st_mtime_ns == stamp
    bucket.put_object(Bucket="paintings", Key="weights/w.h5", Body=b"another")
    assert storage.fetch("s3://paintings/weights/w.h5", tmp_path).read_bytes() == b"another"


def test_a_missing_object_says_what_to_check(bucket, tmp_path):
    with pytest.raises(AtelierError, match=r"s3://paintings/none.*ATELIER_S3_ENDPOINT_URL"):
        storage.fetch("s3://paintings/none", tmp_path)
    assert list(tmp_path.rglob("*.part")) == []


def test_a_full_disk_names_the_file_that_found_no_room(tmp_path):
    with (
        pytest.raises(OSError, match="No space left on device") as full,
        storage.building(tmp_path / "set"),
        Path("/dev/full").open("w") as file,
    ):
        file.write("x")
    assert full.value.filename == str(tmp_path / "set")


def test_a_file_with_a_secret_is_its_owners_alone(tmp_path):
    path = storage.write_atomically(tmp_path / "secret", "x", mode=0o600)
    assert path.stat().st_mode & 0o777 == 0o600
