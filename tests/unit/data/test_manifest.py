from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from components.data.manifest import COLUMNS, Manifest, Rejected
from components.errors import DataError

QUICK = settings(deadline=None, max_examples=25)

text = st.text(
    st.characters(codec="utf-8", exclude_characters="\x1e\x1f", exclude_categories=("Cs",)), max_size=12
)
row = st.fixed_dictionaries(
    {
        "path": text,
        "artist": text,
        "style": text,
        "genre": text,
        "label": st.sampled_from(["", "Cubism", "Été"]),
        "sha256": st.binary(min_size=32, max_size=32).map(bytes.hex),
        "phash": st.binary(min_size=8, max_size=8).map(bytes.hex),
        "thumbnail": st.binary(min_size=4, max_size=4).map(lambda some: some * 256),
        "width": st.integers(1, 30_000),
        "height": st.integers(1, 30_000),
        "mode": st.sampled_from(["RGB", "L", "CMYK"]),
        "brightness": st.floats(0, 1),
        "contrast": st.floats(0, 1),
        "sharpness": st.floats(0, 10),
        "group": text,
        "split": st.sampled_from(["", "train", "test"]),
    }
)
rejections = st.lists(st.builds(Rejected, text, text, text), max_size=3).map(tuple)
manifests = st.builds(
    lambda rows, **about: Manifest(
        pd.DataFrame(rows, columns=list(COLUMNS)), "tiny", Path("/nowhere"), **about
    ),
    st.lists(row, min_size=1, max_size=8),
    synthetic=st.booleans(),
    rejected=rejections,
    files=st.integers(0, 99),
    lineage=st.lists(text, max_size=3).map(tuple),
    parents=st.lists(text, max_size=3).map(tuple),
    task=text,
    protocol=text,
)


@QUICK
@given(whole=manifests, order=st.randoms(use_true_random=False))
def test_the_fingerprint_is_of_the_content_not_of_place_or_order(whole: Manifest, order) -> None:  # type: ignore[no-untyped-def]
    places = list(range(len(whole)))
    order.shuffle(places)
    other = whole.frame.iloc[places].assign(
        path=[f"{n}.jpg" for n in places], thumbnail=b"", width=1, group=""
    )
    moved = replace(whole, frame=other, root=Path("/elsewhere"), rejected=(), lineage=(), protocol="")
    assert moved.fingerprint == whole.fingerprint


@QUICK
@given(
    whole=manifests,
    column=st.sampled_from(["artist", "style", "genre", "label", "sha256", "split"]),
    data=st.data(),
)
def test_the_fingerprint_changes_with_whatever_is_learnt_from(
    whole: Manifest, column: str, data: st.DataObject
) -> None:
    place = data.draw(st.integers(0, len(whole) - 1))
    frame = whole.frame.copy()
    frame.loc[place, column] = frame.loc[place, column] + "x"
    assert whole.with_frame(frame).fingerprint != whole.fingerprint
    assert whole.with_frame(whole.frame.drop(index=place)).fingerprint != whole.fingerprint
    twice = pd.concat([whole.frame, whole.frame.iloc[[place]]])
    assert whole.with_frame(twice).fingerprint != whole.fingerprint
    assert replace(whole, source="other").fingerprint != whole.fingerprint


@QUICK
@given(whole=manifests)
def test_what_is_saved_is_what_is_loaded(whole: Manifest, tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("manifest") / "kept"
    whole.save(folder)
    loaded = Manifest.load(folder)
    pd.testing.assert_frame_equal(loaded.frame, whole.frame, check_dtype=False)
    assert [type(one) for one in loaded.frame["thumbnail"]] == [bytes] * len(whole)
    assert replace(loaded, frame=whole.frame) == whole
    assert loaded.fingerprint == whole.fingerprint


@QUICK
@given(whole=manifests, step=text, more=rejections)
def test_a_derived_version_remembers_where_it_came_from(
    whole: Manifest, step: str, more: tuple[Rejected, ...]
) -> None:
    derived = whole.derived(whole.frame.iloc[:1], step, more)
    assert derived.lineage == (*whole.lineage, step)
    assert derived.parents == tuple(dict.fromkeys((whole.fingerprint, *whole.parents)))
    assert derived.derived(whole.frame, "back").derived(whole.frame, "again").parents[0] == whole.fingerprint
    assert sorted(one.path for one in derived.rejected) == [one.path for one in derived.rejected]
    assert len(derived.rejected) == len(whole.rejected) + len(more)


@pytest.mark.parametrize("text", ["", "{", "[]", "{}"])
def test_a_spoilt_manifest_is_named_with_the_mend(tmp_path: Path, text: str) -> None:
    frame = pd.DataFrame([dict.fromkeys(COLUMNS, "")])
    Manifest(frame, "tiny", tmp_path).save(tmp_path / "kept")
    (tmp_path / "kept" / "manifest.json").write_text(text)
    with pytest.raises(DataError, match=r"kept: no readable manifest.*atelier ingest"):
        Manifest.load(tmp_path / "kept")
    with pytest.raises(DataError, match=r"absent: no readable manifest"):
        Manifest.load(tmp_path / "absent")


def test_a_missing_column_is_named() -> None:
    with pytest.raises(DataError, match=r"lacks the column\(s\) \['phash'\]"):
        Manifest(pd.DataFrame(columns=[name for name in COLUMNS if name != "phash"]), "tiny", Path())
