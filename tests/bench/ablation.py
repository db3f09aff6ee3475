"""What each part of admission does: the event that froze, played again with the parts added one after another.

Plays `booth-2d` in simulated time against the real admission, the real scripts and a real Redis. What stands for the
GPU draws one picture after another and takes the same time for each (a fake: no GPU here). A part is taken away by what
the scripts are given: without the fair queue everybody is one participant, without dedup every prompt is another one.
Honest people wait as long as a refusal says and try again. Run it with `make bench-ablation`.
"""

import asyncio
import heapq
import itertools
import json
import statistics
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import cast

import click
import redis.asyncio as aioredis
from tests.bench.admission import redis_server
from tests.dedup.environment import admit_request, result

from cygnet.dedup import classes
from cygnet.dedup.admission.admit import AdmissionController
from cygnet.dedup.keys import key
from cygnet.dedup.snapshots import Snapshots
from cygnet.dedup.store import Store
from cygnet.dedup.values import Bucket
from cygnet.internal.v1 import dedup_pb2, document_pb2
from cygnet.platform.errors import Refused
from cygnet.replay.trace import MACRO, Request, Trace, booth_2d

START_MS = 1_800_000_000_000
PICTURE = result().SerializeToString()
SUBMIT_BUCKET, NO_BUCKET = Bucket(500, 10), Bucket(1, 1_000)
NO_LIMITS = document_pb2.AdmissionPolicy(
    every_ms=1, burst=1_000_000, pending=1_000_000, max_predicted_wait_ms=86_400_000
)
"""In the place of the example contest's, which `admit_request` sets."""
PARTS = ("dedup", "fair queue", "limits", "classes", "presence")
GIVES_UP_S = 2 * 3600.0
NEVER_A_REGULAR = 1_000_000_000


def macro(trace: Trace) -> Trace:
    """What happened: one prompt, every 1 to 5 seconds, for an hour."""
    return trace


def evasion(trace: Trace) -> Trace:
    """The same person with another prompt each time."""
    return _changed(trace, lambda number, request: replace(request, prompt=f"{request.prompt} number {number}"))


def sybils(trace: Trace) -> Trace:
    """The same prompts as `evasion`, each by somebody who has just joined."""
    return _changed(evasion(trace), lambda number, request: replace(request, participant=1_000_000 + number))


ATTACKS = {each.__name__: each for each in (macro, evasion, sybils)}


def _changed(trace: Trace, change: Callable[[int, Request], Request]) -> Trace:
    numbers = itertools.count()
    return replace(trace, requests=tuple(change(next(numbers), r) if is_macro(r) else r for r in trace.requests))


def is_macro(request: Request) -> bool:
    return request.participant == MACRO or request.participant >= 1_000_000


@dataclass
class Played:
    """What honest people met."""

    waits_s: list[float] = field(default_factory=list)
    refused: Counter[str] = field(default_factory=Counter)
    gave_up: int = 0
    macro_drawings: int = 0
    drawings: int = 0

    def row(self) -> dict[str, object]:
        ordered = sorted(self.waits_s)
        return {
            "pictures": len(ordered),
            "p50_s": round(statistics.median(ordered), 1),
            "p95_s": round(ordered[int(len(ordered) * 0.95)], 1),
            "longest_s": round(ordered[-1], 1),
            "refused": dict(self.refused),
            "gave_up": self.gave_up,
            "macro_drawings": self.macro_drawings,
            "drawings": self.drawings,
        }


class Event:
    """One event in simulated time."""

    def __init__(
        self, redis: aioredis.Redis, parts: set[str], seconds_per_picture: float, progress: Callable[[Request], None]
    ) -> None:
        self._parts = parts
        self._now_ms = START_MS
        self._drawing_ms = round(seconds_per_picture * 1000)
        self._redis, self._store = redis, Store(redis)
        self._controller = AdmissionController(
            self._store,
            Snapshots(self._store, clock=lambda: self._now_ms, away_ms=10**9),
            submit_bucket=SUBMIT_BUCKET if "limits" in parts else NO_BUCKET,
            clock=lambda: self._now_ms,
            count=lambda *_: None,
        )
        self._job: dedup_pb2.Job | None = None
        self._waiting: dict[str, list[Request]] = {}
        self._numbers = itertools.count()
        self._progress = progress
        self.played = Played()

    async def play(self, trace: Trace) -> Played:
        """Plays it until everybody has a picture or has given up."""
        clicks: list[tuple[float, int, Request, str]] = [
            (request.at_s, number, request, f"request-number-{number}") for number, request in enumerate(trace.requests)
        ]
        done_s, order = float("inf"), itertools.count(len(clicks))
        while clicks or self._job is not None:
            if self._job is not None and (not clicks or done_s <= clicks[0][0]):
                now_s = done_s
                await self._complete(now_s)
            else:
                now_s, _, request, request_id = heapq.heappop(clicks)
                again_s = await self._click(now_s, request, request_id)
                if again_s is None:
                    self._progress(request)
                else:
                    heapq.heappush(clicks, (again_s, next(order), request, request_id))
            if self._job is None:
                claimed = await self._store.claim("booth", f"claim {next(self._numbers)}", 600_000, self._ms(now_s))
                if claimed is not None:
                    self._job, done_s = claimed.job, now_s + self._drawing_ms / 1000
        return self.played

    def _ms(self, at_s: float) -> int:
        self._now_ms = START_MS + round(at_s * 1000)
        return self._now_ms

    async def _click(self, now_s: float, request: Request, request_id: str) -> float | None:
        """Submits; returns when to try again, if at all."""
        self._ms(now_s)
        prompt = request.prompt if "dedup" in self._parts else f"{request.prompt} of {request_id}"
        who = request.participant if "fair queue" in self._parts else 0
        asked = admit_request(prompt, who, request_id=request_id, contest="booth")
        if "limits" not in self._parts:
            asked.policy.MergeFrom(NO_LIMITS)
        asked.present = "presence" in self._parts and not is_macro(request)
        [answer] = await self._controller.admit([asked])
        if isinstance(answer, Refused):
            if is_macro(request):
                return None
            self.played.refused[answer.reason] += 1
            again_s = now_s + max(1.0, answer.retry_after_s)
            if again_s - request.at_s <= GIVES_UP_S:
                return again_s
            self.played.gave_up += 1
            return None
        if isinstance(answer, Exception):
            raise answer
        if answer.HasField("result"):
            self._answered(request, now_s)
        else:
            self._waiting.setdefault(answer.submission_id, []).append(request)
        return None

    async def _complete(self, now_s: float) -> None:
        assert self._job is not None
        waiters = cast(list[bytes], await self._redis.hkeys(key("booth", "waiters", self._job.fingerprint)))
        completed = await self._store.complete(self._job, PICTURE, self._ms(now_s))
        assert completed is not None, "the lease was lost"
        self.played.drawings += 1
        by_macro = True
        for submission_id in waiters:
            for request in self._waiting.pop(submission_id.decode(), ()):
                by_macro &= is_macro(request)
                self._answered(request, now_s)
        self.played.macro_drawings += by_macro
        self._job = None

    def _answered(self, request: Request, now_s: float) -> None:
        if not is_macro(request):
            self.played.waits_s.append(now_s - request.at_s)


def cases() -> Iterator[tuple[str, set[str]]]:
    """Yields the first row, and each with one part more."""
    yield "first come, first served", set()
    for number, part in enumerate(PARTS, 1):
        yield f"+ {part}", set(PARTS[:number])


async def measure(
    trace: Trace, parts: set[str], seconds_per_picture: float, progress: Callable[[Request], None]
) -> Played:
    regular_after = classes.REGULAR_AFTER
    # Without classes nobody becomes a regular, and everybody is of one class.
    classes.REGULAR_AFTER = regular_after if "classes" in parts else NEVER_A_REGULAR
    try:
        with redis_server() as url:
            redis = aioredis.Redis.from_url(url)
            try:
                return await Event(redis, parts, seconds_per_picture, progress).play(trace)
            finally:
                await redis.aclose()
    finally:
        classes.REGULAR_AFTER = regular_after


@click.command(help=(__doc__ or "").splitlines()[0])
@click.option("--picture-seconds", default=4.0, show_default=True, help="How long the GPU takes for a picture.")
@click.option("--skip-hours", default=2.0, show_default=True, help="The macro starts after two and a half.")
@click.option("--hours", default=4.0, show_default=True, help="How much of the event.")
@click.option("--only", multiple=True, type=click.Choice(list(ATTACKS)), help="Only these attacks.")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON object a line.")
def main(picture_seconds: float, skip_hours: float, hours: float, only: tuple[str, ...], as_json: bool) -> None:
    event = booth_2d().part(skip_hours * 3600, hours * 3600)
    if not as_json:
        columns = ["attack", "admission", "honest p50", "p95", "longest", "refusals", "gave up", "drawn for the macro"]
        click.echo(f"| {' | '.join(columns)} |\n|{'---|' * len(columns)}")
    for attack in only or tuple(ATTACKS):
        for name, parts in cases():
            trace = ATTACKS[attack](event)
            with click.progressbar(length=len(trace.requests), label=f"{attack}, {name}", file=sys.stderr) as bar:
                played = measure(trace, parts, picture_seconds, lambda _, bar=bar: bar.update(1))  # type: ignore[misc]
                row = asyncio.run(played).row()
            if as_json:
                click.echo(json.dumps({"attack": attack, "admission": name, **row}))
            else:
                refusals = sum(row["refused"].values()) if isinstance(row["refused"], dict) else 0
                cells = [attack, name, *(f"{row[each]} s" for each in ("p50_s", "p95_s", "longest_s"))]
                cells += [str(each) for each in (refusals, row["gave_up"], row["macro_drawings"])]
                click.echo(f"| {' | '.join(cells)} |")


if __name__ == "__main__":
    main()
