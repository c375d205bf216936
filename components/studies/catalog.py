"""The five studies, in one explicit table."""

from __future__ import annotations

from components.errors import SettingsError
from components.studies import (
    artist_resnet50,
    genre_transfer,
    movement_cnn_nst,
    movement_hybrid_inception,
    style_cnn_resnet50,
)
from components.studies.study import Study

STUDIES: dict[str, Study] = {
    study.name: study
    for study in (
        artist_resnet50.STUDY,
        style_cnn_resnet50.STUDY,
        genre_transfer.STUDY,
        movement_cnn_nst.STUDY,
        movement_hybrid_inception.STUDY,
    )
}


def find_study(name: str) -> Study:
    """The study of that name, or of that letter.

    Raises:
        SettingsError: there is none; the message lists those there are.
    """
    for study in STUDIES.values():
        if name in (study.name, study.letter, study.letter.lower()):
            return study
    raise SettingsError(f"{name!r} is no study; expected one of {', '.join(STUDIES)}, or its letter, A to E.")
