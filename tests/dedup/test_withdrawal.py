"""A client's waiting drawings leave the queue, and nobody else's."""

import pytest

from cygnet.internal.v1 import dedup_pb2
from cygnet.platform.errors import InvalidRequest
from cygnet.v1 import submission_pb2

from ..submission.environment import raised_by
from .environment import CONTEST, Replica, admit_request, participant

QUEUED, FAILED = submission_pb2.SUBMISSION_STATE_QUEUED, submission_pb2.SUBMISSION_STATE_FAILED
DRAWING = submission_pb2.SUBMISSION_STATE_DRAWING
FLOOD, OTHER = "f" * 10, "o" * 10


def asked(prompt: str, who: int, client: str = FLOOD) -> dedup_pb2.AdmitRequest:
    request = admit_request(prompt, who)
    request.client, request.present = client, not client
    return request


async def withdraw(dedup: Replica, client: str = FLOOD, *present: str, dry_run: bool = False) -> int:
    request = dedup_pb2.WithdrawClientRequest(
        contest=CONTEST, client=client, present_participants=present, dry_run=dry_run
    )
    return (await dedup.dedup.WithdrawClient(request)).drawings


async def test_a_clients_waiting_drawings_leave_the_queue(two: tuple[Replica, Replica]) -> None:
    one, other = two
    drawn = await one.admit(asked("first of all", 1))
    await one.claim()
    flood = [await one.admit(asked(f"flood {who}", who)) for who in range(2, 7)]
    spared = [
        await one.admit(asked("another client's", 11, OTHER)),
        await one.admit(asked("somebody present", 12, "")),
        await one.admit(asked("present meanwhile", 13)),
    ]
    shared = await one.admit(asked("shared", 14))
    await other.admit(asked("shared", 15, OTHER))
    twice = await one.admit(asked("twice by the client", 16))
    again = await one.admit(asked("twice by the client", 17))
    assert again.outcome == submission_pb2.ADMISSION_OUTCOME_COALESCED

    assert await withdraw(other, FLOOD, participant(13), dry_run=True) == 6
    assert {each.state for each in await one.read(*flood, *spared, shared, twice)} == {QUEUED}
    assert await withdraw(other, FLOOD, participant(13)) == 6
    ended = await one.read(*flood, twice, again)
    assert {(each.state, each.failure.reason) for each in ended} == {(FAILED, "CLIENT_ENDED")}
    assert {each.state for each in await one.read(*spared, shared)} == {QUEUED}
    assert [each.state for each in await one.read(drawn)] == [DRAWING]
    assert await withdraw(one, FLOOD, participant(13)) == 0
    statistics = await one.dedup.GetStatistics(dedup_pb2.GetStatisticsRequest(contest=CONTEST))
    assert statistics.queue_length == 4

    # What failed costs nothing, and the prompt may be drawn for somebody else.
    later = await one.admit(asked("flood 2", 20, OTHER))
    assert (later.outcome, later.state) == (submission_pb2.ADMISSION_OUTCOME_ACCEPTED, QUEUED)
    assert [each.failure.reason for each in await one.read(flood[0])] == ["CLIENT_ENDED"]
    assert await withdraw(one) == 1, "without the exception"


@pytest.mark.parametrize("client", ["", "f" * 9, "F" * 10])
async def test_what_names_no_client_is_refused(two: tuple[Replica, Replica], client: str) -> None:
    request = dedup_pb2.WithdrawClientRequest(contest=CONTEST, client=client)
    assert isinstance(await raised_by(two[0].dedup.WithdrawClient(request)), InvalidRequest)
    if client:
        with pytest.raises(InvalidRequest):
            await two[0].admit(asked("a duck", 1, client))
