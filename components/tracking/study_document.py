"""What a study's run keeps in MLflow: a line for each row; command line and dashboard read it again."""

from __future__ import annotations

from pathlib import Path
from typing import Literal, Self

from pydantic import ConfigDict, Field

from components.frozen import Frozen

STUDY_DOCUMENT = "study.json"
"""The artifact's name."""

Measured = tuple[float, float | None, float | None]
"""A figure and both ends of its 95 % interval: None where none is measured, the figure itself where it cannot
vary."""


class StudyLine(Frozen):
    """A row of a study as it was done, or why it could not be done.

    Attributes:
        row: id of the row, as "A5c".
        title: of the row.
        published: figures of the source, by part and name, as "test/macro_f1".
        ours: the same figures, measured.
        seconds: what it took; None where it was never run.
        parameters: of the network; None where none was trained.
        note: what is to be said beside the figures.
        reason: why it could not be done; "" where it was.
        kind: which weights it had: "" as published, a stand-in's, or random ones.
        run: id of its MLflow run; "" without one.
    """

    model_config = ConfigDict(extra="ignore")

    row: str
    title: str
    published: dict[str, float] = Field(default_factory=dict)
    ours: dict[str, Measured] = Field(default_factory=dict)
    seconds: float | None = None
    parameters: int | None = None
    note: str = ""
    reason: str = ""
    kind: Literal["", "stand-in", "random"] = ""
    run: str = ""

    @property
    def figures(self) -> list[str]:
        """Names of its figures, the published ones first."""
        return list(dict.fromkeys([*self.published, *self.ours]))


class StudyDocument(Frozen):
    """A study's table as one of its runs left it.

    Attributes:
        title: what the table is of, and on what.
        lines: one for each row that the run came to.
        seconds: of the whole run; rows that were found done take none of it.
        left_open: what the source does not say, and what was taken.
    """

    model_config = ConfigDict(extra="ignore")

    title: str
    lines: tuple[StudyLine, ...] = ()
    seconds: float = 0.0
    left_open: str = ""

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read it from a file.

        Raises:
            pydantic.ValidationError: the file is no such document.
        """
        return cls.model_validate_json(path.read_text(encoding="utf-8"))
