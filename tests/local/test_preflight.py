"""What `cygnet up` refuses before anything starts: in one line that says what to do."""

import json
import socket
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from cygnet.local import preflight
from cygnet.local.datadir import DataDir, default_data_dir
from cygnet.local.endpoints import Endpoints, free_addresses, why_not_free
from cygnet.local.errors import UserError, message_of
from cygnet.platform.errors import DomainError

ROOT = Path(__file__).parents[2]
CONTEST = """
apiVersion: cygnet.dev/v1alpha1
kind: Contest
metadata: {name: test}
spec:
  title: {en: Test}
  targets: [{name: duck, image: {builtin: duck}}]
  model:
    generator: {source: MODEL}
    scorer: {source: MODEL}
"""


@pytest.fixture
def data(tmp_path: Path) -> DataDir:
    made = DataDir(tmp_path / "data")
    made.make()
    return made


@pytest.fixture
def contest(tmp_path: Path) -> Path:
    """A contest whose models are a folder that is there."""
    path = tmp_path / "contest.yaml"
    path.write_text(CONTEST.replace("MODEL", str(tmp_path)))
    return path


@pytest.fixture(autouse=True)
def page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A page that is built, wherever these tests run."""
    folder = tmp_path / "services/cygnet/gateway/page/dist"
    folder.mkdir(parents=True)
    for name in ("index.html", "board.html"):
        (folder / name).touch()
    (tmp_path / "triton_models").mkdir()
    monkeypatch.setattr(preflight, "source_path", lambda *parts: tmp_path.joinpath(*parts))
    return folder


@pytest.fixture
def taken() -> Iterator[int]:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield listener.getsockname()[1]


def refusal(data: DataDir, contest: Path | None, host: str = "127.0.0.1", port: int = 0) -> str:
    with pytest.raises((UserError, DomainError)) as error:
        preflight.check(data, host=host, port=port, contest=contest, json_logs=False)
    assert isinstance(error.value, UserError | DomainError)
    return message_of(error.value)


def test_all_is_well(data: DataDir, contest: Path) -> None:
    config = preflight.check(data, host="localhost", port=0, contest=contest, json_logs=True)
    assert config.host in ("127.0.0.1", "::1") and config.port > 0
    assert config.endpoints.url.endswith(f":{config.port}/")
    addresses = [v for v in vars(config.endpoints).values() if isinstance(v, str) and v.startswith("127.0.0.1:")]
    # Triton and Envoy's admin listen on sockets of the file system.
    assert len(addresses) == len(set(addresses)) == 7


def test_a_port_that_is_in_use(data: DataDir, contest: Path, taken: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(preflight, "_PORT_PATIENCE_S", 0.1)
    message = refusal(data, contest, port=taken)
    assert f"port {taken} is in use" in message and f"make run PORT={taken + 1}" in message


def test_a_host_that_is_not_here(data: DataDir, contest: Path) -> None:
    assert "no address 'no.such.host.invalid'" in refusal(data, contest, host="no.such.host.invalid")
    assert "cannot listen on 192.0.2.1" in refusal(data, contest, host="192.0.2.1", port=8080)


def test_a_page_that_is_not_built(data: DataDir, contest: Path, page: Path) -> None:
    (page / "index.html").unlink()
    assert "make page" in refusal(data, contest)


def test_models_that_are_not_there(data: DataDir, contest: Path) -> None:
    contest.write_text(CONTEST.replace("MODEL", "builtin://cygnet-tiny"))
    assert "make train-tiny" in refusal(data, contest)
    contest.write_text(CONTEST.replace("MODEL", "/no/such/model"))
    assert "/no/such/model" in refusal(data, contest)


@pytest.mark.parametrize("source", ["s3://bucket/model", "pvc://claim/model"])
def test_models_that_only_kubernetes_can_bring(data: DataDir, contest: Path, source: str) -> None:
    contest.write_text(CONTEST.replace("MODEL", source))
    assert f"the model {source} needs Kubernetes" in refusal(data, contest)


def test_a_contest_file_with_mistakes_names_each_field(data: DataDir, contest: Path) -> None:
    contest.write_text(contest.read_text().replace("{en: Test}", "{de: Test}").replace("name: duck", "name: DUCK"))
    message = refusal(data, contest)
    assert "spec.title" in message and "spec.targets.0.name" in message
    assert "there is no such file" in refusal(data, contest.with_name("missing.yaml"))
    assert "larger than 1048576 bytes" in refusal(data, Path("/dev/zero"))


def test_the_models_of_the_last_contest_file_are_served_again(data: DataDir, contest: Path, tmp_path: Path) -> None:
    preflight.check(data, host="127.0.0.1", port=0, contest=contest, json_logs=False)
    example = tmp_path / "docs/examples/duck-and-swan.yaml"
    example.parent.mkdir(parents=True)
    example.write_text(CONTEST.replace("MODEL", "builtin://cygnet-tiny"))
    again = preflight.check(data, host="127.0.0.1", port=0, contest=None, json_logs=False)
    assert (again.model.generator_source, again.model.scorer_source) == (str(tmp_path), str(tmp_path))


def test_models_of_the_last_contest_file_that_cannot_be_read(data: DataDir, tmp_path: Path) -> None:
    example = tmp_path / "docs/examples/duck-and-swan.yaml"
    example.parent.mkdir(parents=True)
    example.write_text(CONTEST.replace("MODEL", "builtin://cygnet-tiny"))
    data.models.mkdir()
    assert f"cannot read {data.models}" in refusal(data, None)


def test_secrets_are_made_once_and_nobody_else_reads_them(data: DataDir) -> None:
    secret = data.secret("admin-token")
    assert len(secret) >= 32 and DataDir(data.root).secret("admin-token") == secret
    assert data.secret("session-key") != secret
    for path in (data.root, data.run, data.secret_file("admin-token")):
        assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0


def test_one_folder_is_one_game(data: DataDir) -> None:
    with data.locked(), pytest.raises(UserError, match="another cygnet .* runs with the data in"), data.locked():
        pytest.fail("two games had the same folder")
    with data.locked():
        pass


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(UserError, match="choose another with --data-dir"):
        DataDir(tmp_path / "file" / "data").make()


def test_a_long_path_gets_a_short_socket(tmp_path: Path) -> None:
    deep = DataDir(tmp_path / ("x" * 120))
    deep.make()
    assert len(str(deep.socket("redis.sock"))) <= 107
    assert deep.socket("redis.sock") == DataDir(deep.root).socket("redis.sock")
    deep.socket("redis.sock").parent.rmdir()


def test_endpoints_are_in_a_private_file(data: DataDir, contest: Path) -> None:
    endpoints = preflight.check(data, host="127.0.0.1", port=0, contest=contest, json_logs=False).endpoints
    with pytest.raises(UserError, match="no game runs"):
        Endpoints.read(data.endpoints)
    endpoints.write(data.endpoints)
    assert Endpoints.read(data.endpoints) == endpoints
    assert stat.S_IMODE(data.endpoints.stat().st_mode) == 0o600
    assert json.loads(data.endpoints.read_text())["url"] == endpoints.url
    data.endpoints.write_text('{"url": "http://127.0.0.1:8080/"}')
    with pytest.raises(UserError, match="of another version of Cygnet"):
        Endpoints.read(data.endpoints)


def test_free_addresses_are_outside_the_range_of_outgoing_connections() -> None:
    ports = [int(address.rpartition(":")[2]) for address in free_addresses(20)]
    assert len(set(ports)) == 20 and max(ports) < 32_768
    assert all(why_not_free("127.0.0.1", port) is None for port in ports)


def test_a_checkout_keeps_its_data_beside_the_sources() -> None:
    assert default_data_dir() == ROOT / ".data"
