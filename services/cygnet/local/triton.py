"""How one machine starts Triton without Docker: the real tritonserver out of the nvidia-pytriton wheel.

The wheel means its server to be driven by its own Python layer, which cannot serve a model repository. The binary
can, so this module works out what it needs: its libraries, a Python backend whose stub fits this interpreter, and a
name for its shared memory by which leftovers are recognised.

`plan_launch` only plans what to start; `prepare_backend`, `clean_shared_memory` and `kill_strays` are the few steps
that touch the machine. The supervisor starts, watches and stops.
"""

import hashlib
import importlib.util
import os
import re
import select
import signal
import sys
import sysconfig
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

MODELS = ("diffusion", "scorer", "draw_and_score")

_SHM_PREFIX = "cygnet-"
_PROGRAMS = {"tritonserver", "triton_python_backend_stub"}


class TritonNotInstalled(Exception):
    """The server cannot run from this Python environment; the text says what is missing."""


@dataclass(frozen=True, slots=True)
class TritonInstallation:
    """Where the parts of the server lie in this Python environment."""

    server: Path
    libraries: Path
    backend: Path
    stub: Path
    python: Path
    """The interpreter whose packages the models import."""
    libpython: Path
    """The folder of the shared Python library that the stub is linked against."""


@dataclass(frozen=True, slots=True)
class TritonLaunch:
    """A tritonserver to start, and how to recognise what it is doing and what it leaves behind.

    Start it with `start_new_session=True`, so that the server and the stubs it forks are one process group. To stop it,
    SIGKILL the group and `clean_shared_memory`: the server holds nothing that must be saved. SIGTERM to the server
    alone works too, and takes 4 s on idle cores and 10 to 30 s on busy ones, because its stubs tear torch down.

    It accepts connections on `grpc_url` only after every model has loaded and warmed up, and exits with an error where
    one cannot; then ask `TritonClient.probe`.
    """

    argv: tuple[str, ...]
    env: Mapping[str, str]
    cwd: Path
    grpc_url: str
    metrics_url: str
    shm_prefix: str


@dataclass(frozen=True, slots=True)
class LoadProgress:
    """What a log line reports of the start: `what` the model is doing, or why it failed."""

    model: str
    what: str
    failed: bool = False


def find_installation(packages: Path | None = None) -> TritonInstallation:
    """Find the server in `packages`, by default wherever this environment would import nvidia-pytriton from.

    Raises:
        TritonNotInstalled: the wheel is missing, has no stub for this Python, or Python has no shared library.
    """
    packages = packages or _packages()
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    root = packages / "pytriton" / "tritonserver"
    stub = root / "python_backend_stubs" / version / "triton_python_backend_stub"
    if not root.is_dir():
        raise TritonNotInstalled("there is no nvidia-pytriton here: pip install 'cygnet[local]' (Linux on x86-64 only)")
    if not stub.is_file():
        raise TritonNotInstalled(f"nvidia-pytriton has no Python backend stub for Python {version}")
    return TritonInstallation(
        server=root / "bin" / "tritonserver",
        libraries=packages / "nvidia_pytriton.libs",
        backend=root / "backends" / "python",
        stub=stub,
        python=Path(sys.executable),
        libpython=_libpython(version),
    )


def prepare_backend(installation: TritonInstallation, data_dir: Path) -> None:
    """Lay a backend folder of symbolic links under `data_dir`: the wheel's backend with the stub for this Python.

    The server looks for the stub beside the backend's library, and the wheel keeps it elsewhere. Links leave
    site-packages as they were installed.
    """
    folder = _backends(data_dir) / "python"
    folder.mkdir(parents=True, exist_ok=True)
    for target in [*installation.backend.iterdir(), installation.stub]:
        link = folder / target.name
        link.unlink(missing_ok=True)
        link.symlink_to(target)


def plan_launch(
    installation: TritonInstallation,
    *,
    data_dir: Path,
    models: Path,
    grpc_url: str,
    metrics_port: int,
    environment: Mapping[str, str],
    generator: str = "builtin://cygnet-tiny",
    scorer: str = "builtin://cygnet-clip",
) -> TritonLaunch:
    """Plan how to start the server; starts and writes nothing.

    `models` is the model repository. `grpc_url` is where it listens: "unix:<path>:<number>", as Triton puts a port
    behind every address. Whoever may connect may have it run any code, by its model repository API: a socket in a
    private folder is its owner's alone. `environment` are the variables to build on (usually `os.environ`), `generator`
    and `scorer` model sources as in a Contest.
    """
    prefix = shm_prefix(data_dir)
    loopback = "127.0.0.1"
    grpc_address, _, grpc_port = grpc_url.rpartition(":")
    argv = (
        str(installation.server),
        f"--model-repository={models.resolve()}",
        # The repository also holds weights and training code, which are no models: name what to load.
        "--model-control-mode=explicit",
        *(f"--load-model={name}" for name in MODELS),
        f"--backend-directory={_backends(data_dir)}",
        f"--backend-config=python,shm-region-prefix-name={prefix}",
        # Would start every stub once more, torch import and all, to complete configurations that are complete.
        "--disable-auto-complete-config",
        f"--grpc-address={grpc_address}",
        f"--grpc-port={grpc_port}",
        "--allow-http=false",
        f"--metrics-address={loopback}",
        f"--metrics-port={metrics_port}",
        "--exit-timeout-secs=30",
    )
    return TritonLaunch(
        argv=argv,
        env=_environment(installation, environment, generator, scorer),
        # Not the caller's: the stub has its working directory first on sys.path, where anything might lie.
        cwd=data_dir.resolve(),
        grpc_url=grpc_url,
        metrics_url=f"http://{loopback}:{metrics_port}/metrics",
        shm_prefix=prefix,
    )


def shm_prefix(data_dir: Path) -> str:
    """The beginning of every shared memory name of the server that belongs to `data_dir`, the same at each start."""
    return f"{_SHM_PREFIX}{hashlib.sha256(os.fsencode(data_dir.resolve())).hexdigest()[:12]}-"


def read_progress(line: str) -> LoadProgress | None:
    """What a line of the server's log reports of a model's loading; None for every other line."""
    if found := re.search(r'"cygnet load (\w+): (.*)"$', line.rstrip()):
        return LoadProgress(found[1], found[2])
    if found := re.search(r"failed to load '(\w+)' version \d+: (.*)", line.rstrip()):
        reason, _, _ = found[2].partition(r"\n")  # the traceback that follows stays in the log
        return LoadProgress(found[1], reason.rstrip('"'), failed=True)
    return None


def kill_strays(prefix: str, proc: Path = Path("/proc"), patience_s: float = 10.0) -> list[int]:
    """Kill every server and stub of `prefix`, wait until they are gone, and return their process ids.

    For what a killed supervisor left behind. A stub that is drawing outlives its server; both carry the prefix in their
    arguments, so nobody else's are touched.
    """
    killed = []
    for pid in list(_strays(prefix, proc)):
        with suppress(ProcessLookupError):
            handle = os.pidfd_open(pid)
            try:
                signal.pidfd_send_signal(handle, signal.SIGKILL)
                ended = select.poll()
                ended.register(handle, select.POLLIN)  # readable once the process has ended
                ended.poll(patience_s * 1000)
            finally:
                os.close(handle)
            killed.append(pid)
    return killed


def clean_shared_memory(prefix: str, root: Path = Path("/dev/shm")) -> list[str]:
    """Remove the shared memory that servers of `prefix` left behind, and return its names.

    Only while no server of that prefix runs: before a start, and after the whole group has ended. A stub that was
    killed leaves its region even where the server goes on and ends in good order.
    """
    if not prefix.startswith(_SHM_PREFIX) or len(prefix) <= len(_SHM_PREFIX):
        raise ValueError(f"{prefix!r} is no prefix of shm_prefix(): it would remove what belongs to others")
    removed = []
    for region in sorted(root.glob(f"{prefix}*")):
        region.unlink(missing_ok=True)
        removed.append(region.name)
    return removed


def _environment(
    installation: TritonInstallation, base: Mapping[str, str], generator: str, scorer: str
) -> dict[str, str]:
    return {
        **base,
        "LD_LIBRARY_PATH": _joined(installation.libraries, installation.libpython, base.get("LD_LIBRARY_PATH")),
        # An embedded interpreter finds its home, and so the virtual environment's packages, through the
        # first `python3` on PATH.
        "PATH": _joined(installation.python.parent, base.get("PATH", os.defpath)),
        # The models settle these too; here they are visible in the process listing's environment.
        "OMP_WAIT_POLICY": base.get("OMP_WAIT_POLICY", "PASSIVE"),
        "CYGNET_GENERATOR_SOURCE": generator,
        "CYGNET_SCORER_SOURCE": scorer,
    }


def _joined(*parts: Path | str | None) -> str:
    return os.pathsep.join(str(part) for part in parts if part)


def _backends(data_dir: Path) -> Path:
    return data_dir.resolve() / "triton" / "backends"


def _packages() -> Path:
    found = importlib.util.find_spec("pytriton")  # finds it without importing it
    return Path(found.origin).parents[1] if found and found.origin else Path(sysconfig.get_path("platlib"))


def _libpython(version: str) -> Path:
    name = f"libpython{version}.so.1.0"
    for folder in (sysconfig.get_config_var("LIBDIR"), f"{sys.base_prefix}/lib", f"{sys.base_exec_prefix}/lib"):
        if folder and (Path(folder) / name).exists():
            return Path(folder)
    raise TritonNotInstalled(
        f"this Python was built without its shared library {name}, which Triton's Python backend is linked against: "
        "use one from uv, from conda or from the distribution"
    )


def _strays(prefix: str, proc: Path) -> Iterator[int]:
    for entry in proc.iterdir():
        if not entry.name.isdigit():
            continue
        try:
            argv = (entry / "cmdline").read_bytes().decode(errors="replace").split("\0")
        except OSError:  # it ended while we looked
            continue
        if Path(argv[0]).name in _PROGRAMS and any(prefix in argument for argument in argv[1:]):
            yield int(entry.name)
