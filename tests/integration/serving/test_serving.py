"""The REST API: its answers and its errors, following the registry, and one real server process."""

from __future__ import annotations

import io
import logging
import re
import struct
import sys
import time
import zlib
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fastapi.testclient import TestClient
from httpx import Response
from PIL import Image

from components.data.manifest import Task
from components.inference import releases
from components.inference.temperature import Temperature
from components.settings import Settings
from serving.app import create_app
from serving.champions import Champions
from tests.tiny_releases import COLOURS, SIZE, card, picture, single_colours, write_release

pytestmark = pytest.mark.integration


def serve(settings: Settings, folder: Path, version: str = "1", **changes: object) -> None:
    """Make a release the one that serving starts with."""
    about = card(**changes)
    source = write_release(folder, about)
    releases.install(settings, about.task, version, source)
    releases.point(settings, about.task, version)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path / "home", max_upload_bytes=200_000, follow_seconds=60)


@pytest.fixture
def client(settings: Settings, tmp_path: Path) -> Iterator[TestClient]:
    serve(settings, tmp_path / "style")
    serve(settings, tmp_path / "genre", task="genre", source="louvre", synthetic=False)
    with TestClient(create_app(settings), raise_server_exceptions=False) as running:
        yield running


def ask(
    client: TestClient, data: bytes, *, task: str = "style", name: str = "a.png", **params: Any
) -> Response:
    return client.post(f"/v1/{task}/predict", files={"image": (name, data)}, params=params)


def problem(response: Response, status: int) -> dict[str, Any]:
    """The problem that `response` is; checks what all of them have in common."""
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    body: dict[str, Any] = response.json()
    assert body["status"] == status
    assert body["instance"] == response.request.url.path
    assert body["title"]
    assert body["type"].startswith("urn:atelier:problem:")
    assert "Traceback" not in response.text
    return body


@pytest.mark.parametrize("colour", COLOURS)
def test_a_picture_gets_ranked_labels(client: TestClient, colour: str) -> None:
    answer = ask(client, picture(colour)).json()
    assert answer["task"] == "style"
    assert answer["predictions"][0]["label"] == colour
    assert len(answer["predictions"]) == 3
    assert sum(one["probability"] for one in answer["predictions"]) == pytest.approx(1, abs=1e-5)
    assert answer["timing_ms"]["total"] >= answer["timing_ms"]["infer"] > 0


def test_of_several_labels_each_says_whether_it_applies(settings: Settings, tmp_path: Path) -> None:
    serve(settings, tmp_path / "genre", task="genre", multi_label=True, thresholds=(0.5, 0.5, 0.001))
    with TestClient(create_app(settings)) as client:
        answer = ask(client, picture("Yellow"), task="genre").json()
    assert answer["model"]["multi_label"] is True
    given = {one["label"]: (one["applies"], one["threshold"]) for one in answer["predictions"]}
    assert given == {"Red": (True, 0.5), "Green": (True, 0.5), "Blue": (True, 0.001)}
    assert sum(one["probability"] for one in answer["predictions"]) > 1.9


def test_an_answer_is_calibrated_and_says_what_is_unlike_the_training_works(
    settings: Settings, tmp_path: Path
) -> None:
    about = card(temperature=Temperature(value=2.5, ece_before=0.09, ece_after=0.02))
    source = write_release(tmp_path / "knowing", about, novelty=single_colours())
    releases.install(settings, "style", "2", source)
    releases.point(settings, "style", "2")
    with TestClient(create_app(settings)) as client:
        answer = ask(client, picture("White")).json()
        usual = ask(client, picture("#1e1e1e")).json()
    assert answer["model"]["calibrated"] is True
    assert answer["model"]["temperature"] == 2.5
    assert (answer["model"]["calibration_error_before"], answer["model"]["calibration_error"]) == (0.09, 0.02)
    assert answer["novelty"]["unlike_training"] is True
    assert answer["novelty"]["score"] > answer["novelty"]["threshold"]
    assert "unlike anything" in answer["novelty"]["message"]
    assert usual["novelty"]["unlike_training"] is False


def test_a_model_without_either_says_so(client: TestClient) -> None:
    answer = ask(client, picture("Red")).json()
    assert answer["novelty"] is None
    assert (answer["model"]["calibrated"], answer["model"]["temperature"]) == (False, None)


def test_of_one_label_nothing_is_said_of_applying(client: TestClient) -> None:
    answer = ask(client, picture()).json()
    assert all(one.keys() == {"label", "probability"} for one in answer["predictions"])
    assert answer["model"]["multi_label"] is False


def test_an_answer_names_its_model_and_says_synthetic(client: TestClient) -> None:
    model = ask(client, picture()).json()["model"]
    assert (model["name"], model["version"], model["family"]) == ("atelier-style", "1", "colours")
    assert model["trained_on"] == "synthetic gallery (drawn by code, not real paintings)"
    assert model["synthetic"] is True
    assert (model["macro_f1"], model["macro_f1_interval"]) == (0.9, [0.85, 0.94])
    assert (model["refit"], model["cross_validated"]) == ("none", None)
    assert model["judgement"].startswith("Macro-F1 on the test works")
    real = ask(client, picture(), task="genre").json()["model"]
    assert (real["trained_on"], real["synthetic"]) == ("louvre", False)


def test_top_bounds_the_labels(client: TestClient) -> None:
    assert [one["label"] for one in ask(client, picture("Green"), top=1).json()["predictions"]] == ["Green"]
    assert len(ask(client, picture(), top=99).json()["predictions"]) == 3


@pytest.mark.parametrize(
    ("kind", "mime"), [("JPEG", "image/jpeg"), ("PNG", "image/png"), ("WEBP", "image/webp")]
)
def test_the_body_itself_may_be_the_picture(client: TestClient, kind: str, mime: str) -> None:
    answer = client.post(
        "/v1/style/predict", content=picture("Blue", kind=kind), headers={"content-type": mime}
    )
    assert answer.json()["predictions"][0]["label"] == "Blue"


def test_the_state_can_be_asked(client: TestClient) -> None:
    assert client.get("/healthz").json() == {"status": "ok"}
    ready = client.get("/readyz")
    assert ready.status_code == 200
    assert ready.json()["champions"] == {"artist": None, "style": "1", "genre": "1"}


@pytest.mark.parametrize("page", ["/docs", "/redoc"])
def test_the_documentation_needs_no_other_host(client: TestClient, page: str) -> None:
    answer = client.get(page)
    loaded = re.findall(r"""(?:src|href)=["']([^"']+)["']""", answer.text)
    assert len(loaded) >= 2
    for url in loaded:
        assert url.startswith("/"), url
        assert client.get(url).status_code == 200, url
    policy = answer.headers["content-security-policy"]
    assert "default-src 'self'" in policy
    assert "http" not in policy


def test_the_documentation_shows_an_address_that_can_be_asked(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path, host="0.0.0.0", public_host="gallery.example", api_port=8080)
    about = create_app(settings).openapi()["info"]["description"]
    assert "'http://gallery.example:8080/v1/style/predict?top=3'" in about


def test_models_lists_every_task_with_its_champion_or_a_hint(client: TestClient) -> None:
    models = {one["task"]: one for one in client.get("/v1/models").json()}
    assert list(models) == list(Task)
    assert models["style"]["champion"]["classes"] == list(COLOURS)
    assert models["style"]["hint"] is None
    assert models["artist"]["champion"] is None
    assert "atelier pipeline --task artist" in models["artist"]["hint"]


def test_the_documentation_has_examples_and_errors(client: TestClient) -> None:
    assert client.get("/", follow_redirects=False).headers["location"] == "/docs"
    openapi = client.get("/openapi.json").json()
    predict = openapi["paths"]["/v1/{task}/predict"]["post"]
    assert {"200", "404", "413", "415", "422", "503"} <= set(predict["responses"])
    assert "application/problem+json" in predict["responses"]["422"]["content"]
    assert set(predict["requestBody"]["content"]) == {"multipart/form-data", "image/*"}
    assert openapi["components"]["schemas"]["Answer"]["examples"]


def test_an_unknown_task_lists_those_there_are(client: TestClient) -> None:
    body = problem(ask(client, picture(), task="sculpture"), 404)
    assert body["tasks"] == ["artist", "style", "genre"]
    assert "'sculpture' is no task" in body["detail"]


def test_a_task_without_champion_says_how_to_get_one(client: TestClient) -> None:
    response = ask(client, picture(), task="artist")
    assert "atelier pipeline --task artist" in problem(response, 503)["detail"]
    assert int(response.headers["retry-after"]) > 0


def test_no_such_address_and_no_such_method(client: TestClient) -> None:
    assert "/docs" in problem(client.get("/v2/nothing"), 404)["detail"]
    response = client.get("/v1/style/predict")
    problem(response, 405)
    assert response.headers["allow"] == "POST"


def test_an_upload_that_is_no_picture_is_named(client: TestClient) -> None:
    body = problem(ask(client, b"Dear Sir, enclosed please find", name="letter.txt"), 415)
    assert "letter.txt: no picture" in body["detail"]


@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
def test_a_truncated_picture_is_named(client: TestClient, kind: str) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (90, 90, 3), dtype=np.uint8)
    file = io.BytesIO()
    Image.fromarray(noise).save(file, kind)
    body = problem(ask(client, file.getvalue()[:-400], name="half.jpg"), 422)
    assert body["detail"].startswith("half.jpg: cannot be decoded")


def test_an_empty_upload(client: TestClient) -> None:
    assert "empty.jpg: is empty" in problem(ask(client, b"", name="empty.jpg"), 422)["detail"]
    raw = client.post("/v1/style/predict", headers={"content-type": "image/png"})
    assert "is empty" in problem(raw, 422)["detail"]


def test_a_missing_field_and_a_field_that_is_no_file(client: TestClient) -> None:
    wrong = client.post("/v1/style/predict", files={"picture": ("a.png", picture())})
    assert "['picture']" in problem(wrong, 422)["detail"]
    problem(client.post("/v1/style/predict", files={"image": (None, "text")}), 422)


@pytest.mark.parametrize("kind", ["application/json", "text/plain", ""])
def test_a_body_of_another_kind(client: TestClient, kind: str) -> None:
    response = client.post("/v1/style/predict", content=b"{}", headers={"content-type": kind})
    assert "curl -F image=@" in problem(response, 415)["detail"]


def test_a_broken_form(client: TestClient) -> None:
    headers = {"content-type": "multipart/form-data"}  # without a boundary
    problem(client.post("/v1/style/predict", content=b"--x", headers=headers), 400)


def test_a_parameter_that_cannot_be_used(client: TestClient) -> None:
    body = problem(ask(client, picture(), top=0), 422)
    assert body["errors"] == [
        {"where": "query.top", "what": "Input should be greater than or equal to 1", "received": "'0'"}
    ]


def test_a_decompression_bomb_is_refused_by_its_header(client: TestClient) -> None:
    header = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0)
    bomb = picture()[:8]
    for kind, data in ((b"IHDR", header), (b"IDAT", zlib.compress(b"\0" * 1000)), (b"IEND", b"")):
        bomb += struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    started = time.perf_counter()
    body = problem(ask(client, bomb, name="bomb.png"), 422)
    assert body["detail"].startswith("bomb.png: ")
    assert "pixels" in body["detail"]
    assert time.perf_counter() - started < 2


def test_a_file_name_from_outside_is_shown_tamely(client: TestClient) -> None:
    detail = problem(ask(client, b"nothing", name="a\u202eb" + "c" * 500), 415)["detail"]
    assert detail.startswith("abccc")
    assert len(detail) < 300


def test_a_declared_upload_beyond_the_bound_is_refused_unread(client: TestClient) -> None:
    body = problem(ask(client, b"x" * 300_000), 413)
    assert body["max_upload_bytes"] == 200_000
    assert "ATELIER_MAX_UPLOAD_BYTES" in body["detail"]


def test_a_streamed_upload_beyond_the_bound_is_refused(client: TestClient) -> None:
    chunks = (b"x" * 50_000 for _ in range(100))
    problem(client.post("/v1/style/predict", content=chunks, headers={"content-type": "image/png"}), 413)


def test_a_breakdown_inside_is_logged_and_not_shown(
    client: TestClient, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    client.app.state.champions._served[Task.STYLE] = "not a predictor"  # type: ignore[attr-defined]
    body = problem(ask(client, picture()), 500)
    assert "AttributeError" not in body["detail"]
    assert body["error_id"] in body["detail"]
    assert body["error_id"] in caplog.text
    assert "AttributeError" in caplog.text


def test_log_lines_and_tracebacks_hold_no_password() -> None:
    from serving.__main__ import _MaskedFormatter

    try:
        raise OSError("postgresql://mia:s3cret@db/runs does not answer")  # noqa: TRY301
    except OSError:
        record = logging.LogRecord("x", logging.ERROR, "", 0, "asking %s", ("http://a:b@c",), sys.exc_info())
    text = _MaskedFormatter("%(message)s").format(record)
    assert "asking http://a:***@c" in text
    assert "mia:***@db" in text
    assert "s3cret" not in text


def test_without_any_champion_it_lives_but_is_not_ready(settings: Settings) -> None:
    with TestClient(create_app(settings)) as client:
        assert client.get("/healthz").status_code == 200
        response = client.get("/readyz")
        body = problem(response, 503)
        assert "atelier pipeline --task style" in body["detail"]
        assert response.headers["retry-after"]
        wait_for(lambda: client.get("/readyz").json()["registry"] == "none-yet")
    assert not settings.home.exists(), "asking must not make an empty registry"


def test_a_damaged_champion_does_not_stop_the_others(
    settings: Settings, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    serve(settings, tmp_path / "style")
    serve(settings, tmp_path / "genre", task="genre")
    (settings.releases / "genre" / "1" / "model.xml").write_text("<net>")
    with TestClient(create_app(settings)) as client:
        assert ask(client, picture()).status_code == 200
        body = problem(ask(client, picture(), task="genre"), 503)
    assert "cannot be loaded; the server's log says why" in body["detail"]
    assert "OpenVINO cannot load it" in caplog.text
    assert str(tmp_path) not in str(body)


@pytest.mark.slow
def test_an_unreachable_registry_leaves_the_champion_served_and_keeps_its_password(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    address = "postgresql://mia:s3cret@127.0.0.1:9/runs"
    settings = Settings(home=tmp_path / "home", mlflow_tracking_uri=address, follow_seconds=0.05)
    serve(settings, tmp_path / "style")
    with TestClient(create_app(settings)) as client:
        wait_for(lambda: client.get("/readyz").json()["registry"] == "unreachable", seconds=30)
        bodies = [client.get("/readyz").text, ask(client, picture(), task="genre").text]
        assert ask(client, picture()).status_code == 200
    assert not any("127.0.0.1" in body or "mia" in body for body in bodies)
    assert "mia:***@127.0.0.1:9" in caplog.text
    assert "s3cret" not in caplog.text


def wait_for(true: Callable[[], bool], seconds: float = 10) -> None:
    """Return as soon as `true()`; fail after `seconds`."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it did not come true in time"
        time.sleep(0.05)


@pytest.mark.slow
def test_the_champion_alias_is_followed_without_losing_a_request(settings: Settings, tmp_path: Path) -> None:
    from components.tracking.registry import Registry
    from components.tracking.runs import Tracker

    registry, versions = Registry(settings), []
    for number in (1, 2):
        with Tracker(settings).start("style", f"run {number}", f"key-{number}") as run:
            about = card(run_id=run.id)
            folder = write_release(tmp_path / str(number), about)
            run.log_release(folder, about, np.zeros((1, SIZE, SIZE, 3), np.uint8))
        versions.append(registry.register("style", run.id, about))
    champions = Champions(settings)
    champions.look()
    assert champions.get(Task.STYLE) is None, "a version that is not the champion is never served"
    app = create_app(settings)
    with TestClient(app) as client, ThreadPoolExecutor(4) as pool:
        follower: Champions = app.state.champions
        answers: list[Response] = []
        for version in (versions[0], versions[1], versions[0]):  # the last is a rollback
            registry.alias("style", "champion", version)
            asked = [pool.submit(ask, client, picture()) for _ in range(20)] if answers else []
            follower.look()
            answers += [one.result() for one in asked]
            answers.append(ask(client, picture()))
            assert answers[-1].json()["model"]["version"] == version
            current = releases.current(settings, "style")
            assert current is not None
            assert current.name == version
        assert {one.status_code for one in answers} == {200}
        assert follower.registry() == "followed"
