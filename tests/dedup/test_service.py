"""DedupService on live servers: who is admitted, who draws, how it stands."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable

import grpc
import pytest
import redis.asyncio as aioredis
from google.rpc import status_pb2

from cygnet.internal.v1 import dedup_pb2
from cygnet.platform.errors import Conflict, InvalidRequest, LeaseLost, Refused
from cygnet.platform.grpc.status import from_rpc_error, from_status
from cygnet.v1 import submission_pb2

from ..waiting import eventually
from .environment import CONTEST, Replica, ResultLog, admit_request, drawn, leased, participant, raised, replica


@pytest.fixture
async def forgetful(redis_client: aioredis.Redis, redis_url: str, results: ResultLog) -> AsyncIterator[Replica]:
    """A replica whose leases are short."""
    async with results.listening() as port, replica(redis_url, port, lease_ms=300, lease_losses=2) as one:
        yield one


async def test_from_the_request_to_the_score(two: tuple[Replica, Replica], results: ResultLog) -> None:
    phone, booth = two
    mine = await phone.admit(admit_request("  A DUCK "))
    assert mine.state == submission_pb2.SUBMISSION_STATE_QUEUED
    assert mine.outcome == submission_pb2.ADMISSION_OUTCOME_ACCEPTED
    assert (mine.prompt, mine.target, mine.policy_generation) == ("  A DUCK ", "duck", 5)
    assert (mine.queue.position, mine.queue.measuring) == (0, True)

    job = await booth.claim()
    assert (job.canonical_prompt, job.attempt, job.fence, job.lease_ms) == ("a duck", 1, 1, 600_000)
    assert job.model.steps == 4
    [drawing] = await phone.read(mine)
    assert drawing.state == submission_pb2.SUBMISSION_STATE_DRAWING
    assert drawing.drawing.started_at.ToMilliseconds() >= mine.created_at.ToMilliseconds()
    assert drawing.revision > mine.revision
    kept = await booth.dedup.Heartbeat(leased(dedup_pb2.HeartbeatRequest, job))
    assert kept.lease_ms == 600_000

    completion = drawn(job)
    await booth.dedup.Complete(completion)
    [done] = await phone.read(mine)
    assert done.state == submission_pb2.SUBMISSION_STATE_DONE
    assert done.result.picture_sha256 == submission_pb2.Result.FromString(completion.result).picture_sha256
    assert done.result.score == 61.234567890123456
    assert not done.result.seed
    assert done.revision > drawing.revision

    # Somebody else, written otherwise, and no drawing.
    theirs = await booth.admit(admit_request("a\u200b duck", who=2))
    assert theirs.outcome == submission_pb2.ADMISSION_OUTCOME_REPEATED
    assert theirs.result == done.result
    await results.has(2)
    entry = results.log[theirs.submission_id]
    assert (entry.participant_id, entry.nickname, entry.target) == (participant(2), "player 2", "duck")
    assert submission_pb2.Result.FromString(entry.result) == done.result
    assert entry.policy_generation == 5


async def test_fifty_at_once_are_one_drawing(two: tuple[Replica, Replica], results: ResultLog) -> None:
    submissions = await asyncio.gather(*(two[number % 2].admit(admit_request(who=number % 10)) for number in range(50)))
    assert Counter(each.outcome for each in submissions) == {
        submission_pb2.ADMISSION_OUTCOME_ACCEPTED: 1,
        submission_pb2.ADMISSION_OUTCOME_COALESCED: 49,
    }
    job = await two[0].claim()
    assert not (await two[1].dedup.Claim(dedup_pb2.ClaimRequest(contest=CONTEST))).HasField("job")
    await two[0].dedup.Complete(drawn(job))
    done = await two[1].read(*submissions)
    assert len(done) == 50
    assert {each.state for each in done} == {submission_pb2.SUBMISSION_STATE_DONE}
    assert len({each.result.SerializeToString() for each in done}) == 1
    # Ten participants, five times each: everybody's score is sent once.
    await results.has(10)
    assert results.log.keys() <= {each.submission_id for each in submissions}
    assert Counter(entry.participant_id for entry in results.log.values()) == Counter(participant(n) for n in range(10))


async def test_a_retry_finds_its_own_submission(two: tuple[Replica, Replica]) -> None:
    request = admit_request(request_id="the-very-same-request")
    answers = await asyncio.gather(*(two[number % 2].admit(request) for number in range(20)))
    assert len({each.submission_id for each in answers}) == 1
    request.prompt = "a swan"
    async with raised(Conflict) as errors:
        await two[0].admit(request)
    assert errors[0].reason == "REQUEST_ID_REUSED"


async def test_refusals_say_why_and_when_to_come_again(two: tuple[Replica, Replica]) -> None:
    one, _ = two
    await one.admit(admit_request("one", every_ms=3_600_000, burst=1))
    async with raised(Refused) as errors:
        await one.admit(admit_request("two", every_ms=3_600_000, burst=1))
    assert isinstance(errors[0], Refused)
    assert errors[0].reason == "NEW_WORK_RATE"
    assert 3_500 < errors[0].retry_after_s <= 3_600

    async with raised(Refused) as errors:
        await one.admit(admit_request("two", pending=1))
    assert (errors[0].reason, errors[0].retry_after_s) == ("PENDING_LIMIT", 2.0)  # type: ignore[attr-defined]

    await one.admit(admit_request("three", who=2))
    # Two wait, and where nothing is measured two seconds hold one drawing: two too many.
    async with raised(Refused) as errors:
        await one.admit(admit_request("four", who=3, max_predicted_wait_ms=2_000))
    assert (errors[0].reason, errors[0].retry_after_s) == ("QUEUE_FULL", 4.0)  # type: ignore[attr-defined]

    with pytest.raises(Refused) as failed:
        for _ in range(1_000):
            await one.admit(admit_request("one"))
    error = failed.value
    assert error.reason == "SUBMIT_RATE"
    assert 0 < error.retry_after_s <= 0.5


async def test_a_prompt_that_cannot_be_seen_is_no_prompt(two: tuple[Replica, Replica]) -> None:
    async with raised(InvalidRequest) as errors:
        await two[0].admit(admit_request("\u200b\u3164"))
    assert isinstance(errors[0], InvalidRequest)
    assert [violation.field for violation in errors[0].violations] == ["prompt"]


async def test_many_at_once_are_decided_on_each_for_itself(two: tuple[Replica, Replica]) -> None:
    requests = [
        admit_request("a duck", who=1),
        admit_request("\u200b", who=2),
        admit_request("a duck", who=3),
        admit_request("a swan", who=1, pending=1),
        admit_request("", who=4),
        admit_request("a swan", who=5),
        admit_request("a pond", who=6),
    ]
    requests[-1].only_known = True
    answer = await two[0].dedup.AdmitMany(dedup_pb2.AdmitManyRequest(requests=requests))
    reasons = [
        from_status(status_pb2.Status.FromString(result.status)).reason if result.HasField("status") else ""
        for result in answer.results
    ]
    assert reasons == ["", "INVALID_REQUEST", "", "PENDING_LIMIT", "INVALID_REQUEST", "", "SUBMISSION_NOT_FOUND"]
    assert [result.submission.outcome for result in answer.results if result.HasField("submission")] == [
        submission_pb2.ADMISSION_OUTCOME_ACCEPTED,
        submission_pb2.ADMISSION_OUTCOME_COALESCED,
        submission_pb2.ADMISSION_OUTCOME_ACCEPTED,
    ]


@pytest.mark.parametrize("count", [0, 129])
async def test_too_few_or_too_many_at_once_are_refused_whole(two: tuple[Replica, Replica], count: int) -> None:
    requests = [admit_request(who=who % 30) for who in range(count)]
    async with raised(InvalidRequest) as errors:
        await two[0].dedup.AdmitMany(dedup_pb2.AdmitManyRequest(requests=requests))
    assert isinstance(errors[0], InvalidRequest)
    assert [violation.field for violation in errors[0].violations] == ["requests"]


async def test_a_claim_waits_for_work(two: tuple[Replica, Replica]) -> None:
    one, other = two
    assert not (await one.dedup.Claim(dedup_pb2.ClaimRequest(wait_ms=50))).HasField("job")
    for contest in (CONTEST, ""):
        waiting = asyncio.ensure_future(one.claim(contest=contest))
        await asyncio.wait({waiting}, timeout=0.2)
        assert not waiting.done()
        await other.admit(admit_request(f"for {contest or 'any'}"))
        async with asyncio.timeout(15):
            job = await waiting
        assert job.canonical_prompt == f"for {contest or 'any'}"


async def test_every_contest_gets_its_turn(two: tuple[Replica, Replica]) -> None:
    for contest in ("ants", "bees"):
        for number in range(3):
            request = admit_request(f"{number}", pending=3)
            request.contest = contest
            await two[0].admit(request)
    contests = [(await two[0].claim(contest="")).contest for _ in range(6)]
    assert contests == ["ants", "bees"] * 3


async def test_a_claim_that_goes_away_takes_no_job_along(forgetful: Replica) -> None:
    for number in range(6):
        gone = forgetful.dedup.Claim(dedup_pb2.ClaimRequest(contest=CONTEST, wait_ms=30_000))
        admission = asyncio.ensure_future(forgetful.admit(admit_request(f"prompt {number}", who=number)))
        # The cancellation meets the claim at another moment every time: before it, waiting, in the script, answering.
        await asyncio.wait({admission}, timeout=number / 1_000)
        gone.cancel()
        # It may have been answered already.
        await asyncio.wait({asyncio.ensure_future(settled(gone))})
        await admission
        async with asyncio.timeout(30):
            job = await forgetful.claim()
        assert job.canonical_prompt == f"prompt {number}"
        await forgetful.dedup.Complete(drawn(job))


async def settled(call: "grpc.aio.UnaryUnaryCall[dedup_pb2.ClaimRequest, dedup_pb2.ClaimResponse]") -> None:
    """Waits for the end of a call, whatever it is."""
    await call.code()


async def test_a_silent_worker_loses_its_job_and_a_stale_one_learns_it(forgetful: Replica) -> None:
    mine = await forgetful.admit(admit_request())
    silent = await forgetful.claim()
    second = await forgetful.claim()
    assert (second.fingerprint, second.fence, second.attempt) == (silent.fingerprint, 2, 2)
    stale: list[Awaitable[object]] = [
        forgetful.dedup.Heartbeat(leased(dedup_pb2.HeartbeatRequest, silent)),
        forgetful.dedup.Complete(drawn(silent)),
        forgetful.dedup.Release(leased(dedup_pb2.ReleaseRequest, silent)),
    ]
    for call in stale:
        with pytest.raises(grpc.aio.AioRpcError) as failed:
            await call
        assert failed.value.code() is grpc.StatusCode.ABORTED
        assert isinstance(from_rpc_error(failed.value), LeaseLost)
    # The second one is silent as well: that was once too often, and the participant sees it.

    async def failed_reason() -> str:
        [seen] = await forgetful.read(mine)
        return seen.failure.reason if seen.state == submission_pb2.SUBMISSION_STATE_FAILED else ""

    assert await eventually(failed_reason, 30) == "WORKER_LOST"


async def test_a_failed_drawing_is_shown_and_free(two: tuple[Replica, Replica], results: ResultLog) -> None:
    one, _ = two
    mine = await one.admit(admit_request(burst=1, every_ms=3_600_000))
    job = await one.claim()
    failure = submission_pb2.Failure(reason="DRAWING_FAILED", message="the model was ill")
    for _ in range(2):
        await one.dedup.Release(leased(dedup_pb2.ReleaseRequest, job, failure=failure))
    [failed] = await one.read(mine)
    assert failed.state == submission_pb2.SUBMISSION_STATE_FAILED
    assert failed.failure == failure

    again = await one.admit(admit_request(burst=1, every_ms=3_600_000))
    assert again.outcome == submission_pb2.ADMISSION_OUTCOME_ACCEPTED
    job = await one.claim()
    await one.dedup.Release(leased(dedup_pb2.ReleaseRequest, job))
    job = await one.claim()
    assert (job.fence, job.attempt) == (3, 2)
    await one.dedup.Complete(drawn(job))
    assert [each.state for each in await one.read(mine, again)] == [
        submission_pb2.SUBMISSION_STATE_FAILED,
        submission_pb2.SUBMISSION_STATE_DONE,
    ]
    await results.has(1)
    assert set(results.log) == {again.submission_id}


async def test_waits_are_shown_once_they_are_measured(two: tuple[Replica, Replica]) -> None:
    one, _ = two
    for number in range(5):
        await one.admit(admit_request(f"{number}", who=number))
        await one.dedup.Complete(drawn(await one.claim()))
    first, second = await one.admit(admit_request("first", who=6)), await one.admit(admit_request("second", who=7))
    assert [(each.queue.position, each.queue.measuring) for each in (first, second)] == [(0, False), (1, False)]
    assert 0 < second.queue.p50_ms <= second.queue.p90_ms
    await one.claim()
    [first, second] = await one.read(first, second)
    assert first.drawing.typical_ms >= 0
    assert second.queue.position == 0


async def test_lists_are_of_one_participant_newest_first(two: tuple[Replica, Replica]) -> None:
    one, _ = two
    mine = [await one.admit(admit_request(f"{number}", who=1, pending=3)) for number in range(3)]
    await one.admit(admit_request("theirs", who=2))
    request = dedup_pb2.ListParticipantSubmissionsRequest(contest=CONTEST, participant_id=participant(1), limit=2)
    listed = (await one.dedup.ListParticipantSubmissions(request)).submissions
    assert [each.submission_id for each in listed] == [mine[2].submission_id, mine[1].submission_id]

    ids = [mine[1].submission_id, "a" * 26, mine[0].submission_id]
    found = await one.dedup.GetSubmissions(dedup_pb2.GetSubmissionsRequest(contest=CONTEST, submission_ids=ids))
    assert [each.submission.submission_id for each in found.submissions] == [ids[0], ids[2]]
    assert {each.participant_id for each in found.submissions} == {participant(1)}
    nothing = await one.dedup.GetSubmissions(dedup_pb2.GetSubmissionsRequest(contest=CONTEST))
    assert not nothing.submissions
