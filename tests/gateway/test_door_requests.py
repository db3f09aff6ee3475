"""Whose flood is whose own: strangers, others with a session and people who are present have budgets of their own."""

import asyncio
import shutil
import time
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import grpc
import pytest

from cygnet.v1 import leaderboard_pb2, leaderboard_pb2_grpc, submission_pb2, submission_pb2_grpc

from ..waiting import eventually
from .callers import Metadata, session
from .door import KEYS, Door, connection, loaded_page, open_door

if TYPE_CHECKING:
    from cygnet.v1.leaderboard_pb2_grpc import LeaderboardServiceAsyncStub
    from cygnet.v1.submission_pb2_grpc import SubmissionServiceAsyncStub

OK, EXHAUSTED = grpc.StatusCode.OK, grpc.StatusCode.RESOURCE_EXHAUSTED
CALL_S = 20.0


async def submits(channel: grpc.aio.Channel, *metadata: Metadata) -> Counter[grpc.StatusCode]:
    """Submits once for each of the callers, all at once; counts the answers."""
    stub: SubmissionServiceAsyncStub = submission_pb2_grpc.SubmissionServiceStub(channel)
    calls = [stub.Submit(submission_pb2.SubmitRequest(), metadata=each, timeout=CALL_S) for each in metadata]
    return Counter(await asyncio.gather(*(call.code() for call in calls)))


async def test_a_session_that_floods_uses_up_its_own_budget(tmp_path: Path) -> None:
    async with open_door(tmp_path) as door, connection(door) as channel:
        flood = await submits(channel, *[session("macro")] * 400)
        assert flood[OK] >= 60 and flood[EXHAUSTED] > 100 and flood.total() == flood[OK] + flood[EXHAUSTED]
        assert door.reached["Submit"] == flood[OK]
        assert await submits(channel, session("honest")) == {OK: 1}


async def test_strangers_leave_people_with_a_session_alone_and_these_the_present(tmp_path: Path) -> None:
    async with open_door(tmp_path, requests_per_s=100, burst=30) as door, connection(door) as channel:
        strangers = await submits(channel, *[()] * 300)
        assert strangers[EXHAUSTED] > 150
        members = await submits(channel, *(session(f"sybil-{i}") for i in range(300)))
        assert members[OK] >= 30 and members[EXHAUSTED] > 100
        assert await submits(channel, *(session(f"in-the-hall-{i}", present=True) for i in range(30))) == {OK: 30}


@pytest.mark.parametrize(
    "caller",
    [
        (("x-cygnet-session", "made-up"), ("x-cygnet-present", "true")),
        session("forged", present=True, keys="k1:" + "f" * 40),
        session("long-ago", present=True, at_ms=1),
        (("authorization", "Bearer nonsense"),),
    ],
    ids=["headers of one's own", "another key", "over", "no token"],
)
async def test_what_is_no_session_of_ours_has_a_strangers_budget_and_the_services_answer(
    tmp_path: Path, caller: Metadata
) -> None:
    async with open_door(tmp_path, requests_per_s=100, burst=30) as door, connection(door) as channel:
        answers = await submits(channel, *[caller] * 200)
        # Two thirds of the burst for one address, and what comes in meanwhile.
        assert 20 <= answers[OK] < 60, answers
        assert door.reached["Submit"] == answers[OK]
        assert await submits(channel, session("honest", present=True)) == {OK: 1}


async def test_a_rotated_key_holds_while_it_is_given(tmp_path: Path) -> None:
    new = "k2:" + "n" * 40
    async with open_door(tmp_path, session_keys=f"{new},{KEYS}") as door, connection(door) as channel:
        for keys in (new, KEYS):
            answers = await submits(channel, *[session("macro", keys=keys)] * 300)
            assert answers[EXHAUSTED] > 100
            await asyncio.sleep(2.5)


async def test_watches_are_refused_before_calls_and_of_each_kind_for_itself(tmp_path: Path) -> None:
    async with open_door(tmp_path, max_watches=20) as door, connection(door) as channel:
        stub: LeaderboardServiceAsyncStub = leaderboard_pb2_grpc.LeaderboardServiceStub(channel)

        async def opened(*metadata: Metadata) -> int:
            request = leaderboard_pb2.WatchLeaderboardRequest()
            watches = [stub.WatchLeaderboard(request, metadata=each) for each in metadata]
            open_ones.extend(watches)
            firsts = await asyncio.gather(*(watch.read() for watch in watches), return_exceptions=True)
            return sum(isinstance(first, leaderboard_pb2.WatchLeaderboardResponse) for first in firsts)

        open_ones: list[object] = []
        assert await opened(*[()] * 40) == 20
        assert await opened(*(session(f"sybil-{i}") for i in range(30))) == 20
        assert await opened(*(session(f"in-the-hall-{i}", present=True) for i in range(20))) == 20
        assert await submits(channel, ()) == {OK: 1}
        assert await loaded_page(door)


async def test_a_members_pictures_come_while_strangers_load_all_they_may(tmp_path: Path) -> None:
    cookie = session("honest")[0][1].replace("Bearer ", "cygnet-session=")
    async with open_door(tmp_path, requests_per_s=100, burst=30) as door:
        loads = await asyncio.gather(*(loaded_page(door) for _ in range(100)))
        assert 20 <= loads.count(True) < 80
        assert await loaded_page(door, "/pictures/a.png", headers=f"Cookie: {cookie}\r\n")


async def test_services_are_told_who_calls_by_envoy_alone(tmp_path: Path) -> None:
    claimed = (("x-cygnet-address", "203.0.113.9"), ("x-cygnet-session", "nobody"), ("x-forwarded-for", "203.0.113.9"))
    async with open_door(tmp_path) as door, connection(door) as channel:
        assert await submits(channel, claimed) == {OK: 1}
        assert (door.last_metadata["x-cygnet-address"], door.last_metadata.get("x-cygnet-session")) == (
            "127.0.0.1",
            None,
        )
        assert await submits(channel, (*claimed, *session("honest"))) == {OK: 1}
        assert door.last_metadata["x-cygnet-session"] == "honest"


async def test_behind_a_proxy_the_client_is_whom_the_proxy_names(tmp_path: Path) -> None:
    said = (("x-forwarded-for", "198.51.100.1, 203.0.113.9"),)
    async with open_door(tmp_path, trusted_proxies=1) as door, connection(door) as channel:
        assert await submits(channel, said) == {OK: 1}
        assert door.last_metadata["x-cygnet-address"] == "203.0.113.9"


async def test_what_one_generator_sends_is_thrown_away_and_members_are_answered(tmp_path: Path) -> None:
    """The generator is h2load, written in C, with as many connections as it likes, on the machine's own cores."""
    if shutil.which("h2load") is None:
        pytest.skip("h2load is not installed (apt-get install nghttp2-client)")
    async with open_door(tmp_path) as door:
        flooded_since = time.monotonic()
        flood = await _flood(door, seconds=8)
        waits = []
        while flood.returncode is None:
            async with connection(door) as channel:
                began = time.monotonic()
                assert await submits(channel, session("honest")) == {OK: 1}
                waits.append(time.monotonic() - began)
            await asyncio.sleep(0.2)
        # What came through is what one address may.
        assert door.reached["Join"] <= 1400 + 200 * (time.monotonic() - flooded_since)
        assert await door.stat("envoy_http_local_rate_limit_rate_limited") > 1000 and len(waits) >= 3


async def _flood(door: Door, seconds: int) -> asyncio.subprocess.Process:
    """Starts Joins without a session as fast as they go, and waits until they come."""
    arguments = [f"--duration={seconds}", "-c100", "-m32", "-t1", "-Hcontent-type: application/grpc", "-Hte: trailers"]
    body = door.folder / "body"
    body.write_bytes(b"\0\0\0\0\0")
    url = f"http://{door.address}/cygnet.v1.SubmissionService/Join"
    flood = await asyncio.create_subprocess_exec(
        "h2load", *arguments, f"-d{body}", url, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL
    )
    asyncio.get_running_loop().create_task(flood.wait())  # noqa: RUF006
    await eventually(lambda: door.reached["Join"] > 100, 20, "the flood")
    return flood
