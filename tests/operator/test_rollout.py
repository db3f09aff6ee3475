"""Which model jobs ask for while a changed one takes over; by table."""

from typing import Any

import pytest

from cygnet_operator.model import DEPLOYMENT, Contest
from cygnet_operator.plan import plan
from cygnet_operator.rollout import Serving, model_status, serving_of
from cygnet_operator.schedule import schedule_at

from .builders import BORN, SETTINGS, at, contest, model, observed

OLD, NEW = model(), model("hf://big", 1, 512)
IN_USE = {"model": model_status(OLD)}
CHANGED = {"model": {"generator": {"source": "hf://big", "steps": 1, "size": 512}}}
NOW = at("26 10:00")


def serving(subject: Contest, now: Any = NOW, *, seen: bool = True, **counts: int) -> Serving:
    """Returns what jobs ask for while the Deployment has such counts."""
    wanted = plan(subject, observed(), schedule_at(subject.spec, BORN, now), SETTINGS)
    deployment = next(item for item in wanted.objects if item["kind"] == DEPLOYMENT.kind)
    there = {
        **deployment,
        "metadata": {**deployment["metadata"], "generation": 2},
        "status": {"observedGeneration": 2 if seen else 1, **counts},
    }
    return serving_of(subject, observed(there), wanted)


def changed(**spec: Any) -> Contest:
    return contest(status=IN_USE, **CHANGED, **spec)


@pytest.mark.parametrize(
    ("total", "updated", "ready", "share"),
    [
        (5, 1, 4, 0),  # the first new one starts
        (5, 1, 5, 200),  # it serves: one of five
        (5, 2, 4, 250),  # its step is over, the next one starts beside three old ones
        (5, 4, 5, 800),
        (4, 4, 4, 1000),
        (5, 3, 3, 333),  # one that went away may be a new one
        (5, 1, 1, 0),
        (4, 4, 3, 999),  # no former one is left, and one of the new does not serve
    ],
)
def test_the_new_model_gets_the_share_that_its_replicas_can_draw(
    total: int, updated: int, ready: int, share: int
) -> None:
    said = serving(changed(), replicas=total, updatedReplicas=updated, readyReplicas=ready)
    assert said == (Serving(NEW) if share == 1000 else Serving(OLD, NEW, share))


def test_a_change_that_no_controller_has_seen_yet_has_no_share() -> None:
    said = serving(changed(), seen=False, replicas=4, updatedReplicas=4, readyReplicas=4)
    assert said == Serving(OLD, NEW, 0)


def test_where_nothing_was_drawn_yet_the_wanted_model_is_asked_for_at_once() -> None:
    assert serving(contest(**CHANGED), replicas=4, updatedReplicas=0, readyReplicas=0) == Serving(NEW)


def test_while_no_replica_is_wanted_the_model_is_simply_changed() -> None:
    assert serving(changed(paused=True), replicas=0) == Serving(NEW)


def test_steps_and_size_hold_at_once() -> None:
    subject = contest(status=IN_USE, model={"generator": {"steps": 4}})
    said = serving(subject, replicas=4, updatedReplicas=4, readyReplicas=1)
    assert said == Serving(model(steps=4))


def test_going_back_to_the_model_in_use_needs_no_waiting() -> None:
    assert serving(contest(status=IN_USE), replicas=5, updatedReplicas=4, readyReplicas=4) == Serving(OLD)


def test_a_status_from_before_steps_were_in_it() -> None:
    before = {"model": {"generator": OLD.generator_source, "scorer": OLD.scorer_source}}
    said = serving(contest(status=before, **CHANGED), replicas=5, updatedReplicas=1, readyReplicas=4)
    assert said == Serving(model(steps=NEW.steps, size=NEW.size), NEW, 0)
