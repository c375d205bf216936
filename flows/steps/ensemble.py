"""Several networks, one answer (study B10): of finished runs, or of bagged members."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from components.data.splits.refit import Refit
from components.errors import TrainingError
from components.evaluation import metrics
from components.frozen import shifted
from components.runtime import prepare
from components.storage import key_of
from components.tracking import tags as run_tag
from components.tracking.runs import Tracker
from components.training.ensembles.bagging import OutOfBag, Resample, left_out
from flows.log import log_step
from flows.runs.cached_run import find_or_run
from flows.runs.finished_run import finished_run
from flows.runs.refit_of import RefitOf
from flows.steps.evaluation.eval_data import eval_data
from flows.steps.evaluation.evaluate import evaluate
from flows.steps.evaluation.evaluate_refit import evaluate_refit
from flows.steps.promote import version_data
from flows.steps.refit import refit_job, require_test_works
from flows.steps.train import TrainingJob, figure_text, run_training, training_job

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import keras

    from components.data.manifest import Manifest
    from components.settings import Settings
    from components.tracking.recorder import Run
    from components.tracking.runs import RunRecord
    from flows.plan import Plan
    from flows.runs.finished_run import FinishedRun
    from flows.steps.evaluation.eval_data import EvalData

METHOD = 1
"""Counted up when the same members would now give another ensemble."""

FAMILY = "ensemble"
"""In a run's tags and a release's card; it is no family that a recipe trains."""

FEWEST = 2


def bag(family: str, manifest: Manifest, plan: Plan, members: int, settings: Settings) -> RunRecord:
    """`run_bagging`, of a family's recipe at the plan's scale; its refit where the plan asks for one."""
    require_test_works(plan.refit, manifest)
    job = training_job(family, manifest, plan, f"bag of {members}")
    judged = run_bagging(job, members, settings)
    return judged if plan.refit is Refit.NONE else refit_bag(judged, job, members, plan.refit, settings)


def run_ensembling(
    records: Sequence[RunRecord],
    settings: Settings,
    *,
    name: str = "",
    tags: Mapping[str, str] | None = None,
    parent: str = "",
) -> RunRecord:
    """The mean answer of finished runs, as one run: judged on their test works, promoted as one model.

    Args:
        records: at least two, of the same data version; it stands in the first one's experiment. Those that
            stand below no run yet are shown below it. All of them may be refits on the same works: the
            ensemble is then a refit of the ensemble of the runs that they refit, which is made first.
        settings: where runs lie.
        name: the run's; "": made of the members' families.
        tags: on top of the members' kind, task, source and data version.
        parent: id of the run it is shown below; "" for none.

    Raises:
        TrainingError: fewer than two runs, or runs whose answers do not go together.
        RegistryError: a run left no network.
    """
    members = _alike([finished_run(record, settings) for record in records])
    first, refit_of = members[0], _judged_ensemble(members, settings)

    def work(run: Run) -> None:
        _combined(members, version_data(first.record, settings), settings, run, refit_of)
        for member in members:
            if not member.record.parent:
                Tracker(settings).adopt(member.record.id, run.id)

    record, cached = find_or_run(
        settings,
        experiment=first.record.experiment,
        name=name or " + ".join(member.card.family for member in members),
        key=key_of(FAMILY, METHOD, sorted(member.key for member in members)),
        tags=first.tags | dict(tags or {}) | {run_tag.FAMILY: FAMILY} | (refit_of.tags if refit_of else {}),
        work=work,
        parent=parent,
    )
    _log_score("ensemble", record, cached=cached)
    return record


def run_bagging(job: TrainingJob, members: int, settings: Settings) -> RunRecord:
    """Bagging (Breiman 1996): a recipe on so many resamples of the training works; their mean, as one run.

    Members are runs below it, each with a seed of its own; those of a smaller bag are found again. The run
    also has their score on what each of them left out ("out_of_bag/macro_f1"), where a work has one label.

    Args:
        job: its recipe and works; its name is the ensemble's.
        members: two or more.
        settings: where runs lie.

    Raises:
        TrainingError: fewer than two members, or a recipe that cannot be carried out.
        WeightsError: the family needs weights that cannot be had.
    """
    if members < FEWEST:
        raise TrainingError(f"A bag has at least {FEWEST} members, received {members}.")

    def work(run: Run) -> None:
        drawn = _draws(job, members)
        runs = [run_training(_member(job, resample, run.id), settings) for resample in drawn]
        finished = [finished_run(member, settings) for member in runs]
        bag_of_members = _combined(finished, job.manifest, settings, run)
        if not job.recipe.multi_label:
            run.metrics(_out_of_bag(bag_of_members, drawn))

    record, cached = find_or_run(
        settings,
        experiment=job.experiment,
        name=job.name,
        key=key_of("bag", METHOD, members, job.manifest.task, job.recipe.key, job.manifest.fingerprint),
        tags=dict(job.tags) | {run_tag.FAMILY: FAMILY},
        work=work,
        parent=job.parent,
    )
    _log_score("bag", record, cached=cached)
    return record


def refit_bag(
    judged: RunRecord, job: TrainingJob, members: int, kind: Refit, settings: Settings
) -> RunRecord:
    """A judged bag again on more works: each member with its own epochs, on draws of all that it may learn.

    Its score on what members left out is of all those works, so that a bag refit on all works has a figure
    of its own in "out_of_bag/macro_f1", which no promotion goes by.

    Args:
        judged: the run of `run_bagging(job, members, settings)`.
        job: the bag's.
        members: two or more.
        kind: which works are learnt from.
        settings: where runs lie.
    """
    refit_of = RefitOf(finished_run(judged, settings), kind)

    def work(run: Run) -> None:
        drawn = _draws(job, members)
        finished = []
        for resample in drawn:
            member = _member(job, resample, run.id)
            of_member = RefitOf(finished_run(run_training(member, settings), settings), kind)
            finished.append(
                finished_run(run_training(refit_job(member, of_member, settings), settings), settings)
            )
        bag_of_members = _combined(finished, job.manifest, settings, run, refit_of)
        if not job.recipe.multi_label:
            run.metrics(_out_of_bag(bag_of_members, drawn))

    record, cached = find_or_run(
        settings,
        experiment=job.experiment,
        name=f"{job.name} · refit on {kind.works}",
        key=key_of("bag", METHOD, members, judged.key, *refit_of.keys),
        tags=dict(job.tags) | {run_tag.FAMILY: FAMILY} | refit_of.tags,
        work=work,
        parent=job.parent,
    )
    _log_score("bag", record, cached=cached)
    return record


@dataclass(frozen=True)
class _Bag:
    """What an ensemble was made of: its members' networks, and the works it was judged by."""

    networks: list[keras.Model]
    works: EvalData


def _alike(members: list[FinishedRun]) -> list[FinishedRun]:
    """The members, if their answers go together."""
    if len(members) < FEWEST or len({member.record.id for member in members}) < len(members):
        raise TrainingError(
            f"An ensemble has at least {FEWEST} different runs, received "
            f"{', '.join(member.record.id[:8] for member in members) or 'none'}. See `atelier runs`."
        )
    for what, seen in {
        "data versions": [member.card.data_version for member in members],
        "tasks": [member.card.task.value for member in members],
        "classes": [str(list(member.card.class_names)) for member in members],
        "ways with transparency": [member.card.alpha.value for member in members],
        "ways with borders": [member.card.borders.value for member in members],
        "numbers of labels to a work": [
            "several" if member.card.multi_label else "one" for member in members
        ],
        "works that were learnt from": [member.card.refit.works for member in members],
    }.items():
        if len(set(seen)) > 1:
            each = "; ".join(
                f"{member.record.id[:8]} has {value}" for member, value in zip(members, seen, strict=True)
            )
            raise TrainingError(
                f"Members of an ensemble answer the same question and are judged by the same works; these "
                f"are of different {what}: {each}. Train them on one data version (`atelier train`)."
            )
    return members


def _judged_ensemble(members: Sequence[FinishedRun], settings: Settings) -> RefitOf | None:
    """What an ensemble of refits stands on: the ensemble of the runs that they refit; None of other runs."""
    kind = members[0].card.refit
    if kind is Refit.NONE:
        return None
    tracker = Tracker(settings)
    judged = run_ensembling([tracker.run(member.card.refit_of) for member in members], settings)
    return RefitOf(finished_run(judged, settings), kind)


def _combined(
    members: Sequence[FinishedRun],
    manifest: Manifest,
    settings: Settings,
    run: Run,
    refit_of: RefitOf | None = None,
) -> _Bag:
    """The members as one network, judged and logged."""
    prepare(settings)  # before whatever imports Keras
    from components.devices import hardware
    from components.models import voting

    networks = [member.network() for member in members]
    whole = voting.mean_of(networks)
    run.params(
        {
            "members": [member.record.id for member in members],
            "families": [member.card.family for member in members],
        }
    )
    run.tags({f"hardware.{name}": value for name, value in hardware().items()})
    run.dataset(manifest)
    run.table("tables/members.json", member_rows([member.record for member in members]))
    seconds = sum(member.record.metrics.get("training_seconds", 0.0) for member in members)
    run.metrics({"training_seconds": seconds, "members": float(len(members))})
    judged = members[0].judged_as(FAMILY, whole.input_shape[1:3])
    works = eval_data(judged, manifest, settings, refit_of.refit if refit_of else Refit.NONE)
    if refit_of:
        evaluate_refit(run, whole, judged, works, refit_of)
    else:
        evaluate(run, whole, judged, works)
    return _Bag(networks, works)


def member_rows(records: Sequence[RunRecord]) -> list[dict[str, object]]:
    """A row a member: what it is, and how good it is alone (or the run that it refits)."""
    return [
        {
            "member": number,
            "family": record.family,
            "run": record.id,
            "validation macro-F1": round(record.judged("validation")["macro_f1"], 4),
            "test macro-F1": round(record.judged("test")["macro_f1"], 4),
        }
        for number, record in enumerate(records, start=1)
    ]


def _draws(job: TrainingJob, members: int) -> list[Resample]:
    """What each member of a bag draws."""
    return [Resample(member=number + 1, seed=job.recipe.seed) for number in range(members)]


def _member(job: TrainingJob, drawn: Resample, parent: str) -> TrainingJob:
    """A member of a bag, as a training of its own; found again by recipe, works and draw."""
    recipe = job.recipe.replace(seed=shifted(job.recipe.seed, drawn.member - 1))
    name, tags = f"{job.name}, member {drawn.member}", {run_tag.MEMBER: str(drawn.member)}
    return replace(job, recipe=recipe, name=name, tags=dict(job.tags) | tags, parent=parent, resample=drawn)


def _out_of_bag(bag: _Bag, drawn: Sequence[Resample]) -> dict[str, float]:
    """Scores on training works, each answered by the members that never saw it."""
    from components.data.feeding.batches import Batches  # Keras, which was imported for the members

    data, groups = bag.works.data, bag.works.training_groups
    labels, names = data.train_labels, data.class_names
    seen = OutOfBag(len(labels), len(names))
    for network, resample in zip(bag.networks, drawn, strict=True):
        places = left_out(resample.rows(groups, labels), len(labels))
        if len(places):
            batches = Batches(data.train_images, labels, 32, shuffle=False, seed=0, rows=places)
            seen.add(places, network.predict(batches, verbose=0))
    if not len(seen.places):
        return {}
    own = [groups[place] for place in seen.places]
    scores = metrics.evaluate(labels[seen.places], seen.probabilities, names, own)
    return scores.as_metrics("out_of_bag") | {"out_of_bag/works": float(len(seen.places))}


def _log_score(stop: str, record: RunRecord, *, cached: bool) -> None:
    log_step(stop, f"{record.name}: {figure_text(record)} in {record.seconds:.0f} s", cached=cached)
