"""tune: search over a family's recipe."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from typer import Argument

from components.formatting import brackets
from flows.commands.options import TRAINING, JsonOption, Option, load_settings, planned
from flows.console import errors, output, show_json, show_table, talking

if TYPE_CHECKING:
    from components.training.search.search import Search
    from flows.plan import Plan
    from flows.search.run import SearchResult

_OPTIONS = {name: option for name, option in TRAINING.items() if name != "families"}
_SHOWN = 10

StorageOption = Annotated[
    str | None,
    Option("--storage", help="Database of the trials (ATELIER_SEARCH_STORAGE): sqlite:/// or postgresql://"),
]


@planned(_OPTIONS)
def tune(
    plan: Plan,
    *,
    family: Annotated[str, Option("--family", help="Model family whose recipe is searched over.")],
    search: Annotated[
        str,
        Option(
            "--search", help="A search that is ready to use: heads, grid-cnn, inception or learning-rate."
        ),
    ] = "",
    param: Annotated[
        list[str] | None,
        Option(
            "--param",
            help="A field of the recipe and its values; may be given again: "
            "options.dense_1=128:64:512, options.dropout=0,0.5, stages.0.learning_rate=log:1e-5..1e-2.",
        ),
    ] = None,
    sampler: Annotated[str, Option("--sampler", help="grid, random or tpe (default of --param).")] = "",
    trials: Annotated[
        int | None, Option("--trials", help="Number of trials; default: the whole grid, or 20.")
    ] = None,
    pruner: Annotated[str, Option("--pruner", help="none, asha or hyperband: end poor trials early.")] = "",
    metric: Annotated[str, Option("--metric", help="val_macro_f1 (default), val_accuracy or val_loss.")] = "",
    workers: Annotated[int, Option("--workers", min=1, help="Processes that take trials.")] = 1,
    storage: StorageOption = None,
    name: Annotated[str, Option("--name", help="Name under which the trials are kept and resumed.")] = "",
    worker: Annotated[
        bool, Option("--worker", help="Only take trials of a search that another process leads.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Search over a recipe's fields; the same command resumes it. The best network can be promoted."""
    given = {"sampler": sampler, "trials": trials, "pruner": pruner, "metric": metric}
    params = list(filter(None, param or []))
    wanted = _search(plan, family, search, params, {key: value for key, value in given.items() if value})
    settings = load_settings(search_storage=storage)
    with talking():
        from flows.search.run import run_search, search_job, take_trials
        from flows.steps.ingest import prepared

        manifest = prepared(plan, settings)
        named = name or f"{plan.task} · {manifest.source} · {wanted.name}"
        job = search_job(wanted.replace(name=named), manifest, plan)
        if worker:
            errors.print(f"{take_trials(job, settings)} trials taken")
            return
        done = run_search(job, settings, workers=workers)
    _show(done, as_json=as_json)


def take_trials(
    search: Annotated[str, Argument(help="The search as JSON.")],
    data_version: Annotated[str, Argument(help="Fingerprint of the data version.")],
) -> None:
    """Take trials of a search that another process leads: `--workers` starts such processes."""
    settings = load_settings()
    with talking():
        from components.data.versions import Versions
        from components.training.search.search import Search
        from flows.search.run import SearchJob
        from flows.search.run import take_trials as take

        manifest = Versions(settings.collections / "versions").get(data_version)
        count = take(SearchJob(Search.model_validate_json(search), manifest, ""), settings)
        errors.print(f"{count} trials taken")


def _search(plan: Plan, family: str, ready: str, params: list[str], given: dict[str, Any]) -> Search:
    from components.errors import SettingsError
    from components.training.search.parameter_text import parameter
    from components.training.search.presets import SEARCHES, find_search
    from components.training.search.search import Search
    from components.training.search.space import Space

    recipe = plan.recipe(family)
    if bool(ready) == bool(params):
        raise SettingsError(
            f"A search needs --search NAME (one of {', '.join(SEARCHES)}) or --param NAME=VALUES, one of the "
            f"two; received {'both' if ready else 'neither'}."
        )
    title = f"{family} · {plan.scale} · {ready or 'own'}"
    if ready:
        base = find_search(ready)(recipe, title, plan.seed)
        return Search.of(**(dict(base) | given))
    space = Space.of(*map(parameter, params))
    if given.get("sampler", "tpe") != "grid":
        given = {"trials": 20} | given
    return Search.of(name=title, recipe=recipe, space=space, seed=plan.seed, **given)


def _show(done: SearchResult, *, as_json: bool) -> None:
    from flows.search.logging import trial_rows

    outcome, metrics = done.outcome, done.best.metrics
    rows = trial_rows(outcome)
    if as_json:
        show_json(
            {
                "search": outcome.search.name,
                "metric": outcome.search.metric,
                "run": done.run.id,
                "best": {
                    "trial": outcome.best.number,
                    "values": dict(outcome.best.values),
                    "value": outcome.best.value,
                    "run": done.best.id,
                    "metrics": metrics,
                    "recipe": outcome.recipe.model_dump(mode="json"),
                },
                "importances": dict(outcome.importances),
                "trials": rows,
            }
        )
        return
    states = [trial.state for trial in outcome.trials]
    counted = ", ".join(
        f"{states.count(state)} {state}"
        for state in ("finished", "pruned", "failed", "lost")
        if state in states
    )
    columns = [name for name in rows[0] if name not in {"state", "reason"}]
    sought = set(outcome.search.space.names)
    best = [
        {
            name: f"{row[name]:.4g}" if name in sought and isinstance(row[name], float) else row[name]
            for name in columns
        }
        for row in trial_rows(outcome, every=False)[:_SHOWN]
    ]
    show_table(f"{outcome.search.name}: {counted}; the best {len(best)}", best)
    for reason in sorted({trial.reason for trial in outcome.trials if trial.state == "failed"})[:3]:
        output.print(f"failed: {reason}", markup=False, highlight=False)
    interval = brackets(metrics.get("test/macro_f1_low"), metrics.get("test/macro_f1_high"))
    judged, run = done.best.judged_on, done.best.id[:8]
    output.print(
        f"\nBest, on {judged} works: macro-F1 {metrics['test/macro_f1']:.3f} {interval}, run {run}; "
        f"`atelier promote --task {done.best.tags['atelier.task']} --run {run}` proposes it.",
        markup=False,
        highlight=False,
    )
