"""Choosing a target's seed: the first with which every part of a description pays, once, whoever works beside."""

import asyncio

import pytest

from cygnet.internal.v1 import dedup_pb2
from cygnet.worker.seeds import SeedChooser

LADDER = ["a duck", "a red duck", "a red duck in the snow"]
SEEDS = [100, 101, 102]


class Game:
    """Scores by seed and rung, and what dedup would have kept."""

    def __init__(self, *tables: list[float], settled: int | None = None) -> None:
        self.tables = tables
        self.settled = settled
        self.drawn: list[tuple[str, int]] = []
        self.chooser = SeedChooser(self.settle, self.score)

    async def settle(self, job: dedup_pb2.Job, counter: int | None) -> int | None:
        if self.settled is None:
            self.settled = counter
        return self.settled

    async def score(self, job: dedup_pb2.Job, caption: str, seed: int) -> float:
        await asyncio.sleep(0)
        self.drawn.append((caption, seed))
        return self.tables[SEEDS.index(seed)][LADDER.index(caption)]


JOB = dedup_pb2.Job(contest="a", candidate_seeds=SEEDS, ladder=LADDER)
PAYS, SLIPS, SLIPS_LESS = [10.0, 30.0, 50.0], [10.0, 60.0, 55.0], [10.0, 60.0, 62.0]


async def test_a_settled_seed_is_the_jobs() -> None:
    assert await Game().chooser.seed_of(dedup_pb2.Job(seed=7)) == 7


@pytest.mark.parametrize(
    ("tables", "seed"),
    [
        ((PAYS, PAYS, PAYS), 100),
        ((SLIPS, PAYS, PAYS), 101),
        # None does: the one that comes nearest.
        ((SLIPS, SLIPS_LESS, SLIPS), 101),
    ],
)
async def test_the_first_seed_with_which_every_part_pays_is_chosen(tables: tuple[list[float], ...], seed: int) -> None:
    game = Game(*tables)
    assert await game.chooser.seed_of(JOB) == seed
    assert game.settled == SEEDS.index(seed)


async def test_jobs_beside_each_other_choose_once() -> None:
    game = Game(SLIPS, PAYS, PAYS)
    assert await asyncio.gather(*(game.chooser.seed_of(JOB) for _ in range(4))) == [101] * 4
    assert len(game.drawn) == 2 * len(LADDER)


async def test_what_another_worker_settled_holds() -> None:
    game = Game(settled=2)
    assert await game.chooser.seed_of(JOB) == 102
    assert not game.drawn
