"""What the model reads of a prompt: what makes two prompts one, what is refused for free, and what a player is told."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import redis.asyncio as aioredis

from cygnet.inference.reading import Vocabulary
from cygnet.internal.v1 import admin_pb2, dedup_pb2
from cygnet.platform.errors import InvalidRequest, NotSignedIn
from cygnet.platform.grpc.metrics import HANDLED
from cygnet.submission import vocabularies
from cygnet.submission.examples import examples
from cygnet.v1 import contest_pb2, submission_pb2

from ..waiting import eventually
from ..workloads import ADMIN_TOKEN
from .environment import DUCK, Game, bearer, document, playing, raised_by

SHIPPED = (Path(__file__).parents[2] / "triton_models/weights/cygnet-tiny/vocabulary.json").read_bytes()
SOURCE = "builtin://cygnet-tiny"


@pytest.fixture
async def game(
    redis_url: str, redis_client: aioredis.Redis, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Game]:
    monkeypatch.setattr(vocabularies, "REFRESH_S", 0.05)
    async with playing(redis_url, tmp_path) as running:
        await running.apply()
        yield running


async def put(game: Game, vocabulary: bytes, source: str = SOURCE) -> None:
    await game.dedup.PutVocabulary(dedup_pb2.PutVocabularyRequest(generator_source=source, vocabulary=vocabulary))


async def read(game: Game, token: str | None, prompt: str) -> submission_pb2.ReadPromptResponse:
    request = submission_pb2.ReadPromptRequest(contest="test", prompt=prompt)
    return await game.players.ReadPrompt(request, metadata=bearer(token))


@pytest.fixture
async def token(game: Game) -> str:
    """Somebody who plays with the shipped model's words."""
    await put(game, SHIPPED)
    joined = (await game.join()).session_token

    async def known() -> bool:
        return (await read(game, joined, "a duck")).HasField("reading")

    await eventually(known)
    return joined


def words(prompt: str, reading: submission_pb2.Reading, *, read: bool) -> list[str]:
    return [prompt[span.start : span.end] for span in reading.spans if span.read == read]


@pytest.mark.parametrize(
    ("prompt", "caption", "known", "ignored"),
    [
        ("a turbo DUCK on the pond", "a duck on a pond", ["DUCK", "pond"], ["turbo"]),
        ("연못 위의 초고속 오리", "a duck on a pond", ["연못", "오리"], ["초고속"]),
        ("😀 🦆", "a duck", ["🦆"], ["😀"]),
        ("kubernetes", "", [], ["kubernetes"]),
    ],
)
async def test_each_word_is_read_or_not(
    game: Game, token: str, prompt: str, caption: str, known: list[str], ignored: list[str]
) -> None:
    reading = (await read(game, token, prompt)).reading
    assert reading.caption == caption
    assert words(prompt, reading, read=True) == known
    assert words(prompt, reading, read=False) == ignored


async def test_prompts_with_one_reading_are_one_drawing_and_each_says_what_was_read_of_it(
    game: Game, token: str
) -> None:
    first = await game.submit(token, "a yellow duck on a pond")
    other = (await game.join()).session_token
    prompt = "zxcv, the yellow DUCK on the pond!!"
    second = await game.submit(other, prompt)
    assert (first.outcome, second.outcome) == (
        submission_pb2.ADMISSION_OUTCOME_ACCEPTED,
        submission_pb2.ADMISSION_OUTCOME_COALESCED,
    )
    assert words(prompt, second.reading, read=False) == ["zxcv"]
    job = await game.draw_one()
    assert job.canonical_prompt == first.reading.caption == "a yellow duck on a pond"
    request = submission_pb2.ListSubmissionsRequest(contest="test")
    [listed] = (await game.players.ListSubmissions(request, metadata=bearer(other))).submissions
    assert (listed.prompt, listed.reading) == (prompt, second.reading)
    assert listed.HasField("result")
    repeated = await game.submit(token, "yellow duck qwertz pond")
    assert repeated.outcome == submission_pb2.ADMISSION_OUTCOME_REPEATED


async def test_where_nothing_is_read_nothing_is_taken_and_no_token_is_spent(game: Game, token: str) -> None:
    # More than the cheap bucket of a participant holds: one token for each, and the last one were refused.
    for _ in range(30):
        with pytest.raises(InvalidRequest) as refused:
            await game.submit(token, "쿠버네티스 operator")
        assert refused.value.reason == "NOTHING_READ"
        assert [violation.field for violation in refused.value.violations] == ["prompt"]
        assert '"a red boat at sea"' in refused.value.message
    statistics = await game.dedup.GetStatistics(dedup_pb2.GetStatisticsRequest(contest="test"))
    assert (statistics.submissions, statistics.participants, statistics.queue_length) == (0, 0, 0)
    for i in range(3):
        await game.submit(token, f"{('a', 'a red', 'a blue')[i]} duck")


async def test_a_model_without_words_says_nothing_and_is_given_the_prompt_itself(game: Game) -> None:
    await put(game, b"")
    token = (await game.join()).session_token
    assert not (await read(game, token, "kubernetes")).HasField("reading")
    submitted = await game.submit(token, "Kubernetes")
    assert not submitted.HasField("reading")
    assert (await game.draw_one()).canonical_prompt == "kubernetes"


async def test_no_prompt_is_read_without_the_words_that_a_worker_has_said(
    redis_url: str, redis_client: aioredis.Redis, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else one prompt is two drawings, one for each reading, and the first settles its target's seed untried."""
    monkeypatch.setattr(vocabularies, "REFRESH_S", 3600)
    async with playing(redis_url, tmp_path) as game:
        await game.apply()
        token = (await game.join()).session_token
        before = await game.submit(token, "a duck, before any worker came")
        assert not before.HasField("reading")
        await put(game, SHIPPED)
        submitted = await game.submit(token, "zxcv the yellow DUCK")
        assert submitted.reading.caption == "a yellow duck"


async def test_new_words_of_a_model_hold_without_a_restart(game: Game, token: str) -> None:
    richer = json.loads(SHIPPED)
    richer["words"]["species"]["duck"].append("quacker")
    await put(game, json.dumps(richer).encode())

    async def known() -> bool:
        return bool((await read(game, token, "a quacker")).reading.caption)

    await eventually(known)


async def test_while_a_changed_model_takes_over_prompts_are_read_with_the_words_of_the_one_in_use(
    game: Game, token: str
) -> None:
    await put(game, b"", source="builtin://next")
    request = admin_pb2.ApplyContestRequest(document=document(), target_pictures=[DUCK])
    request.document.next_model.CopyFrom(request.document.model)
    request.document.next_model.generator_source = "builtin://next"
    request.document.next_share = 1000
    await game.admin.ApplyContest(request, metadata=(("authorization", f"Bearer {ADMIN_TOKEN}"),))
    await game.submit(token, "an ultra duck")
    job = await game.draw_one()
    assert (job.model.generator_source, job.canonical_prompt) == ("builtin://next", "a duck")


async def test_reading_is_for_players_and_for_prompts(game: Game, token: str) -> None:
    assert isinstance(await raised_by(read(game, None, "a duck")), NotSignedIn)
    for prompt in ("", "x" * 301, "a\nduck"):
        error = await raised_by(read(game, token, prompt))
        assert isinstance(error, InvalidRequest)
        assert [violation.field for violation in error.violations] == ["prompt"]


@pytest.mark.parametrize(
    "vocabulary",
    [b"{", b"[]", b"\xff", b"{}", SHIPPED.replace(b'"format": 1', b'"format": 9'), SHIPPED + b" " * 262_144],
    ids=["cut", "list", "bytes", "empty", "format", "large"],
)
async def test_what_is_no_vocabulary_is_refused(game: Game, vocabulary: bytes) -> None:
    error = await raised_by(put(game, vocabulary))
    assert isinstance(error, InvalidRequest)
    assert [violation.field for violation in error.violations] == ["vocabulary"]


async def test_a_contest_has_examples_that_its_model_can_draw(game: Game, token: str) -> None:
    view = await game.contests.GetContest(contest_pb2.GetContestRequest(contest="test"))
    assert len(view.examples) == 3
    for example in view.examples:
        assert sorted(example.prompt) == ["en", "ko"]
        for prompt in example.prompt.values():
            assert (await read(game, token, prompt)).reading.caption == example.prompt["en"]


@pytest.mark.parametrize(
    "description", ["a red boat at sea", "a boat", "a penguin with a hat in the snow", "고양이", "a duck on a pond"]
)
def test_no_example_leads_to_a_target(description: str) -> None:
    vocabulary = Vocabulary.of(json.loads(SHIPPED))
    answer = set(vocabulary.ladder(description))
    given = examples(vocabulary, (description,))
    assert len(given) == 3
    for example in given:
        assert answer.isdisjoint(vocabulary.ladder(example.prompt["en"]))


def test_an_example_that_is_not_understood_is_not_given() -> None:
    poorer: dict[str, Any] = json.loads(SHIPPED)
    del poorer["words"]["species"]["boat"]
    assert [example.prompt["en"] for example in examples(Vocabulary.of(poorer), ())][0] != "a red boat at sea"
    assert [example.prompt["en"] for example in examples(None, ("a red boat at sea",))][0] != "a red boat at sea"


async def test_a_targets_description_is_no_example(game: Game, token: str) -> None:
    request = admin_pb2.ApplyContestRequest(document=document(), target_pictures=[DUCK])
    request.document.descriptions["duck"] = "빨간 배"
    await game.admin.ApplyContest(request, metadata=(("authorization", f"Bearer {ADMIN_TOKEN}"),))
    view = await game.contests.GetContest(contest_pb2.GetContestRequest(contest="test"))
    assert len(view.examples) == 3
    with pytest.raises(InvalidRequest) as refused:
        await game.submit(token, "kubernetes")
    assert "boat" not in f"{view} {refused.value.message}"


async def test_while_a_store_has_lost_its_keys_prompts_are_read_as_before(
    game: Game, token: str, redis_client: aioredis.Redis
) -> None:
    keys = [key async for key in redis_client.scan_iter("dedup:vocabulary:*")]
    assert len(keys) == 1
    assert 0 < await redis_client.ttl(keys[0]) <= 30 * 24 * 3600
    await redis_client.delete(*keys)
    looks = HANDLED.labels("unary", "cygnet.internal.v1.DedupService", "GetVocabulary", "OK")._value
    before = looks.get()
    await eventually(lambda: looks.get() >= before + 2)
    assert (await read(game, token, "a duck")).HasField("reading")
    richer = json.loads(SHIPPED)
    richer["words"]["species"]["duck"].append("quacker")
    await put(game, json.dumps(richer).encode())

    async def known() -> bool:
        return bool((await read(game, token, "a quacker")).reading.caption)

    await eventually(known)
