"""What grows in Redis, and by how much: the table of docs/unfreezable.md, held by measurement."""

import asyncio
import re
from collections.abc import Callable
from pathlib import Path

import pytest
import redis.asyncio as aioredis

from cygnet.dedup import classes, memory
from cygnet.dedup.store import Store
from cygnet.dedup.values import Bucket
from cygnet.internal.v1 import dedup_pb2
from cygnet.platform.tasks import cancel_and_wait

from ..waiting import eventually
from .environment import CONTEST, admission_of, admit_request, participant, result

T0 = 1_800_000_000_000
FREE = Bucket(every_ms=1, burst=1_000_000)
EACH = 500
KEPT = 200
TABLE = Path(__file__).parents[2] / "docs/unfreezable.md"


async def admitted(store: Store, requests: list[dedup_pb2.AdmitRequest]) -> set[str]:
    """Admits them, and draws what is new; returns the outcomes."""
    outcomes = set()
    for at in range(0, len(requests), 50):
        wanted = [admission_of(request, max_queue=1_000_000) for request in requests[at : at + 50]]
        outcomes |= {decision.outcome for decision in await store.admit(wanted, FREE, T0)}
    picture = result().SerializeToString()
    while (claimed := await store.claim(CONTEST, "claim", 10_000, T0)) is not None:
        assert await store.complete(claimed.job, picture, T0) is not None
    # What is on its way to the leaderboard goes when it has arrived, and a bucket when it is full.
    await store._redis.delete(*(f"dedup:{{{CONTEST}}}:{name}" for name in ("outbox", "submit_bucket", "work_bucket")))
    return outcomes


def asked(number: int, who: int) -> dedup_pb2.AdmitRequest:
    """A prompt as long as people write them; no limit but the scripts' own."""
    prompt = f"a small yellow duck with a red hat swims on a blue pond, picture {number:05}"
    return admit_request(prompt, who, every_ms=1, burst=1_000_000, pending=1_000_000)


async def bytes_each(
    redis_client: aioredis.Redis, store: Store, outcome: str, request: Callable[[int], dedup_pb2.AdmitRequest]
) -> float:
    """Returns what one more of them takes, of many."""
    before = int((await redis_client.info("memory"))["used_memory"])
    assert await admitted(store, [request(i) for i in range(EACH)]) == {outcome}
    return (int((await redis_client.info("memory"))["used_memory"]) - before) / EACH


async def test_the_table_of_what_grows_is_true(redis_client: aioredis.Redis) -> None:
    store = Store(redis_client)
    await admitted(store, [asked(i, 1) for i in range(50)])
    # As many as make the server's tables large enough for those that are counted.
    await admitted(store, [asked(7, 2_000_000) for _ in range(KEPT + EACH)])
    measured = {
        "a new prompt, drawn": await bytes_each(redis_client, store, "accepted", lambda i: asked(1000 + i, 1 + i % 50)),
        "a repeat, a participant's first": await bytes_each(
            redis_client, store, "repeated", lambda i: asked(1000, 100_000 + i)
        ),
        "a repeat, up to a participant's 200th": await bytes_each(
            redis_client, store, "repeated", lambda i: asked(i % 50, 200_000 + i % 5)
        ),
        "a repeat, after that": await bytes_each(redis_client, store, "repeated", lambda i: asked(7, 2_000_000)),
    }
    rows = re.findall(r"^\| (.+?) \| at most ([\d,]+) \|$", TABLE.read_text(), re.MULTILINE)
    documented = {what: int(most.replace(",", "")) for what, most in rows if what in measured}
    assert documented.keys() == measured.keys()
    assert {what: most for what, most in documented.items() if measured[what] > most} == {}, measured
    # Nor is the table a guess on the safe side.
    assert {what for what, most in documented.items() if measured[what] < most / 2} == set(), measured


def repeated(who: int) -> dedup_pb2.AdmitRequest:
    return asked(0, who)


async def test_a_new_session_for_each_repeat_takes_no_more_than_a_bound(
    redis_client: aioredis.Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept, store = 100, Store(redis_client)
    monkeypatch.setitem(classes.REPEATS_KEPT, "most_of_visitors", kept)
    player, first_visit = repeated(1), repeated(2)
    await admitted(store, [asked(0, 1), player])
    assert await admitted(store, [first_visit]) == {"repeated"}
    await admitted(store, [repeated(who) for who in range(1_000, 1_000 + 2 * kept)])
    entries = await redis_client.dbsize()
    assert await bytes_each(redis_client, store, "repeated", lambda i: repeated(10_000 + i)) < 8
    assert await redis_client.dbsize() == entries
    newest, oldest = participant(10_000 + EACH - 1), participant(2)
    assert len(await store.history(CONTEST, newest, 10)) == 1
    assert await store.history(CONTEST, oldest, 10) == []
    ids = [admission_of(each).submission_id for each in (first_visit, player)]
    found, *_ = await store.submissions(CONTEST, ids)
    assert [each.submission.submission_id for each in found] == ids[1:], "who has drawn loses nothing to visitors"
    (scored,) = [key async for key in redis_client.scan_iter(f"dedup:{{{CONTEST}}}:scored_participants:*")]
    assert await redis_client.scard(scored) == await redis_client.hlen(f"dedup:{{{CONTEST}}}:last_nickname") == kept + 1
    # Whoever was forgotten is answered, and scored, as anew.
    assert await admitted(store, [repeated(2)]) == {"repeated"}
    assert await redis_client.sismember(scored, oldest)


async def test_repeats_of_those_who_draw_are_bounded_too(
    redis_client: aioredis.Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept, store = 100, Store(redis_client)
    monkeypatch.setitem(classes.REPEATS_KEPT, "most_of_players", kept)
    drawings = [asked(i, 10 + i) for i in range(10)]
    await admitted(store, drawings)
    await admitted(store, [asked(i % 10, 10 + i % 7) for i in range(3 * kept)])
    records = [key async for key in redis_client.scan_iter(f"dedup:{{{CONTEST}}}:submission:*")]
    assert len(records) == kept + len(drawings)
    assert await admitted(store, drawings) == {"known"}


async def test_how_full_redis_is_is_exported(redis_client: aioredis.Redis, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "EVERY_S", 0)
    seen: list[tuple[int, int]] = []
    await redis_client.config_set("maxmemory", 10**9)
    watching = asyncio.create_task(memory.watch_memory(redis_client, lambda used, most: seen.append((used, most))))
    await eventually(lambda: seen, 10, "a reading")
    await redis_client.config_set("maxmemory", 0)
    await eventually(lambda: seen[-1][1] == 0, 10, "one without a bound")
    await cancel_and_wait(watching)
    assert 0 < seen[0][0] < seen[0][1] == 10**9


async def test_a_participants_repeats_take_no_more_and_their_drawings_stay(redis_client: aioredis.Redis) -> None:
    store = Store(redis_client)
    own = [asked(i, 1) for i in range(3)]
    await admitted(store, own)
    repeats = [asked(0, 1) for _ in range(KEPT + 50)]
    assert await admitted(store, repeats) == {"repeated"}
    listed = await store.history(CONTEST, participant(1), 1000)
    assert listed == [admission_of(each).submission_id for each in reversed(repeats[50:])]
    records = [key async for key in redis_client.scan_iter(f"dedup:{{{CONTEST}}}:submission:*")]
    assert len(records) == KEPT + len(own)
    assert await admitted(store, own) == {"known"}
