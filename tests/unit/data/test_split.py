from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from components.data.manifest import Manifest, Split
from components.data.splits import assignments
from components.data.splits.split import (
    PROTOCOLS,
    Protocol,
    assign,
    find_protocol,
    placed,
    placements,
    quotas,
)
from components.errors import DataError, SettingsError
from tests.tiny_collections import manifest

THREE = PROTOCOLS["81/9/10"]
TWO = PROTOCOLS["80/20"]
ARTISTS = PROTOCOLS["artists-held-out"]
QUICK = settings(deadline=None, max_examples=25)

class_sizes = st.lists(st.integers(3, 40), min_size=2, max_size=4).map(
    lambda sizes: {f"class {place}": size for place, size in enumerate(sizes)}
)
protocols = st.sampled_from([THREE, TWO, PROTOCOLS["pandora-d1"]])
seeds = st.integers(0, 50)
works = st.lists(
    st.tuples(st.integers(0, 2), st.integers(0, 25), st.integers(0, 9)), min_size=30, max_size=90
)
"""(label, group, artist) of each work: groups and artists go through labels as they like."""


def parts_of(split: Manifest) -> dict[str, str]:
    return dict(zip(split.frame["path"], split.frame["split"], strict=True))


def collection(rows: list[tuple[int, int, int]]) -> Manifest:
    """Works of their own bytes, with the labels, groups and artists given."""
    whole = manifest({"work": len(rows)})
    labels, groups, artists = zip(*rows, strict=True)
    return whole.with_frame(
        whole.frame.assign(
            label=[f"class {label}" for label in labels],
            group=[f"group {group}" for group in groups],
            artist=[f"artist {artist}" for artist in artists],
        )
    )


def split_or_skip(whole: Manifest, protocol: Protocol, **given: object) -> Manifest:
    """Random structures may hold a class that no split can do justice: that is refused, and tested below."""
    try:
        return assign(whole, protocol, **given)  # type: ignore[arg-type]
    except DataError:
        assume(False)
        raise


def crossing(split: Manifest, column: str) -> int:
    return int(split.frame.groupby(column)["split"].nunique().max())


def test_the_protocols_of_the_studies() -> None:
    for protocol in (*PROTOCOLS.values(), find_protocol("2-fold:1"), find_protocol("20-fold:20")):
        assert sum(protocol.shares.values()) == pytest.approx(1)
        assert find_protocol(protocol.name) == protocol
    assert find_protocol("pandora-d1").shares[Split.TEST] == pytest.approx(34 / 6617)
    assert find_protocol("10-fold:1").shares == pytest.approx(THREE.shares)
    for wrong in ("70/30", "1-fold:1", "21-fold:1", "5-fold:0", "5-fold:6", "5-fold"):
        with pytest.raises(SettingsError, match=r"expected one of 81/9/10, 80/20.*5-fold:2"):
            find_protocol(wrong)


def test_quotas_are_exact() -> None:
    assert quotas(100, THREE) == {Split.TRAIN: 81, Split.VALIDATION: 9, Split.TEST: 10}
    assert quotas(1087, THREE) == {Split.TRAIN: 880, Split.VALIDATION: 98, Split.TEST: 109}
    assert quotas(5, TWO) == {Split.TRAIN: 4, Split.VALIDATION: 1}
    assert quotas(3, THREE) == {Split.TRAIN: 1, Split.VALIDATION: 1, Split.TEST: 1}
    assert quotas(6617, PROTOCOLS["pandora-d1"]) == {
        Split.TRAIN: 5314,
        Split.VALIDATION: 1269,
        Split.TEST: 34,
    }


@given(count=st.integers(3, 5000), protocol=protocols)
def test_quotas_add_up_and_stray_by_less_than_one(count: int, protocol: Protocol) -> None:
    got = quotas(count, protocol)
    assert sum(got.values()) == count
    assert min(got.values()) >= 1
    if count * min(protocol.shares.values()) >= 1:  # below, "at least one in each" takes works from train
        assert all(abs(number - count * protocol.shares[part]) < 1 for part, number in got.items())


@QUICK
@given(sizes=class_sizes, protocol=protocols, seed=seeds)
def test_single_works_meet_the_quotas_of_each_class(
    sizes: dict[str, int], protocol: Protocol, seed: int
) -> None:
    split = assign(manifest(sizes), protocol, seed=seed)
    for label, count in sizes.items():
        got = Counter(split.frame.loc[split.frame["label"] == label, "split"])
        assert got == Counter(quotas(count, protocol))


@QUICK
@given(
    sizes=st.lists(st.lists(st.integers(1, 9), min_size=3, max_size=25), min_size=2, max_size=3),
    protocol=protocols,
    seed=seeds,
)
def test_groups_never_cross_and_every_class_is_in_every_part(
    sizes: list[list[int]], protocol: Protocol, seed: int
) -> None:
    whole = manifest({f"class {place}": len(groups) for place, groups in enumerate(sizes)})
    repeats = [count for groups in sizes for count in groups]
    frame = whole.frame.loc[whole.frame.index.repeat(repeats)]
    split = assign(whole.with_frame(frame), protocol, seed=seed)
    assert crossing(split, "group") == 1
    assert set(split.frame["split"]) == {part.value for part in protocol.shares}
    assert (split.frame.groupby("label")["split"].nunique() == len(protocol.shares)).all()


@settings(deadline=None, max_examples=50)
@given(
    rows=works, name=st.sampled_from(["81/9/10", "80/20", "3-fold:2", "artists-held-out:80/20"]), seed=seeds
)
def test_nothing_crosses_whatever_the_groups_labels_and_artists(
    rows: list[tuple[int, int, int]], name: str, seed: int
) -> None:
    protocol = find_protocol(name)
    split = split_or_skip(collection(rows), protocol, seed=seed)
    assert crossing(split, "group") == 1
    assert len(split) == len(rows)
    assert set(split.frame["split"]) <= {part.value for part in protocol.shares}
    assert (split.frame.groupby("label")["split"].nunique() == len(protocol.shares)).all()
    if protocol.whole_artists:
        assert crossing(split, "artist") == 1


@QUICK
@given(sizes=class_sizes, seed=seeds, order=st.randoms(use_true_random=False))
def test_the_order_of_the_rows_does_not_matter(sizes: dict[str, int], seed: int, order) -> None:  # type: ignore[no-untyped-def]
    whole = manifest(sizes)
    numbers = list(range(len(whole)))
    order.shuffle(numbers)
    shuffled = whole.with_frame(whole.frame.iloc[numbers])
    assert parts_of(assign(shuffled, THREE, seed=seed)) == parts_of(assign(whole, THREE, seed=seed))


@QUICK
@given(sizes=class_sizes, growth=st.integers(0, 60), protocol=protocols, seed=seeds)
def test_growth_moves_no_work_and_fills_the_new_quotas(
    sizes: dict[str, int], growth: int, protocol: Protocol, seed: int
) -> None:
    before = assign(manifest(sizes), protocol, seed=seed)
    grown = {label: count + growth for label, count in sizes.items()} | {"new": 7}
    after = assign(manifest(grown), protocol, seed=seed, keep=placements(before))
    now = parts_of(after)
    assert all(now[path] == part for path, part in parts_of(before).items())
    exact = protocol.shares.get(Split.TEST, 1) > 0.05  # a part of "at least one" may have had too many
    for label, count in grown.items() if exact else ():
        got = Counter(after.frame.loc[after.frame["label"] == label, "split"])
        assert got == Counter(quotas(count, protocol))


@settings(deadline=None, max_examples=50)
@given(
    rows=works,
    come=works,
    ties=st.dictionaries(st.integers(0, 25), st.integers(0, 25), max_size=4),
    name=st.sampled_from(["81/9/10", "80/20", "artists-held-out:80/20"]),
)
def test_growth_that_ties_groups_together_never_takes_a_work_out_of_a_more_protected_part(
    rows: list[tuple[int, int, int]],
    come: list[tuple[int, int, int]],
    ties: dict[int, int],
    name: str,
) -> None:
    protocol = find_protocol(name)
    before = split_or_skip(collection(rows), protocol)
    grown = [(label, ties.get(group, group), artist) for label, group, artist in [*rows, *come]]
    after = split_or_skip(collection(grown), protocol, keep=placements(before))
    assert crossing(after, "group") == 1
    rank = [part.value for part in (Split.TEST, Split.VALIDATION, Split.TRAIN)].index
    was, now = parts_of(before), parts_of(after)
    assert all(rank(now[path]) <= rank(part) for path, part in was.items())
    untied = {group for _, group, _ in rows} - ties.keys() - set(ties.values())
    if not ties or protocol.whole_artists:
        return
    for path, (_, group, _) in zip(was, rows, strict=True):
        if group in untied:
            assert now[path] == was[path]


def test_two_groups_tied_by_a_new_work_go_to_the_most_protected_part() -> None:
    before = assign(manifest({"a": 30, "b": 30}), THREE)
    frame = before.frame
    first = {
        part: frame.loc[(frame["split"] == part) & (frame["label"] == "a"), "path"].iloc[0] for part in Split
    }
    for tied in (("train", "test"), ("validation", "test"), ("train", "validation")):
        paths = [first[Split(part)] for part in tied]
        grown = frame.assign(group=frame["group"].mask(frame["path"].isin(paths), "0 a new work ties them"))
        after = parts_of(assign(before.with_frame(grown), THREE, keep=placements(before)))
        assert {after[path] for path in paths} == {tied[1]}
        assert {path for path, part in after.items() if part != parts_of(before)[path]} == {paths[0]}


@settings(deadline=None, max_examples=15)
@given(
    rows=works,
    folds=st.integers(2, 5),
    seed=seeds,
)
def test_over_all_folds_each_work_is_tested_once_and_stands_in_one_part_of_each(
    rows: list[tuple[int, int, int]], folds: int, seed: int
) -> None:
    splits = [
        split_or_skip(collection(rows), find_protocol(f"{folds}-fold:{fold}"), seed=seed).frame
        for fold in range(1, folds + 1)
    ]
    tested = sum((frame["split"] == "test").astype(int) for frame in splits)
    assert (tested == 1).all()
    for frame in splits:
        assert frame.groupby("group")["split"].nunique().max() == 1
        assert (frame.groupby("label")["split"].nunique() == 3).all()


@QUICK
@given(sizes=st.lists(st.integers(10, 60), min_size=2, max_size=3), folds=st.integers(2, 5), seed=seeds)
def test_folds_of_single_works_are_as_large_as_each_other(sizes: list[int], folds: int, seed: int) -> None:
    whole = manifest({f"class {place}": size for place, size in enumerate(sizes)})
    counts = [
        assign(whole, find_protocol(f"{folds}-fold:{fold}"), seed=seed)
        .frame.groupby(["label", "split"])
        .size()
        for fold in range(1, folds + 1)
    ]
    for place, size in enumerate(sizes):
        tests = [int(count[f"class {place}", "test"]) for count in counts]
        assert sum(tests) == size
        assert max(tests) - min(tests) <= 1


@QUICK
@given(sizes=st.lists(st.integers(8, 40), min_size=2, max_size=3), growth=st.integers(0, 40), seed=seeds)
def test_folds_are_stable_as_a_collection_grows(sizes: list[int], growth: int, seed: int) -> None:
    before, keep = placed(
        manifest({f"c{n}": size for n, size in enumerate(sizes)}), find_protocol("4-fold:2"), seed=seed
    )
    grown = manifest({f"c{n}": size + growth for n, size in enumerate(sizes)})
    for fold in range(1, 5):
        now, places = placed(grown, find_protocol(f"4-fold:{fold}"), seed=seed, keep=keep)
        assert keep.items() <= places.items()
        if fold == 2:
            assert parts_of(before).items() <= parts_of(now).items()


def test_whole_artists_are_held_out_and_come_near_to_the_shares() -> None:
    rows = [(number % 3, number, number % 3 + 3 * (number // 3 % 8)) for number in range(600)]
    split = assign(collection(rows), ARTISTS)
    assert crossing(split, "artist") == 1
    shares = split.frame.groupby("label")["split"].value_counts(normalize=True)
    for label in ("class 0", "class 1", "class 2"):
        for part, share in ARTISTS.shares.items():
            assert abs(shares[label, part.value] - share) < 0.07


def test_an_artist_of_two_classes_stays_whole() -> None:
    rows = [(number % 2, number, number % 8) for number in range(160)]
    rows += [(1, 200 + number, 0) for number in range(20)]
    split = assign(collection(rows), ARTISTS)
    assert crossing(split, "artist") == 1
    assert (split.frame.groupby("label")["split"].nunique() == 3).all()


def test_classes_of_too_few_artists_are_all_named_with_those_that_are_left() -> None:
    rows = [(0, number, number % 5) for number in range(50)]
    rows += [(1, 50 + number, 5 + number % 4) for number in range(40)]
    rows += [(2, 100 + number, 20) for number in range(40)]
    with pytest.raises(
        DataError, match=r"'class 2' has 1 artist\(s\).*at least 3.*--classes 'class 0,class 1'"
    ):
        assign(collection(rows), ARTISTS)
    with pytest.raises(
        DataError, match=r"'class 1' has 2 artist\(s\), and so have too few: 'class 2' 1.*--top"
    ):
        assign(collection([(label, work, min(artist, 6)) for label, work, artist in rows]), ARTISTS)


def test_works_of_unknown_artists_are_set_aside_with_a_line_when_artists_are_held_out() -> None:
    whole = collection([(number % 2, number, number % 10) for number in range(100)])
    frame = whole.frame.assign(artist=whole.frame["artist"].replace("artist 3", ""))
    split = assign(whole.with_frame(frame), ARTISTS)
    assert len(split) == 90
    assert {one.kind for one in split.rejected} == {"no artist"}
    assert len(split.rejected) == 10
    with pytest.raises(DataError, match="no work's artist is known"):
        assign(whole.with_frame(frame.assign(artist="")), ARTISTS)


def test_the_split_is_a_step_of_the_lineage() -> None:
    whole = manifest({"a": 10, "b": 10})
    split = assign(whole, THREE, seed=4)
    assert split.lineage == ("split 81/9/10, seed 4",)
    assert split.parents == (whole.fingerprint,)
    assert split.protocol == "81/9/10"


def test_copies_of_the_same_bytes_are_together_even_in_two_groups() -> None:
    whole = manifest({"a": 20, "b": 20})
    twice = whole.frame.assign(path="copy/" + whole.frame["path"], group="copy " + whole.frame["group"])
    split = assign(whole.with_frame(pd.concat([whole.frame, twice])), THREE)
    assert crossing(split, "sha256") == 1


def test_the_ledger_keeps_works_where_they_were_also_those_that_were_away(tmp_path: Path) -> None:
    small = assignments.assigned(manifest({"a": 20, "b": 20}), THREE, seed=0, folder=tmp_path)
    assignments.assigned(manifest({"a": 10, "b": 10}), THREE, seed=0, folder=tmp_path)
    grown = assignments.assigned(manifest({"a": 50, "b": 50}), THREE, seed=0, folder=tmp_path)
    assert parts_of(small).items() <= parts_of(grown).items()
    (file,) = tmp_path.glob("*.json")
    assert json.loads(file.read_text()).keys() == set(grown.frame["sha256"])
    assignments.assigned(manifest({"a": 20, "b": 20}), THREE, seed=1, folder=tmp_path)
    assert len(list(tmp_path.glob("*.json"))) == 2


def test_folds_share_a_ledger_so_that_they_stay_folds(tmp_path: Path) -> None:
    sizes = {"a": 12, "b": 12}
    for fold in range(1, 4):
        grown = {label: size + 10 * fold for label, size in sizes.items()}
        assignments.assigned(manifest(grown), find_protocol(f"3-fold:{fold}"), seed=0, folder=tmp_path)
    assert len(list(tmp_path.glob("*.json"))) == 1
    whole = manifest({"a": 42, "b": 42})
    splits = [
        assignments.assigned(whole, find_protocol(f"3-fold:{n}"), seed=0, folder=tmp_path) for n in (1, 2, 3)
    ]
    assert (sum((one.frame["split"] == "test").astype(int) for one in splits) == 1).all()


def test_a_broken_ledger_is_not_taken_for_an_empty_one(tmp_path: Path) -> None:
    assignments.assigned(manifest({"a": 20, "b": 20}), THREE, seed=0, folder=tmp_path)
    (file,) = tmp_path.glob("*.json")
    file.write_text("{")
    with pytest.raises(DataError, match="Restore it, or delete it"):
        assignments.assigned(manifest({"a": 20, "b": 20}), THREE, seed=0, folder=tmp_path)


def test_another_seed_is_another_split() -> None:
    whole = manifest({"a": 40, "b": 40})
    splits = {tuple(assign(whole, THREE, seed=seed).frame["split"]) for seed in range(5)}
    assert len(splits) == 5


def test_the_other_classes_do_not_matter() -> None:
    alone = parts_of(assign(manifest({"a": 20, "b": 9}), THREE))
    among = parts_of(assign(manifest({"c": 30, "b": 9, "a": 20}), THREE))
    assert alone == {path: part for path, part in among.items() if path in alone}


def test_kept_parts_win_even_over_the_protocol() -> None:
    whole = manifest({"a": 10, "b": 10})
    content = whole.frame["sha256"].iloc[3]
    split = assign(whole, TWO, keep={content: "test"})
    assert list(split.frame.loc[split.frame["split"] == "test", "sha256"]) == [content]


def test_a_group_under_two_labels_stays_whole() -> None:
    whole = manifest({"a": 6, "b": 6})
    frame = whole.frame.copy()
    frame.loc[frame["group"] == "b-0", "group"] = "a-0"
    split = assign(whole.with_frame(frame), THREE)
    assert split.frame.loc[split.frame["group"] == "a-0", "split"].nunique() == 1
    assert (split.frame["split"] != "").all()


def test_a_class_too_small_is_named_with_its_count_and_the_mend() -> None:
    with pytest.raises(DataError, match=r"'Cubism' has 1 different.*at least 3.*Add works, or leave"):
        assign(manifest({"Realism": 9, "Cubism": 1}), THREE)
    with pytest.raises(DataError, match=r"'Cubism' has 1 different"):  # five copies of one work
        assign(manifest({"Cubism": 1, "Realism": 9}, copies=5), TWO)


def test_a_class_kept_out_of_a_part_is_named() -> None:
    whole = manifest({"Cubism": 4, "Realism": 9})
    keep = dict.fromkeys(whole.frame["sha256"].iloc[:4], "train")
    with pytest.raises(DataError, match=r"'Cubism' has no work in test, validation.*an earlier split"):
        assign(whole, THREE, keep=keep)


def test_an_unknown_part_is_refused() -> None:
    with pytest.raises(DataError, match=r"\['dev'\]"):
        assign(manifest({"a": 5, "b": 5}), THREE, keep={"0" * 64: "dev"})
    with pytest.raises(DataError, match=r"\['test'\].*3-fold"):
        assign(manifest({"a": 6, "b": 6}), find_protocol("3-fold:1"), keep={"0" * 64: "test"})
