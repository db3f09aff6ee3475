"""A whole game through Envoy: joining, drawing, repeating, the leaderboard; and what must not pass."""

import asyncio
import hashlib
import http.client
import io
import struct
import urllib.request

import grpc
import pytest
from PIL import Image

from cygnet.platform.errors import InvalidRequest
from cygnet.platform.images import pixels_sha256
from cygnet.v1 import contest_pb2, leaderboard_pb2, leaderboard_pb2_grpc, submission_pb2

from ..prompts import unique
from ..stackrunner import Stack
from ..waiting import eventually
from .player import DONE, DRAWING, Player, connection, contest_of


async def test_a_prompt_becomes_a_picture_a_score_and_a_place(stack: Stack) -> None:
    async with connection(stack.address) as channel:
        contest = await contest_of(channel)
        assert (contest.name, [target.name for target in contest.targets]) == ("duck-and-swan", ["duck", "swan"])
        player = await Player.join(channel, "Ada")
        submitted = await player.submit(unique())
        assert submitted.outcome == submission_pb2.ADMISSION_OUTCOME_ACCEPTED
        states = [state async for state in player.states(submitted)]
        done = states[-1]
        assert done.state == DONE and [s.revision for s in states] == sorted({s.revision for s in states})
        assert 0 <= done.result.score <= 100 and -1 <= done.result.cosine <= 1
        picture = await asyncio.to_thread(_get, f"{stack.url}pictures/{done.result.picture_sha256}.png")
        assert hashlib.sha256(picture).hexdigest() == done.result.picture_sha256
        assert pixels_sha256(picture) == done.result.pixels_sha256
        with Image.open(io.BytesIO(picture)) as image:
            assert image.format == "PNG" and min(image.size) >= 64
        standing = await player.standing_of(done)
        assert (standing.nickname, standing.picture_sha256) == ("Ada", done.result.picture_sha256)
        assert standing.score == pytest.approx(done.result.score, abs=1e-9)
        assert [s.submission_id for s in await player.list()] == [done.submission_id]


async def test_a_repeated_prompt_has_the_same_picture_and_score(stack: Stack) -> None:
    async with connection(stack.address) as channel:
        one, two = await Player.join(channel, "One"), await Player.join(channel, "Two")
        prompt = unique("swan")
        first = await one.result(await one.submit(prompt))
        again = await two.submit(f"  {prompt.upper()}\u200b  ")
        assert (again.outcome, again.state) == (submission_pb2.ADMISSION_OUTCOME_REPEATED, DONE)
        assert (again.result.picture_sha256, again.result.score) == (first.result.picture_sha256, first.result.score)
        standing = await two.standing_of(again)
        assert standing.finder == leaderboard_pb2.Finder(participant_id=one.participant_id, nickname="One")
        assert (await one.standing_of(first)).rank < standing.rank
        assert not (await one.standing_of(first)).HasField("finder")


async def test_fifty_times_the_same_prompt_at_once_is_one_drawing(stack: Stack) -> None:
    async with connection(stack.address) as channel:
        drawn_before = await asyncio.to_thread(_drawings, stack)
        players = [await Player.join(channel, f"Crowd {i}") for i in range(10)]
        prompt = unique()
        submitted = await asyncio.gather(*(player.submit(prompt) for player in players for _ in range(5)))
        owners = [player for player in players for _ in range(5)]
        results = await asyncio.gather(*(p.result(s) for p, s in zip(owners, submitted, strict=True)))
        assert len({(r.result.picture_sha256, r.result.score, r.result.cosine) for r in results}) == 1
        assert (
            len(results) == 50 and sum(s.outcome == submission_pb2.ADMISSION_OUTCOME_ACCEPTED for s in submitted) == 1
        )
        assert await asyncio.to_thread(_drawings, stack) == drawn_before + 1
        [finder] = (
            player.participant_id
            for player, s in zip(owners, submitted, strict=True)
            if s.outcome == submission_pb2.ADMISSION_OUTCOME_ACCEPTED
        )
        standings = await asyncio.gather(*(p.standing_of(r) for p, r in zip(owners, results, strict=True)))
        # All got it in the same moment; it is the find of whoever had it queued.
        assert {each.finder.participant_id for each in standings} == {"", finder}
        assert {each.participant_id for each in standings if not each.HasField("finder")} == {finder}


async def test_a_retried_submit_is_the_same_submission(stack: Stack) -> None:
    async with connection(stack.address) as channel:
        player = await Player.join(channel, "Retry")
        prompt = unique()
        first = await player.submit(prompt, request_id="retried-request-0001")
        again = await player.submit(prompt, request_id="retried-request-0001")
        assert again.submission_id == first.submission_id
        await player.result(first)
        assert len(await player.list()) == 1


@pytest.mark.parametrize(
    ("prompt", "words"),
    [
        ("", "write what to draw"),
        ("   \t ", None),
        ("\u200b\u200d\ufeff", "write what to draw"),
        ("x" * 10_000, "at most 300 characters, not 10000"),
        ("오리" * 5_000, "at most 300 characters, not 10000"),
        ("a duck\x00", "control characters"),
        ("a duck\nand a swan", "line breaks"),
        ("\x1b[31ma red duck", "control characters"),
    ],
)
async def test_prompts_that_cannot_be_drawn_are_refused_in_words(stack: Stack, prompt: str, words: str | None) -> None:
    async with connection(stack.address) as channel:
        player = await Player.join(channel, "Hostile")
        with pytest.raises(InvalidRequest) as refused:
            await player.submit(prompt)
        (violation,) = refused.value.violations
        assert violation.field == "prompt" and (words is None or words in violation.description)
        assert await player.list() == []


@pytest.mark.parametrize(
    "prompt",
    [
        "노란 오리 한 마리",
        "🦆🦢",
        "👩‍👩‍👧 with a duck",
        "<b>duck</b> & 'swan' \"; DROP TABLE",
        "עברית وعربي 🦆",
        "%s {0} ${x} \\n duck",
        "🦆" * 280,
    ],
)
async def test_prompts_of_all_kinds_are_drawn(stack: Stack, prompt: str) -> None:
    async with connection(stack.address) as channel:
        player = await Player.join(channel, "Polyglot")
        done = await player.result(await player.submit(prompt))
        assert done.prompt == prompt


async def test_a_prompt_of_no_known_word_is_refused_for_free_once_the_models_words_are_known(stack: Stack) -> None:
    async with connection(stack.address) as channel:
        player = await Player.join(channel, "Polyglot")

        async def refused() -> str:
            try:
                await player.submit("עברית وعربي")
            except InvalidRequest as error:
                return error.reason
            return ""

        assert await eventually(refused, 30) == "NOTHING_READ"
        known = await player.submit("a zxcv duck on a pond")
        assert known.reading.caption == "a duck on a pond"
        assert [known.prompt[span.start : span.end] for span in known.reading.spans if not span.read] == ["zxcv"]


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("<script>alert(1)</script", "<script>alert(1)</script"),
        ("A\u200bd\u2060a\ufeff", "Ada"),
        ("\u202eevil", "evil"),
        ("  two \n words ", "two words"),
        ("오리대장🦆", "오리대장🦆"),
        ("Z̸̡̢̛̦͎͇͋̈a", None),
    ],
)
async def test_nicknames_are_shown_clean(stack: Stack, raw: str, shown: str | None) -> None:
    async with connection(stack.address) as channel:
        player = await Player.join(channel, raw)
        if shown is not None:
            assert player.nickname == shown
        assert player.nickname.isprintable() and 1 <= len(player.nickname) <= 24


@pytest.mark.parametrize("raw", ["", "\u200b\u200b", "\x00\x01", "x" * 25, "y" * 10_000, "\u3164"])
async def test_nicknames_that_cannot_be_seen_are_refused_in_words(stack: Stack, raw: str) -> None:
    async with connection(stack.address) as channel:
        with pytest.raises(InvalidRequest) as refused:
            await Player.join(channel, raw)
        assert [violation.field for violation in refused.value.violations] == ["nickname"]


async def test_the_leaderboard_moves_by_itself(stack: Stack) -> None:
    async with connection(stack.address) as channel:
        player = await Player.join(channel, "Mover")
        stub = leaderboard_pb2_grpc.LeaderboardServiceStub(channel)
        watching = stub.WatchLeaderboard(
            leaderboard_pb2.WatchLeaderboardRequest(contest="duck-and-swan", target="swan", limit=100)
        )
        first = await asyncio.wait_for(anext(aiter(watching)), 15)
        assert player.participant_id not in {s.participant_id for s in first.leaderboard.standings}
        await player.result(await player.submit(unique("swan"), target="swan"))
        async with asyncio.timeout(30):
            async for answer in watching:
                if player.participant_id in {s.participant_id for s in answer.leaderboard.standings}:
                    break
        watching.cancel()


INTERNAL = [
    "cygnet.internal.v1.DedupService/AdmitMany",
    "cygnet.internal.v1.DedupService/Claim",
    "cygnet.internal.v1.DedupService/WatchChanges",
    "cygnet.internal.v1.ResultLogService/RecordResults",
    "cygnet.internal.v1.ContestAdminService/ApplyContest",
    "cygnet.internal.v1.ContestAdminService/GetContestDocument",
    "grpc.health.v1.Health/Check",
    "grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo",
    "inference.GRPCInferenceService/ServerLive",
]


@pytest.mark.parametrize("method", INTERNAL)
async def test_internal_services_cannot_be_called_from_outside(stack: Stack, method: str) -> None:
    async with connection(stack.address) as channel:
        call: grpc.aio.UnaryUnaryMultiCallable[bytes, bytes] = channel.unary_unary(f"/{method}")
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await call(b"", timeout=10, wait_for_ready=True)
        assert refused.value.code() is grpc.StatusCode.UNIMPLEMENTED
    for disguise in (
        f"/{method}",
        f"//{method}",
        f"/./{method}",
        f"/x/../{method}",
        f"/%{ord(method[0]):02x}{method[1:]}",
    ):
        status, _, _ = await asyncio.to_thread(_post, stack, disguise, b"")
        assert status in (400, 404, 405), (disguise, status)


async def test_grpc_web_as_browsers_speak_it(stack: Stack) -> None:
    message = contest_pb2.GetContestRequest().SerializeToString()
    status, headers, body = await asyncio.to_thread(
        _post, stack, "/cygnet.v1.ContestService/GetContest", struct.pack(">BI", 0, len(message)) + message
    )
    assert (status, headers["content-type"]) == (200, "application/grpc-web+proto")
    flag, length = struct.unpack(">BI", body[:5])
    answer = contest_pb2.GetContestResponse.FromString(body[5 : 5 + length])
    assert (flag, answer.contest.name) == (0, "duck-and-swan")
    assert b"grpc-status:0" in body[5 + length :]


async def test_a_request_that_is_too_large_is_refused_before_any_service(stack: Stack) -> None:
    status, _, _ = await asyncio.to_thread(_post, stack, "/cygnet.v1.SubmissionService/Submit", b"\0" * 300_000)
    assert status == 413


async def test_pages_and_pictures_through_envoy(stack: Stack) -> None:
    def fetch(path: str, **headers: str) -> tuple[int, dict[str, str], bytes]:
        request = urllib.request.Request(
            f"{stack.url}{path}", headers={k.replace("_", "-"): v for k, v in headers.items()}
        )
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status, {name.lower(): value for name, value in answer.headers.items()}, answer.read()

    async with connection(stack.address) as channel:
        contest = await contest_of(channel)
    status, headers, body = await asyncio.to_thread(fetch, "", accept_encoding="gzip")
    assert status == 200 and headers["server"] == "cygnet" and headers["cache-control"] == "no-store"
    assert headers.get("content-encoding") == "gzip" and body[:2] == b"\x1f\x8b"
    for target in contest.targets:
        status, headers, body = await asyncio.to_thread(fetch, f"pictures/{target.picture_sha256}.png")
        assert status == 200 and "immutable" in headers["cache-control"]
        assert hashlib.sha256(body).hexdigest() == target.picture_sha256
    assert (await asyncio.to_thread(fetch, "qr.svg"))[1]["content-type"] == "image/svg+xml"
    assert (await asyncio.to_thread(fetch, "board"))[0] == 200


async def test_a_drawing_is_seen_while_it_is_drawn(stack: Stack) -> None:
    async with connection(stack.address) as channel:
        player = await Player.join(channel, "Watcher")
        submitted = [await player.submit(unique()), await player.submit(unique())]
        seen: set[int] = set()
        for submission in submitted:
            seen |= {state.state async for state in player.states(submission)}
        # The second waits for the first; a quick machine may skip over states, but not over all of them.
        assert DONE in seen and seen & {submission_pb2.SUBMISSION_STATE_QUEUED, DRAWING}


def _get(url: str) -> bytes:
    with urllib.request.urlopen(url, timeout=10) as answer:
        return bytes(answer.read())


def _post(stack: Stack, path: str, body: bytes) -> tuple[int, dict[str, str], bytes]:
    """POSTs as gRPC-web, with the path as it is."""
    host, _, port = stack.address.rpartition(":")
    client = http.client.HTTPConnection(host, int(port), timeout=10)
    try:
        client.request("POST", path, body, {"content-type": "application/grpc-web+proto", "x-grpc-web": "1"})
        answer = client.getresponse()
        return answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read()
    finally:
        client.close()


def _drawings(stack: Stack) -> float:
    """How many drawings the scorer's model in Triton has made, by Triton's own count."""
    metrics = _get(stack.endpoints.metrics["triton"]).decode()
    (line,) = (line for line in metrics.splitlines() if line.startswith('nv_inference_exec_count{model="diffusion"'))
    return float(line.rpartition(" ")[2])
