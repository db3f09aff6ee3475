"""The same bytes have the same score on every replica and after every restart; the heat map alone may be off."""

import asyncio
from pathlib import Path

import pytest

from cygnet.inference.occlusion import heat_map
from cygnet.inference.scoring import cosine, score
from cygnet.inference.triton import Embedding, TritonClient

from .conftest import Server, StartTriton, Weights

TARGET = Path(__file__).parents[2] / "services" / "cygnet" / "contest" / "targets" / "duck.png"


def scored(picture: Embedding, target: Embedding) -> float:
    calibration = picture.scorer.calibration
    assert calibration is not None
    return score(cosine(picture.vector, target.vector, calibration.mean), calibration.points)


@pytest.mark.timeout(900)  # it starts a second server, in 10 s on idle cores and a minute on busy ones
async def test_a_score_is_the_same_on_another_replica_and_after_a_restart(
    server: Server, start_triton: StartTriton, weights: Weights, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CYGNET_SCORER_REGIONS", "0")
    other = start_triton("replica")
    here, there = TritonClient(server.url, patience_s=300), TritonClient(other.url, patience_s=300)
    try:
        drawing = await here.draw_and_score("a duck", 3, weights.steps, weights.size)
        target = await here.embed(TARGET.read_bytes())
        assert drawing.scorer.calibration is not None
        first = scored(Embedding(drawing.embedding, drawing.scorer), target)
        maps = heat_map(drawing.embedding, drawing.regions, target.vector, drawing.scorer.calibration.mean)
        assert [len(each) for each in maps] == [25, 25]

        async def agrees() -> None:
            seen, crowd = await there.embed(drawing.picture), [TARGET.read_bytes(), drawing.picture] * 2
            assert seen.vector.tobytes() == drawing.embedding.tobytes()
            assert scored(seen, await there.embed(TARGET.read_bytes())) == first
            crowded = await asyncio.gather(*(there.embed(each) for each in crowd))
            assert crowded[1].vector.tobytes() == crowded[3].vector.tobytes() == drawing.embedding.tobytes()

        await agrees()
        await there.recover("scorer")
        await agrees()
        # Told to hide nothing, it draws and scores as ever, and there is no map.
        plain = await there.draw_and_score("a duck", 3, weights.steps, weights.size)
        assert plain.regions.shape == (0, len(plain.embedding))
        assert plain.embedding.tobytes() == (await here.embed(plain.picture)).vector.tobytes()
    finally:
        await here.close()
        await there.close()
        other.kill()
