"""What exploring a collection left beside its figures: `about.json`, read into types. No Streamlit here."""

from __future__ import annotations

from pathlib import Path
from typing import TypeVar

from pydantic import AliasChoices, BaseModel, ConfigDict, Field, ValidationError

from components.errors import DataError


class _Document(BaseModel):
    # What a newer exploration writes besides is no error here.
    model_config = ConfigDict(frozen=True, extra="ignore")


class Facts(_Document):
    """A collection in numbers; `different` counts near-duplicates once, `set_aside` files by reason."""

    works: int
    different: int
    classes: int
    set_aside: dict[str, int]


class FigureNote(_Document):
    """A figure's file name (without `.png`), the section it belongs to, its title and its caption."""

    name: str
    section: str
    title: str
    caption: str


class Exploration(_Document):
    """The figures of a collection."""

    facts: Facts
    figures: tuple[FigureNote, ...]

    @property
    def sections(self) -> list[str]:
        """The sections in the order of their first figure."""
        return list(dict.fromkeys(figure.section for figure in self.figures))


class LabelErrorNote(_Document):
    """What the search for label errors came to, in a sentence."""

    text: str = Field(validation_alias=AliasChoices("text", "told"))


T = TypeVar("T", bound=_Document)


def read(kind: type[T], path: Path) -> T:
    """Read a document.

    Raises:
        DataError: it cannot be read; names the file.
    """
    try:
        return kind.model_validate_json(path.read_bytes())
    except (OSError, ValidationError) as exc:
        raise DataError(f"{path}: the exploration cannot be read. Run `atelier data explore` again.") from exc
