"""What must hold after every fault: looked at as a player sees it, and in Redis.

Nothing that was acknowledged is lost, nothing has two results, the board is what the results say, and nothing is left
behind that would hold up anybody: no lease, no place in the queue, no try that is counted and was not had.
"""

import asyncio
import hashlib
import urllib.request
from collections import defaultdict
from collections.abc import Sequence
from typing import cast

import redis.asyncio as aioredis

from cygnet.dedup.keys import key
from cygnet.internal.v1 import results_pb2
from cygnet.leaderboard.ranking import steps
from cygnet.platform.errors import Unavailable
from cygnet.v1 import submission_pb2

from ..stack.player import DONE, FAILED, Player
from ..stackrunner import Stack
from ..waiting import eventually
from .play import BOUND_S, CONTEST, Play, Promise

ACCEPTED = submission_pb2.ADMISSION_OUTCOME_ACCEPTED


async def check(stack: Stack, play: Play, settled_s: float = 30.0) -> None:
    """Looks at a play that has ended; within `settled_s` everything is where it belongs.

    Raises:
        AssertionError: something does not hold; the text says what.
    """
    assert play.promises, "nothing was played"
    for promise in play.promises:
        _has_ended(promise)
    _one_picture_a_prompt(play.promises)
    await _nothing_is_left(stack, settled_s)
    for player in play.players:
        await _sees_the_same_again(player, [promise for promise in play.promises if promise.player is player])
    await _tries_are_counted(stack, play)
    await _board_is_what_the_log_says(stack)
    pictures = {promise.ended.result.picture_sha256 for promise in play.promises if promise.ended.state == DONE}  # type: ignore[union-attr]
    await asyncio.to_thread(_pictures_are_there, stack, pictures)


def _has_ended(promise: Promise) -> None:
    ended = promise.ended
    assert ended is not None, f"{promise.acknowledged.submission_id} has no end"
    if ended.state == FAILED:
        assert ended.failure.reason and ended.failure.message, f"{ended.submission_id} failed without words"
    else:
        assert ended.state == DONE and ended.result.picture_sha256


def _one_picture_a_prompt(promises: Sequence[Promise]) -> None:
    drawn: dict[tuple[str, str], set[bytes]] = defaultdict(set)
    for promise in promises:
        assert promise.ended is not None
        if promise.ended.state == DONE:
            result = promise.ended.result.SerializeToString(deterministic=True)
            drawn[promise.ended.target, promise.ended.prompt].add(result)
    twice = [prompt for prompt, results in drawn.items() if len(results) > 1]
    assert not twice, f"{len(twice)} prompts have two results"


async def _sees_the_same_again(player: Player, promises: Sequence[Promise]) -> None:
    """Their list, a retry of each request, and their standing say what the watches said."""
    ended = {promise.ended.submission_id: promise.ended for promise in promises if promise.ended is not None}
    assert len(ended) == len(promises), "two requests are one submission"
    listed = {submission.submission_id: submission for submission in await player.list()}
    assert set(listed) == set(ended), (
        f"lost: {set(ended) - set(listed)}, never acknowledged: {set(listed) - set(ended)}"
    )
    for submission_id, submission in listed.items():
        seen = ended[submission_id]
        assert (submission.state, submission.result) == (seen.state, seen.result), f"{submission_id} has two ends"
    for promise in promises:
        again = await _sent_again(promise)
        assert again.submission_id == promise.acknowledged.submission_id, "a retry is another submission"
    for target in ("duck", "swan"):
        best = max(
            (each.result.score for each in ended.values() if each.target == target and each.state == DONE), default=None
        )
        if best is None:
            continue
        standing = await player.standing(target)
        assert standing is not None and abs(standing.score - best) < 1e-9, (
            f"the board has {standing}, the best is {best}"
        )


async def _sent_again(promise: Promise) -> submission_pb2.Submission:
    """Repeats a request, as patiently as the page: on a loaded machine a call may go unanswered."""
    asked = promise.acknowledged
    async with asyncio.timeout(BOUND_S):
        while True:
            try:
                return await promise.player.submit(asked.prompt, asked.target, promise.request_id)
            except Unavailable as error:
                await asyncio.sleep(error.retry_after_s)


async def _nothing_is_left(stack: Stack, settled_s: float) -> None:
    """The queue, leases, waiters and the outbox are empty, and the services say that nothing is stuck."""

    async def left() -> dict[str, int]:
        async with aioredis.Redis.from_url(stack.redis_admin_url) as client:
            counts = {
                name: await client.zcard(key(CONTEST, name))
                for name in ("queue", "queued_at", "queue_by_model", "leases")
            }
            counts |= {name: await client.xlen(key(CONTEST, name)) for name in ("outbox", "outbox_refused")}
            counts["pending"] = await client.hlen(key(CONTEST, "pending"))
            counts["waiters"] = len([each async for each in client.scan_iter(key(CONTEST, "waiters", "*"), count=1000)])
        return {name: count for name, count in counts.items() if count}

    last: dict[str, int] = {}

    async def nothing() -> bool:
        nonlocal last
        last = await left()
        return not last

    try:
        await eventually(nothing, settled_s)
    except AssertionError:
        raise AssertionError(f"left behind: {last}") from None
    stuck = f'cygnet_stuck_submissions{{contest="{CONTEST}"}} 0.0'

    def none_is_stuck() -> bool:
        with urllib.request.urlopen(stack.endpoints.metrics["dedup"], timeout=10) as answer:
            return stuck in answer.read().decode().splitlines()

    await eventually(lambda: asyncio.to_thread(none_is_stuck), settled_s, stuck)


async def _tries_are_counted(stack: Stack, play: Play) -> None:
    """A try is a drawing that somebody asked for and got."""
    async with aioredis.Redis.from_url(stack.redis_admin_url) as client:
        for player in play.players:
            counted = int(await client.hget(key(CONTEST, "drawn"), player.participant_id) or 0)
            had = [p for p in play.promises if p.player is player and p.ended is not None and p.ended.state == DONE]
            tries = sum(promise.acknowledged.outcome == ACCEPTED for promise in had)
            assert counted == tries, f"{player.nickname} had {tries} drawings, {counted} are counted"


async def _board_is_what_the_log_says(stack: Stack) -> None:
    """Every delivery is in the log once, and everybody's rank is that of the best of them."""
    async with aioredis.Redis.from_url(stack.redis_admin_url) as client:
        log = cast(list[tuple[bytes, dict[bytes, bytes]]], await client.xrange(f"board:{{{CONTEST}}}:log"))
        deliveries = [results_pb2.DeliveredResult.FromString(fields[b"delivery"]) for _, fields in log]
        ids = [delivery.delivery_id for delivery in deliveries]
        assert len(ids) == len(set(ids)), "a result is in the log twice"
        best: dict[str, dict[str, int]] = defaultdict(dict)
        for delivery in deliveries:
            score = steps(submission_pb2.Result.FromString(delivery.result).score)
            ranks = best[delivery.target]
            ranks[delivery.participant_id] = max(ranks.get(delivery.participant_id, 0), score)
        for target, expected in best.items():
            packed = cast(
                list[tuple[bytes, float]],
                await client.zrange(f"board:{{{CONTEST}}}:rank:{target}", 0, -1, withscores=True),
            )
            ranked = {participant.decode(): int(score) >> 33 for participant, score in packed}
            assert ranked == expected, f"the ranking of {target} is not what the log says"


def _pictures_are_there(stack: Stack, pictures: set[str]) -> None:
    for sha256 in pictures:
        with urllib.request.urlopen(f"{stack.url}pictures/{sha256}.png", timeout=10) as answer:
            assert hashlib.sha256(answer.read()).hexdigest() == sha256, f"picture {sha256} is not its bytes"
