"""Two models at a time: real workers beside doubles of Triton that serve different ones, on a real dedup service."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest
import redis.asyncio as aioredis

from cygnet.internal.v1 import document_pb2

from ..waiting import eventually
from .environment import DONE, FAILED, QUEUED, SERVED, Environment, worker_environment
from .triton_double import TritonDouble

OLD = SERVED
NEW = document_pb2.Model(generator_source="hf://big", steps=1, size=512, scorer_source="builtin://cygnet-clip")
AWAY_MS = 1_500


@asynccontextmanager
async def triton(generator: str) -> AsyncIterator[TritonDouble]:
    double = TritonDouble()
    double.generator = generator
    await double.start()
    try:
        yield double
    finally:
        await double.stop()


@pytest.fixture
async def env(redis_url: str, redis_client: aioredis.Redis, tmp_path: Path) -> AsyncIterator[Environment]:
    async with worker_environment(
        redis_url, tmp_path, triton_address=lambda: "127.0.0.1:0", target=b"the duck to imitate", model_away_ms=AWAY_MS
    ) as env:
        yield env


def with_triton(env: Environment, double: TritonDouble) -> Environment:
    """Returns the environment for a worker that belongs to this Triton."""
    return replace(env, triton_address=lambda: double.address)


async def test_while_two_models_are_there_each_draws_what_asked_for_it(env: Environment) -> None:
    async with triton(OLD.generator_source) as old, triton(NEW.generator_source) as new:
        async with with_triton(env, old).working(), with_triton(env, new).working():
            submitted = [(f"{i}", await env.submit(f"{i}", model=NEW if i % 2 else OLD)) for i in range(12)]
            for _, each in submitted:
                await env.until_state(each, DONE)
        assert sorted(old.prompts, key=int) == ["0", "2", "4", "6", "8", "10"]
        assert sorted(new.prompts, key=int) == ["1", "3", "5", "7", "9", "11"]


async def test_a_changed_model_loses_no_submission(env: Environment) -> None:
    async with triton(OLD.generator_source) as old, triton(NEW.generator_source) as new, AsyncExitStack() as later:
        old.gate.clear()
        async with with_triton(env, old).working(stop_grace_s=0.2):
            first = [await env.submit(f"before {i}", model=OLD) for i in range(5)]
            await eventually(lambda: old.at_work == 1)
            await later.enter_async_context(with_triton(env, new).working())
            second = [await env.submit(f"after {i}", model=NEW) for i in range(3)]
            for each in second:
                await env.until_state(each, DONE)
            # The new model's worker is idle, the old one's is busy: what waits for it goes on waiting for it.
            assert all(prompt.startswith("after") for prompt in new.prompts)
            # One drawing ends; the next one waits at a gate of its own, until it was given back.
            ending, old.gate = old.gate, asyncio.Event()
            ending.set()
            await env.until_state(first[0], DONE)
            await eventually(lambda: old.at_work == 1)
            interrupted = first[int(old.prompts[-1].removeprefix("before "))]
            opening = asyncio.create_task(_open_once_given_back(env, interrupted, old))
        await opening
        assert len(old.prompts) == 2
        for each in first:
            await env.until_state(each, DONE)
        assert any(prompt.startswith("before") for prompt in new.prompts)


async def test_a_triton_that_comes_back_with_another_model_gets_other_jobs(env: Environment) -> None:
    async with triton(OLD.generator_source) as double, with_triton(env, double).working():
        await env.until_state(await env.submit("one", model=OLD), DONE)
        double.generator = NEW.generator_source
        # Claimed for the former model: it is given back, not failed, and drawn once that model counts as gone.
        given_back = await env.submit("two", model=OLD)
        await env.until_state(await env.submit("three", model=NEW), DONE)
        await env.until_state(given_back, DONE)


async def test_a_model_that_nobody_ever_served_fails_openly_and_costs_nothing(env: Environment) -> None:
    async with triton(OLD.generator_source) as double, with_triton(env, double).working():
        failed = await env.until_state(await env.submit("one", model=NEW), FAILED)
        assert failed.failure.reason == "MODEL_NOT_SERVED"
        await env.until_state(await env.submit("two", model=OLD), DONE)
        assert double.prompts == ["two"]


async def test_who_waits_is_told_that_there_is_no_worker(env: Environment) -> None:
    submitted = await env.submit("one", model=OLD)
    assert (await env.submission(submitted)).queue.no_worker
    async with triton(OLD.generator_source) as double:
        double.gate.clear()
        async with with_triton(env, double).working(stop_grace_s=0.1):
            await eventually(lambda: double.at_work == 1)
            behind = await env.submit("two", model=OLD)
            waiting = await env.submission(behind)
            assert waiting.state == QUEUED
            assert not waiting.queue.no_worker
            opening = asyncio.create_task(_open_once_given_back(env, submitted, double))
        await opening


async def _open_once_given_back(env: Environment, submitted: str, double: TritonDouble) -> None:
    await env.until_state(submitted, QUEUED)
    double.gate.set()
