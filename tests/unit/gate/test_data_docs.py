"""Great Expectations' Data Docs: whole in themselves, small, and nothing leaves the machine for them."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest

from components.data.gate.data_docs import INDEX, alone, pages, unlinked
from components.data.gate.report import Report

EXAMINED = """
import json, socket, sys
from pathlib import Path

asked = []

def told(event, arguments):
    if event in ("socket.connect", "socket.sendto"):
        address = arguments[1]
        if isinstance(address, tuple) and address[0] not in ("127.0.0.1", "::1", "localhost"):
            asked.append(str(address))
            raise OSError(f"no way out: {address}")
    if event in ("socket.getaddrinfo", "socket.gethostbyname"):
        if arguments[0] not in (None, "127.0.0.1", "::1", "localhost", socket.gethostname()):
            asked.append(str(arguments[0]))
            raise OSError(f"no way out: {arguments[0]}")

sys.addaudithook(told)

from dataclasses import replace
from components.data.splits.split import PROTOCOLS, assign
from components.data.gate.validate import validate_and_save
from tests.tiny_collections import manifest

works = assign(manifest({"Cubism": 400, "<script>alert(1)</script>": 300}), PROTOCOLS["81/9/10"])
spoilt = works.frame.assign(width=3, mode="LAB")
assert "great_expectations" not in sys.modules
validate_and_save(Path(sys.argv[1]), works.with_frame(spoilt), previous=works)
import threading
for thread in threading.enumerate():  # a message that is sent behind our back
    if thread is not threading.main_thread() and not thread.daemon:
        thread.join(5)
print(json.dumps({"asked": asked}))
"""


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A report and its Data Docs, made by a process whose every way out is watched and shut."""
    folder = tmp_path_factory.mktemp("gate") / "kept"
    done = subprocess.run(
        [sys.executable, "-c", EXAMINED, str(folder)],
        capture_output=True,
        text=True,
        check=False,
        timeout=240,
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout.splitlines()[-1]) == {"asked": []}
    return folder


class Loads(HTMLParser):
    """What a page would have a browser load or run, and where its links lead."""

    def __init__(self) -> None:
        super().__init__()
        self.loads: list[str] = []
        self.links: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag in {"script", "link", "img", "iframe", "object", "embed", "video", "audio", "form", "base"}:
            self.loads.append(f"{tag} {given}")
        self.loads += [name for name in given if name.startswith("on") or name in {"src", "background"}]
        if tag == "a" and given.get("href"):
            self.links.append(str(given["href"]))


def read(page: Path) -> Loads:
    found = Loads()
    found.feed(page.read_text(encoding="utf-8"))
    return found


def test_no_page_loads_runs_or_leads_to_anything_elsewhere(kept: Path) -> None:
    found = sorted(kept.rglob("*.html"))
    assert len(found) > 10
    for page in found:
        seen = read(page)
        assert seen.loads == [], page
        text = page.read_text(encoding="utf-8")
        assert not re.search(r"https?://|url\(|@import|utm_|posthog|segment|google|newsletter", text), page
        if page.name != "report.html":
            assert "default-src 'none'" in text


def test_every_link_leads_to_a_page_that_is_there(kept: Path) -> None:
    for page in kept.rglob("*.html"):
        for link in read(page).links:
            path, _, place = link.partition("#")
            target = (page.parent / path).resolve() if path else page
            assert target.is_file(), f"{page.name}: {link}"
            if place:
                assert re.search(rf"id=[\"']?{re.escape(place)}\b", target.read_text(encoding="utf-8"))


def test_they_are_small_and_name_only_the_first_offenders(kept: Path) -> None:
    assert sum(path.stat().st_size for path in kept.rglob("*") if path.is_file()) < 1_500_000
    assert {path.suffix for path in kept.rglob("*") if path.is_file()} == {".html", ".json"}
    rows = pages(kept / "data_docs")["tiny-rows"].read_text(encoding="utf-8")
    assert "700" in rows
    assert rows.count("Cubism/") + rows.count("script") < 100


def test_the_index_counts_what_each_suite_found(kept: Path) -> None:
    report = Report.load(kept)
    assert report.docs == f"data_docs/{INDEX}"
    assert f'href="{report.docs}"' in (kept / "report.html").read_text()
    index = (kept / "data_docs" / INDEX).read_text()
    failed = {check.name for check in report.checks if not check.passed}
    assert failed >= {"width", "colour mode", "spread of labels and looks"}
    assert f"{len(report.checks)} expectations, {len(failed)} not met" in index
    assert "tiny-rows" in index
    suites = pages(kept / "data_docs")
    assert set(suites) >= {"tiny-rows", "tiny-classes", "tiny-drift", "tiny-kept"}
    made = [int(number) for number in re.findall(r'class="(?:good|warn)">\d+ of (\d+)<', index)]
    assert sum(made) == len(report.checks)


def test_unlinked_pages_keep_their_own_places() -> None:
    page = '<a href="#below">down</a> <a class="x" href="../index.html">home</a> <a href="https://x.y">z</a>'
    assert unlinked(page) == '<a href="#below">down</a> home z'


def test_what_is_taken_out_of_a_page() -> None:
    page = (
        '<html><head><title>Old</title><link rel="x" href="https://cdn/x.css"><style>a{}</style></head>'
        "<body><script src='https://cdn/x.js'></script><p onclick=\"go()\">kept</p>"
        '<img src="https://cdn/logo.png"><footer>news</footer></body></html>'
    )
    clean = alone(page, "../index.html")
    for gone in ("cdn", "script", "Old", "onclick", "img", "footer", "a{}"):
        assert gone not in clean.replace("<style>", "")
    assert "kept" in clean
    assert 'href="../index.html"' in clean


@pytest.mark.parametrize(
    "edge", ["serving.app", "dashboard.validation_reports", "dashboard.report_view", "flows.cli"]
)
def test_only_a_validation_imports_great_expectations(edge: str) -> None:
    code = f"import sys, {edge}; sys.exit('great_expectations' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False, timeout=120).returncode == 0


def test_help_does_not_import_great_expectations() -> None:
    code = (
        "import sys; sys.argv = ['atelier', '--help']\n"
        "from flows.cli import main\n"
        "try:\n    main()\nexcept SystemExit:\n    pass\n"
        "sys.exit('great_expectations' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], check=False, timeout=120, capture_output=True)
    assert done.returncode == 0
