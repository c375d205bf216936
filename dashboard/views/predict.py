"""Predict: give a painting, or a sample, and see what the champion names it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import streamlit as st
from PIL import Image

from components.data.images.reader import read_rgb
from components.errors import AtelierError
from components.settings import Settings
from dashboard import charts, formatting, queries, widgets
from dashboard.client import Novelty, Prediction, Ranked, ServedModel
from dashboard.samples import Sample

_SHOWN = 8
_THUMBNAIL_PIXELS = 104
_PIXELS = 720
_CHOSEN = "sample"
_KINDS = ("jpg", "jpeg", "png", "webp", "tif", "tiff", "bmp", "gif")


@dataclass(frozen=True)
class _Picture:
    """What is asked about; `truth` is a sentence, in Markdown, on a sample's own label."""

    name: str
    data: bytes
    truth: str = ""


def page() -> None:
    """Draw the page."""
    settings = widgets.load_settings()
    st.title("Predict")
    st.markdown("Give a picture of a painting, and the champion names it.")
    served = queries.served(settings)
    if served is None:
        widgets.service_away(settings)
        return
    if not served:
        widgets.empty("No champion to ask yet", "make demo", "atelier promote")
        return
    task = st.segmented_control(
        "What would you like to know?",
        list(served),
        format_func=formatting.task_title,
        default=min(served, key=lambda task: served[task].synthetic),
        required=True,
        help="Only tasks with a champion are offered.",
    )
    model = served[task]
    if model.synthetic:
        widgets.synthetic_banner()
    offered = queries.sample_pictures(settings, task, model.data_version, synthetic=model.synthetic)
    left, right = st.columns([5, 6], gap="large")
    with left:
        picture = _picture(settings, offered)
    with right:
        if picture:
            _ask(settings, task, picture)
        else:
            ways = "Upload a painting or try a sample" if offered else "Upload a painting"
            st.info(f"{ways}; the answer appears here.", icon=":material/image_search:")


def _picture(settings: Settings, offered: list[Sample]) -> _Picture | None:
    """The upload or the sample, whichever was chosen last."""
    upload = st.file_uploader(
        "Your painting",
        type=_KINDS,
        max_upload_size=max(1, settings.max_upload_bytes // 2**20),
        on_change=lambda: st.session_state.pop(_CHOSEN, None),
        help="A photograph or scan. It goes to this platform's own prediction service, nowhere else.",
    )
    if offered:
        works = "the synthetic gallery's works" if offered[0].synthetic else "the collection's works"
        st.caption(f"Or try one of {works} that this model never learnt from:")
        _offer(offered)
    for sample in offered:
        if str(sample.path) == st.session_state.get(_CHOSEN):
            verb = "Drawn as" if sample.synthetic else "Its label is"
            truth = f"{verb} **{formatting.plain(sample.label)}**." if sample.label else ""
            return _Picture(sample.caption, sample.path.read_bytes(), truth)
    return _Picture(upload.name, upload.getvalue()) if upload else None


def _offer(offered: list[Sample]) -> None:
    # Side by side also on a phone, where columns would stand below each other and hide the answer.
    with st.container(horizontal=True):
        for place, sample in enumerate(offered):
            with st.container(width=_THUMBNAIL_PIXELS):
                st.image(queries.thumbnail(sample.path), width="stretch", alt=f"Sample {place + 1}")
                chosen = (str(sample.path),)
                st.button("Try it", key=f"sample-{place}", width="stretch", on_click=_choose, args=chosen)


def _choose(path: str) -> None:
    st.session_state[_CHOSEN] = path


def _ask(settings: Settings, task: str, picture: _Picture) -> None:
    try:
        with st.spinner("Looking at it …"):
            answer = queries.predict(settings, task, picture.name, picture.data)
            pixels = read_rgb(picture.data, max_pixels=settings.max_image_pixels)
    except AtelierError as exc:
        st.error(
            formatting.plain(str(exc)),
            icon=":material/broken_image:",
            title="This picture could not be named",
        )
        return
    pixels.thumbnail((_PIXELS, _PIXELS))
    _show(picture, pixels, answer)


def _show(picture: _Picture, pixels: Image.Image, answer: Prediction) -> None:
    st.image(
        pixels, width=_PIXELS // 2, caption=formatting.plain(picture.name), alt="The painting asked about"
    )
    if answer.novelty and answer.novelty.unlike_training:
        _warn(answer, answer.novelty)
        st.markdown(picture.truth)
    else:
        title, text = _summary(answer)
        st.header(formatting.plain(title))
        st.markdown(f"{formatting.plain(text)} {picture.truth}".strip())
        _draw_bars(answer)
        st.caption(_calibration(answer.model))
    widgets.learnt_from(answer.model.trained_on, synthetic=answer.model.synthetic)
    st.caption(
        f"{formatting.family_title(answer.model.family)}, version {answer.model.version}; answered in "
        f"{answer.timing_ms.total:.0f} ms. {_quality(answer.model)}"
    )


def _quality(model: ServedModel) -> str:
    """How good the model is, or what a refit's figure is of."""
    if model.refit != "none":
        return formatting.plain(model.judgement)
    interval = formatting.interval(*(model.macro_f1_interval or (None, None)))
    return f"Macro-F1 on its {model.judged_on} works {formatting.figure(model.macro_f1)} ({interval})."


def _warn(answer: Prediction, novelty: Novelty) -> None:
    """Instead of a confident answer; what the model would say all the same is folded away."""
    st.header("Unlike anything it learnt from")
    st.warning(formatting.plain(novelty.message), icon=":material/help:")
    st.caption(
        f"Distance from the training works {novelty.score:.2f}; 95 % of the validation works are within "
        f"{novelty.threshold:.2f}."
    )
    with st.expander("What it would say all the same"):
        _draw_bars(answer)


def _draw_bars(answer: Prediction) -> None:
    bars = [_bar(ranked) for ranked in answer.predictions[:_SHOWN]]
    widgets.draw(charts.probability_chart(bars), "How sure the model is of each label")


def _calibration(model: ServedModel) -> str:
    """Whether the probabilities can be taken at their word."""
    if not model.calibrated:
        return "These probabilities are the network's own; nothing says how often such an answer is right."
    text = "Calibrated: of answers given with 80 %, about 80 % are right."
    if model.calibration_error is None or model.calibration_error_before is None:
        return text
    return (
        f"{text} On test works they are off by {100 * model.calibration_error:.1f} percentage points on "
        f"average, and were by {100 * model.calibration_error_before:.1f} before."
    )


def _summary(answer: Prediction) -> tuple[str, str]:
    """What the picture is taken for, and how sure that is."""
    best = answer.predictions[0]
    sure = f"{formatting.percent(best.probability)} sure"
    if best.applies is None:
        return formatting.sentence(best.label), f"The model is {sure}."
    labels = [ranked.label for ranked in answer.predictions if ranked.applies]
    if not labels:
        return "None of its labels", f"The nearest is {best.label}: the model is {sure}, which is too little."
    several = "Several labels may be right at once; those in blue are above their own threshold."
    return formatting.sentence(", ".join(labels)), several


def _bar(ranked: Ranked) -> dict[str, Any]:
    bar = {
        "label": ranked.label,
        "probability": ranked.probability,
        "shown": formatting.percent(ranked.probability),
    }
    if ranked.applies is None:
        return bar
    at = formatting.percent(ranked.threshold or 0.0)
    return bar | {"applies": ranked.applies, "shown": f"{bar['shown']} (from {at})"}


if __name__ == "__main__":
    page()
