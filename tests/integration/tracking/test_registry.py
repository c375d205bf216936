import hashlib
import itertools
import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from pathlib import Path
from threading import Barrier, Thread

import numpy as np
import pytest
from PIL import Image

from components.data.alpha import Alpha
from components.errors import RegistryError
from components.inference import releases
from components.inference.predictor import Predictor
from components.inference.release import ReleaseCard
from components.settings import Settings
from components.tracking.connection import connect
from components.tracking.promotion.journal import Journal
from components.tracking.promotion.promotion import TRIES, Contender, Decision, Judge, Promotion, decide
from components.tracking.registry import CHALLENGER, CHAMPION, PREVIOUS, Registry, VersionRecord
from components.tracking.runs import Tracker
from tests.tiny_collections import manifest
from tests.tiny_releases import COLOURS, SIZE, card, write_release

pytestmark = pytest.mark.integration

SAMPLE = np.random.default_rng(0).integers(0, 256, (4, SIZE, SIZE, 3), dtype=np.uint8)


def better(champion: VersionRecord | None) -> Decision:
    return Decision(promote=True, reason="it is better", macro_f1=0.9, champion_macro_f1=0.8)


def worse(champion: VersionRecord | None) -> Decision:
    return Decision(promote=False, reason="it is worse")


def _by_figures(version: str, scores: dict[str, float], drawn: frozenset[str] = frozenset()) -> Judge:
    """Judges `version` by these macro-F1 of versions, of which `drawn` learnt from synthetic pictures."""

    def contender(number: str) -> Contender:
        score = scores[number]
        return Contender(number, "colours", score, score, score, synthetic=number in drawn, source="tiny")

    return lambda champion: decide(contender(version), contender(champion.version) if champion else None)


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return Settings(home=tmp_path_factory.mktemp("home"))


def _trained(settings: Settings, folder: Path, task: str, **about: object) -> tuple[str, ReleaseCard]:
    with Tracker(settings).start(f"{task} · tiny", "colours", "key", {"atelier.kind": "training"}) as run:
        run.epoch(1, {"loss": 1.0})
        run.metrics({"test/macro_f1": 0.9})
        release = card(task=task, run_id=run.id, **about)
        run.log_release(write_release(folder / run.id, release), release, SAMPLE)
    return run.id, release


@pytest.fixture(scope="module")
def versions(settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    folder = tmp_path_factory.mktemp("releases")
    return [Registry(settings).register("style", *_trained(settings, folder, "style")) for _ in range(3)]


def _aliases(settings: Settings, task: str) -> dict[str, str]:
    registry = Registry(settings)
    found = {alias: registry.version(task, alias) for alias in (CHAMPION, CHALLENGER, PREVIOUS)}
    return {alias: one.version for alias, one in found.items() if one is not None}


def test_a_run_is_registered_once(settings: Settings, tmp_path: Path) -> None:
    registry = Registry(settings)
    assert registry.versions("artist") == []
    assert registry.version("artist", CHAMPION) is None
    run_id, about = _trained(settings, tmp_path, "artist")
    assert registry.register("artist", run_id, about) == registry.register("artist", run_id, about) == "1"
    (version,) = registry.versions("artist")
    assert version.run_id == run_id
    assert version.tags["synthetic"] == "true"
    assert version.tags["macro_f1"] == "0.9000"
    assert "synthetic pictures, not real paintings" in version.description
    registry.alias("artist", CHALLENGER, "1")
    found = registry.version("artist", CHALLENGER)
    assert found is not None
    assert found.aliases == (CHALLENGER,)
    assert registry.versions("artist")[0].aliases == (CHALLENGER,)
    registry.drop_alias("artist", CHALLENGER)
    registry.drop_alias("artist", CHALLENGER)
    assert registry.version("artist", CHALLENGER) is None


def test_what_is_missing_is_named(settings: Settings, tmp_path: Path) -> None:
    registry = Registry(settings)
    with Tracker(settings).start("empty", "empty", "key") as run:
        pass
    with pytest.raises(RegistryError, match="no finished model"):
        registry.register("style", run.id, card(run_id=run.id))
    with pytest.raises(RegistryError, match="no version 7; there are: none"):
        registry.alias("nothing", CHAMPION, "7")
    with pytest.raises(RegistryError, match="no version 7"):
        registry.download("nothing", "7", tmp_path / "release")


def test_a_release_comes_back_as_it_was_logged(settings: Settings, tmp_path: Path) -> None:
    registry = Registry(settings)
    run_id, about = _trained(settings, tmp_path, "genre")
    version = registry.register("genre", run_id, about)
    folder = registry.download("genre", version, tmp_path / "release")
    assert registry.download("genre", version, folder) == folder
    predictor = Predictor.load(folder)
    assert predictor.card == about.replace(version=version)
    assert (predictor.probabilities(SAMPLE) == Predictor.load(tmp_path / run_id).probabilities(SAMPLE)).all()
    other = registry.register("genre", *_trained(settings, tmp_path, "genre"))
    with pytest.raises(RegistryError, match="another release"):
        registry.download("genre", other, folder)


@pytest.mark.slow
def test_mlflow_loads_the_model_in_a_fresh_process(settings: Settings, tmp_path: Path) -> None:
    run_id, about = _trained(settings, tmp_path, "artist")
    version = Registry(settings).register("artist", run_id, about)
    np.save(tmp_path / "sample.npy", SAMPLE)
    code = (
        "import json, sys, mlflow, numpy as np\n"
        "mlflow.set_tracking_uri(sys.argv[1])\n"
        "model = mlflow.pyfunc.load_model(sys.argv[2])\n"
        "signature = model.metadata.signature\n"
        "types = [str(one.type) for one in [*signature.inputs, *signature.outputs]]\n"
        "answer = model.predict(np.load(sys.argv[3]))\n"
        "heavy = 'tensorflow' in sys.modules\n"
        "print(json.dumps([types, model.input_example.shape, answer.tolist(), heavy]))\n"
    )
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            code,
            settings.tracking_uri,
            f"models:/atelier-artist/{version}",
            tmp_path / "sample.npy",
        ],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    types, shape, answer, tensorflow = json.loads(done.stdout)
    assert types == ["uint8", "float32"]
    assert shape == [1, SIZE, SIZE, 3]
    np.testing.assert_allclose(answer, Predictor.load(tmp_path / run_id).probabilities(SAMPLE), atol=1e-6)
    assert not tensorflow


def test_the_models_page_shows_final_figures_but_the_run_each_only_once(
    settings: Settings, tmp_path: Path
) -> None:
    run_id, _ = _trained(settings, tmp_path, "artist")
    client = connect(settings)
    (output,) = client.get_run(run_id).outputs.model_outputs
    model = client.get_logged_model(output.model_id)
    assert {one.key: one.value for one in model.metrics} == {"test/macro_f1": 0.9}
    assert Tracker(settings).history(run_id)["test/macro_f1"] == [(0, 0.9)]


def test_promotion_measures_on_the_pixels_that_the_model_learnt_from(
    settings: Settings, tmp_path: Path
) -> None:
    from flows.steps.contender import contender_of

    works = manifest(dict.fromkeys(COLOURS, 1), root=tmp_path)
    paths = []
    for place, name in enumerate(works.frame["label"]):
        pixels = np.zeros((SIZE, SIZE, 4), np.uint8)
        pixels[..., COLOURS.index(name)] = 255  # seen only where transparency is dropped
        paths.append(tmp_path / f"{place}.png")
        Image.fromarray(pixels).save(paths[-1])
    hashes = [hashlib.sha256(path.read_bytes()).hexdigest() for path in paths]
    frame = works.frame.assign(path=[path.name for path in paths], sha256=hashes, split="test")
    registry = Registry(settings)
    version = registry.register("style", *_trained(settings, tmp_path, "style", alpha=Alpha.DROP))
    contender = contender_of(registry.existing("style", version), works.with_frame(frame), settings)
    assert contender.macro_f1 == 1.0


class TestPromotion:
    """The three aliases, the release at hand and the journal move together."""

    @pytest.fixture
    def own(self, settings: Settings, tmp_path: Path) -> Settings:
        """The module's MLflow, and a journal of the test's own."""
        return Settings(home=tmp_path / "home", mlflow_tracking_uri=settings.tracking_uri)

    @pytest.fixture
    def task(self, own: Settings) -> str:
        registry = Registry(own)
        for alias in (CHAMPION, CHALLENGER, PREVIOUS):
            registry.drop_alias("style", alias)
        return "style"

    def test_promotes_keeps_and_rolls_back(self, own: Settings, task: str, versions: list[str]) -> None:
        first, second, third = versions
        promotion = Promotion(own)
        promotion.apply(task, first, better)
        assert _aliases(own, task) == {CHAMPION: first}
        Registry(own).alias(task, CHALLENGER, second)
        entry = promotion.apply(task, second, better)
        assert (entry.champion, entry.previous, entry.macro_f1) == (second, first, 0.9)
        assert _aliases(own, task) == {CHAMPION: second, PREVIOUS: first}
        assert releases.current(own, task) == own.releases / task / second

        promotion.apply(task, third, worse)
        assert _aliases(own, task) == {CHAMPION: second, PREVIOUS: first, CHALLENGER: third}

        promotion.rollback(task)
        assert _aliases(own, task) == {CHAMPION: first, PREVIOUS: second, CHALLENGER: third}
        assert releases.current(own, task) == own.releases / task / first
        assert [entry["action"] for entry in promotion.journal(task)] == [
            "promote",
            "promote",
            "keep",
            "rollback",
        ]
        assert promotion.journal("genre") == []

    def test_doing_it_twice_is_doing_it_once(self, own: Settings, task: str, versions: list[str]) -> None:
        first, second, _ = versions
        promotion = Promotion(own)
        assert promotion.apply(task, first, better) == promotion.apply(task, first, better)
        assert promotion.apply(task, second, worse) == promotion.apply(task, second, worse)
        assert promotion.apply(task, first, better).action == "promote"
        assert len(promotion.journal()) == 2

    def test_a_version_rolled_back_stays_out_until_overruled(
        self, own: Settings, task: str, versions: list[str]
    ) -> None:
        first, second, _ = versions
        promotion = Promotion(own)
        promotion.apply(task, first, better)
        promotion.apply(task, second, better)
        promotion.rollback(task, "it names every work Cubism")
        entry = promotion.apply(task, second, better)
        assert entry.action == "keep"
        assert "it names every work Cubism" in entry.reason
        assert _aliases(own, task)[CHAMPION] == first
        assert promotion.apply(task, second, better, overrule=True).action == "promote"
        assert _aliases(own, task) == {CHAMPION: second, PREVIOUS: first}

    @pytest.mark.parametrize("cut_after", range(5))
    def test_a_promotion_cut_off_anywhere_is_finished_by_the_next(
        self,
        own: Settings,
        task: str,
        versions: list[str],
        monkeypatch: pytest.MonkeyPatch,
        cut_after: int,
    ) -> None:
        first, second, _ = versions
        promotion = Promotion(own)
        promotion.apply(task, first, better)
        Registry(own).alias(task, CHALLENGER, second)
        steps = [
            (Registry, "alias"),
            (Registry, "alias"),
            (Registry, "drop_alias"),
            (releases, "point"),
            (Journal, "end"),
        ]
        with monkeypatch.context() as patch:
            _cut(patch, steps, cut_after)
            with pytest.raises(KeyboardInterrupt):
                promotion.apply(task, second, better)
        assert _aliases(own, task)[CHAMPION] in {first, second}
        assert releases.current(own, task) is not None

        promotion.apply(task, second, better)
        assert _aliases(own, task) == {CHAMPION: second, PREVIOUS: first}
        assert releases.current(own, task) == own.releases / task / second
        assert [entry["version"] for entry in promotion.journal(task)] == [first, second]
        assert Journal(own).pending() is None

    @pytest.mark.parametrize("synthetic", [False, True])
    def test_a_champion_promoted_while_another_is_judged_is_judged_by(
        self, own: Settings, task: str, versions: list[str], *, synthetic: bool
    ) -> None:
        good, poor, _ = versions
        drawn = frozenset({poor} if synthetic else ())
        scores = {good: 0.089, poor: 0.9 if synthetic else 0.048}
        judge, judged_by = _by_figures(poor, scores, drawn), []

        def slowly(champion: VersionRecord | None) -> Decision:
            if not judged_by:
                other = Thread(target=Promotion(own).apply, args=(task, good, _by_figures(good, scores)))
                other.start()
                other.join()
            judged_by.append(champion and champion.version)
            return judge(champion)

        entry = Promotion(own).apply(task, poor, slowly)
        assert judged_by == [None, good]
        assert (entry.action, entry.champion) == ("keep", good)
        assert _aliases(own, task) == {CHAMPION: good, CHALLENGER: poor}

    def test_two_promotions_at_once_leave_the_better_one(
        self, own: Settings, task: str, versions: list[str]
    ) -> None:
        good, poor, _ = versions
        scores, both = {good: 0.089, poor: 0.048}, Barrier(2)

        def promote(version: str) -> None:
            judge, asked = _by_figures(version, scores), []

            def at_once(champion: VersionRecord | None) -> Decision:
                asked.append(champion)
                if len(asked) == 1:
                    both.wait(60)
                return judge(champion)

            Promotion(own).apply(task, version, at_once)

        with ThreadPoolExecutor(2) as pool:
            list(pool.map(promote, (good, poor)))
        assert _aliases(own, task)[CHAMPION] == good
        assert Promotion(own).journal(task)[-1]["champion"] == good

    def test_a_champion_that_never_rests_ends_the_judging(
        self, own: Settings, task: str, versions: list[str]
    ) -> None:
        first, second, third = versions
        others = itertools.cycle([first, second])

        def disturbed(champion: VersionRecord | None) -> Decision:
            Promotion(own).apply(task, next(others), better, overrule=True)
            return better(champion)

        with pytest.raises(RegistryError, match=f"replaced {TRIES} times"):
            Promotion(own).apply(task, third, disturbed)
        assert third not in _aliases(own, task).values()

    @pytest.mark.parametrize("cut_after", [1, 3, 4])
    def test_a_rollback_cut_off_anywhere_and_repeated_is_done_once(
        self,
        own: Settings,
        task: str,
        versions: list[str],
        monkeypatch: pytest.MonkeyPatch,
        cut_after: int,
    ) -> None:
        first, second, third = versions
        promotion = Promotion(own)
        promotion.apply(task, first, better)
        promotion.apply(task, second, better)
        steps = [(Registry, "alias"), (releases, "point"), (Journal, "end")]
        with (
            monkeypatch.context() as patch
        ):  # the last time nothing is cut off: killed before it could say so
            _cut(patch, steps, cut_after)
            with pytest.raises(KeyboardInterrupt) if cut_after < 4 else nullcontext():
                promotion.rollback(task)
        promotion.apply(task, third, worse)  # another process finishes it, and decides something else
        assert promotion.rollback(task)[1]
        assert _aliases(own, task) == {CHAMPION: first, PREVIOUS: second, CHALLENGER: third}
        assert [entry["action"] for entry in promotion.journal(task)][2:] == ["rollback", "keep"]
        promotion.apply(task, second, better, overrule=True)
        entry, repeated = promotion.rollback(task)
        assert (entry.champion, repeated) == (first, False)

    def test_refuses_what_it_cannot_do(self, own: Settings, task: str, versions: list[str]) -> None:
        first, *_ = versions
        promotion = Promotion(own)
        with pytest.raises(RegistryError, match="no champion yet"):
            promotion.apply(task, first, worse)
        with pytest.raises(RegistryError, match="no version 999"):
            promotion.apply(task, "999", better)
        promotion.apply(task, first, better)
        with pytest.raises(RegistryError, match="no previous champion"):
            promotion.rollback(task)
        assert len(promotion.journal()) == 1

    def test_a_promotion_that_can_never_be_finished_can_be_given_up(
        self, own: Settings, task: str, versions: list[str]
    ) -> None:
        promotion = Promotion(own)
        entry = promotion.apply(task, versions[0], better)
        Journal(own).begin(entry.replace(id="another", champion="999"))
        with pytest.raises(
            RegistryError, match=r"cannot be finished: .*no version 999.*delete .*pending\.json"
        ):
            promotion.apply(task, versions[1], better)
        Journal(own).pending_file.unlink()
        assert promotion.apply(task, versions[1], better).champion == versions[1]

    def test_a_release_that_is_gone_moves_nothing(
        self, own: Settings, task: str, versions: list[str], tmp_path: Path
    ) -> None:
        first = versions[0]
        second = Registry(own).register(task, *_trained(own, tmp_path, task))
        promotion = Promotion(own)
        promotion.apply(task, first, better)
        uri = connect(own).get_model_version_download_uri(f"atelier-{task}", second)
        (Path(uri.removeprefix("file://")) / "data/release/model.bin").unlink()
        with pytest.raises(RegistryError, match=r"model\.bin"):
            promotion.apply(task, second, better)
        assert _aliases(own, task) == {CHAMPION: first}


def _cut(patch: pytest.MonkeyPatch, steps: list[tuple[object, str]], after: int) -> None:
    """Stop the process, as it were, before step number `after` of those that `_finish` takes."""
    left = [after]
    for owner, name in dict.fromkeys(steps):
        real = getattr(owner, name)

        def step(*args: object, real: object = real) -> object:
            if left[0] == 0:
                raise KeyboardInterrupt
            left[0] -= 1
            return real(*args)  # type: ignore[operator]

        patch.setattr(owner, name, step)
