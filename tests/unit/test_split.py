from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from components.data.manifest import Manifest, Split
from components.data.split import PROTOCOLS, Protocol, assign, named, placements, quotas
from components.errors import DataError, SettingsError
from tests.tiny_collections import manifest

THREE = PROTOCOLS["81/9/10"]
TWO = PROTOCOLS["80/20"]

class_sizes = st.lists(st.integers(3, 40), min_size=2, max_size=4).map(
    lambda sizes: {f"class {place}": size for place, size in enumerate(sizes)}
)
protocols = st.sampled_from([THREE, TWO])
seeds = st.integers(0, 50)


def parts_of(split: Manifest) -> dict[str, str]:
    return dict(zip(split.frame["path"], split.frame["split"], strict=True))


def test_the_protocols_of_the_studies() -> None:
    for protocol in PROTOCOLS.values():
        assert sum(protocol.shares.values()) == pytest.approx(1)
    assert named("81/9/10") is THREE
    with pytest.raises(SettingsError, match="expected one of 81/9/10, 80/20"):
        named("70/30")


def test_quotas_are_exact() -> None:
    assert quotas(100, THREE) == {Split.TRAIN: 81, Split.VALIDATION: 9, Split.TEST: 10}
    assert quotas(1087, THREE) == {Split.TRAIN: 880, Split.VALIDATION: 98, Split.TEST: 109}
    assert quotas(5, TWO) == {Split.TRAIN: 4, Split.VALIDATION: 1}
    assert quotas(3, THREE) == {Split.TRAIN: 1, Split.VALIDATION: 1, Split.TEST: 1}


@given(works=st.integers(3, 5000), protocol=protocols)
def test_quotas_add_up_and_stray_by_less_than_one_and_a_half(works: int, protocol: Protocol) -> None:
    got = quotas(works, protocol)
    assert sum(got.values()) == works
    assert min(got.values()) >= 1
    if works >= 20:  # below, "at least one in each" takes works from train
        assert all(abs(count - works * protocol.shares[part]) < 1 for part, count in got.items())


@settings(deadline=None)
@given(sizes=class_sizes, protocol=protocols, seed=seeds)
def test_single_works_meet_the_quotas_of_each_class(
    sizes: dict[str, int], protocol: Protocol, seed: int
) -> None:
    split = assign(manifest(sizes), protocol, seed=seed)
    for label, count in sizes.items():
        got = Counter(split.frame.loc[split.frame["label"] == label, "split"])
        assert got == Counter(quotas(count, protocol))


@settings(deadline=None)
@given(
    sizes=st.lists(st.lists(st.integers(1, 9), min_size=3, max_size=25), min_size=2, max_size=3),
    protocol=protocols,
    seed=seeds,
)
def test_groups_never_cross_and_every_class_is_in_every_part(
    sizes: list[list[int]], protocol: Protocol, seed: int
) -> None:
    collection = manifest({f"class {place}": len(groups) for place, groups in enumerate(sizes)})
    repeats = [count for groups in sizes for count in groups]
    frame = collection.frame.loc[collection.frame.index.repeat(repeats)]
    split = assign(collection.with_frame(frame), protocol, seed=seed)
    assert split.frame.groupby("group")["split"].nunique().max() == 1
    assert set(split.frame["split"]) == {part.value for part in protocol.shares}
    assert (split.frame.groupby("label")["split"].nunique() == len(protocol.shares)).all()


@settings(deadline=None)
@given(sizes=class_sizes, seed=seeds, order=st.randoms(use_true_random=False))
def test_the_order_of_the_rows_does_not_matter(sizes: dict[str, int], seed: int, order) -> None:  # type: ignore[no-untyped-def]
    collection = manifest(sizes)
    places = list(range(len(collection)))
    order.shuffle(places)
    shuffled = collection.with_frame(collection.frame.iloc[places])
    assert parts_of(assign(shuffled, THREE, seed=seed)) == parts_of(assign(collection, THREE, seed=seed))


@settings(deadline=None)
@given(sizes=class_sizes, growth=st.integers(0, 60), protocol=protocols, seed=seeds)
def test_growth_moves_no_work_and_fills_the_new_quotas(
    sizes: dict[str, int], growth: int, protocol: Protocol, seed: int
) -> None:
    before = assign(manifest(sizes), protocol, seed=seed)
    grown = {label: count + growth for label, count in sizes.items()} | {"new": 7}
    after = assign(manifest(grown), protocol, seed=seed, keep=placements(before))
    now = parts_of(after)
    assert all(now[path] == part for path, part in parts_of(before).items())
    for label, count in grown.items():
        got = Counter(after.frame.loc[after.frame["label"] == label, "split"])
        assert got == Counter(quotas(count, protocol))


def test_another_seed_is_another_split() -> None:
    collection = manifest({"a": 40, "b": 40})
    splits = {tuple(assign(collection, THREE, seed=seed).frame["split"]) for seed in range(5)}
    assert len(splits) == 5


def test_the_other_classes_do_not_matter() -> None:
    alone = parts_of(assign(manifest({"a": 20, "b": 9}), THREE))
    among = parts_of(assign(manifest({"c": 30, "b": 9, "a": 20}), THREE))
    assert alone == {path: part for path, part in among.items() if path in alone}


def test_kept_parts_win_even_over_the_protocol() -> None:
    split = assign(manifest({"a": 10, "b": 10}), TWO, keep={"a-3": "test"})
    assert split.frame.loc[split.frame["group"] == "a-3", "split"].item() == "test"


def test_a_group_under_two_labels_stays_whole() -> None:
    collection = manifest({"a": 6, "b": 6})
    frame = collection.frame.copy()
    frame.loc[frame["group"] == "b-0", "group"] = "a-0"
    split = assign(collection.with_frame(frame), THREE)
    assert split.frame.loc[split.frame["group"] == "a-0", "split"].nunique() == 1
    assert (split.frame["split"] != "").all()


def test_a_class_too_small_is_named_with_its_count_and_the_mend() -> None:
    with pytest.raises(DataError, match=r"'Cubism' has 1 different.*at least 3.*Add works, or leave"):
        assign(manifest({"Realism": 9, "Cubism": 1}), THREE)
    with pytest.raises(DataError, match=r"'Cubism' has 1 different"):  # five copies of one work
        assign(manifest({"Cubism": 1, "Realism": 9}, copies=5), TWO)


def test_a_class_kept_out_of_a_part_is_named() -> None:
    keep = {f"Cubism-{number}": "train" for number in range(4)}
    with pytest.raises(DataError, match="'Cubism' has no work in test, validation"):
        assign(manifest({"Cubism": 4, "Realism": 9}), THREE, keep=keep)


def test_an_unknown_part_is_refused() -> None:
    with pytest.raises(DataError, match=r"\['dev'\]"):
        assign(manifest({"a": 5, "b": 5}), THREE, keep={"a-0": "dev"})
