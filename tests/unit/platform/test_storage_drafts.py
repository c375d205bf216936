from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

from components import storage
from components.storage import drafts

WRITER = """
import sys, time
from pathlib import Path
from components.storage import building
with building(Path(sys.argv[1])) as draft:
    (draft / "half").write_text("half")
    print("writing", flush=True)
    time.sleep(60)
"""


def test_what_a_killed_process_left_is_swept_and_what_is_being_written_is_not(tmp_path: Path) -> None:
    command = [sys.executable, "-c", WRITER, str(tmp_path / "versions" / "new")]
    writer = subprocess.Popen(command, stdout=subprocess.PIPE)
    assert writer.stdout is not None
    writer.stdout.readline()
    file = tmp_path / ".up.json.x.part"
    file.write_text("{")
    cached = tmp_path / "cache" / ".entry.x.part"
    cached.mkdir(parents=True)
    [draft] = (tmp_path / "versions").iterdir()
    for path in (draft, file, cached):
        os.utime(path, (0, time.time() - 2 * drafts.YOUNG_SECONDS))
    assert storage.sweep(tmp_path, passing_over=frozenset({"cache"})) == 1
    assert (draft.exists(), file.exists(), cached.exists()) == (True, False, True)
    writer.kill()
    writer.wait()
    writer.stdout.close()
    assert storage.sweep(tmp_path, passing_over=frozenset({"cache"})) == 1
    assert not draft.exists()
    assert storage.sweep(tmp_path / "absent") == 0


def test_a_young_draft_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / ".new.x.part").mkdir()
    assert storage.sweep(tmp_path) == 0


def test_a_folder_is_handed_on_without_its_drafts(tmp_path: Path) -> None:
    folder = tmp_path / "figures"
    (folder / "plots").mkdir(parents=True)
    (folder / "plots" / "a.png").write_text("a")
    with storage.without_drafts(folder) as whole:
        assert whole == folder
    (folder / "plots" / ".b.x.part").mkdir()
    (folder / "plots" / ".b.x.part" / "half").write_text("h")
    with storage.without_drafts(folder) as whole:
        assert [path.relative_to(whole).as_posix() for path in whole.rglob("*") if path.is_file()] == [
            "plots/a.png"
        ]
