"""What an organiser hears of the targets: nothing until a worker has looked, and what it found then, by name."""

import hashlib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import redis.asyncio as aioredis

from cygnet.internal.v1 import admin_pb2, dedup_pb2, document_pb2
from cygnet.platform.errors import InvalidRequest, NotFound, NotSignedIn

from ..workloads import ADMIN_TOKEN
from .environment import DUCK, Game, bearer, document, playing, raised_by

SHA256 = hashlib.sha256(DUCK).hexdigest()


@pytest.fixture
async def game(redis_url: str, redis_client: aioredis.Redis, tmp_path: Path) -> AsyncIterator[Game]:
    async with playing(redis_url, tmp_path) as running:
        yield running


async def examined(
    game: Game, contest: str = "test", token: str | None = ADMIN_TOKEN
) -> dict[str, document_pb2.TargetReport]:
    request = admin_pb2.ExamineTargetsRequest(contest=contest)
    return dict((await game.targets.ExamineTargets(request, metadata=bearer(token))).reports)


async def test_a_target_that_somebody_wants_to_know_about_is_looked_at_and_said(game: Game) -> None:
    await game.apply()
    scorer = document().model.scorer_source
    wanted = dedup_pb2.NextTargetRequest(scorer_source=scorer, scorer_digest="b" * 64)
    assert not (await game.dedup.NextTarget(wanted)).picture_sha256
    assert await examined(game) == {}
    assert (await game.dedup.NextTarget(wanted)).picture_sha256 == SHA256
    assert (await game.dedup.NextTarget(wanted)).contest == "test"
    report = document_pb2.TargetReport(picture_sha256=SHA256, scorer_digest="b" * 64)
    report.likenesses.add(what="white paper", score=71)
    await game.dedup.PutTargetReport(
        dedup_pb2.PutTargetReportRequest(contest="test", scorer_source=scorer, report=report)
    )
    assert (await examined(game)).popitem()[1] == report
    assert not (await game.dedup.NextTarget(wanted)).picture_sha256


async def test_others_learn_nothing(game: Game) -> None:
    await game.apply()
    assert isinstance(await raised_by(examined(game, token=None)), NotSignedIn)
    assert isinstance(await raised_by(examined(game, "nothing")), NotFound)
    crooked = dedup_pb2.GetTargetReportsRequest(contest="test", scorer_source="builtin://x", picture_sha256s=["duck"])
    assert isinstance(await raised_by(game.dedup.GetTargetReports(crooked)), InvalidRequest)
