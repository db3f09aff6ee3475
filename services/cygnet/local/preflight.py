"""What must be there before a game starts: everything that can be known beforehand, refused in one line."""

import errno
import ipaddress
import socket
import time
from pathlib import Path

from google.protobuf import json_format

from cygnet.contest.document import read_contest
from cygnet.internal.v1 import document_pb2
from cygnet.local.datadir import DataDir, source_path, write_private
from cygnet.local.endpoints import any_free_port, lan_address, why_not_free
from cygnet.local.errors import UserError
from cygnet.local.topology import GameConfig, choose_endpoints, find_tools

_EXAMPLE = ("docs", "examples", "duck-and-swan.yaml")
_PORT_PATIENCE_S = 2.0
"""How long the Envoy of a game that was killed may need to let go of its port."""
_BUILTIN = "builtin://"
_KUBERNETES_ONLY = ("s3://", "pvc://")


def check(data: DataDir, *, host: str, port: int, contest: Path | None, json_logs: bool) -> GameConfig:
    """Finds and checks everything; starts nothing.

    Raises:
        UserError: something is missing or taken; the text says what to do.
        InvalidRequest: the contest file has mistakes.
    """
    tools = find_tools()
    page = _built_page()
    document, pictures = read_contest(contest or source_path(*_EXAMPLE))
    models = source_path("triton_models")
    model = _served_model(data, models, document.model, chosen=contest is not None)
    address = _ip_address(host)
    port = _free_port(address, port)
    url, public_url = _urls(address, port)
    return GameConfig(
        tools=tools,
        page=page,
        models=models,
        model=model,
        host=address,
        port=port,
        public_url=public_url,
        endpoints=choose_endpoints(data, url),
        json_logs=json_logs,
        document=document,
        pictures=pictures,
    )


def _built_page() -> Path:
    page = source_path("services", "cygnet", "gateway", "page", "dist")
    if not (page / "index.html").is_file() or not (page / "board.html").is_file():
        raise UserError("the page is not built: run `make page` (it needs Node.js 20 or newer)")
    return page


def _served_model(data: DataDir, models: Path, model: document_pb2.Model, *, chosen: bool) -> document_pb2.Model:
    """Returns what Triton is to serve: the models of the contest file last given to `cygnet up`, or the example's."""
    if not models.is_dir():
        raise UserError(f"there are no models in {models}: run from a checkout of Cygnet")
    served = document_pb2.Model(generator_source=model.generator_source, scorer_source=model.scorer_source)
    if chosen:
        write_private(data.models, json_format.MessageToJson(served))
    else:
        try:
            last = json_format.Parse(data.models.read_text(), document_pb2.Model(), ignore_unknown_fields=True)
            served.MergeFrom(last)
        except (FileNotFoundError, ValueError, json_format.ParseError):
            pass  # never written, or by another version: the example's models
        except OSError as error:
            raise UserError(f"cannot read {data.models}: {error.strerror}") from None
    for source in (served.generator_source, served.scorer_source):
        if source.startswith(_KUBERNETES_ONLY):
            raise UserError(f"the model {source} needs Kubernetes, which brings it to a folder; here, name the folder")
        builtin = source.startswith(_BUILTIN)
        folder = models / "weights" / source.removeprefix(_BUILTIN) if builtin else Path(source)
        if "://" not in source.removeprefix(_BUILTIN) and not folder.is_dir():
            how = "train it with `make train-tiny`" if builtin else "the contest file names it as a model"
            raise UserError(f"the model {source} is not there (no folder {folder}); {how}")
    return served


def _ip_address(host: str) -> str:
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except OSError:
        raise UserError(
            f"there is no address {host!r}; try --host 127.0.0.1, or 0.0.0.0 for the whole network"
        ) from None
    return str(found[0][4][0])


def _free_port(host: str, port: int) -> int:
    if port == 0:
        return any_free_port(host)
    deadline = time.monotonic() + _PORT_PATIENCE_S
    while (error := why_not_free(host, port)) is not None:
        if error.errno == errno.EADDRINUSE and time.monotonic() < deadline:
            time.sleep(0.1)
        elif error.errno == errno.EADDRINUSE:
            raise UserError(
                f"port {port} is in use by another program; stop that one, or choose another port: "
                f"`make run PORT={port + 1 if port < 65_535 else 8080}` or `cygnet up --port …`"
            )
        elif error.errno == errno.EACCES:
            raise UserError(f"port {port} is for the administrator alone; choose one of 1024 or more with --port")
        else:
            raise UserError(f"cannot listen on {host} port {port}: {error.strerror}; choose another --host or --port")
    return port


def _urls(host: str, port: int) -> tuple[str, str]:
    """Returns where the game is, and where QR codes lead ("" for the address that the browser used)."""
    address = ipaddress.ip_address(host)
    if not address.is_unspecified:
        shown = f"[{host}]" if address.version == 6 else host
        return f"http://{shown}:{port}/", ""
    lan = lan_address()
    if lan is None:
        return f"http://{'[::1]' if address.version == 6 else '127.0.0.1'}:{port}/", ""
    return f"http://{lan}:{port}/", f"http://{lan}:{port}"
