import json
import os
import socket
import subprocess
import sys

import pytest

from components.data.manifest import Task
from components.data.select import select_works
from components.data.splits.split import assign, find_protocol
from components.data.versions import Versions
from flows import cli
from tests.tiny_collections import manifest, save


def run(*arguments):
    """The command line in a process of its own (it settles logging for good): exit code, stdout, stderr."""
    command = [sys.executable, "-m", "flows.cli", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    return done.returncode, done.stdout, done.stderr


def test_help_imports_nothing_heavy():
    heavy = "tensorflow keras mlflow prefect pandas numpy great_expectations streamlit fastapi matplotlib"
    code = f"import sys, flows.cli; print([n for n in {heavy.split()!r} if n in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_what_runs_without_prefect_does_not_import_it():
    with_prefect = {
        "flows.artifacts",
        "flows.flow_runs",
        "flows.pipeline",
        "flows.server.schedules",
        "flows.study.flow",
    }
    code = f"""
import importlib, pkgutil, sys, flows
names = {{module.name for module in pkgutil.walk_packages(flows.__path__, "flows.")}}
assert {with_prefect!r} < names
for name in sorted(names - {with_prefect!r}):
    importlib.import_module(name)
print("prefect" in sys.modules)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.stdout.strip(), done.returncode) == ("False", 0), done.stderr


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["pipeline", "--task", "colour"], "'artist', 'style' or 'genre'"),
        (["pipeline", "--families", "resnet9000"], "resnet9000"),
        (["pipeline", "--protocol", "50/50"], "81/9/10"),
        (["train", "--merge", "Cubism+Fauvism"], '"A+B=C"'),
        (["data", "show", "abc"], "no data version begins so"),
        (["ingest", "--source", "folder"], "needs a root"),
        (["ingest", "--source", "folder", "--root", "/no/such/folder"], "/no/such/folder: no such folder"),
        (["runs", "--task", "colour"], "artist, style, genre"),
        (["--home", "pyproject.toml", "runs"], "pyproject.toml is a file"),
        (["predict", "absent.jpg"], "absent.jpg: no such file"),
    ],
)
def test_bad_input_is_one_message_and_exit_code_2(arguments, expected):
    code, _, said = run(*arguments)
    assert code == 2
    assert expected in " ".join(said.split())
    assert "Traceback" not in said


def test_an_empty_home_is_none(monkeypatch, tmp_path):
    monkeypatch.setenv("ATELIER_HOME", str(tmp_path / "kept"))
    cli._settings("")
    assert os.environ["ATELIER_HOME"] == str(tmp_path / "kept")
    cli._settings(str(tmp_path / "given"))
    assert os.environ["ATELIER_HOME"] == str(tmp_path / "given")


def test_predict_without_a_champion_says_how_to_make_one(tmp_path):
    picture = tmp_path / "x.jpg"
    picture.write_bytes(b"x")
    code, _, said = run("predict", str(picture), "--task", "genre")
    assert code == 2
    assert "atelier pipeline --task genre" in said


def test_a_port_in_use_is_named():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        code, _, said = run("serve", "--port", str(port))
    assert code == 2
    assert f"127.0.0.1:{port}" in said
    assert "ATELIER_API_PORT" in said


def test_ingest_tells_what_it_left_out_as_json(tmp_path):
    from PIL import Image

    for seed, name in enumerate(("still life", "portrait")):
        for number in range(2):
            save(tmp_path / "art" / name / f"{number}.jpg", 2 * seed + number)
    Image.new("RGB", (40, 40), "white").save(tmp_path / "art" / "portrait" / "blank.png")
    (tmp_path / "art" / "portrait" / "torn.jpg").write_bytes(b"\xff\xd8\xff\xe0 torn")
    given = ["--source", "folder", "--root", str(tmp_path / "art"), "--task", "genre"]
    code, out, said = run("ingest", *given, "--json")
    assert code == 0, said
    told = json.loads(out)
    assert told["works"] == 4
    assert {one["file"]: one["kind"] for one in told["rejected"]} == {
        "portrait/blank.png": "near-blank",
        "portrait/torn.jpg": "unreadable",
    }


def test_data_versions_are_listed_shown_and_compared(settings):
    versions = Versions(settings.collections / "versions")
    split = [
        assign(select_works(manifest({"Cubism": count, "Pop Art": 10}), Task.STYLE), find_protocol("81/9/10"))
        for count in (10, 12)
    ]
    for one in split:
        versions.keep(one)
    first, second = (one.fingerprint for one in split)
    code, out, said = run("data", "list", "--json")
    assert code == 0, said
    assert {one["fingerprint"]: one["works"] for one in json.loads(out)} == {first: 20, second: 22}
    _, out, _ = run("data", "show", first[:8])
    assert "select style: all classes" in out
    assert "split 81/9/10, seed 0" in out
    _, out, _ = run("data", "diff", first[:8], second[:8], "--json")
    told = json.loads(out)
    assert [one["path"] for one in told["added"]] == ["Cubism/10-0.jpg", "Cubism/11-0.jpg"]
    assert (told["removed"], told["relabelled"], told["kept"]) == ([], [], 20)
