"""Presence through the public API: from a paired screen's code to a session that is present."""

from collections.abc import AsyncIterator
from pathlib import Path

import grpc
import pytest
import redis.asyncio as aioredis
from prometheus_client import REGISTRY

from cygnet.internal.v1 import admin_pb2, dedup_pb2, dedup_pb2_grpc
from cygnet.platform.errors import Conflict, InvalidRequest, NotAllowed, NotSignedIn, Refused
from cygnet.platform.grpc.interceptors import AioContext
from cygnet.v1 import contest_pb2, presence_pb2, submission_pb2

from ..waiting import eventually
from ..workloads import ADMIN_TOKEN
from .environment import DUCK, Game, bearer, document, playing, raised_by

PHONE, OTHER_PHONE = "p" * 20, "q" * 20
ORGANISER = (("authorization", f"Bearer {ADMIN_TOKEN}"),)
ACCEPTED = submission_pb2.ADMISSION_OUTCOME_ACCEPTED
PREFER, REQUIRE = contest_pb2.PRESENCE_MODE_PREFER, contest_pb2.PRESENCE_MODE_REQUIRE


class Dedup(dedup_pb2_grpc.DedupServiceServicer):
    """Admits everything, and remembers who was present."""

    def __init__(self) -> None:
        self.present: list[bool] = []

    async def AdmitMany(self, request: dedup_pb2.AdmitManyRequest, context: AioContext) -> dedup_pb2.AdmitManyResponse:
        self.present += [admission.present for admission in request.requests]
        admitted = dedup_pb2.AdmitResult(submission=submission_pb2.Submission(outcome=ACCEPTED))
        return dedup_pb2.AdmitManyResponse(results=[admitted] * len(request.requests))

    async def GetVocabulary(
        self, request: dedup_pb2.GetVocabularyRequest, context: AioContext
    ) -> dedup_pb2.GetVocabularyResponse:
        return dedup_pb2.GetVocabularyResponse()


@pytest.fixture
def dedup() -> Dedup:
    return Dedup()  # type: ignore[abstract]  # what is not asked for need not be served


@pytest.fixture
async def game(redis_url: str, redis_client: aioredis.Redis, tmp_path: Path, dedup: Dedup) -> AsyncIterator[Game]:
    async with playing(redis_url, tmp_path, dedup=dedup) as running:
        await ask(running, PREFER)
        yield running


async def ask(game: Game, mode: contest_pb2.PresenceMode, places: int = 100) -> None:
    """Applies the contest with this mode."""
    request = admin_pb2.ApplyContestRequest(document=document(), target_pictures=[DUCK])
    request.document.contest.presence = mode
    request.document.entry.presence_per_turn = places
    await game.admin.ApplyContest(request, metadata=ORGANISER)


async def paired(game: Game) -> str:
    """Pairs a screen and returns its token."""
    made = await game.boards.PairBoard(admin_pb2.PairBoardRequest(), metadata=ORGANISER)
    code = f" {made.pairing_code[:4].upper()}-{made.pairing_code[4:]}"
    return (
        await game.presence.PairScreen(presence_pb2.PairScreenRequest(contest="test", pairing_code=code))
    ).screen_token


async def shown(game: Game, screen: str) -> str:
    """Returns the code that a screen shows now."""
    watch = game.presence.WatchCodes(presence_pb2.WatchCodesRequest(contest="test"), metadata=bearer(screen))
    answer = await watch.read()
    assert isinstance(answer, presence_pb2.WatchCodesResponse)
    assert 0 < answer.next_in_ms <= 30_000
    watch.cancel()
    return answer.code


async def ticket(game: Game, code: str, device: str = PHONE) -> str:
    request = presence_pb2.ExchangeCodeRequest(contest="test", code=code, device=device)
    return (await game.presence.ExchangeCode(request)).ticket


async def join(game: Game, ticket: str, token: str | None = None, device: str = PHONE) -> submission_pb2.JoinResponse:
    request = submission_pb2.JoinRequest(contest="test", nickname="Ada", ticket=ticket, device=device)
    return await game.players.Join(request, metadata=bearer(token))


def joins() -> list[float]:
    """How many Joins ended in each way."""
    outcomes = ("present", "outside", "waiting", "again", "PROOF_NEEDED")
    name = "cygnet_submission_joins_total"
    return [REGISTRY.get_sample_value(name, {"contest": "test", "outcome": how}) or 0.0 for how in outcomes]


async def test_who_scans_a_paired_screen_is_present_and_dedup_is_told(game: Game, dedup: Dedup) -> None:
    before = joins()
    me = await join(game, await ticket(game, await shown(game, await paired(game))))
    assert me.present
    await game.submit(me.session_token, "a duck")
    outside = await game.join("Eve")
    assert not outside.present
    assert [now - was for now, was in zip(joins(), before, strict=True)] == [1, 1, 0, 0, 0]
    await game.submit(outside.session_token, "a swan")
    assert dedup.present == [True, False]


async def test_a_session_becomes_present_and_stays_so_under_another_name(game: Game) -> None:
    before = await game.join()
    mine = await ticket(game, await shown(game, await paired(game)))
    after = await join(game, mine, before.session_token)
    assert (after.participant_id, after.present) == (before.participant_id, True)
    renamed = await game.join("Ada L.", after.session_token)
    assert (renamed.participant_id, renamed.present) == (before.participant_id, True)


async def test_a_ticket_is_used_once_and_a_lost_answer_does_no_harm(game: Game) -> None:
    mine = await ticket(game, await shown(game, await paired(game)))
    first = await join(game, mine)
    assert (await join(game, mine)).participant_id == first.participant_id
    somebody_else = await game.join("Eve")
    refused = await raised_by(join(game, mine, somebody_else.session_token))
    assert isinstance(refused, Conflict) and refused.reason == "TICKET_OLD"
    stolen = await raised_by(join(game, mine, device=OTHER_PHONE))
    assert isinstance(stolen, Conflict) and stolen.reason == "TICKET_OLD"


async def test_whoever_finds_the_places_taken_plays_from_outside_until_the_lot(game: Game) -> None:
    await ask(game, PREFER, places=1)
    code = await shown(game, await paired(game))
    assert (await join(game, await ticket(game, code))).present
    late = await join(game, await ticket(game, code, OTHER_PHONE), device=OTHER_PHONE)
    assert not late.present and late.session_token
    assert 0 < late.next_draw_in_ms <= 30_000


async def test_a_contest_can_be_for_the_hall_alone(game: Game) -> None:
    outside = await game.join("Eve")
    await ask(game, REQUIRE, places=1)
    for refused in (await raised_by(game.join("Eve")), await raised_by(game.join("Eve", outside.session_token))):
        assert isinstance(refused, NotAllowed) and refused.reason == "PRESENCE_REQUIRED"
        assert "scan the code on the big screen" in refused.message
    with pytest.raises(NotAllowed):
        await game.submit(outside.session_token, "a duck")
    code = await shown(game, await paired(game))
    me = await join(game, await ticket(game, code))
    await game.submit(me.session_token, "a duck")
    waiting = await raised_by(join(game, await ticket(game, code, OTHER_PHONE), device=OTHER_PHONE))
    assert isinstance(waiting, Refused) and waiting.reason == "PRESENCE_WAITING"
    assert 0 < waiting.retry_after_s <= 30


async def test_a_code_that_no_screen_shows_is_refused_with_what_to_do(game: Game) -> None:
    old = await raised_by(ticket(game, "a" * 12))
    assert isinstance(old, Conflict) and old.reason == "CODE_OLD"
    assert "scan the one that the screen shows now" in old.message
    malformed = await raised_by(ticket(game, "DROP TABLE", device="short"))
    assert isinstance(malformed, InvalidRequest)
    assert {violation.field for violation in malformed.violations} == {"code", "device"}


async def test_only_a_paired_screen_is_told_the_code(game: Game) -> None:
    request = presence_pb2.WatchCodesRequest(contest="test")
    for screen in (None, "t" * 43, (await game.join()).session_token):
        refused = await raised_by(game.presence.WatchCodes(request, metadata=bearer(screen)).read())
        assert isinstance(refused, NotSignedIn) and refused.reason == "SCREEN_NOT_PAIRED"
    screen = await paired(game)
    assert await shown(game, screen)
    unpaired = await game.boards.UnpairBoards(admin_pb2.UnpairBoardsRequest(), metadata=ORGANISER)
    assert unpaired.screens == 1
    refused = await raised_by(game.presence.WatchCodes(request, metadata=bearer(screen)).read())
    assert isinstance(refused, NotSignedIn)


async def test_everybody_is_told_whether_there_is_a_screen_to_scan(game: Game) -> None:
    request = contest_pb2.GetContestRequest(contest="test")
    assert not (await game.contests.GetContest(request)).codes_shown
    await paired(game)

    async def shown() -> bool:
        return (await game.contests.GetContest(request)).codes_shown

    # What was asked of the store is remembered for 5 s.
    await eventually(shown)


async def test_a_contest_without_presence_shows_no_code(game: Game) -> None:
    screen = await paired(game)
    await ask(game, contest_pb2.PRESENCE_MODE_OFF)
    assert await shown(game, screen) == ""


async def test_a_pairing_code_works_once(game: Game) -> None:
    made = await game.boards.PairBoard(admin_pb2.PairBoardRequest(contest="test"), metadata=ORGANISER)
    request = presence_pb2.PairScreenRequest(contest="test", pairing_code=made.pairing_code)
    await game.presence.PairScreen(request)
    refused = await raised_by(game.presence.PairScreen(request))
    assert isinstance(refused, Conflict) and refused.reason == "PAIRING_OLD"
    with pytest.raises(grpc.aio.AioRpcError):
        await game.presence.PairScreen(presence_pb2.PairScreenRequest(contest="test", pairing_code="?" * 1000))


async def test_organisers_let_in_who_cannot_scan(game: Game) -> None:
    await ask(game, REQUIRE)
    made = await game.boards.MakePass(admin_pb2.MakePassRequest(), metadata=ORGANISER)
    assert (await join(game, await ticket(game, made.code))).present
    used = await raised_by(ticket(game, made.code, OTHER_PHONE))
    assert isinstance(used, Conflict) and used.reason == "CODE_OLD"


@pytest.mark.parametrize("call", ["PairBoard", "UnpairBoards", "MakePass"])
async def test_screens_are_the_organisers_business(game: Game, call: str) -> None:
    request = getattr(admin_pb2, f"{call}Request")()
    refused = await raised_by(getattr(game.boards, call)(request))
    assert isinstance(refused, NotSignedIn)
