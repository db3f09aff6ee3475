"""The two event days of the example, by a fake clock."""

from typing import Any

import pytest

from cygnet.contest.status import Phase
from cygnet_operator.schedule import ScheduleState, schedule_at

from .builders import BORN, TWO_DAYS, at, contest

FREEZE = {"freezeBefore": "30m"}


def seen(now: str, **spec: Any) -> ScheduleState:
    return schedule_at(contest(**spec).spec, BORN, at(now))


@pytest.mark.parametrize(
    ("now", "phase", "warm", "next_change"),
    [
        ("25 12:00", Phase.SCHEDULED, False, "26 08:45"),
        ("26 08:44", Phase.SCHEDULED, False, "26 08:45"),
        ("26 08:45", Phase.PREWARMING, True, "26 09:00"),
        ("26 09:00", Phase.RUNNING, True, "26 18:00"),
        ("26 17:59", Phase.RUNNING, True, "26 18:00"),
        ("26 18:00", Phase.SCHEDULED, False, "27 08:45"),
        ("27 08:50", Phase.PREWARMING, True, "27 09:00"),
        ("27 16:29", Phase.RUNNING, True, "27 16:30"),
        ("27 16:30", Phase.FROZEN, True, "27 17:00"),
        ("27 17:00", Phase.FINISHED, False, None),
        ("30 00:00", Phase.FINISHED, False, None),
    ],
)
def test_two_days(now: str, phase: Phase, warm: bool, next_change: str | None) -> None:
    here = seen(now, schedule=TWO_DAYS, leaderboard=FREEZE)
    assert (here.phase, here.warm) == (phase, warm)
    assert here.next_change == (at(next_change) if next_change else None)


def test_following_the_next_change_from_one_to_the_next_misses_no_phase() -> None:
    now, phases = at("20 00:00"), []
    while True:
        here = schedule_at(contest(schedule=TWO_DAYS, leaderboard=FREEZE).spec, BORN, now)
        phases.append(here.phase)
        if here.next_change is None:
            break
        assert here.next_change > now
        now = here.next_change
    assert list(dict.fromkeys(phases)) == [
        Phase.SCHEDULED,
        Phase.PREWARMING,
        Phase.RUNNING,
        Phase.FROZEN,
        Phase.FINISHED,
    ]


@pytest.mark.parametrize(("now", "opened"), [("26 08:59", None), ("26 09:00", "26 09:00"), ("27 03:00", "26 09:00")])
def test_opened_is_when_the_first_window_opened(now: str, opened: str | None) -> None:
    assert seen(now, schedule=TWO_DAYS).opened == (at(opened) if opened else None)


def test_without_windows_it_is_open_from_birth_and_for_good() -> None:
    assert seen("26 09:00") == ScheduleState(Phase.RUNNING, warm=True, opened=BORN, next_change=None)


@pytest.mark.parametrize("now", ["25 12:00", "26 10:00", "26 20:00"])
def test_paused_holds_no_gpu_and_wakes_for_the_next_change(now: str) -> None:
    here = seen(now, schedule=TWO_DAYS, paused=True)
    assert (here.phase, here.warm) == (Phase.PAUSED, False)
    assert here.next_change is not None


def test_a_finished_contest_is_finished_even_if_paused() -> None:
    assert seen("28 00:00", schedule=TWO_DAYS, paused=True).phase == Phase.FINISHED


def test_a_break_shorter_than_the_prewarm_keeps_replicas_warm() -> None:
    lunch = {
        "windows": [
            {"opens": "2026-10-26T09:00:00+09:00", "closes": "2026-10-26T12:00:00+09:00"},
            {"opens": "2026-10-26T12:10:00+09:00", "closes": "2026-10-26T18:00:00+09:00"},
        ]
    }
    here = seen("26 12:05", schedule=lunch)
    assert (here.phase, here.warm) == (Phase.PREWARMING, True)
