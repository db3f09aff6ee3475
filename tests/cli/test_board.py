"""`cygnet board` against the real leaderboard, frozen for players, and a submission service's admin API."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import redis.asyncio as aioredis

from cygnet.contest.store import ContestStore
from cygnet.internal.v1 import document_pb2

from ..leaderboard.environment import OPENING_MS, Service, serving_leaderboard
from ..workloads import ADMIN_TOKEN
from .test_apply import admin_api, cygnet

CLOSES, FREEZE = 20_000, 10_000


def clock() -> int:
    return OPENING_MS + 15_000


@pytest.fixture
async def service(redis_url: str, redis_client: aioredis.Redis) -> AsyncIterator[Service]:
    async with serving_leaderboard(redis_url, clock=clock) as service:
        await service.apply(closes_ms=CLOSES, freeze_before_ms=FREEZE)
        await service.record(service.result(1, 70.25, 1_000, nickname="민준"), service.result(2, 60, 2_000))
        await service.record(
            service.result(2, 90, 11_000, picture="x"), service.result(1, 90, 11_001, nickname="민준", picture="x")
        )
        yield service


@pytest.fixture
async def options(service: Service, redis_client: aioredis.Redis, tmp_path: Path) -> AsyncIterator[tuple[str, ...]]:
    """How the command reaches both services."""
    contests, board = ContestStore(redis_client, "sub"), ContestStore(redis_client, "board")
    await board.load()
    document = document_pb2.ContestDocument()
    document.CopyFrom(board.get("test"))
    await contests.apply(document, dry_run=False)
    token = tmp_path / "token"
    token.write_text(ADMIN_TOKEN)
    async with admin_api(contests, None, ADMIN_TOKEN) as submission:
        yield ("--server", submission, "--server", service.admin_address, "--token-file", str(token))


async def test_organisers_see_what_players_do_not(service: Service, options: tuple[str, ...]) -> None:
    assert [each.score for each in (await service.board()).standings] == [70.25, 60]
    result = await cygnet("board", *options)
    assert result.exit_code == 0, result.output
    assert "test: frozen until" in result.output
    assert "Players see the ranking of" in result.output
    assert "duck: 2 players\n   1  90.00   player 2 +1\n   2  70.25   민준\n" in result.output
    assert "swan: 0 players\n  nobody has a score yet" in result.output


async def test_json_says_all_of_it(options: tuple[str, ...]) -> None:
    document = json.loads((await cygnet("board", "--json", "--target", "duck", "--top", "1", *options)).output)
    assert (document["contest"], document["phase"], len(document["targets"])) == ("test", "frozen", 1)
    [first] = document["targets"][0]["standings"]
    assert (first["rank"], first["nickname"], first["score"]) == (1, "player 2", 90)
    assert first["foundAfter"] == 1
    assert document["targets"][0]["participants"] == 2


async def test_watching_shows_every_change(service: Service, options: tuple[str, ...]) -> None:
    watching = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "cygnet.cli", "board", "--watch", "--json", "--target", "duck", *options),
        stdout=asyncio.subprocess.PIPE,
    )
    assert watching.stdout is not None
    try:
        async with asyncio.timeout(120):
            assert json.loads(await watching.stdout.readline())["targets"][0]["participants"] == 2
            await service.record(service.result(3, 95, 12_000))
            second = json.loads(await watching.stdout.readline())
            assert second["targets"][0]["standings"][0]["nickname"] == "player 3"
    finally:
        watching.terminate()
        await watching.wait()


async def test_bad_input_ends_in_one_line(options: tuple[str, ...], tmp_path: Path) -> None:
    target = await cygnet("board", "--target", "goose", *options)
    assert "contest test has no target called 'goose'; it has duck, swan" in target.output
    contest = await cygnet("board", "--contest", "nothing", *options)
    assert "there is no contest called 'nothing'" in contest.output
    (tmp_path / "token").write_text("x" * 43)
    token = await cygnet("board", *options)
    assert "ADMIN_TOKEN_NEEDED" in token.output
    assert {each.exit_code for each in (target, contest, token)} == {1}
    assert "Traceback" not in target.output + contest.output + token.output
