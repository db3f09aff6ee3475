"""What a player can get holds no seed and no secret before the end: with them, words could be tried at home."""

import asyncio
import hashlib
import importlib
import pkgutil
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import grpc
import redis.asyncio as aioredis
from google.protobuf.descriptor import MethodDescriptor

import cygnet.v1
from cygnet.dedup.keys import key
from cygnet.dedup.requests import MOST_SEEDS
from cygnet.gateway.app import build_app
from cygnet.platform.pictures import PictureStore
from cygnet.v1 import (
    contest_pb2,
    contest_pb2_grpc,
    leaderboard_pb2,
    presence_pb2,
    submission_pb2,
)

from ..prompts import unique
from ..stackrunner import ROOT, Stack
from ..submission.test_seeds import seed_by_the_book
from ..waiting import eventually
from .hall import paired_screen, pairing_code, shown
from .leaks import found, secret_spellings, seed_spellings
from .player import CALL_S, DONE, Player, connection

if TYPE_CHECKING:
    pass

PAGE = ROOT / "services/cygnet/gateway/page/dist"
STREAM_S = 3.0
"""For how long a stream is read: what there is comes at once."""


def public_methods() -> Iterator[MethodDescriptor]:
    """Yields every RPC of every public service."""
    for module in pkgutil.iter_modules(cygnet.v1.__path__):
        if module.name.endswith("_pb2"):
            for service in importlib.import_module(f"cygnet.v1.{module.name}").DESCRIPTOR.services_by_name.values():
                yield from service.methods


def requests(player: Player, prompt: str, request_id: str, submission_id: str) -> dict[str, Any]:
    """Returns a request for each public RPC that is answered, with all that the answer can hold."""
    at: dict[str, Any] = {"contest": player.contest}
    return {
        "ContestService.GetContest": contest_pb2.GetContestRequest(**at),
        "SubmissionService.Join": submission_pb2.JoinRequest(**at, nickname="Mallory"),
        "SubmissionService.Submit": submission_pb2.SubmitRequest(
            **at, target="duck", prompt=prompt, request_id=request_id
        ),
        "SubmissionService.GetChallenge": submission_pb2.GetChallengeRequest(
            **at, action=submission_pb2.CHALLENGE_ACTION_SUBMIT
        ),
        "SubmissionService.ReadPrompt": submission_pb2.ReadPromptRequest(**at, prompt=prompt),
        "SubmissionService.WatchSubmission": submission_pb2.WatchSubmissionRequest(**at, submission_id=submission_id),
        "SubmissionService.ListSubmissions": submission_pb2.ListSubmissionsRequest(**at, limit=100),
        "LeaderboardService.GetLeaderboard": leaderboard_pb2.GetLeaderboardRequest(**at, target="duck", limit=100),
        "LeaderboardService.GetStanding": leaderboard_pb2.GetStandingRequest(
            **at, target="duck", participant_id=player.participant_id
        ),
        "LeaderboardService.WatchLeaderboard": leaderboard_pb2.WatchLeaderboardRequest(**at, target="duck", limit=100),
    }


async def presence_requests(stack: Stack, player: Player) -> tuple[dict[str, Any], str]:
    """Returns a request for each RPC of presence, to be made once and soon, and the token of a screen."""
    at: dict[str, Any] = {"contest": player.contest}
    first, second = [await pairing_code(stack.endpoints, player.contest) for _ in range(2)]
    screen = await paired_screen(player.channel, player.contest, first)
    async with shown(stack.address, player.contest, screen) as hall:
        code = hall.code
    return {
        "PresenceService.ExchangeCode": presence_pb2.ExchangeCodeRequest(**at, code=code, device="device-of-eve-0001"),
        "PresenceService.PairScreen": presence_pb2.PairScreenRequest(**at, pairing_code=second),
        "PresenceService.WatchCodes": presence_pb2.WatchCodesRequest(**at),
    }, screen


async def answer(player: Player, method: MethodDescriptor, request: Any, token: str = "") -> bytes:
    """Returns all that an RPC sends to the player, or to who has another token, as it is on the wire."""
    path = f"/{method.containing_service.full_name}/{method.name}"
    metadata = (("authorization", f"Bearer {token or player.token}"),)
    received: list[bytes] = []
    call: Any
    if method.server_streaming:
        call = player.channel.unary_stream(path)(request.SerializeToString(), metadata=metadata, timeout=STREAM_S)
        try:
            async for message in call:
                received.append(message)
        except grpc.aio.AioRpcError as error:
            assert error.code() is grpc.StatusCode.DEADLINE_EXCEEDED, error
        assert received, f"{path} sent nothing"
    else:
        call = player.channel.unary_unary(path)(request.SerializeToString(), metadata=metadata, timeout=CALL_S)
        received.append(await call)
    return b"\n".join([*received, repr([await call.initial_metadata(), await call.trailing_metadata()]).encode()])


async def answers(stack: Stack, player: Player, samples: dict[str, Any]) -> dict[str, bytes]:
    """Returns what each public RPC sends."""
    of_presence, screen = await presence_requests(stack, player)
    tokens = {"PresenceService.WatchCodes": screen}
    samples = samples | of_presence
    methods = {f"{method.containing_service.name}.{method.name}": method for method in public_methods()}
    assert set(samples) >= set(methods), "a new RPC needs a request here, to be looked through"
    return {name: await answer(player, method, samples[name], tokens.get(name, "")) for name, method in methods.items()}


def files(stack: Stack, contest: str, pictures: set[str]) -> dict[str, bytes]:
    """Returns every file that the gateway serves, with the headers."""
    paths = {
        "/": ["/"],
        "/board": ["/board"],
        "/c/{contest}": [f"/c/{contest}"],
        "/c/{contest}/board": [f"/c/{contest}/board"],
        "/pictures/{name}": [f"/pictures/{sha256}.png" for sha256 in pictures],
        "/qr.svg": ["/qr.svg", f"/qr.svg?contest={contest}"],
        "/healthz": ["/healthz"],
        "/assets": [f"/{each.relative_to(PAGE)}" for each in (PAGE / "assets").rglob("*") if each.is_file()],
    }
    app = build_app(pictures=PictureStore("file:///nowhere"), page_dir=PAGE, public_url="")
    assert {route.path for route in app.routes} == set(paths), "a new route needs its addresses here"  # type: ignore[attr-defined]
    got: dict[str, bytes] = {}
    for path in (path for each in paths.values() for path in each):
        with urllib.request.urlopen(f"{stack.url.rstrip('/')}{path}", timeout=CALL_S) as response:
            # The body first: a PNG file is known by its first bytes.
            got[path] = response.read() + str(response.headers).encode()
    return got


def logs(stack: Stack) -> dict[str, bytes]:
    """Returns what all parts of the game wrote."""
    written = {str(path): path.read_bytes() for path in (Path(stack.data_dir) / "logs").rglob("*") if path.is_file()}
    assert any(b"admitted" in each for each in written.values()), "the log of an admission is among them"
    return written | {"console": repr(stack.events).encode()}


async def test_no_player_learns_the_seed_before_the_end(stack: Stack) -> None:
    async with connection(stack.address) as channel:
        stub = contest_pb2_grpc.ContestServiceStub(channel)
        contest = (await stub.GetContest(contest_pb2.GetContestRequest(), timeout=CALL_S)).contest
        player = await Player.join(channel, "Eve", contest.name)
        prompt, request_id = unique(), "request-of-secrecy-1"
        submitted = await player.submit(prompt, request_id=request_id)
        samples = requests(player, prompt, request_id, submitted.submission_id)
        # The standing is there with the first score.
        in_the_queue = {name: each for name, each in samples.items() if name != "LeaderboardService.GetStanding"}
        methods = {f"{each.containing_service.name}.{each.name}": each for each in public_methods()}
        while_drawing = [await answer(player, methods[name], each) for name, each in in_the_queue.items()]
        done = await player.result(submitted)
        assert done.state == DONE
        await player.standing_of(done)

        async def settled() -> contest_pb2.GetContestResponse | None:
            view = await stub.GetContest(contest_pb2.GetContestRequest(contest=contest.name), timeout=CALL_S)
            return view if "duck" in view.seed_counters else None

        view = await eventually(settled, 30, "the counter of the target's seed")
        async with aioredis.Redis.from_url(stack.redis_admin_url) as redis:
            secret = await redis.get(key(contest.name, "secret"))
        assert isinstance(secret, bytes)
        assert hashlib.sha256(secret).hexdigest() == view.seed_commitment, "this is the secret that decides"
        places = {
            f"the secret or a seed in {name}": data
            for name, data in {
                **await answers(stack, player, samples),
                **{f"call {number} while it was drawn": each for number, each in enumerate(while_drawing)},
                **await asyncio.to_thread(
                    files,
                    stack,
                    contest.name,
                    {done.result.picture_sha256, *(target.picture_sha256 for target in contest.targets)},
                ),
                **logs(stack),
            }.items()
        }
        spellings = {each for target in contest.targets for each in _of_target(secret, target)}
        spellings |= set(secret_spellings(secret))
        assert [place for place, data in places.items() if found(spellings, data)] == []


def _of_target(secret: bytes, target: contest_pb2.Target) -> Iterator[bytes]:
    # Those that the counter could yet choose, too.
    for counter in range(MOST_SEEDS):
        yield from seed_spellings(seed_by_the_book(secret, target.picture_sha256, counter))
