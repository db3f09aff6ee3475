"""The public API: joining, submitting, watching, and what an organiser changes while people play."""

import asyncio
import time
import uuid
from collections.abc import AsyncIterator
from pathlib import Path

import grpc
import pytest
import redis.asyncio as aioredis

import cygnet.submission.__main__ as submission_main
from cygnet.internal.v1 import admin_pb2, dedup_pb2, dedup_pb2_grpc
from cygnet.platform.errors import Conflict, InvalidRequest, NotFound, NotSignedIn, Refused
from cygnet.platform.grpc.interceptors import AioContext
from cygnet.platform.grpc.status import to_status
from cygnet.v1 import contest_pb2, submission_pb2

from ..waiting import eventually
from ..workloads import ADMIN_TOKEN
from .environment import DUCK, Game, bearer, document, playing, raised_by


@pytest.fixture
async def game(redis_url: str, redis_client: aioredis.Redis, tmp_path: Path) -> AsyncIterator[Game]:
    async with playing(redis_url, tmp_path) as running:
        await running.apply()
        yield running


async def test_a_whole_submission(game: Game) -> None:
    me = await game.join()
    submitted = await game.submit(me.session_token, "A yellow DUCK")
    assert submitted.state == submission_pb2.SUBMISSION_STATE_QUEUED
    assert submitted.outcome == submission_pb2.ADMISSION_OUTCOME_ACCEPTED
    assert submitted.policy_generation == 1
    watch = game.watch(me.session_token, submitted.submission_id)
    states = []
    # The stream must have begun, or it may find the drawing done already.
    begun = asyncio.Event()

    async def look() -> None:
        async for event in watch:
            states.append(event.submission.state)
            begun.set()

    looking = asyncio.create_task(look())
    async with asyncio.timeout(10):
        await begun.wait()
        job = await game.draw_one()
        await looking
    assert job.canonical_prompt == "a yellow duck"
    assert states[0] == submission_pb2.SUBMISSION_STATE_QUEUED
    assert states[-1] == submission_pb2.SUBMISSION_STATE_DONE
    [mine] = (
        await game.players.ListSubmissions(
            submission_pb2.ListSubmissionsRequest(contest="test"), metadata=bearer(me.session_token)
        )
    ).submissions
    assert mine.result.score == 61.25
    assert mine.prompt == "A yellow DUCK"
    again = await game.submit(me.session_token, "a yellow  duck")
    assert again.outcome == submission_pb2.ADMISSION_OUTCOME_REPEATED
    assert again.result == mine.result


async def test_joining_fills_nothing(game: Game, redis_client: aioredis.Redis) -> None:
    async def stored() -> dict[object, object]:
        keys = await redis_client.keys("*")
        # Who joins is counted for the organisers, in bounds and for minutes (test_clients.py).
        counts = await redis_client.keys("sub:{test}:clients:*")
        assert [key for key in counts if await redis_client.ttl(key) <= 0] == []
        return {key: await redis_client.dump(key) for key in keys if key not in counts}

    # The contest's secret is made by whoever looks at it first, be it the service itself.
    await game.contests.GetContest(contest_pb2.GetContestRequest(contest="test"))
    before = await stored()
    crowd = [await game.join() for _ in range(300)]
    assert await stored() == before
    assert len({each.participant_id for each in crowd}) == len(crowd)
    # Who joined before the crowd, in it or after it plays.
    for each in (crowd[0], crowd[-1], await game.join()):
        assert (await game.submit(each.session_token, "a duck")).submission_id


async def test_a_retry_finds_its_own_submission(game: Game) -> None:
    me = await game.join()
    request_id = str(uuid.uuid4())
    first = await game.submit(me.session_token, "a duck", request_id)
    second = await game.submit(me.session_token, "a duck", request_id)
    assert first.submission_id == second.submission_id
    with pytest.raises(Conflict) as refused:
        await game.submit(me.session_token, "a swan", request_id)
    assert refused.value.reason == "REQUEST_ID_REUSED"


async def test_too_much_at_once_is_refused_with_a_time(game: Game) -> None:
    me = await game.join()
    for i in range(3):
        await game.submit(me.session_token, f"duck number {i}")
    with pytest.raises(Refused) as refused:
        await game.submit(me.session_token, "one more")
    assert refused.value.reason == "PENDING_LIMIT"
    assert refused.value.retry_after_s > 0


async def test_a_patched_limit_holds_for_the_next_submit(game: Game) -> None:
    me = await game.join()
    await game.submit(me.session_token, "the first")
    applied = await game.apply(pending=1)
    assert (applied.generation, applied.changed) == (2, True)
    with pytest.raises(Refused) as refused:
        await game.submit(me.session_token, "the second")
    assert refused.value.reason == "PENDING_LIMIT"
    await game.apply(pending=2)
    assert (await game.submit(me.session_token, "the third")).policy_generation == 3


async def test_the_nickname_is_no_identity(game: Game) -> None:
    first, second = await game.join("Ada"), await game.join("Ada")
    assert first.participant_id != second.participant_id
    renamed = await game.join(" Grace\u200b ", first.session_token)
    assert (renamed.participant_id, renamed.nickname) == (first.participant_id, "Grace")


async def test_an_old_session_that_joins_again_is_somebody_new(game: Game) -> None:
    joined = await game.join("Ada", "no.such.token")
    assert len(joined.participant_id) == 26


async def test_without_a_session_nothing_but_joining_works(game: Game) -> None:
    for token in (None, "", "x", "a.b.c"):
        error = await raised_by(
            game.players.ListSubmissions(submission_pb2.ListSubmissionsRequest(contest="test"), metadata=bearer(token))
        )
        assert isinstance(error, NotSignedIn)


async def test_nobody_watches_what_is_not_theirs(game: Game) -> None:
    me, other = await game.join(), await game.join()
    mine = await game.submit(me.session_token, "a secret duck")
    error = await raised_by(game.watch(other.session_token, mine.submission_id).read())
    assert isinstance(error, NotFound)
    error = await raised_by(game.watch(other.session_token, "../../etc").read())
    assert isinstance(error, InvalidRequest)


@pytest.mark.parametrize("prompt", ["", "\u200b", "a\nb", "x" * 10_000, "\x00"])
async def test_a_hostile_prompt_is_refused_by_field(game: Game, prompt: str) -> None:
    me = await game.join()
    with pytest.raises(InvalidRequest) as refused:
        await game.submit(me.session_token, prompt)
    assert [violation.field for violation in refused.value.violations] == ["prompt"]


async def test_what_is_not_there_is_said_by_name(game: Game) -> None:
    error = await raised_by(game.contests.GetContest(contest_pb2.GetContestRequest(contest="other")))
    assert (type(error), error.reason) == (NotFound, "CONTEST_NOT_FOUND")
    me = await game.join()
    with pytest.raises(NotFound) as refused:
        await game.submit(me.session_token, "a duck", target="dodo")
    assert refused.value.reason == "TARGET_NOT_FOUND"


async def test_the_only_contest_needs_no_name(game: Game) -> None:
    contest = (await game.contests.GetContest(contest_pb2.GetContestRequest())).contest
    assert contest.name == "test"
    assert await game.pictures.get(contest.targets[0].picture_sha256) == DUCK


async def test_applying_the_same_document_again_changes_nothing(game: Game) -> None:
    applied = await game.apply()
    assert (applied.generation, applied.changed) == (1, False)


async def test_a_dry_run_changes_nothing(game: Game) -> None:
    request = admin_pb2.ApplyContestRequest(document=document(), target_pictures=[DUCK], dry_run=True)
    request.document.admission.burst = 7
    answer = await game.admin.ApplyContest(request, metadata=bearer(ADMIN_TOKEN))
    assert (answer.generation, answer.changed) == (2, True)
    present = await game.admin.GetContestDocument(
        admin_pb2.GetContestDocumentRequest(contest="test"), metadata=bearer(ADMIN_TOKEN)
    )
    assert (present.document.admission.burst, present.document.contest.generation) == (5, 1)


async def test_an_older_generation_is_refused(game: Game) -> None:
    request = admin_pb2.ApplyContestRequest(document=document(), target_pictures=[DUCK])
    request.document.contest.generation = 9
    await game.admin.ApplyContest(request, metadata=bearer(ADMIN_TOKEN))
    request.document.contest.generation = 8
    error = await raised_by(game.admin.ApplyContest(request, metadata=bearer(ADMIN_TOKEN)))
    assert (type(error), error.reason) == (Conflict, "NEWER_GENERATION_IN_FORCE")


async def test_a_target_whose_picture_nobody_has_is_refused(game: Game) -> None:
    request = admin_pb2.ApplyContestRequest(document=document())
    request.document.contest.targets[0].picture_sha256 = "0" * 64
    error = await raised_by(game.admin.ApplyContest(request, metadata=bearer(ADMIN_TOKEN)))
    assert isinstance(error, InvalidRequest)


async def test_a_contest_survives_a_restart(redis_url: str, redis_client: aioredis.Redis, tmp_path: Path) -> None:
    async with playing(redis_url, tmp_path) as first:
        await first.apply()
        me = await first.join()
        submitted = await first.submit(me.session_token, "a duck")
    async with playing(redis_url, tmp_path) as second:
        await second.draw_one()
        event = await second.watch(me.session_token, submitted.submission_id).read()
        assert event.submission.state == submission_pb2.SUBMISSION_STATE_DONE


async def test_a_change_reaches_the_other_replica(redis_url: str, redis_client: aioredis.Redis, tmp_path: Path) -> None:
    async with playing(redis_url, tmp_path) as one, playing(redis_url, tmp_path) as other:
        await one.apply()

        async def known() -> bool:
            try:
                await other.contests.GetContest(contest_pb2.GetContestRequest(contest="test"))
            except grpc.aio.AioRpcError:
                return False
            return True

        await eventually(known, 2)


async def test_fifty_watchers_of_one_drawing_all_see_it_done(game: Game) -> None:
    players = [await game.join(f"player {i}") for i in range(10)]
    submissions = await asyncio.gather(
        *(game.submit(player.session_token, "the same swan") for player in players for _ in range(5))
    )
    owners = [player.session_token for player in players for _ in range(5)]

    async def last(token: str, submission_id: str) -> submission_pb2.Submission:
        seen = submission_pb2.Submission()
        async for event in game.watch(token, submission_id):
            seen = event.submission
        return seen

    watching = [
        asyncio.create_task(last(token, submission.submission_id))
        for token, submission in zip(owners, submissions, strict=True)
    ]
    await game.draw_one()
    async with asyncio.timeout(20):
        finals = await asyncio.gather(*watching)
    assert {final.state for final in finals} == {submission_pb2.SUBMISSION_STATE_DONE}
    assert len({final.result.picture_sha256 for final in finals}) == 1
    nothing = await game.dedup.Claim(dedup_pb2.ClaimRequest(worker_id="test"))
    assert not nothing.HasField("job")


async def test_a_stopping_service_says_goodbye_to_its_watchers(game: Game) -> None:
    me = await game.join()
    submitted = await game.submit(me.session_token, "a duck")
    events = []
    async with asyncio.timeout(5):
        async for event in game.watch(me.session_token, submitted.submission_id):
            events.append(event)
            game.lifetime.stopping.set()
    assert events[-1].HasField("goodbye")


async def test_outside_its_windows_a_contest_takes_nothing_and_says_when_it_opens(game: Game) -> None:
    token = (await game.join()).session_token
    mine = await game.submit(token, "a duck", "the-request-of-mine")
    await game.schedule((3600, 7200))
    with pytest.raises(Refused) as closed:
        await game.submit(token, "another duck")
    assert closed.value.reason == "CONTEST_CLOSED"
    assert 3590 < closed.value.retry_after_s <= 3600
    # What was taken is answered again, watched, listed.
    assert (await game.submit(token, "a duck", "the-request-of-mine")).submission_id == mine.submission_id
    with pytest.raises(Conflict):
        await game.submit(token, "a swan", "the-request-of-mine")
    async for event in game.watch(token, mine.submission_id):
        assert event.submission.submission_id == mine.submission_id
        break
    seen = await game.contests.GetContest(contest_pb2.GetContestRequest(contest="test"))
    assert seen.phase == contest_pb2.CONTEST_PHASE_CLOSED
    assert seen.next_change == seen.contest.windows[0].opens
    assert 0 < seen.next_change.ToMilliseconds() - seen.now.ToMilliseconds() <= 3_600_000
    await game.schedule((-60, 3600))
    assert await game.submit(token, "another duck")


async def test_whoever_comes_when_a_window_opens_is_drawn_when_all_are_there(game: Game) -> None:
    await game.schedule((-0.2, 3600))
    await game.submit((await game.join()).session_token, "a duck")
    assert not (await game.dedup.Claim(dedup_pb2.ClaimRequest(worker_id="early"))).HasField("job")
    claimed = await game.dedup.Claim(dedup_pb2.ClaimRequest(worker_id="waits", wait_ms=30_000))
    assert claimed.job.canonical_prompt == "a duck"


async def test_a_contest_opens_and_closes_by_the_clock_alone(
    redis_url: str, redis_client: aioredis.Redis, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ahead_s = 0.0
    monkeypatch.setattr(submission_main, "now_ms", lambda: round((time.time() + ahead_s) * 1000))
    async with playing(redis_url, tmp_path) as game:
        await game.schedule((1000, 2000))
        token = (await game.join()).session_token
        with pytest.raises(Refused):
            await game.submit(token, "a duck")
        ahead_s = 1000
        await game.submit(token, "a duck")
        ahead_s = 2000
        with pytest.raises(Conflict) as over:
            await game.submit(token, "a duck")
        assert over.value.reason == "CONTEST_FINISHED"


async def test_a_paused_contest_takes_nothing(game: Game) -> None:
    token = (await game.join()).session_token
    await game.schedule(paused=True)
    with pytest.raises(Refused) as paused:
        await game.submit(token, "a duck")
    assert paused.value.reason == "CONTEST_PAUSED"
    assert paused.value.retry_after_s > 0


class ForgetfulDedup(dedup_pb2_grpc.DedupServiceServicer):
    """Knows no submission, whatever is asked of it."""

    async def GetVocabulary(
        self, request: dedup_pb2.GetVocabularyRequest, context: AioContext
    ) -> dedup_pb2.GetVocabularyResponse:
        return dedup_pb2.GetVocabularyResponse(unknown=True)

    async def AdmitMany(self, request: dedup_pb2.AdmitManyRequest, context: AioContext) -> dedup_pb2.AdmitManyResponse:
        unknown = to_status(NotFound("there is no such submission", reason="SUBMISSION_NOT_FOUND")).SerializeToString()
        return dedup_pb2.AdmitManyResponse(results=[dedup_pb2.AdmitResult(status=unknown)] * len(request.requests))


async def test_an_open_contest_is_never_said_to_be_closed(
    redis_url: str, redis_client: aioredis.Redis, tmp_path: Path
) -> None:
    forgetful = ForgetfulDedup()  # type: ignore[abstract]  # what is not asked for need not be served
    async with playing(redis_url, tmp_path, dedup=forgetful) as game:
        await game.schedule((-60, 3600))
        token = (await game.join()).session_token
        with pytest.raises(NotFound) as failed:
            await game.submit(token, "a duck")
        assert failed.value.reason == "SUBMISSION_NOT_FOUND"
        await game.schedule((60, 3600))
        with pytest.raises(Refused) as closed:
            await game.submit(token, "a duck")
        assert closed.value.reason == "CONTEST_CLOSED"
