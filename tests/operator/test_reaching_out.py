"""Targets' pictures, what keeps pods, counts, and models fetched from a store: each alone, without a cluster."""

import base64
from pathlib import Path
from typing import Any

import prometheus_client
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

import cygnet.dedup.telemetry as dedup_telemetry
from cygnet.dedup.values import Lengths
from cygnet.platform.grpc.interceptors import AioContext
from cygnet.platform.grpc.server import Endpoint, serving
from cygnet.v1 import leaderboard_pb2, leaderboard_pb2_grpc
from cygnet_operator.fetch import fetch
from cygnet_operator.model import Figures, InvalidContest, parse
from cygnet_operator.pictures import KEPT_S, PictureMissing, Pictures, target_pictures
from cygnet_operator.podstatus import what_keeps
from cygnet_operator.stats import FiguresReader, gauge

from .builders import body, contest
from .services import png

FROM_A_MAP = [{"name": "duck", "image": {"configMapKeyRef": {"name": "targets", "key": "duck.png"}}}]


def config_map(**binary: bytes) -> dict[str, Any]:
    return {"binaryData": {f"{name}.png": base64.b64encode(picture).decode() for name, picture in binary.items()}}


async def test_pictures_come_from_cygnet_or_from_a_config_map() -> None:
    async def read(name: str) -> Any:
        assert name == "targets"
        return config_map(duck=png())

    assert await target_pictures(contest(targets=FROM_A_MAP), read) == [png()]
    (builtin,) = await target_pictures(contest(), read)
    assert builtin.startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("found", "words"),
    [
        (None, "ConfigMap targets does not exist: kubectl create configmap"),
        (config_map(swan=png()), "has no binary key duck.png"),
        ({"data": {"duck.png": "text"}}, "has no binary key duck.png"),
        (config_map(duck=b"GIF89a"), "no PNG that can be read"),
        ({"binaryData": {"duck.png": "%%%"}}, "targets"),
    ],
)
async def test_a_picture_that_cannot_be_had_is_said_with_what_to_do(found: Any, words: str) -> None:
    async def read(name: str) -> Any:
        return found

    with pytest.raises(PictureMissing, match=words):
        await target_pictures(contest(targets=FROM_A_MAP), read)


async def test_a_picture_is_kept_for_a_while_and_a_failure_is_not() -> None:
    now, asked = 0.0, 0
    answer: Any = None

    async def read(name: str) -> Any:
        nonlocal asked
        asked += 1
        return answer

    pictures = Pictures(read, lambda: now)
    subject = contest(targets=FROM_A_MAP)
    for _ in range(2):
        with pytest.raises(PictureMissing):
            await pictures.of(subject)
    answer = config_map(duck=png())
    for _ in range(3):
        assert await pictures.of(subject) == [png()]
    assert asked == 3
    now = KEPT_S + 1
    await pictures.of(subject)
    assert asked == 4


@pytest.mark.parametrize(
    ("status", "words"),
    [
        ({}, ""),
        ({"conditions": [{"type": "PodScheduled", "status": "True"}]}, ""),
        (
            {
                "conditions": [
                    {"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": "no GPU"}
                ]
            },
            "Unschedulable: no GPU",
        ),
        ({"containerStatuses": [{"name": "w", "state": {"waiting": {"reason": "PodInitializing"}}}]}, ""),
        (
            {
                "initContainerStatuses": [
                    {"name": "triton", "state": {"waiting": {"reason": "ErrImagePull", "message": "x"}}}
                ]
            },
            "triton: ErrImagePull: x",
        ),
        (
            {
                "initContainerStatuses": [
                    {"name": "triton", "lastState": {"terminated": {"exitCode": 137, "reason": "OOMKilled"}}}
                ]
            },
            "triton ended with status 137 (OOMKilled)",
        ),
        (
            {"phase": "Running", "containerStatuses": [{"name": "worker", "ready": False, "state": {"running": {}}}]},
            "worker runs and is not ready: kubectl logs duck-x -c worker",
        ),
        ({"phase": "Running", "containerStatuses": [{"name": "worker", "ready": True}]}, ""),
        ({"phase": "Pending", "containerStatuses": [{"name": "worker", "ready": False}]}, ""),
    ],
)
def test_what_keeps_a_pod_is_said_in_kubernetes_words(status: Any, words: str) -> None:
    assert what_keeps([{"metadata": {"name": "duck-x"}, "status": status}]) == words


def test_a_plain_reason_of_any_pod_goes_before_one_to_look_up() -> None:
    unready = {"phase": "Running", "containerStatuses": [{"name": "worker", "ready": False}]}
    unplaced = {"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": "no GPU"}
    pods = [
        {"metadata": {"name": "a"}, "status": unready},
        {"metadata": {"name": "b"}, "status": {"conditions": [unplaced]}},
    ]
    assert what_keeps(pods) == "Unschedulable: no GPU"


def test_a_gauge_is_read_for_its_contest_alone() -> None:
    name = "cygnet_dedup_oldest_wait_seconds"
    metrics = f'# TYPE {name} gauge\n{name}{{contest="a"}} 3.5\n{name}{{contest="ab"}} 9\n'
    assert gauge(metrics, name, "a") == 3.5
    assert gauge(metrics, name, "b") is None


@pytest.mark.parametrize("kind", ["folder", "bucket"])
def test_a_model_is_fetched_whole_and_once(kind: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    folder = tmp_path / "model"
    if kind == "folder":
        store, url = tmp_path / "store", (tmp_path / "store").as_uri()
    else:
        store, url = request.getfixturevalue("buckets").new("models") / "store", "s3://models/store"
    (store / "unet").mkdir(parents=True)
    (store / "unet" / "weights").write_bytes(b"w" * 1000)
    (store / "index.json").write_text("{}")
    assert fetch(url, folder) == 2
    assert (folder / "unet" / "weights").read_bytes() == b"w" * 1000
    untouched = (folder / "index.json").stat().st_mtime_ns
    assert fetch(url, folder) == 2
    assert (folder / "index.json").stat().st_mtime_ns == untouched
    (store / "empty").mkdir()
    with pytest.raises(FileNotFoundError, match="nothing under"):
        fetch(f"{url}/empty", folder)


def test_a_resource_of_another_schema_is_refused_with_the_field() -> None:
    with pytest.raises(InvalidContest, match=r"spec\.surprise"):
        parse(body(surprise=1))


class Board(leaderboard_pb2_grpc.LeaderboardServiceServicer):
    """A leaderboard with one standing."""

    async def GetLeaderboard(
        self, request: leaderboard_pb2.GetLeaderboardRequest, context: AioContext
    ) -> leaderboard_pb2.GetLeaderboardResponse:
        assert (request.contest, request.target) == ("pycon", "duck")
        ann = leaderboard_pb2.Standing(nickname="ann", score=87.3149, decimals=2)
        board = leaderboard_pb2.Leaderboard(revision=40, participants=7, standings=[ann])
        return leaderboard_pb2.GetLeaderboardResponse(leaderboard=board)


async def test_counts_come_from_the_services_that_own_them() -> None:
    descriptor = leaderboard_pb2.DESCRIPTOR.services_by_name["LeaderboardService"]
    board = Board()  # type: ignore[abstract]  # what is not asked for need not be served
    endpoint = Endpoint(
        "127.0.0.1:0",
        [(descriptor, lambda server: leaderboard_pb2_grpc.add_LeaderboardServiceServicer_to_server(board, server))],
    )
    telemetry = dedup_telemetry.Telemetry()
    telemetry.lengths("pycon", Lengths(waiting=1, outbox=0, oldest_ms=None, submissions=41, participants=9), 2.5)

    async def metrics(request: web.Request) -> web.Response:
        return web.Response(text=prometheus_client.generate_latest().decode())

    app = web.Application()
    app.router.add_get("/metrics", metrics)
    async with serving([endpoint], grace_s=0) as (port,), TestServer(app) as dedup:
        reader = FiguresReader(f"127.0.0.1:{port}", str(dedup.make_url("/metrics")))
        assert await reader.read(contest()) == Figures(9, 41, 2.5, "ann", "87.31")
        await reader.close()


async def test_counts_that_nobody_gives_are_left_out() -> None:
    reader = FiguresReader("127.0.0.1:1", "http://127.0.0.1:1/metrics")
    assert await reader.read(contest()) == Figures()
    await reader.close()
