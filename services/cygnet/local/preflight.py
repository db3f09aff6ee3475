"""What must be there before a game starts. Everything that can be known beforehand is said beforehand, in one line."""

import errno
import ipaddress
import json
import socket
import time
from dataclasses import dataclass
from pathlib import Path

from cygnet.contest.spec import read_contest
from cygnet.internal.v1 import document_pb2
from cygnet.local.datadir import DataDir, read_json, source_path, write_private
from cygnet.local.endpoints import Endpoints, any_free_port, lan_address, why_not_free
from cygnet.local.problem import Problem, problem_of
from cygnet.local.topology import Game, Models, Tools, choose_endpoints, find_tools
from cygnet.platform.errors import InvalidRequest

_EXAMPLE = ("docs", "examples", "duck-and-swan.yaml")
_PORT_PATIENCE_S = 2.0
"""How long the Envoy of a game that was killed may need to let go of its port."""
_BUILTIN = "builtin://"


@dataclass(frozen=True)
class Preparations:
    """All that a start needs to know."""

    tools: Tools
    models: Models
    game: Game
    endpoints: Endpoints
    document: document_pb2.ContestDocument
    """The contest that was asked for, or the example."""
    pictures: list[bytes]


def prepare(data: DataDir, *, host: str, port: int, contest: Path | None, json_logs: bool) -> Preparations:
    """Finds and checks everything. Raises Problem with what to do; starts nothing."""
    tools = find_tools()
    page = _built_page()
    try:
        document, pictures = read_contest(contest or source_path(*_EXAMPLE))
    except InvalidRequest as error:
        raise problem_of(error) from None
    models = _models(data, document, chosen=contest is not None)
    address = _ip_address(host)
    port = _free_port(address, port)
    url, public_url = _urls(address, port)
    game = Game(address, port, public_url, page, json_logs)
    return Preparations(tools, models, game, choose_endpoints(data, url), document, pictures)


def _built_page() -> Path:
    page = source_path("services", "cygnet", "gateway", "page", "dist")
    if not (page / "index.html").is_file() or not (page / "board.html").is_file():
        raise Problem("the page is not built: run `make page` (it needs Node.js 20 or newer)")
    return page


def _models(data: DataDir, document: document_pb2.ContestDocument, *, chosen: bool) -> Models:
    """Returns what Triton is to serve: the models of the contest file last given to `cygnet up`, or the example's."""
    sources = {"generator": document.model.generator_source, "scorer": document.model.scorer_source}
    if chosen:
        write_private(data.models, json.dumps(sources))
    else:
        sources.update((key, str(value)) for key, value in (read_json(data.models) or {}).items() if key in sources)
    models = Models(source_path("triton_models"), **sources)
    if not models.repository.is_dir():
        raise Problem(f"there are no models in {models.repository}: run from a checkout of Cygnet")
    for source in sources.values():
        builtin = source.startswith(_BUILTIN)
        folder = models.repository / "weights" / source.removeprefix(_BUILTIN) if builtin else Path(source)
        if "://" not in source.removeprefix(_BUILTIN) and not folder.is_dir():
            how = "train it with `make train-tiny`" if builtin else "the contest file names it as a model"
            raise Problem(f"the model {source} is not there (no folder {folder}); {how}")
    return models


def _ip_address(host: str) -> str:
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except OSError:
        raise Problem(f"there is no address {host!r}; try --host 127.0.0.1, or 0.0.0.0 for the whole network") from None
    return str(found[0][4][0])


def _free_port(host: str, port: int) -> int:
    if port == 0:
        return any_free_port(host)
    deadline = time.monotonic() + _PORT_PATIENCE_S
    while (error := why_not_free(host, port)) is not None:
        if error.errno == errno.EADDRINUSE and time.monotonic() < deadline:
            time.sleep(0.1)
        elif error.errno == errno.EADDRINUSE:
            raise Problem(
                f"port {port} is in use by another program; stop that one, or choose another port: "
                f"`make run PORT={port + 1 if port < 65_535 else 8080}` or `cygnet up --port …`"
            )
        elif error.errno == errno.EACCES:
            raise Problem(f"port {port} is for the administrator alone; choose one of 1024 or more with --port")
        else:
            raise Problem(f"cannot listen on {host} port {port}: {error.strerror}; choose another --host or --port")
    return port


def _urls(host: str, port: int) -> tuple[str, str]:
    """Returns where the game is, and where QR codes lead ("" for the address that a browser asked)."""
    address = ipaddress.ip_address(host)
    if not address.is_unspecified:
        shown = f"[{host}]" if address.version == 6 else host
        return f"http://{shown}:{port}/", ""
    lan = lan_address()
    if lan is None:
        return f"http://{'[::1]' if address.version == 6 else '127.0.0.1'}:{port}/", ""
    return f"http://{lan}:{port}/", f"http://{lan}:{port}"
