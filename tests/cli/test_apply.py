"""`cygnet apply` and `cygnet contest show` against the real admin APIs of two services."""

import asyncio
import io
import json
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
import redis.asyncio as aioredis
import yaml
from PIL import Image

from cygnet.contest.admin import ContestAdminServicer
from cygnet.contest.client import AdminApis
from cygnet.contest.document import read_contest
from cygnet.contest.store import ContestStore
from cygnet.internal.v1 import admin_pb2, admin_pb2_grpc, document_pb2
from cygnet.platform.errors import InvalidRequest
from cygnet.platform.grpc.interceptors import AioContext
from cygnet.platform.grpc.server import MAX_ADMIN_REQUEST_BYTES, Endpoint, serving
from cygnet.platform.pictures import PictureStore

from ..workloads import callers

TOKEN = "t" * 43
CONTEST = """
apiVersion: cygnet.dev/v1alpha1
kind: Contest
metadata: {name: pycon-kr}
spec:
  title: {en: Draw the duck, ko: 오리}
  targets: [{name: duck, image: {file: duck.png}}]
  rateLimit: {perParticipant: {every: 10s}}
"""


@dataclass(frozen=True)
class Result:
    """How a command ended, and all that it printed."""

    exit_code: int
    output: str


async def cygnet(*arguments: str) -> Result:
    """Runs the command as a person would. In a process of its own: gRPC's asyncio does not take two event loops at a
    time in one process."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "cygnet.cli", *arguments, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    output, _ = await process.communicate()
    assert process.returncode is not None
    return Result(process.returncode, output.decode())


@dataclass(frozen=True)
class Installation:
    """Two services with their admin APIs, and the command's options to reach them."""

    submission: ContestStore
    leaderboard: ContestStore
    pictures: PictureStore
    looks: "Looks"
    options: tuple[str, ...]

    async def run(self, *arguments: str) -> Result:
        """Runs the command against these services."""
        return await cygnet(*arguments, *self.options)


class Looks(admin_pb2_grpc.TargetAdminServiceServicer):
    """What workers found out about "duck", from the `ready`th time on that somebody wants to know."""

    def __init__(self) -> None:
        self.report = document_pb2.TargetReport()
        self.ready = 0
        self.calls = 0

    async def ExamineTargets(
        self, request: admin_pb2.ExamineTargetsRequest, context: AioContext
    ) -> admin_pb2.ExamineTargetsResponse:
        self.calls += 1
        reports = {"duck": self.report} if self.calls >= self.ready else {}
        return admin_pb2.ExamineTargetsResponse(reports=reports)


@asynccontextmanager
async def admin_api(
    contests: ContestStore, pictures: PictureStore | None, token: str = TOKEN, looks: "Looks | None" = None
) -> AsyncIterator[str]:
    endpoint = Endpoint(
        "127.0.0.1:0",
        [ContestAdminServicer(contests, pictures), *([looks] if looks else [])],
        callers(token),
        admin=True,
        max_request_bytes=MAX_ADMIN_REQUEST_BYTES,
    )
    async with serving([endpoint], grace_s=0.1) as (port,):
        yield f"127.0.0.1:{port}"


@pytest.fixture
async def installation(redis_client: aioredis.Redis, tmp_path: Path) -> AsyncIterator[Installation]:
    submission, leaderboard = ContestStore(redis_client, "sub"), ContestStore(redis_client, "board")
    pictures = PictureStore((tmp_path / "pictures").as_uri())
    token = tmp_path / "token"
    token.write_text(f"{TOKEN}\n")
    looks = Looks()
    async with admin_api(submission, pictures, looks=looks) as first, admin_api(leaderboard, None) as second:
        options = ("--server", first, "--server", second, "--token-file", str(token))
        yield Installation(submission, leaderboard, pictures, looks, options)


@pytest.fixture
def contest(tmp_path: Path) -> Path:
    drawn = io.BytesIO()
    Image.new("RGB", (64, 64), "gold").save(drawn, "PNG")
    (tmp_path / "duck.png").write_bytes(drawn.getvalue())
    path = tmp_path / "contest.yaml"
    path.write_text(CONTEST)
    return path


async def test_created_configured_unchanged(installation: Installation, contest: Path) -> None:
    async def apply() -> str:
        result = await installation.run("apply", "-f", str(contest))
        assert result.exit_code == 0, result.output
        return result.output.strip()

    assert await apply() == "contest/pycon-kr created (generation 1)"
    assert await apply() == "contest/pycon-kr unchanged (generation 1)"
    contest.write_text(CONTEST.replace("10s", "2s"))
    assert await apply() == "contest/pycon-kr configured (generation 2)"
    for contests in (installation.submission, installation.leaderboard):
        document = contests.get("pycon-kr")
        assert (document.contest.generation, document.admission.every_ms) == (2, 2000)
    (target,) = installation.submission.get("pycon-kr").contest.targets
    assert await installation.pictures.exists(target.picture_sha256)


async def test_a_dry_run_checks_and_changes_nothing(installation: Installation, contest: Path) -> None:
    result = await installation.run("apply", "-f", str(contest), "--dry-run")
    assert (result.exit_code, result.output.strip()) == (0, "contest/pycon-kr created (generation 1) (dry run)")
    assert installation.submission.names == installation.leaderboard.names == []
    as_json = await installation.run("apply", "-f", str(contest), "--dry-run", "--json")
    facts = {"contest": "pycon-kr", "generation": 1, "changed": True, "dryRun": True}
    assert json.loads(as_json.output) == {
        **facts,
        "targets": {"duck": {"shape": "64x64 PNG", "changes": []}},
        "concerns": [],
    }


async def test_what_is_stored_is_the_normalised_picture_and_what_was_changed_is_said(
    installation: Installation, contest: Path, tmp_path: Path
) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.new("RGB", (120, 80), "gold").save(tmp_path / "duck.png", exif=exif)
    result = await installation.run("apply", "-f", str(contest))
    assert result.output.startswith(
        "target duck: 80x120 PNG: turned upright as its EXIF says, metadata removed, padded"
    )
    (target,) = installation.submission.get("pycon-kr").contest.targets
    stored = await installation.pictures.get(target.picture_sha256)
    with Image.open(io.BytesIO(stored)) as picture:
        assert (picture.format, picture.mode, picture.size, picture.info) == ("PNG", "RGB", (120, 120), {})
    assert "target duck" not in (await installation.run("apply", "-f", str(contest), "--json")).output


async def test_a_gameable_target_is_said_once_a_worker_has_looked(installation: Installation, contest: Path) -> None:
    installation.looks.ready = 3
    installation.looks.report.likenesses.add(what="noise", score=51)
    installation.looks.report.likenesses.add(what="white paper", score=71)
    early = await installation.run("apply", "-f", str(contest))
    assert early.output.splitlines()[1] == "no worker has looked yet at duck; `cygnet apply --wait` waits for it"
    waited = await installation.run("apply", "-f", str(contest), "--wait")
    assert waited.exit_code == 0
    assert "target duck is gameable: pictures that draw nothing score like a drawing (white paper 71, noise 51)" in (
        waited.output
    )
    [concern] = json.loads((await installation.run("apply", "-f", str(contest), "--json")).output)["concerns"]
    assert "see `cygnet doctor`" in concern
    installation.looks.report.CopyFrom(document_pb2.TargetReport(problem="scorer x has no calibration"))
    broken = await installation.run("apply", "-f", str(contest))
    assert "target duck cannot be examined: scorer x has no calibration" in broken.output


async def test_a_picture_that_cannot_be_read_is_refused_with_words(
    installation: Installation, contest: Path, tmp_path: Path
) -> None:
    (tmp_path / "duck.png").write_bytes(b"GIF89a")
    result = await installation.run("apply", "-f", str(contest))
    assert (result.exit_code, installation.submission.names) == (1, [])
    assert "spec.targets.0.image.file: the picture is no readable PNG, JPEG, WebP or GIF" in result.output
    assert "Traceback" not in result.output


async def test_the_service_takes_normalised_pictures_alone_and_keeps_none_of_a_refused_document(
    installation: Installation, contest: Path
) -> None:
    document, (picture,) = read_contest(contest)
    _, submission, _, leaderboard, *_ = installation.options
    apis = AdminApis(submission, leaderboard, TOKEN)
    file = io.BytesIO()
    Image.new("L", (64, 64), 7).save(file, "PNG")
    with pytest.raises(InvalidRequest, match="is not as a target is stored"):
        await apis.apply(document, [file.getvalue()])
    broken = document_pb2.ContestDocument()
    broken.CopyFrom(document)
    broken.contest.max_prompt_chars = 9_999
    with pytest.raises(InvalidRequest, match="maxPromptChars"):
        await apis.apply(broken, [picture.png])
    assert not await installation.pictures.exists(document.contest.targets[0].picture_sha256)


async def test_applying_again_heals_a_service_that_missed_it(installation: Installation, contest: Path) -> None:
    await installation.run("apply", "-f", str(contest))
    installation.leaderboard._documents.clear()
    await installation.leaderboard._redis.delete("board:{pycon-kr}:contest")
    result = await installation.run("apply", "-f", str(contest))
    assert "unchanged (generation 1)" in result.output
    assert installation.leaderboard.get("pycon-kr").contest.generation == 1


async def test_what_is_wrong_is_named_by_its_field(installation: Installation, contest: Path) -> None:
    contest.write_text(CONTEST.replace("10s", "ten seconds").replace("{en: Draw the duck, ko: 오리}", "{ko: 오리}"))
    result = await installation.run("apply", "-f", str(contest))
    assert result.exit_code == 1 and "Traceback" not in result.output
    assert "rateLimit.perParticipant.every" in result.output


async def test_the_wrong_token_is_refused(installation: Installation, contest: Path, tmp_path: Path) -> None:
    (tmp_path / "token").write_text("x" * 43)
    result = await installation.run("apply", "-f", str(contest))
    assert (result.exit_code, "ADMIN_TOKEN_NEEDED" in result.output) == (1, True)
    assert installation.submission.names == []


async def test_a_server_that_is_not_there(contest: Path, tmp_path: Path) -> None:
    (tmp_path / "token").write_text(TOKEN)
    nobody = ("--server", "127.0.0.1:1", "--server", "127.0.0.1:1", "--token-file", str(tmp_path / "token"))
    result = await cygnet("apply", "-f", str(contest), *nobody)
    assert (result.exit_code, "no answer from 127.0.0.1:1" in result.output) == (1, True)
    one = await cygnet("apply", "-f", str(contest), *nobody[:2])
    assert (one.exit_code, "give --server twice" in one.output) == (1, True)


async def test_show(installation: Installation, contest: Path) -> None:
    await installation.run("apply", "-f", str(contest))
    shown = await installation.run("contest", "show", "pycon-kr")
    document = yaml.safe_load(shown.output)
    assert (document["contest"]["name"], document["contest"]["title"]["ko"]) == ("pycon-kr", "오리")
    as_json = await installation.run("contest", "show", "pycon-kr", "--json")
    assert json.loads(as_json.output) == document
    missing = await installation.run("contest", "show", "nothing")
    assert (missing.exit_code, "there is no contest called 'nothing'" in missing.output) == (1, True)
