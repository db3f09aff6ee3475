"""gRPC-web as a browser speaks it, in a few lines: what a phone sends through the gateway's Service."""

import http.client
import struct
from collections.abc import Iterator
from typing import TypeVar

from google.protobuf.message import Message

Answer = TypeVar("Answer", bound=Message)
_TRAILERS = 0x80


class Failed(Exception):
    """The call ended with another status than OK."""


def call(
    address: str, method: str, request: Message, kind: type[Answer], token: str = "", timeout_s: float = 20
) -> Answer:
    """Makes a unary call: `method` is cygnet.v1.Service/Method. Raises Failed, OSError."""
    (answer,) = stream(address, method, request, kind, token, timeout_s)
    return answer


def stream(
    address: str, method: str, request: Message, kind: type[Answer], token: str = "", timeout_s: float = 60
) -> Iterator[Answer]:
    """Makes a call and yields the answers as they come. Raises Failed, OSError."""
    connection = http.client.HTTPConnection(address, timeout=timeout_s)
    try:
        body = request.SerializeToString()
        headers = {"content-type": "application/grpc-web+proto", "x-grpc-web": "1"}
        if token:
            headers["authorization"] = f"Bearer {token}"
        connection.request("POST", f"/{method}", struct.pack(">BI", 0, len(body)) + body, headers)
        response = connection.getresponse()
        if status := response.getheader("grpc-status"):  # ended before the first answer
            _check(status, response.getheader("grpc-message", ""))
        while head := response.read(5):
            flag, length = struct.unpack(">BI", head)
            content = response.read(length)
            if flag & _TRAILERS:
                trailers = dict(line.split(":", 1) for line in content.decode().strip().splitlines())
                _check(trailers["grpc-status"].strip(), trailers.get("grpc-message", ""))
                return
            answer = kind()
            answer.ParseFromString(content)
            yield answer
    finally:
        connection.close()


def _check(status: str, message: str) -> None:
    if status != "0":
        raise Failed(f"status {status}: {message}")
