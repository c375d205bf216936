import logging
from dataclasses import replace
from pathlib import Path

import pytest

from components.errors import RegistryError
from components.settings import Settings
from components.tracking.promotion.decision import Contender, decide
from components.tracking.promotion.journal import Entry, Journal

CHAMPION = Contender("1", "simple_cnn", 0.851, 0.81, 0.89, synthetic=False, source="best-artworks", works=212)
CHALLENGER = Contender(
    "2", "mobilenet_v2", 0.873, 0.84, 0.9, synthetic=False, source="best-artworks", works=212
)


def _entry(**changes: object) -> Entry:
    values: dict[str, object] = {
        "id": "a",
        "time": "2026-01-01T00:00:00+00:00",
        "task": "style",
        "action": "promote",
        "version": "2",
        "champion": "2",
        "previous": "1",
        "reason": "better",
    }
    return Entry.model_validate(values | changes)


def test_the_first_becomes_champion() -> None:
    decision = decide(CHALLENGER, None)
    assert decision.promote
    assert decision.macro_f1 == 0.873
    assert decision.champion_macro_f1 is None


def test_the_higher_figure_on_the_same_works_wins() -> None:
    decision = decide(CHALLENGER, CHAMPION)
    assert decision.promote
    assert decision.reason.startswith(
        "macro-F1 0.873 [0.840, 0.900] beats the champion's 0.851 on the same 212 test works"
    )
    assert "not certain" in decision.reason
    judged = decide(replace(CHALLENGER, part="validation"), CHAMPION)
    assert "on the same 212 validation works" in judged.reason
    sure = decide(replace(CHALLENGER, low=0.86), CHAMPION)
    assert sure.promote
    assert "not certain" not in sure.reason


def test_a_refit_on_all_works_is_decided_by_the_run_that_it_refits() -> None:
    refit = replace(CHALLENGER, judged_run="0123456789ab")
    assert "0.873 [0.840, 0.900] (of run 01234567, which it refits) beats" in decide(refit, CHAMPION).reason
    below = decide(CHALLENGER, replace(CHAMPION, macro_f1=0.9, judged_run="0123456789ab"))
    assert "is below the champion's 0.900 (of run 01234567, which it refits)" in below.reason
    same = replace(refit, macro_f1=CHAMPION.macro_f1)
    assert decide(same, replace(CHAMPION, run_id="0123456789ab")).promote
    assert not decide(same, replace(CHAMPION, run_id="another")).promote
    assert not decide(replace(CHAMPION, run_id="0123456789ab"), replace(same, version="3")).promote


@pytest.mark.parametrize("figure", [0.851, 0.85])
def test_a_tie_or_less_keeps_the_champion(figure: float) -> None:
    assert not decide(replace(CHALLENGER, macro_f1=figure), CHAMPION).promote


def test_the_champion_does_not_displace_itself() -> None:
    assert not decide(replace(CHALLENGER, version="1"), CHAMPION).promote


def test_drawn_pictures_never_displace_real_ones() -> None:
    drawn = replace(CHALLENGER, synthetic=True, source="synthetic-gallery", macro_f1=1.0)
    decision = decide(drawn, CHAMPION)
    assert not decision.promote
    assert "synthetic" in decision.reason
    assert decide(replace(CHALLENGER, macro_f1=0.2), replace(CHAMPION, synthetic=True)).promote
    assert decide(drawn, replace(CHAMPION, synthetic=True)).promote


def test_what_cannot_be_compared_is_kept() -> None:
    assert not decide(CHALLENGER, replace(CHAMPION, macro_f1=None)).promote
    assert not decide(replace(CHALLENGER, macro_f1=None), CHAMPION).promote


def test_the_journal_enters_an_action_once(tmp_path: Path) -> None:
    journal = Journal(Settings(home=tmp_path))
    assert journal.entries() == []
    assert journal.pending() is None
    journal.begin(_entry())
    assert journal.pending() == _entry()
    journal.end(_entry())
    journal.begin(_entry())  # killed before it could forget, and finished again
    journal.end(_entry())
    journal.end(_entry(id="b", task="genre"))
    assert journal.pending() is None
    assert journal.entries("style") == [_entry()]
    assert len(journal.entries()) == 2


@pytest.mark.parametrize("cut", [b'{"id": "b", "ta\n', b'{"id": "b", "ta', '{"reason": "schön'.encode()[:-2]])
def test_a_line_that_was_cut_off_is_reported_and_hides_no_other(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, cut: bytes
) -> None:
    caplog.set_level(logging.WARNING, "atelier")  # a library may have raised the level of all loggers
    settings = Settings(home=tmp_path)
    Journal(settings).end(_entry(reason="a line\u2028and another"))
    with settings.journal.open("ab") as file:
        file.write(cut)
    Journal(settings).end(_entry(id="c"))
    Journal(settings).end(_entry(id="d"))
    assert [entry.id for entry in Journal(settings).entries()] == ["a", "c", "d"]
    assert [record.message.split(" and is")[0] for record in caplog.records] == [
        f"{settings.journal}: line 2 cannot be read"
    ]


def test_a_line_that_lacks_only_its_end_is_read(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path)
    Journal(settings).end(_entry())
    settings.journal.write_bytes(settings.journal.read_bytes().rstrip())
    Journal(settings).end(_entry(id="b"))
    assert [entry.id for entry in Journal(settings).entries()] == ["a", "b"]


def test_an_unreadable_action_under_way_is_named(tmp_path: Path) -> None:
    (tmp_path / "promotion-pending.json").write_text("{")
    with pytest.raises(RegistryError, match=r"promotion-pending\.json"):
        Journal(Settings(home=tmp_path)).pending()
