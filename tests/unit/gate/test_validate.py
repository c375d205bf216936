from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from components.data.gate.report import Check, Report
from components.data.gate.validate import save, validate
from components.data.manifest import Manifest, Rejected
from components.data.splits.split import PROTOCOLS, assign
from components.errors import DataError, ValidationFailed
from tests.tiny_collections import manifest

THREE = PROTOCOLS["81/9/10"]
COUNTS = {"Cubism": 30, "Pop Art": 20}


def split() -> Manifest:
    return assign(manifest(COUNTS), THREE)


@pytest.fixture(scope="module")
def spoilt() -> Report:
    """What the gate says of a collection in which nearly everything is wrong, a row each."""
    works = split()
    frame = works.frame.copy()
    cubist = frame.index[(frame["label"] == "Cubism") & (frame["split"] == "train")]
    cells = {
        "path": "Pop Art/1-0.jpg",
        "label": "",
        "sha256": "abc",
        "width": 9,
        "height": 31,
        "mode": "LAB",
        "split": "dev",
    }
    for row, (column, value) in zip(cubist, cells.items(), strict=False):
        frame.loc[row, column] = value
    frame.loc[cubist[10], "label"] = "Kubism"
    frame.loc[cubist[11], "sha256"] = frame["sha256"].iloc[-1]
    frame.loc[[cubist[12], frame.index[frame["split"] == "test"][0]], "group"] = "one"
    frame.loc[(frame["label"] == "Pop Art") & (frame["split"] == "test"), "split"] = "train"
    rejected = tuple(Rejected(f"{number}.jpg", "truncated") for number in range(13))
    return validate(replace(works.with_frame(frame), rejected=rejected), protocol=THREE, classes=list(COUNTS))


def test_a_sound_collection_passes_before_and_after_its_split() -> None:
    for works in (manifest(COUNTS), split()):
        report = validate(works, protocol=THREE, classes=list(COUNTS))
        assert report.passed
        assert [check.name for check in report.checks if not check.passed] == []
        report.raise_if_failed()
        assert report.fingerprint == works.fingerprint
    assert report.classes == {
        "Cubism": {"test": 3, "train": 24, "validation": 3},
        "Pop Art": {"test": 2, "train": 16, "validation": 2},
    }


@pytest.mark.parametrize(
    ("name", "severity", "observed"),
    [
        ("paths are unique", "critical", "2 of 50: Pop Art/1-0.jpg"),
        ("every work has a label", "critical", "(empty)"),
        ("content hashes", "critical", "(abc)"),
        ("width", "warning", "(9)"),
        ("height", "warning", "(31)"),
        ("colour mode", "critical", "(LAB)"),
        ("works per class", "critical", "1 of 3: Kubism (1)"),
        ("balance of the classes", "warning", "Kubism (28.0)"),
        ("labels are the classes asked for", "critical", "(Kubism)"),
        ("every work has a part", "critical", "(dev)"),
        ("no group in two parts", "critical", "1 of 49"),
        ("every class in every part", "critical", "Pop Art (0)"),
        ("one label a picture", "warning", "(Cubism / Pop Art)"),
        ("contradictory labels", "critical", "4 %"),
        ("files left out, few", "warning", "20.63 %"),
        ("files left out, most", "critical", "20.63 %"),
        ("share of test", "warning", "6 %"),
    ],
)
def test_what_is_wrong_is_named(spoilt: Report, name: str, severity: str, observed: str) -> None:
    check = next(check for check in spoilt.checks if check.name == name)
    assert (check.passed, check.severity) == (False, severity)
    assert observed in check.observed
    with pytest.raises(ValidationFailed, match="did not pass 11 critical checks") as caught:
        spoilt.raise_if_failed()
    assert (check.hint in str(caught.value)) == (severity == "critical")


def test_warnings_do_not_stop_and_left_out_counts_against_all_files() -> None:
    works = split()
    frame = works.frame.copy()
    frame.loc[0, "width"] = 9
    rejected = (Rejected("a.jpg", "truncated"),) * 13
    report = validate(replace(works.with_frame(frame), rejected=rejected, files=5000))
    assert report.passed
    assert [check.name for check in report.checks if not check.passed] == ["width"]
    report.raise_if_failed()


def test_too_few_works_in_a_class() -> None:
    report = validate(manifest({"Cubism": 1, "Realism": 30}))
    with pytest.raises(
        ValidationFailed, match=r"at least 10 works in each class; observed 1 of 2: Cubism \(1\)"
    ):
        report.raise_if_failed()


def test_an_empty_collection_has_no_traceback() -> None:
    works = manifest(COUNTS)
    empty = works.with_frame(pd.DataFrame({name: pd.Series(dtype=str) for name in works.frame.columns}))
    assert not any("could not be made" in check.observed for check in validate(empty).checks)


@pytest.fixture
def report() -> Report:
    return Report(
        passed=False,
        checks=[
            Check("width", "warning", True, "at least 32 pixels", "64 to 640", "Replace them."),
            Check("colour mode", "critical", False, "RGB", "<script>.jpg (LAB)", "Export them."),
        ],
        fingerprint="0123456789abcdef",
        seconds=1.25,
        source="synthetic-gallery",
        synthetic=True,
        works=12,
        classes={"Op <Art>": {"train": 8, "test": 4}},
        rejected=[Rejected("a & b.jpg", "truncated")],
    )


def test_a_report_is_kept_whole(report: Report, tmp_path: Path) -> None:
    save(report, tmp_path / "kept")
    assert Report.load(tmp_path / "kept") == report
    page = (tmp_path / "kept" / "report.html").read_text()
    assert "Stopped at the gate" in page
    assert "Synthetic pictures" in page
    assert "&lt;script&gt;.jpg" in page
    assert "<script>" not in page
    assert "Op &lt;Art&gt;" in page
    assert "a &amp; b.jpg" in page
    assert "http" not in page  # needs nothing else, asks nobody
    assert page.index("<td>colour mode") < page.index("<td>width")  # what failed comes first


def test_a_missing_report_says_how_to_get_one(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="atelier validate"):
        Report.load(tmp_path)


def test_neither_the_gate_nor_a_kept_report_imports_great_expectations(
    report: Report, tmp_path: Path
) -> None:
    save(report, tmp_path / "kept")
    code = (
        "import sys; from pathlib import Path; from components.data.gate.validate import Report;"
        "Report.load(Path(sys.argv[1]));"
        "sys.exit(any(name in sys.modules for name in ('great_expectations', 'pandas', 'keras')))"
    )
    assert subprocess.run([sys.executable, "-c", code, str(tmp_path / "kept")], check=False).returncode == 0


def test_a_report_of_the_time_when_hints_were_called_mend_is_still_read(tmp_path: Path) -> None:
    report = validate(split())
    save(report, tmp_path / "kept")
    kept_file = tmp_path / "kept" / "report.json"
    kept_file.write_text(kept_file.read_text().replace('"hint":', '"mend":'))
    assert Report.load(tmp_path / "kept") == report
