from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from components.data.class_names import parse_merges
from components.data.corrections import apply_corrections
from components.data.manifest import Manifest, Task
from components.data.select import Selection, select_works, with_classes_of
from components.data.splits.balance import subset, topped_up
from components.errors import DataError, SettingsError
from flows.plan import Plan
from tests.tiny_collections import manifest

COUNTS = {"Cubism": 5, "Realism": 9, "Pop Art": 5, "": 4}
QUICK = settings(deadline=None, max_examples=30)

group_sizes = st.lists(st.lists(st.integers(1, 5), min_size=3, max_size=15), min_size=2, max_size=4)
"""Works of each group of each class."""


def grouped(sizes: list[list[int]]) -> Manifest:
    """Groups of several works, each of its own bytes."""
    whole = manifest({f"class {n}": sum(groups) for n, groups in enumerate(sizes)})
    names = [
        f"class {n}, group {number}"
        for n, groups in enumerate(sizes)
        for number, count in enumerate(groups)
        for _ in range(count)
    ]
    return whole.with_frame(whole.frame.assign(group=names))


def test_the_label_is_filled_and_works_without_one_are_left_out() -> None:
    chosen = select_works(manifest(COUNTS), Task.STYLE)
    assert chosen.class_names == ["Cubism", "Pop Art", "Realism"]
    assert len(chosen) == 19
    assert (chosen.frame["label"] == chosen.frame["style"]).all()
    assert list(chosen.frame.index) == list(range(19))
    assert (chosen.task, chosen.lineage) == ("style", ("select style: all classes",))
    assert chosen.parents == (manifest(COUNTS).fingerprint,)


def test_another_collection_s_classes_are_spelt_as_those_that_are_learnt() -> None:
    other = select_works(manifest({"still  life": 3, "PORTRAIT": 2}), Task.STYLE)
    assert Counter(with_classes_of(other, ["Portrait", "Still Life"]).frame["label"]) == {
        "Still Life": 3,
        "Portrait": 2,
    }


@pytest.mark.parametrize(
    "names", [["Portrait"], ["Portrait", "Landscape"], ["Portrait", "Genre", "Landscape"]]
)
def test_classes_that_do_not_match_are_named_on_both_sides(names: list[str]) -> None:
    other = select_works(manifest({"Portrait": 3, "Genre": 2}), Task.STYLE)
    with pytest.raises(DataError) as error:
        with_classes_of(other, names)
    assert f"Expected: {', '.join(names)}. Received: Genre, Portrait." in str(error.value)


def test_only_the_classes_named() -> None:
    chosen = select_works(manifest(COUNTS), Task.STYLE, Selection(classes=["Cubism", "Realism"]))
    assert chosen.class_names == ["Cubism", "Realism"]


def test_the_largest_classes_ties_by_name() -> None:
    assert select_works(manifest(COUNTS), Task.STYLE, Selection(top=2)).class_names == ["Cubism", "Realism"]


def test_an_absent_class_is_named_with_those_there() -> None:
    with pytest.raises(DataError, match=r"\['Cubsm'\].*Realism \(9\), Cubism \(5\), Pop Art \(5\)"):
        select_works(manifest(COUNTS), Task.STYLE, Selection(classes=["Cubsm", "Realism"]))
    with pytest.raises(DataError, match=r"\['Cubsm'\].*Realism \(9\)"):
        select_works(manifest(COUNTS), Task.STYLE, Selection(merge={"Cubsm": "Modern"}))


@pytest.mark.parametrize(
    ("task", "top"), [(Task.STYLE, 1), (Task.STYLE, 0), (Task.ARTIST, None)], ids=["one", "none", "unknown"]
)
def test_fewer_than_two_classes_is_an_error(task: Task, top: int | None) -> None:
    with pytest.raises(DataError, match="at least 2 classes"):
        select_works(manifest(COUNTS), task, Selection(top=top))


def test_merged_classes_count_as_one_and_are_chosen_by_their_new_name() -> None:
    merge = parse_merges(["Cubism + Pop Art = Modern"])
    chosen = select_works(manifest(COUNTS), Task.STYLE, Selection(merge=merge))
    assert Counter(chosen.frame["label"]) == {"Modern": 10, "Realism": 9}
    assert set(chosen.frame["style"]) == {"Cubism", "Pop Art", "Realism"}
    assert select_works(manifest(COUNTS), Task.STYLE, Selection(merge=merge, classes=["Modern", "Realism"]))
    assert chosen.lineage == ("select style: Cubism as Modern; Pop Art as Modern",)


@QUICK
@given(
    sizes=st.lists(st.integers(1, 9), min_size=3, max_size=6),
    into=st.lists(st.integers(0, 2), min_size=6, max_size=6),
)
def test_merging_moves_works_and_loses_none(sizes: list[int], into: list[int]) -> None:
    whole = manifest({f"old {n}": size for n, size in enumerate(sizes)})
    merge = {f"old {n}": f"new {into[n]}" for n in range(len(sizes)) if n} | {"old 0": "other"}
    chosen = select_works(whole, Task.STYLE, Selection(merge=merge))
    wanted: Counter[str] = Counter()
    for n, size in enumerate(sizes):
        wanted[merge[f"old {n}"]] += size
    assert Counter(chosen.frame["label"]) == wanted


@pytest.mark.parametrize("text", ["Cubism", "=Modern", "Cubism+=Modern", "Cubism="])
def test_merging_that_cannot_be_read_shows_how_it_is_written(text: str) -> None:
    with pytest.raises(SettingsError, match=r'"A\+B=C"'):
        parse_merges([text])
    with pytest.raises(SettingsError, match="'A\\+B' would become two classes, 'C' and 'D'"):
        parse_merges(["A+B=C", "A+B=D"])


def test_a_class_that_would_become_two_is_refused() -> None:
    merge = parse_merges(["Cubism+Realism=C", "pop art + cubism=D"])
    with pytest.raises(SettingsError, match="'Cubism' would become two classes, 'C' and 'D'"):
        select_works(manifest(COUNTS), Task.STYLE, Selection(merge=merge))


SIGNS = {"Pop, Op": 3, "Fauvism": 4, "Oil+Tempera": 5, "Oil + Canvas": 6, "E=mc2": 7, "Op": 8}


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("Pop, Op,Fauvism", ["Fauvism", "Pop, Op"]),
        ('"Pop, Op",Fauvism', ["Fauvism", "Pop, Op"]),
        ("fauvism , POP,OP", ["Fauvism", "Pop, Op"]),
        ("Op,Fauvism", ["Fauvism", "Op"]),
        ("Oil+Tempera,oil + canvas,E=mc2", ["E=mc2", "Oil + Canvas", "Oil+Tempera"]),
        (" Fauvism  ,, Op,", ["Fauvism", "Op"]),
    ],
)
def test_names_with_signs_are_found_with_and_without_quotes(text: str, names: list[str]) -> None:
    asked = Plan.of(classes=text).selection
    assert select_works(manifest(SIGNS), Task.STYLE, asked).class_names == names


@pytest.mark.parametrize(
    ("text", "counts"),
    [
        ("Oil+Tempera=Oil", {"Oil": 5, "Oil + Canvas": 6}),
        ("Oil+Tempera+Oil + Canvas=Oil", {"Oil": 11}),
        ('"Oil+Tempera"+"oil+canvas"=Oil', {"Oil": 11}),
        ("E=mc2+Op=Science", {"Science": 15, "Oil+Tempera": 5}),
        ("Pop, Op+Op=op", {"Op": 11}),  # the new name as the collection spells it
        ('Op="Pop, Op"', {"Pop, Op": 11}),
    ],
)
def test_classes_with_signs_are_merged_with_and_without_quotes(text: str, counts: dict[str, int]) -> None:
    chosen = select_works(manifest(SIGNS), Task.STYLE, Plan.of(merge=[text]).selection)
    assert Counter(chosen.frame["label"]).items() >= counts.items()


def test_merging_finds_spellings_that_were_one_class() -> None:
    merge = parse_merges([" Cubism+Cubism +cubism=Cubism"])
    assert select_works(manifest(COUNTS), Task.STYLE, Selection(merge=merge)).class_names[0] == "Cubism"


def test_of_many_classes_the_closest_and_the_largest_are_named() -> None:
    many = {f"Artist number {number}": 2 for number in range(40)} | {"Henri Matisse": 3}
    with pytest.raises(
        DataError, match=r"\['henri matise'\].*closest: 'Henri Matisse'.* and 21 more"
    ) as failure:
        select_works(manifest(many), Task.STYLE, Selection(classes=["henri matise", "Artist number 1"]))
    assert "number 39" not in str(failure.value)


@QUICK
@given(sizes=group_sizes, seed=st.integers(0, 20))
def test_a_balanced_subset_has_as_many_of_each_class_in_whole_groups(
    sizes: list[list[int]], seed: int
) -> None:
    sizes = [[1, *groups] for groups in sizes]  # so that some number can be reached
    whole = grouped(sizes)
    chosen = subset(whole.frame, seed=seed)
    counts = Counter(chosen["label"])
    assert len(counts) == len(sizes)
    assert len(set(counts.values())) == 1
    taken, there = Counter(chosen["group"]), Counter(whole.frame["group"])
    assert all(there[group] == count for group, count in taken.items())
    again = subset(whole.frame.sample(frac=1, random_state=1), seed=seed)
    assert set(again["path"]) == set(chosen["path"])


@QUICK
@given(count=st.integers(5, 30), growth=st.integers(0, 10), seed=st.integers(0, 20))
def test_a_subset_of_a_grown_collection_loses_at_most_as_many_as_came(
    count: int, growth: int, seed: int
) -> None:
    def of(size: int) -> set[str]:
        return set(subset(manifest({"a": size, "b": 40}).frame, per_class=5, seed=seed)["path"])

    before, after = of(count), of(count + growth)
    assert len(before) == len(after) == 10
    assert len(before - after) <= growth


def test_a_balanced_subset_takes_the_smallest_class_whole_and_so_many_where_asked() -> None:
    known = {name: count for name, count in COUNTS.items() if name}
    chosen = select_works(manifest(known), Task.STYLE, Selection(balanced=True))
    assert Counter(chosen.frame["label"]) == dict.fromkeys(known, 5)
    few = select_works(manifest(known), Task.STYLE, Selection(per_class=3, seed=2))
    assert Counter(few.frame["label"]) == dict.fromkeys(known, 3)
    assert few.lineage == ("select style: 3 of each, seed 2",)
    seeds = {
        tuple(select_works(manifest(known), Task.STYLE, Selection(per_class=3, seed=seed)).frame["path"])
        for seed in range(5)
    }
    assert len(seeds) == 5


def test_a_class_of_too_few_works_or_of_one_large_group_is_named() -> None:
    with pytest.raises(DataError, match=r"6 works of each class.*Cubism \(5\), Pop Art \(5\)"):
        select_works(manifest(COUNTS), Task.STYLE, Selection(per_class=6))
    with pytest.raises(DataError, match="no number up to 3"):
        subset(grouped([[2, 2], [3]]).frame)


@QUICK
@given(
    labels=st.lists(st.integers(0, 4), min_size=1, max_size=60),
    least=st.integers(0, 40),
    seed=st.integers(0, 9),
)
def test_topping_up_draws_rows_of_rare_classes_again_and_evenly(
    labels: list[int], least: int, seed: int
) -> None:
    rows = topped_up(labels, least, seed)
    assert list(rows[: len(labels)]) == list(range(len(labels)))
    counts, drawn = Counter(labels), Counter(rows.tolist())
    got = Counter(np.asarray(labels)[rows].tolist())
    assert got == {label: max(count, least) for label, count in counts.items()}
    for label in counts:
        times = [drawn[row] for row, one in enumerate(labels) if one == label]
        assert max(times) - min(times) <= 1
    assert (rows == topped_up(labels, least, seed)).all()


def test_topping_up_to_less_than_nothing_is_refused() -> None:
    with pytest.raises(DataError, match="-1"):
        topped_up([0, 1], -1, 0)


def write(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def test_corrections_put_labels_right_and_leave_works_out_with_a_line(tmp_path: Path) -> None:
    table = write(
        tmp_path / "mended.csv",
        "path, label ,why\nCubism/0-0.jpg,Realism,a portrait\nCubism/1-0.jpg,,a photograph\n\n",
    )
    before = manifest(COUNTS)
    after = apply_corrections(before, table, Task.STYLE)
    styles = dict(zip(after.frame["path"], after.frame["style"], strict=True))
    assert styles["Cubism/0-0.jpg"] == "Realism"
    assert len(after) == len(before) - 1
    (left_out,) = after.rejected
    assert (left_out.path, left_out.kind) == ("Cubism/1-0.jpg", "left out by hand")
    assert "mended.csv" in left_out.reason
    assert after.parents == (before.fingerprint,)
    assert after.fingerprint != before.fingerprint
    assert Counter(select_works(after, Task.STYLE).frame["label"]) == {
        "Cubism": 3,
        "Realism": 10,
        "Pop Art": 5,
    }


@QUICK
@given(changes=st.dictionaries(st.integers(0, 18), st.sampled_from(["", "Cubism", "Realism"]), max_size=10))
def test_corrections_change_what_they_name_and_nothing_else(
    changes: dict[int, str], tmp_path_factory: pytest.TempPathFactory
) -> None:
    before = select_works(manifest(COUNTS), Task.STYLE)
    paths = list(before.frame["path"])
    lines = [f"{paths[row]},{label}" for row, label in changes.items()]
    table = write(tmp_path_factory.mktemp("table") / "t.csv", "\n".join(["path,label", *lines]))
    after = apply_corrections(before, table)
    now = dict(zip(after.frame["path"], after.frame["label"], strict=True))
    for row, (path, label) in enumerate(zip(paths, before.frame["label"], strict=True)):
        assert now.get(path, "") == changes.get(row, label)
    assert len(after.rejected) == list(changes.values()).count("")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("path,label\nnowhere.jpg,Cubism\n", r"no path 'nowhere.jpg'.*Cubism/0-0.jpg"),
        ("path,label\nCubism/0-0.jpg,Kubism\n", r"no label 'Kubism' \(the closest: 'Cubism'\).*, Pop Art"),
        ("path,label\nCubism/0-0.jpg\n", "line 2 has 1 cells, the header 2"),
        ("path,label\nCubism/0-0.jpg,Pop, Art\n", "line 2 has 3 cells.*Put quotes"),
        ("file,label\nx,y\n", r"\['path'\] are missing"),
        ("path,label\nCubism/0-0.jpg,Cubism\nCubism/0-0.jpg,Realism\n", "two labels"),
        ("", "missing"),
    ],
)
def test_a_table_that_does_not_fit_is_refused_with_what_is_expected(
    tmp_path: Path, text: str, message: str
) -> None:
    with pytest.raises(DataError, match=message):
        apply_corrections(manifest(COUNTS), write(tmp_path / "t.csv", text), Task.STYLE)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_a_table_that_went_through_a_spreadsheet_finds_paths_and_labels(
    tmp_path: Path, encoding: str
) -> None:
    works = manifest(COUNTS)
    accents = works.frame["path"].str.replace("Pop Art", "Cafe\u0301")
    works = works.with_frame(works.frame.assign(path=accents))
    lines = "Path;Label;Why\r\nCaf\u00e9/0-0.jpg; cubism;x\r\nCaf\u00e9\\1-0.jpg;REALISM;\r\n;;\r\n"
    (tmp_path / "t.csv").write_bytes(lines.encode(encoding))
    after = apply_corrections(works, tmp_path / "t.csv", Task.STYLE).frame.set_index("path")["style"]
    assert [after[f"Cafe\u0301/{number}-0.jpg"] for number in (0, 1, 2)] == ["Cubism", "Realism", "Pop Art"]


def test_an_absent_table_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"none\.csv: missing; columns expected"):
        apply_corrections(manifest(COUNTS), tmp_path / "none.csv", Task.STYLE)


def test_copies_of_a_file_are_put_right_with_it(tmp_path: Path) -> None:
    works = manifest(COUNTS)
    frame = works.frame.copy()
    frame.loc[1, "sha256"] = frame.loc[0, "sha256"]
    one, copy, other = frame["path"][0], frame["path"][1], sorted(set(frame["style"]))[-1]
    works = works.with_frame(frame)
    after = apply_corrections(works, write(tmp_path / "t.csv", f"path,label\n{one},{other}\n"), Task.STYLE)
    assert after.frame.set_index("path")["style"][[one, copy]].tolist() == [other, other]
    both = write(tmp_path / "u.csv", f"path,label\n{one},{other}\n{copy},\n")
    with pytest.raises(DataError, match="same file as another"):
        apply_corrections(works, both, Task.STYLE)
