"""Where a contest stands, from its document alone; and that the operator, which reads the resource, says the same."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cygnet.contest.document import builtin_picture, check_document, to_document
from cygnet.contest.phase import (
    CLOSED,
    FINISHED,
    FROZEN,
    OPEN,
    PAUSED,
    frozen_ms,
    opened_ms,
    phase_at,
    player_view,
    turning_points_passed,
)
from cygnet.contest.spec import ContestSpec
from cygnet.contest.status import Phase
from cygnet.internal.v1 import document_pb2
from cygnet.platform.errors import InvalidRequest
from cygnet.v1 import contest_pb2
from cygnet_operator.schedule import schedule_at

DAY_1 = {"opens": "2026-10-26T09:00:00+09:00", "closes": "2026-10-26T18:00:00+09:00"}
DAY_2 = {"opens": "2026-10-27T09:00:00+09:00", "closes": "2026-10-27T17:00:00+09:00"}
SAME = {
    Phase.SCHEDULED: CLOSED,
    Phase.PREWARMING: CLOSED,
    Phase.RUNNING: OPEN,
    Phase.FROZEN: FROZEN,
    Phase.PAUSED: PAUSED,
    Phase.FINISHED: FINISHED,
}


def spec(**changes: Any) -> ContestSpec:
    target = {"name": "duck", "image": {"builtin": "duck"}}
    return ContestSpec.model_validate(
        {
            "apiVersion": "cygnet.dev/v1alpha1",
            "kind": "Contest",
            "metadata": {"name": "pycon"},
            "spec": {"title": {"en": "Draw the duck"}, "targets": [target], **changes},
        }
    )


def document(**changes: Any) -> document_pb2.ContestDocument:
    return to_document(spec(**changes), [builtin_picture("duck")])


def ms(text: str) -> int:
    """Returns a moment in Seoul: "26 09:30" is on 26 October 2026."""
    return round(datetime.strptime(f"2026-10-{text} +0900", "%Y-%m-%d %H:%M %z").timestamp() * 1000)


TWO_DAYS = {"schedule": {"windows": [DAY_1, DAY_2]}, "leaderboard": {"freezeBefore": "30m"}}


@pytest.mark.parametrize(
    ("at", "phase", "next_change", "opened"),
    [
        ("25 12:00", CLOSED, "26 09:00", None),
        ("26 09:00", OPEN, "26 18:00", "26 09:00"),
        ("26 18:00", CLOSED, "27 09:00", None),
        ("27 10:00", OPEN, "27 16:30", "27 09:00"),
        ("27 16:30", FROZEN, "27 17:00", "27 09:00"),
        ("27 17:00", FINISHED, None, None),
    ],
)
def test_two_days(at: str, phase: contest_pb2.ContestPhase, next_change: str | None, opened: str | None) -> None:
    contest = document(**TWO_DAYS).contest
    now = phase_at(contest, ms(at))
    assert opened_ms(contest, ms(at)) == (opened and ms(opened))
    assert (now.phase, now.next_change_ms) == (phase, next_change and ms(next_change))
    assert now.takes_submissions is (phase in (OPEN, FROZEN))


def test_without_windows_it_is_always_open_and_paused_is_paused() -> None:
    assert phase_at(document().contest, 0).phase == OPEN
    assert not phase_at(document(paused=True).contest, 0).takes_submissions
    assert phase_at(document(paused=True, **TWO_DAYS).contest, ms("26 10:00")).phase == PAUSED
    assert phase_at(document(paused=True, **TWO_DAYS).contest, ms("28 10:00")).phase == FINISHED


def test_without_windows_none_opens() -> None:
    assert opened_ms(document().contest, ms("26 10:00")) is None


def test_a_ranking_that_never_freezes() -> None:
    assert frozen_ms(document().contest) is None
    assert frozen_ms(document(**TWO_DAYS).contest) == (ms("27 16:30"), ms("27 17:00"))


@pytest.mark.parametrize(("at", "opened_before"), [("25 12:00", False), ("26 09:00", True), ("26 20:00", True)])
def test_what_a_player_is_shown_of_the_schedule(at: str, opened_before: bool) -> None:
    view = player_view(document(**TWO_DAYS).contest, ms(at))
    assert view.opened_before is opened_before
    assert view.frozen_from.ToMilliseconds() == ms("27 16:30")
    assert view.frozen_until.ToMilliseconds() == ms("27 17:00")
    assert view.now.ToMilliseconds() == ms(at)


def test_a_contest_without_windows_has_been_open_and_never_freezes() -> None:
    view = player_view(document().contest, 0)
    assert view.opened_before
    assert not (view.HasField("frozen_from") or view.HasField("frozen_until") or view.HasField("next_change"))


@given(minutes=st.lists(st.integers(-60, 60 * 60), min_size=2, max_size=2), freeze=st.integers(0, 24 * 60))
def test_turning_points_are_counted_and_a_phase_never_changes_between_them(minutes: list[int], freeze: int) -> None:
    contest = document(schedule={"windows": [DAY_1, DAY_2]}, leaderboard={"freezeBefore": f"{freeze}m"}).contest
    earlier, later = (ms("26 08:00") + 60_000 * n for n in sorted(minutes))
    assert 0 <= turning_points_passed(contest, earlier) <= turning_points_passed(contest, later) <= 5
    if turning_points_passed(contest, earlier) == turning_points_passed(contest, later):
        assert phase_at(contest, earlier) == phase_at(contest, later)


@given(
    minutes=st.integers(-60, 60 * 60),
    freeze=st.integers(0, 24 * 60),
    paused=st.booleans(),
    windows=st.sampled_from([[], [DAY_1], [DAY_1, DAY_2]]),
)
def test_the_operator_says_the_same(minutes: int, freeze: int, paused: bool, windows: list[dict[str, str]]) -> None:
    contest = spec(
        schedule={"windows": windows},
        paused=paused,
        leaderboard={"freezeBefore": f"{freeze if windows else 0}m"},
    )
    now = datetime(2026, 10, 25, 23, tzinfo=UTC) + timedelta(minutes=minutes)
    seen = schedule_at(contest.spec, now, now).phase
    here = phase_at(to_document(contest, [builtin_picture("duck")]).contest, round(now.timestamp() * 1000)).phase
    assert here == SAME[seen]


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ([("26 09:00", "26 09:00")], "spec.schedule.windows.0"),
        ([("26 09:00", "26 18:00"), ("26 17:00", "26 19:00")], "spec.schedule.windows"),
        ([("26 09:00", "26 10:00")] * 33, "spec.schedule.windows"),
    ],
)
def test_a_services_own_check_of_windows(wrong: list[tuple[str, str]], field: str) -> None:
    sent = document()
    for opens, closes in wrong:
        window = sent.contest.windows.add()
        window.opens.FromMilliseconds(ms(opens))
        window.closes.FromMilliseconds(ms(closes))
    with pytest.raises(InvalidRequest) as refused:
        check_document(sent)
    assert field in {violation.field for violation in refused.value.violations}


def test_a_services_own_check_of_what_the_operator_adds() -> None:
    sent = document()
    sent.contest.freeze_before_ms = 1
    sent.next_share = 1_001
    with pytest.raises(InvalidRequest) as refused:
        check_document(sent)
    assert {violation.field for violation in refused.value.violations} >= {
        "spec.leaderboard.freezeBefore", "next_share", "next_model.generator.source",
    }  # fmt: skip
