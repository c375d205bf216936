"""Champion or challenger: the decision alone, with nothing moved."""

from __future__ import annotations

from dataclasses import dataclass

from components.formatting import TOO_FEW, brackets


@dataclass(frozen=True)
class Contender:
    """A version and how it did on the works that both are measured on.

    Attributes:
        version: in the task's registered model.
        family: the model family.
        macro_f1: None where it cannot be measured there (it knows other classes).
        low: lower end of its 95 % interval; None where it cannot vary, or nothing was measured.
        high: upper end of it.
        synthetic: it learnt from pictures drawn by code.
        source: the collection it learnt from.
        works: so many; 0 where not known.
        part: the part of the data version that they are.
        run_id: the run that it comes from.
        judged_run: the run whose figure it is, where the version itself has learnt the works; "": its own.
    """

    version: str
    family: str
    macro_f1: float | None
    low: float | None
    high: float | None
    synthetic: bool
    source: str
    works: int = 0
    part: str = "test"
    run_id: str = ""
    judged_run: str = ""


@dataclass(frozen=True)
class Decision:
    """Whether the challenger becomes champion, and why, for people; the figures it rests on."""

    promote: bool
    reason: str
    macro_f1: float | None = None
    champion_macro_f1: float | None = None


def decide(challenger: Contender, champion: Contender | None) -> Decision:
    """Higher macro-F1 on the same works wins; a tie keeps the champion.

    A refit on all works has the figure of the run that it refits. Beside that very run nothing is left to
    compare, and the refit takes its place: the same recipe has learnt from more works.

    Real paintings come before synthetic ones whatever the figures: a champion that learnt from
    paintings is never displaced by one that learnt from drawn pictures, and displaces such a one.
    """
    promote, reason = _verdict(challenger, champion)
    return Decision(promote, reason, challenger.macro_f1, champion.macro_f1 if champion else None)


def _verdict(challenger: Contender, champion: Contender | None) -> tuple[bool, str]:
    score = _score(challenger)
    if champion is None:
        return True, f"the first champion, with macro-F1 {score}"
    if challenger.version == champion.version:
        return False, f"version {champion.version} is the champion already"
    if challenger.judged_run and challenger.judged_run == champion.run_id:
        return True, (
            f"a refit on all works of the champion's own run, which has macro-F1 {_figure_of(champion)}; the "
            f"refit itself is not judged"
        )
    if challenger.synthetic and not champion.synthetic:
        return False, (
            f"it learnt from {challenger.source} (synthetic), the champion from real works "
            f"({champion.source}); macro-F1 {score}"
        )
    if champion.synthetic and not challenger.synthetic:
        return True, (
            f"it learnt from real works ({challenger.source}), the champion from {champion.source} "
            f"(synthetic); macro-F1 {score}"
        )
    return _by_figures(challenger, champion)


def _by_figures(challenger: Contender, champion: Contender) -> tuple[bool, str]:
    if challenger.macro_f1 is None or champion.macro_f1 is None:
        return False, (
            "champion and challenger know different classes, so no works measure both; promote it by "
            "hand if it is to take the champion's place"
        )
    wins = challenger.macro_f1 > champion.macro_f1
    verb = "beats" if wins else "equals" if challenger.macro_f1 == champion.macro_f1 else "is below"
    works = " ".join(
        ["the same", *([str(challenger.works)] if challenger.works else []), challenger.part, "works"]
    )
    reason = f"macro-F1 {_score(challenger)} {verb} the champion's {_figure_of(champion)} on {works}"
    if wins and challenger.low is None:
        reason += f"; {TOO_FEW} to be certain of the gain"
    elif wins and challenger.low is not None and challenger.low <= champion.macro_f1:
        reason += ", within the challenger's interval: the gain is not certain"
    return wins, reason


def _score(contender: Contender) -> str:
    if contender.macro_f1 is None:
        return "not measured"
    return f"{contender.macro_f1:.3f} {brackets(contender.low, contender.high)}{_of_run(contender)}"


def _figure_of(contender: Contender) -> str:
    figure = "not measured" if contender.macro_f1 is None else f"{contender.macro_f1:.3f}"
    return f"{figure}{_of_run(contender)}"


def _of_run(contender: Contender) -> str:
    """Whose figure it is, where the version has learnt the works itself."""
    return f" (of run {contender.judged_run[:8]}, which it refits)" if contender.judged_run else ""
