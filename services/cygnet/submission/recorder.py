"""Tells the recording of a local game (`cygnet up --record`) of every click on "draw". Nobody waits for it."""

import json
import socket
from contextlib import suppress


class Recorder:
    """Sends datagrams to a private socket; one that cannot be sent at once is left out."""

    def __init__(self, path: str) -> None:
        """`path` is the socket's; with "" nothing is sent."""
        self._path = path
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.setblocking(False)

    def __bool__(self) -> bool:
        return bool(self._path)

    def note(self, participant_id: str, request_id: str, prompt: str, read: str) -> None:
        """Tells of a request; prompts of which the same is `read` have the same picture."""
        said = {"participant": participant_id, "request": request_id, "prompt": prompt, "read": read}
        with suppress(OSError):
            self._socket.sendto(json.dumps(said).encode(), self._path)
