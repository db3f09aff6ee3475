"""What players may know of the seeds: a hash from the opening on, and the secret after the end."""

import hashlib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import redis.asyncio as aioredis

from cygnet.dedup.admission import identity
from cygnet.internal.v1 import admin_pb2, dedup_pb2, dedup_pb2_grpc
from cygnet.platform.errors import Conflict, NotSignedIn
from cygnet.submission import seeds, vocabularies
from cygnet.v1 import contest_pb2, submission_pb2

from ..waiting import eventually
from ..workloads import ADMIN_TOKEN
from .environment import DUCK, Game, bearer, document, playing, raised_by
from .test_reading import SHIPPED, SOURCE

TARGET = hashlib.sha256(DUCK).hexdigest()


@pytest.fixture
async def game(
    redis_url: str, redis_client: aioredis.Redis, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Game]:
    monkeypatch.setattr(vocabularies, "REFRESH_S", 0.05)
    monkeypatch.setattr(seeds, "_FRESH_MS", 1)
    monkeypatch.setattr(seeds, "PAUSE_S", 0.05)
    async with playing(redis_url, tmp_path) as running:
        yield running


async def view(game: Game) -> contest_pb2.GetContestResponse:
    return await game.contests.GetContest(contest_pb2.GetContestRequest(contest="test"))


async def reveal(game: Game, token: str | None = ADMIN_TOKEN) -> admin_pb2.RevealSeedsResponse:
    return await game.seeds.RevealSeeds(admin_pb2.RevealSeedsRequest(contest="test"), metadata=bearer(token))


async def test_the_organiser_is_bound_before_anything_is_drawn(game: Game) -> None:
    await game.schedule((60, 120))
    bound = (await view(game)).seed_commitment
    assert len(bound) == 64
    assert (await view(game)).seed_commitment == bound


async def test_before_the_end_nothing_is_given_away(game: Game) -> None:
    await game.schedule((-1, 60))
    refused = await raised_by(reveal(game))
    assert isinstance(refused, Conflict)
    assert refused.reason == "NOT_ENDED"
    assert "after the last window" in refused.message
    assert isinstance(await raised_by(reveal(game, None)), NotSignedIn)
    await game.apply()
    assert isinstance(await raised_by(reveal(game)), Conflict), "open without windows"
    assert not (await view(game)).revealed_secret


Windows = tuple[tuple[float, float], ...]


@pytest.mark.parametrize("windows", [((-60, -1),), ()])
async def test_after_the_end_everybody_can_compute_the_seed(game: Game, windows: Windows) -> None:
    await game.apply()
    bound = (await view(game)).seed_commitment
    settled = dedup_pb2.SettleSeedRequest(contest="test", target_picture_sha256=TARGET, counter=3)
    await game.dedup.SettleSeed(settled)
    await game.schedule(*windows, paused=True)
    revealed = await reveal(game)
    assert await reveal(game) == revealed, "safe to repeat"
    seen = await view(game)
    assert seen.revealed_secret == revealed.secret
    assert seen.seed_commitment == revealed.commitment == bound == hashlib.sha256(seen.revealed_secret).hexdigest()
    assert dict(seen.seed_counters) == dict(revealed.counters) == {"duck": 3}
    # What docs/scoring.md tells a player to do is what dedup does.
    assert identity.seed(seen.revealed_secret, TARGET, 3) == seed_by_the_book(seen.revealed_secret, TARGET, 3)


def seed_by_the_book(secret: bytes, target_sha256: str, counter: int) -> int:
    """The recipe of docs/scoring.md, word for word."""
    text = (Path(__file__).parents[2] / "docs/scoring.md").read_text()
    recipe = text.split("```python\n", 1)[1].split("```", 1)[0]
    names: dict[str, object] = {"secret": secret, "target_sha256": target_sha256, "counter": counter}
    exec(recipe, names)  # noqa: S102 - our own documentation
    seed = names["seed"]
    assert isinstance(seed, int)
    return seed


async def apply_described(game: Game) -> None:
    request = admin_pb2.ApplyContestRequest(document=document(), target_pictures=[DUCK])
    request.document.descriptions["duck"] = "a red duck in the snow"
    await game.admin.ApplyContest(request, metadata=bearer(ADMIN_TOKEN))


async def test_a_described_target_brings_its_ladder_to_whoever_draws_first(game: Game) -> None:
    await apply_described(game)
    await game.dedup.PutVocabulary(dedup_pb2.PutVocabularyRequest(generator_source=SOURCE, vocabulary=SHIPPED))
    token = (await game.join()).session_token
    read = submission_pb2.ReadPromptRequest(contest="test", prompt="a blue duck")

    async def known() -> bool:
        return (await game.players.ReadPrompt(read, metadata=bearer(token))).HasField("reading")

    await eventually(known)
    await game.submit(token, "a blue duck")
    job = (await game.dedup.Claim(dedup_pb2.ClaimRequest(worker_id="w", wait_ms=1000))).job
    assert list(job.ladder) == ["a duck", "a red duck", "a red duck in the snow"]
    assert len(job.candidate_seeds) == 4


@pytest.mark.usefixtures("redis_client")
async def test_a_contest_is_shown_while_dedup_is_away(redis_url: str, tmp_path: Path) -> None:
    nobody = dedup_pb2_grpc.DedupServiceServicer()  # type: ignore[abstract]
    async with playing(redis_url, tmp_path, dedup=nobody) as game:
        await game.apply()
        seen = await view(game)
    assert seen.contest.name == "test"
    assert not seen.seed_commitment


async def test_seeds_are_asked_for_while_nobody_plays(game: Game) -> None:
    """As soon as the model's words are known, for the targets that somebody described."""
    models = dedup_pb2.NextSeedRequest(generator_source=SOURCE, scorer_source=document().model.scorer_source)

    async def asked() -> bool:
        return (await game.dedup.NextSeed(models)).HasField("job")

    async def settled() -> bool:
        return not await asked()

    await apply_described(game)
    assert not await asked()
    await game.dedup.PutVocabulary(dedup_pb2.PutVocabularyRequest(generator_source=SOURCE, vocabulary=SHIPPED))
    await eventually(asked)
    job = (await game.dedup.NextSeed(models)).job
    assert (job.contest, job.target.name, job.ladder[-1]) == ("test", "duck", "a red duck in the snow")
    settling = dedup_pb2.SettleSeedRequest(contest="test", target_picture_sha256=TARGET, counter=2)
    await game.dedup.SettleSeed(settling)
    await eventually(settled)
