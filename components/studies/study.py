"""What a study is: a source document's data, its rows, and the figures it published, as frozen values."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, assert_never

from components.data.manifest import Task
from components.data.select import EVERYTHING, Selection
from components.data.splits import protocols
from components.errors import SettingsError
from components.generative.recipes import GanRecipe, StyleRecipe
from components.training.ensembles.boost_recipe import BoostRecipe
from components.training.recipe import Recipe
from components.training.search.search import Search

Size = Literal["full", "cpu", "quick"]
"""full: as published, wants a GPU; cpu: real paintings on a few cores; quick: a miniature, minutes."""

_ID = re.compile(r"([A-E][1-9]\d?)([a-z]?)")


@dataclass(frozen=True)
class FiguresRow:
    """Figures of the data, before anything learns from it.

    Attributes:
        figures: names of `data.explore`'s figures, as in "sizes".
        drawn: rows whose networks are drawn as well, as published.
    """

    figures: tuple[str, ...]
    drawn: tuple[str, ...] = ()


@dataclass(frozen=True)
class TrainingRow:
    """One recipe. With `start` it begins from that row's weights, layer by layer where they agree."""

    recipe: Recipe
    start: str = ""


@dataclass(frozen=True)
class SearchRow:
    """A search; its best variant is trained again and judged. `start`: as of Train, for each variant."""

    search: Search
    start: str = ""


@dataclass(frozen=True)
class BoostingRow:
    """Boosted trees on the features of a row's network (study D5)."""

    recipe: BoostRecipe
    start: str


@dataclass(frozen=True)
class BaggingRow:
    """So many networks of one recipe, each on works drawn with replacement; their mean answers (B10)."""

    recipe: Recipe
    members: int


@dataclass(frozen=True)
class CrossValidationRow:
    """One recipe on each of k folds: every work is tested once (B10)."""

    recipe: Recipe
    folds: int


@dataclass(frozen=True)
class HeldOutRow:
    """One recipe on a random split and on one with no artist in two parts, of the same classes.

    Classes of fewer than three artists are left out of both: they cannot be in every part.
    """

    recipe: Recipe


@dataclass(frozen=True)
class ComparisonRow:
    """What other rows trained, laid side by side: class by class, or as pictures; their curves beside it.

    Attributes:
        rows: whose runs are shown.
        published: accuracy of each class as the source has it, a column a row; None: no hit.
    """

    rows: tuple[str, ...]
    published: Mapping[str, Mapping[str, float | None]] = field(default_factory=dict)


@dataclass(frozen=True)
class GanRow:
    """A generator and a discriminator, on the landscapes where genres are known (study C8)."""

    recipe: GanRecipe


@dataclass(frozen=True)
class StyleTransferRow:
    """A photo in a painting's style, as the network of a row sees both (study D7)."""

    recipe: StyleRecipe
    network: str


Work = (
    FiguresRow
    | TrainingRow
    | SearchRow
    | BoostingRow
    | BaggingRow
    | CrossValidationRow
    | HeldOutRow
    | ComparisonRow
    | GanRow
    | StyleTransferRow
)


@dataclass(frozen=True)
class Row:
    """A line of a study's table.

    Attributes:
        id: the mission's row, and a letter where it has several lines: "A3", "A5c".
        title: in a few words.
        work: what is done.
        published: figures as the source has them, by the names they are logged under, so with the part they
            were measured on: "validation/accuracy", "test/macro_f1"; "train/accuracy" is of the last epoch.
        note: what the source says beside its figures, or leaves open.
        selection: other classes than the study's.
        protocol: another split than the study's.
    """

    id: str
    title: str
    work: Work
    published: Mapping[str, float] = field(default_factory=dict)
    note: str = ""
    selection: Selection | None = None
    protocol: str = ""

    def __post_init__(self) -> None:
        if not _ID.fullmatch(self.id):
            raise SettingsError(
                f"{self.id!r} is no row of a study; expected A3, or A5c where it has several."
            )

    @property
    def mission(self) -> str:
        """The row without its letter: "A5" of "A5c"."""
        match = _ID.fullmatch(self.id)
        assert match is not None  # noqa: S101 (checked when it was made)
        return match[1]

    @property
    def needs(self) -> tuple[str, ...]:
        """Rows that have to be done first."""
        match self.work:
            case TrainingRow(start=start) | SearchRow(start=start) | BoostingRow(start=start):
                return (start,) if start else ()
            case StyleTransferRow(network=one):
                return (one,)
            case ComparisonRow(rows=rows):
                return rows
            case FiguresRow() | BaggingRow() | CrossValidationRow() | HeldOutRow() | GanRow():
                return ()
            case _ as never:
                assert_never(never)

    @property
    def recipe(self) -> Recipe | None:
        """What its network is trained by; None where it trains none of its own."""
        match self.work:
            case (
                TrainingRow(recipe=recipe)
                | BaggingRow(recipe=recipe)
                | CrossValidationRow(recipe=recipe)
                | HeldOutRow(recipe=recipe)
            ):
                return recipe
            case SearchRow(search=search):
                return search.recipe
            case _:
                return None


@dataclass(frozen=True)
class Study:
    """A source document, as what can be run.

    Attributes:
        name: as on the command line.
        letter: of its rows.
        title: a few words.
        document: the source, cited.
        task: what is learnt.
        source: the collection it is documented on.
        selection: which classes of it.
        protocol: how it is parted.
        judged_on: the part that its figures are of, where a row publishes none.
        rows: in the order they run; what a row needs stands before it.
        left_open: what the document does not say, and what was chosen.
    """

    name: str
    letter: str
    title: str
    document: str
    task: Task
    source: str
    rows: tuple[Row, ...]
    selection: Selection = EVERYTHING
    protocol: str = "81/9/10"
    judged_on: Literal["validation", "test"] = "test"
    left_open: str = ""

    def __post_init__(self) -> None:
        protocols.find_protocol(self.protocol)
        done: set[str] = set()
        for row in self.rows:
            if row.id in done or row.id[0] != self.letter:
                raise SettingsError(f"{self.name}: {row.id} comes twice, or is of another study.")
            if missing := [one for one in row.needs if one not in done]:
                raise SettingsError(f"{self.name}: {row.id} needs {missing}, which do not stand before it.")
            if row.protocol:
                protocols.find_protocol(row.protocol)
            done.add(row.id)

    def row(self, name: str) -> Row:
        """The row of that id.

        Raises:
            SettingsError: there is none.
        """
        for row in self.rows:
            if row.id == name:
                return row
        raise SettingsError(
            f"{self.name} has no row {name!r}; it has {', '.join(row.id for row in self.rows)}."
        )

    def chosen(self, wanted: Sequence[str] = ()) -> tuple[Row, ...]:
        """The rows asked for and those they need, in order; all when none is named.

        Args:
            wanted: ids, "A5c", or rows of the mission, "A5" for all its lines.

        Raises:
            SettingsError: one that the study does not have.
        """
        if not wanted:
            return self.rows
        kept: set[str] = set()
        for name in wanted:
            there = [row for row in self.rows if name in (row.id, row.mission)]
            if not there:
                self.row(name)
            for row in there:
                self._with_needs(row, kept)
        return tuple(row for row in self.rows if row.id in kept)

    def part_of(self, row: Row) -> Literal["validation", "test"]:
        """The part a row is judged by where it publishes no figure; a split of its own has a test part."""
        return "test" if row.protocol else self.judged_on

    def origin(self, row: Row) -> Recipe | None:
        """The published recipe of the first of the rows that `row` starts from; None without any."""
        found: Recipe | None = None
        while isinstance(row.work, TrainingRow | SearchRow) and row.work.start:
            row = self.row(row.work.start)
            found = row.recipe
        return found

    def _with_needs(self, row: Row, kept: set[str]) -> None:
        kept.add(row.id)
        for one in row.needs:
            self._with_needs(self.row(one), kept)
