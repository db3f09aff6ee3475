"""Proof of work: how much is asked for, that a proof is good once and for one purpose, and how the API asks."""

import base64
import json
import uuid
from collections.abc import AsyncIterator
from pathlib import Path

import altcha
import pytest
import redis.asyncio as aioredis

from cygnet.internal.v1 import admin_pb2, document_pb2
from cygnet.platform.errors import DomainError, InvalidRequest, Refused
from cygnet.platform.signing_keys import parse_keys
from cygnet.submission.proof.challenges import LIFETIME_MS, Challenges
from cygnet.submission.proof.levels import HIGHEST, WORK, Rates, join_level, submit_level
from cygnet.submission.proof.store import ProofStore
from cygnet.submission.signing import derived
from cygnet.v1 import presence_pb2, submission_pb2

from ..workloads import ADMIN_TOKEN
from .environment import DUCK, Game, bearer, document, playing, raised_by

KEYS = derived(parse_keys("k1:" + "s" * 32), "proof of work")
NOW = 1_790_000_000_000
DEVICE = "d" * 20
JOIN, SUBMIT = submission_pb2.CHALLENGE_ACTION_JOIN, submission_pb2.CHALLENGE_ACTION_SUBMIT
ALWAYS, AUTO = document_pb2.CAPTCHA_MODE_ALWAYS, document_pb2.CAPTCHA_MODE_AUTO
ORGANISER = (("authorization", f"Bearer {ADMIN_TOKEN}"),)


def solved(challenge: str) -> str:
    """Solves a challenge, as any client of ALTCHA's does."""
    parsed = altcha.Challenge.from_dict(json.loads(challenge))
    solution = altcha.solve_challenge(parsed)
    assert solution is not None
    return altcha.Payload(parsed, solution).to_base64()


@pytest.mark.parametrize(
    ("wait", "submits", "present", "level"),
    [
        (0.0, 0, False, 0),
        (0.25, 8, False, 0),
        (0.3, 0, False, 1),
        (0.6, 0, False, 2),
        (1.0, 0, False, 3),
        (9.0, 0, False, 3),
        (0.3, 0, True, 0),
        (1.0, 0, True, 2),
        (0.0, 9, False, 1),
        (0.0, 33, True, 2),
        (0.0, 1_000, True, 4),
        (1.0, 1_000, False, HIGHEST),
    ],
)
def test_what_a_submission_costs(wait: float, submits: float, present: bool, level: int) -> None:
    assert submit_level(wait, submits, present=present) == level


@pytest.mark.parametrize(
    ("of_client", "of_contest", "level"), [(0, 0, 0), (30, 600, 0), (31, 0, 1), (0, 601, 1), (500, 0, 3), (9e9, 9e9, 4)]
)
def test_what_joining_costs(of_client: float, of_contest: float, level: int) -> None:
    assert join_level(of_client, of_contest) == level


def test_rates_fade_and_have_a_bound() -> None:
    rates = Rates(most_keys=2)
    for _ in range(10):
        rates.note("a", NOW)
    assert rates.count("a", NOW) == 10
    assert 3 < rates.count("a", NOW + 60_000) < 4
    assert rates.count("a", NOW - 3_600_000) == 10, "a clock that was set back forgives nothing, and does no harm"
    for key in ("b", "c"):
        rates.note(key, NOW)
    assert rates.count("a", NOW) == 0


def challenges(now: int = NOW) -> Challenges:
    return Challenges(KEYS, lambda: now)


def test_a_proof_is_for_what_it_was_made_for() -> None:
    proof = solved(challenges().issue("c", "join", DEVICE, 1))
    assert challenges().solved(proof, "c", "join", DEVICE, 1)
    # While it was being solved, the level rose.
    assert challenges().solved(proof, "c", "join", DEVICE, 2)
    for contest, action, subject, level in (
        ("other", "join", DEVICE, 1),
        ("c", "submit", DEVICE, 1),
        ("c", "join", "e" * 20, 1),
        ("c", "join", DEVICE, 3),
    ):
        assert challenges().solved(proof, contest, action, subject, level) is None
    assert challenges(NOW + LIFETIME_MS + 1).solved(proof, "c", "join", DEVICE, 1) is None


def test_what_was_tampered_with_is_no_proof() -> None:
    payload = json.loads(base64.b64decode(solved(challenges().issue("c", "join", DEVICE, 1))))
    easier = {**payload["challenge"]["parameters"], "keyPrefix": ""}
    level = {**payload["challenge"]["parameters"], "data": {**payload["challenge"]["parameters"]["data"], "level": 4}}
    for parameters in (easier, level):
        forged = {**payload, "challenge": {**payload["challenge"], "parameters": parameters}}
        proof = base64.b64encode(json.dumps(forged).encode()).decode()
        assert challenges().solved(proof, "c", "join", DEVICE, 1) is None
    wrong = {**payload, "solution": {**payload["solution"], "counter": payload["solution"]["counter"] + 1}}
    assert challenges().solved(base64.b64encode(json.dumps(wrong).encode()).decode(), "c", "join", DEVICE, 1) is None


@pytest.mark.parametrize("proof", ["", "x", "e30=", "bnVsbA==", "é", "A" * 100_000])
def test_what_is_no_proof_is_refused(proof: str) -> None:
    assert challenges().solved(proof, "c", "join", DEVICE, 1) is None


def test_another_installations_challenge_is_no_proof() -> None:
    theirs = Challenges(derived(parse_keys("k1:" + "x" * 32), "proof of work"), lambda: NOW)
    assert challenges().solved(solved(theirs.issue("c", "join", DEVICE, 1)), "c", "join", DEVICE, 1) is None


def test_no_challenge_takes_longer_than_its_level_says() -> None:
    for _ in range(5):
        payload = json.loads(base64.b64decode(solved(challenges().issue("c", "join", DEVICE, 1))))
        assert payload["solution"]["counter"] < WORK[1]


async def test_a_proof_is_used_once_but_for_a_retry(redis_client: aioredis.Redis) -> None:
    store = ProofStore(redis_client)
    assert await store.use("c", "one", "request")
    assert await store.use("c", "one", "request")
    assert not await store.use("c", "one", "another request")
    assert await store.use("c", "two", "")
    assert not await store.use("c", "two", "")
    assert 0 < await redis_client.pttl("sub:{c}:proof:one") <= 2 * LIFETIME_MS


@pytest.fixture
async def game(redis_url: str, redis_client: aioredis.Redis, tmp_path: Path) -> AsyncIterator[Game]:
    async with playing(redis_url, tmp_path) as running:
        yield running


async def ask(game: Game, mode: document_pb2.CaptchaMode) -> None:
    request = admin_pb2.ApplyContestRequest(document=document(), target_pictures=[DUCK])
    request.document.entry.captcha = mode
    await game.admin.ApplyContest(request, metadata=ORGANISER)


async def challenge(game: Game, action: submission_pb2.ChallengeAction, token: str | None = None) -> str:
    request = submission_pb2.GetChallengeRequest(contest="test", action=action, device=DEVICE)
    return (await game.players.GetChallenge(request, metadata=bearer(token))).challenge


async def join(game: Game, proof: str = "", token: str | None = None) -> submission_pb2.JoinResponse:
    request = submission_pb2.JoinRequest(contest="test", nickname="Ada", device=DEVICE, proof=proof)
    return await game.players.Join(request, metadata=bearer(token))


async def submit(game: Game, token: str, proof: str, request_id: str) -> submission_pb2.SubmitResponse:
    request = submission_pb2.SubmitRequest(
        contest="test", target="duck", prompt="a duck", request_id=request_id, proof=proof
    )
    return await game.players.Submit(request, metadata=bearer(token))


def needs_a_proof(error: DomainError) -> bool:
    return isinstance(error, Refused) and (error.reason, error.retry_after_s) == ("PROOF_NEEDED", 0)


async def test_joining_and_submitting_have_a_price(game: Game) -> None:
    await ask(game, ALWAYS)
    assert needs_a_proof(await raised_by(join(game)))
    proof = solved(await challenge(game, JOIN))
    me = await join(game, proof)
    assert needs_a_proof(await raised_by(join(game, proof))), "a proof makes one participant"
    assert (await join(game, token=me.session_token)).participant_id == me.participant_id, "a new name is free"

    request_id = uuid.uuid4().hex
    assert needs_a_proof(await raised_by(submit(game, me.session_token, proof, request_id)))
    mine = solved(await challenge(game, SUBMIT, me.session_token))
    first = await submit(game, me.session_token, mine, request_id)
    assert (await submit(game, me.session_token, mine, request_id)).submission == first.submission
    assert needs_a_proof(await raised_by(submit(game, me.session_token, mine, uuid.uuid4().hex)))
    other = await join(game, solved(await challenge(game, JOIN)))
    stolen = solved(await challenge(game, SUBMIT, me.session_token))
    assert needs_a_proof(await raised_by(submit(game, other.session_token, stolen, uuid.uuid4().hex)))


async def test_in_calm_nothing_is_asked_for_and_a_crowd_of_joins_pays(game: Game) -> None:
    await ask(game, AUTO)
    for _ in range(31):
        me = await join(game)
    await submit(game, me.session_token, "", uuid.uuid4().hex)
    refusals = [await raised_by(join(game)) for _ in range(3)]
    assert all(map(needs_a_proof, refusals))
    assert await join(game, solved(await challenge(game, JOIN)))


async def test_who_submits_like_a_program_pays_like_one(game: Game) -> None:
    await ask(game, AUTO)
    macro, calm = await join(game), await join(game)
    for _ in range(9):
        await submit(game, macro.session_token, "", "1" * 32)
    assert needs_a_proof(await raised_by(submit(game, macro.session_token, "", "1" * 32)))
    await submit(game, calm.session_token, "", "2" * 32)


async def test_whom_the_organisers_let_in_is_asked_for_nothing(game: Game) -> None:
    await ask(game, ALWAYS)
    made = await game.boards.MakePass(admin_pb2.MakePassRequest(), metadata=ORGANISER)
    exchange = presence_pb2.ExchangeCodeRequest(contest="test", code=made.code, device=DEVICE)
    ticket = (await game.presence.ExchangeCode(exchange)).ticket
    request = submission_pb2.JoinRequest(contest="test", nickname="Ada", device=DEVICE, ticket=ticket)
    me = await game.players.Join(request)
    for _ in range(20):
        await submit(game, me.session_token, "", "1" * 32)
    renamed = await join(game, token=me.session_token)
    await submit(game, renamed.session_token, "", "1" * 32)


async def test_a_challenge_is_for_something_and_somebody(game: Game) -> None:
    await ask(game, AUTO)
    for request in (
        submission_pb2.GetChallengeRequest(contest="test", device=DEVICE),
        submission_pb2.GetChallengeRequest(contest="test", action=JOIN, device="short"),
    ):
        assert isinstance(await raised_by(game.players.GetChallenge(request)), InvalidRequest)
    nobody = submission_pb2.GetChallengeRequest(contest="test", action=SUBMIT)
    assert (await raised_by(game.players.GetChallenge(nobody))).reason == "SESSION_MISSING"
