import pytest

from components.addresses import is_http, masked, split_credentials, sqlite_file, with_driver
from components.errors import DataError
from components.http_probe import unreachable


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("postgresql://mia:s3cret@db:5432/runs", "postgresql://mia:***@db:5432/runs"),
        ("postgresql+psycopg://mia:a/b@c@db/runs", "postgresql+psycopg://mia:***@db/runs"),
        ("https://mia:s3cret%40@host/mlflow: refused", "https://mia:***@host/mlflow: refused"),
        ("https://glpat-token@host/api", "https://***@host/api"),
        ("postgresql://mia@db/runs", "postgresql://mia@db/runs"),
        ("two: http://a:x@b, http://c:y@d", "two: http://a:***@b, http://c:***@d"),
        ("(received 'http://a:x@b')", "(received 'http://a:***@b')"),
        ("host=db password='a b' user=mia", "host=db password=*** user=mia"),
        ("postgresql://db/runs?user=mia&password=x&sslmode=require", None),
        ("AWS_SECRET_ACCESS_KEY=abc/def", "AWS_SECRET_ACCESS_KEY=***"),
    ],
)
def test_secrets_are_masked_wherever_they_stand(text, expected):
    assert masked(text) == (expected or "postgresql://db/runs?user=mia&password=***&sslmode=require")


@pytest.mark.parametrize(
    "text",
    ["http://127.0.0.1:5000/#/runs", "sqlite:////home/a@b/mlflow.db", "s3://bucket/a@b", "mail a@b.org: no"],
)
def test_what_holds_no_secret_stays(text):
    assert masked(text) == text


def test_every_error_masks_its_message():
    assert str(DataError("http://a:x@b: no answer")) == "http://a:***@b: no answer"


def test_credentials_are_taken_out_of_an_http_address():
    assert split_credentials("https://mi%40a:p%3Aw@host:5000/x") == ("https://host:5000/x", "mi@a", "p:w")
    assert split_credentials("http://host:5000") == ("http://host:5000", "", "")


def test_addresses_are_told_apart():
    assert is_http("https://host")
    assert not is_http("localhost:5000")
    assert not is_http("http://")
    assert with_driver("postgresql://a@b/c", "psycopg") == "postgresql+psycopg://a@b/c"
    assert with_driver("postgresql+pg8000://a@b/c", "psycopg") == "postgresql+pg8000://a@b/c"
    assert str(sqlite_file("sqlite:////a%20b/c.db?mode=ro")) == "/a%20b/c.db"
    assert sqlite_file("postgresql://a@b/c") is None


def test_a_server_is_unreachable_for_a_reason():
    assert "refused" in unreachable("http://mia:s3cret@127.0.0.1:9/health")
    assert unreachable("http://[half/health")
