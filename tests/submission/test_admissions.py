"""Admissions of one moment share a call; a lone one waits for nothing; nobody gets another's decision."""

import asyncio
from typing import Any

import pytest

from cygnet.internal.v1 import dedup_pb2
from cygnet.platform.errors import Refused, Unavailable
from cygnet.platform.grpc.status import to_status
from cygnet.submission.admissions import IN_FLIGHT, MOST, Admissions
from cygnet.v1 import submission_pb2

REFUSED = Refused("too fast", reason="SUBMIT_RATE", retry_after_s=1.25)


class Dedup:
    """Stands where dedup's stub does: admits by request id, refuses those that begin with "refuse", when it may."""

    def __init__(self) -> None:
        self.sizes: list[int] = []
        self.may_answer = asyncio.Event()
        self.failure: Exception | None = None

    async def AdmitMany(self, request: dedup_pb2.AdmitManyRequest) -> dedup_pb2.AdmitManyResponse:
        self.sizes.append(len(request.requests))
        await self.may_answer.wait()
        if self.failure is not None:
            raise self.failure
        return dedup_pb2.AdmitManyResponse(results=[result(each.request_id) for each in request.requests])


def result(request_id: str) -> dedup_pb2.AdmitResult:
    if request_id.startswith("refuse"):
        return dedup_pb2.AdmitResult(status=to_status(REFUSED).SerializeToString())
    return dedup_pb2.AdmitResult(submission=submission_pb2.Submission(submission_id=request_id))


@pytest.fixture
def dedup() -> Dedup:
    return Dedup()


@pytest.fixture
def admissions(dedup: Dedup) -> Admissions:
    stub: Any = dedup
    return Admissions(stub)


def asking(admissions: Admissions, *names: str) -> list["asyncio.Task[submission_pb2.Submission]"]:
    return [asyncio.create_task(admissions.admit(dedup_pb2.AdmitRequest(request_id=name))) for name in names]


async def sent(dedup: Dedup, calls: int) -> None:
    async with asyncio.timeout(5):
        while len(dedup.sizes) < calls:
            await asyncio.sleep(0)


async def test_a_lone_admission_is_sent_at_once(dedup: Dedup, admissions: Admissions) -> None:
    for count in range(1, IN_FLIGHT + 1):
        asking(admissions, f"lone {count}")
        await sent(dedup, count)
    assert dedup.sizes == [1] * IN_FLIGHT
    dedup.may_answer.set()


async def test_those_that_come_meanwhile_go_together_and_each_gets_its_own_decision(
    dedup: Dedup, admissions: Admissions
) -> None:
    first = asking(admissions, *(f"first {i}" for i in range(IN_FLIGHT)))
    await sent(dedup, IN_FLIGHT)
    names = [f"refuse {i}" if i % 3 == 0 else f"admit {i}" for i in range(MOST + 5)]
    later = asking(admissions, *names)
    await asyncio.sleep(0)
    assert len(dedup.sizes) == IN_FLIGHT
    dedup.may_answer.set()
    async with asyncio.timeout(5):
        await asyncio.gather(*first)
        outcomes = await asyncio.gather(*later, return_exceptions=True)
    assert dedup.sizes == [1] * IN_FLIGHT + [MOST, 5]
    for name, outcome in zip(names, outcomes, strict=True):
        if name.startswith("refuse"):
            assert isinstance(outcome, Refused) and vars(outcome) == vars(REFUSED)
        else:
            assert isinstance(outcome, submission_pb2.Submission) and outcome.submission_id == name


async def test_a_call_that_fails_fails_those_in_it_and_no_others(dedup: Dedup, admissions: Admissions) -> None:
    dedup.failure = Unavailable("dedup is away")
    dedup.may_answer.set()
    failed = asking(admissions, "a", "b")
    for task in failed:
        with pytest.raises(Unavailable):
            await task
    dedup.failure = None
    [works] = asking(admissions, "c")
    assert (await works).submission_id == "c"


async def test_a_caller_that_hangs_up_disturbs_nobody(dedup: Dedup, admissions: Admissions) -> None:
    asking(admissions, *(f"first {i}" for i in range(IN_FLIGHT)))
    await sent(dedup, IN_FLIGHT)
    leaves, stays = asking(admissions, "leaves", "stays")
    await asyncio.sleep(0)
    leaves.cancel()
    dedup.may_answer.set()
    assert (await stays).submission_id == "stays"
    assert leaves.cancelled()


async def test_an_answer_with_too_few_decisions_is_an_error_for_all(dedup: Dedup, admissions: Admissions) -> None:
    async def too_few(request: dedup_pb2.AdmitManyRequest) -> dedup_pb2.AdmitManyResponse:
        return dedup_pb2.AdmitManyResponse()

    dedup.AdmitMany = too_few  # type: ignore[method-assign]
    [asked] = asking(admissions, "a")
    with pytest.raises(ValueError, match="zip"):
        await asked
