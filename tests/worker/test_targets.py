"""A quick look at new targets: noted in the real dedup, taken by a worker, with a double of Triton."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import redis.asyncio as aioredis

from cygnet.contest.document import builtin_picture
from cygnet.dedup.store import Store
from cygnet.dedup.targets import TargetReports
from cygnet.inference.triton import TritonClient
from cygnet.internal.v1 import dedup_pb2, document_pb2
from cygnet.platform.pictures import PictureStore
from cygnet.worker.targets import TargetExaminer

from .triton_double import TritonDouble

SCORER = "builtin://cygnet-clip"


@pytest.fixture
async def triton() -> AsyncIterator[TritonDouble]:
    double = TritonDouble()
    await double.start()
    yield double
    await double.stop()


class Queue:
    """The worker's calls, answered by dedup's store."""

    def __init__(self, reports: TargetReports) -> None:
        self._reports = reports

    async def next_target(self, served: Any) -> dedup_pb2.NextTargetResponse:
        contest, picture = await self._reports.next("", served.scorer.source, served.scorer.digest)
        return dedup_pb2.NextTargetResponse(contest=contest, picture_sha256=picture)

    async def put_target_report(self, served: Any, contest: str, report: document_pb2.TargetReport) -> None:
        await self._reports.put(contest, served.scorer.source, report)


async def test_a_wanted_target_is_looked_at_once_for_each_scorer(
    redis_client: aioredis.Redis, triton: TritonDouble, tmp_path: Path
) -> None:
    reports, pictures = Store(redis_client).targets, PictureStore(tmp_path.as_uri())
    client = TritonClient(triton.address)
    queue: Any = Queue(reports)
    examiner = TargetExaminer(queue, client, pictures)
    served = await client.probe()
    assert not await examiner.examine_next(served)
    stored, missing = await pictures.put(builtin_picture("duck")), "0" * 64
    assert await reports.get("test", SCORER, [stored, missing]) == []
    assert await examiner.examine_next(served)
    assert await examiner.examine_next(served)
    assert not await examiner.examine_next(served)
    found = {report.picture_sha256: report for report in await reports.get("test", SCORER, [stored, missing])}
    # To the double every picture is about as good as any other.
    assert "white paper" in {likeness.what for likeness in found[stored].likenesses}
    assert (found[stored].problem, found[stored].scorer_digest) == ("", served.scorer.digest)
    assert found[missing].problem.startswith("no picture")
    assert (await reports.next("test", SCORER, "c" * 64))[1] in found
    assert await reports.next("other", SCORER, "c" * 64) == ("", "")
    assert await reports.next("test", "builtin://other", "c" * 64) == ("", "")
    assert not triton.prompts
    await client.close()
