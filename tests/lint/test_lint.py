"""Style, types, import contracts, protos: the same tools that one runs by hand, as tests with one summary."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
BIN = Path(sys.executable).parent
PAGE = ROOT / "services/cygnet/gateway/page"

pytestmark = pytest.mark.timeout(900)


def tool(name: str) -> str:
    """Where a tool of the environment is; skips the test where it is not."""
    path = BIN / name
    if not path.exists():
        pytest.skip(f"{name} is not installed (make lint installs it)")
    return str(path)


def passes(*command: str, cwd: Path = ROOT) -> None:
    """Fails the test with what the command said unless it ends with status 0."""
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, stdin=subprocess.DEVNULL)
    if done.returncode != 0:
        pytest.fail(f"{' '.join(command)}\n{done.stdout}{done.stderr}", pytrace=False)


def test_style() -> None:
    passes(tool("ruff"), "check", "--quiet", ".")


def test_format() -> None:
    passes(tool("ruff"), "format", "--quiet", "--check", ".")


@pytest.mark.parametrize(
    "sources",
    [
        "services",
        "operator",
        "helm/dashboards",
        "docs/generator",
        "tests",
        "triton_models/training",
        "triton_models/diffusion",
        "triton_models/scorer",
    ],
)
def test_types(sources: str) -> None:
    passes(tool("mypy"), sources)


def test_a_log_call_is_handed_plain_values_only(tmp_path: Path) -> None:
    source = tmp_path / "logging_a_job.py"
    source.write_text(
        "import logging\n"
        "from cygnet.internal.v1 import dedup_pb2\n"
        "log = logging.getLogger(__name__)\n"
        "def handle(job: dedup_pb2.Job, unknown, error: Exception) -> None:  # type: ignore[no-untyped-def]\n"
        "    log.info('claimed %s', job)\n"
        "    log.info('claimed', extra={'target': job.target})\n"
        "    log.info('claimed', extra={'jobs': [job]})\n"
        "    log.info('claimed', extra={'job': unknown})\n"
        "    logging.getLogger().info('claimed %s', job)\n"
        "    log.warning('lost %s', job.fingerprint[:12], extra={'fence': job.fence, 'error': str(error)})\n"
        "    log.error('failed', exc_info=error)\n"
    )
    done = subprocess.run([tool("mypy"), str(source)], cwd=ROOT, capture_output=True, text=True)
    found = [int(line.split(":")[1]) for line in done.stdout.splitlines() if line.endswith("[log-value]")]
    assert found == [5, 6, 7, 8, 9], done.stdout


def test_import_contracts() -> None:
    passes(tool("lint-imports"))


def test_protos() -> None:
    passes(tool("buf"), "lint", "proto")


def test_the_public_api_breaks_no_caller_of_the_last_release() -> None:
    passes(tool("buf"), "breaking", "proto", "--against", "proto/released.binpb")


def test_a_change_that_breaks_callers_would_be_found(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "proto", tmp_path / "proto")
    changed = tmp_path / "proto/cygnet/v1/submission.proto"
    changed.write_text(changed.read_text().replace("double score = 2;", "float score = 2;"))
    command = [tool("buf"), "breaking", "proto", "--against", str(ROOT / "proto/released.binpb")]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, stdin=subprocess.DEVNULL)
    assert done.returncode != 0
    assert 'Field "2" with name "score" on message "Result" changed type' in done.stdout


def npm() -> str:
    if (path := shutil.which("npm")) is None:
        pytest.skip("npm is not installed (Node.js 20 or newer)")
    if not (PAGE / "node_modules").is_dir():
        pytest.skip("the page's packages are not installed (make page)")
    return path


def test_the_pages_types_style_and_units() -> None:
    passes(npm(), "run", "--silent", "check", cwd=PAGE)


def test_the_pages_generated_code_is_current() -> None:
    passes(npm(), "run", "--silent", "gen:check", cwd=PAGE)


@pytest.mark.parametrize("script", [".ci/run", ".ci/setup-venv"])
def test_shell_scripts_can_be_read_by_bash(script: str) -> None:
    passes("bash", "-n", script)
