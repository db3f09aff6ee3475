"""Records who asks for a drawing and when, as a trace that `cygnet replay` plays: nobody in it can be known again.

Participants are numbers in the order in which they came, and no file says whose. A prompt is a stand-in (the same for
prompts of which the model reads the same), unless the organiser wants them in clear. What the page sends again counts
once.
"""

import asyncio
import json
import os
import socket
import time
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from cygnet.local.errors import UserError
from cygnet.replay.stand_ins import stand_in
from cygnet.replay.trace import LONGEST_PROMPT, MOST_REQUESTS, Request, head, line

_SENDS_REMEMBERED = 100_000
_ASSUMPTIONS = (
    "Recorded: every first send of a click, whatever became of it; people are numbers in the order in which they came.",
    "Not recorded: for which target.",
)
_STAND_INS = "Prompts are stand-ins: the same where the model read the same, else different for the first 6,930."


class Recording(asyncio.DatagramProtocol):
    """What the submission service tells, as lines of a file: whole at every moment."""

    def __init__(self, path: Path, *, prompts: bool, clock: Callable[[], float] = time.monotonic) -> None:
        """`prompts`: in clear.

        Raises:
            UserError: the file is there already, or cannot be written.
        """
        try:
            opened = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except OSError as error:
            raise UserError(f"cannot record to {path} ({error.strerror}); name a file that is not there yet") from None
        self._file = os.fdopen(opened, "w", encoding="utf-8")
        self._path = path
        self._prompts = prompts
        self._clock = clock
        self._began = clock()
        self._people: dict[str, int] = {}
        self._stand_ins: dict[str, str] = {}
        self._sends: OrderedDict[tuple[str, str], None] = OrderedDict()
        self._requests = 0
        self._write(head(path.stem[:64], (*_ASSUMPTIONS, *(() if prompts else (_STAND_INS,)))))

    def datagram_received(self, data: bytes, addr: object) -> None:
        said = json.loads(data)
        self.note(said["participant"], said["request"], said["prompt"], said["read"])

    def note(self, participant: str, request_id: str, prompt: str, read: str) -> None:
        """Records a request, if it is none that is sent again and no trace is too small for it."""
        send = participant, request_id
        if not 0 < len(prompt) <= LONGEST_PROMPT or send in self._sends or self._requests >= MOST_REQUESTS:
            return
        self._requests += 1
        self._sends[send] = None
        if len(self._sends) > _SENDS_REMEMBERED:
            self._sends.popitem(last=False)
        number = self._people.setdefault(participant, len(self._people))
        shown = prompt if self._prompts else self._stand_ins.setdefault(read, stand_in(len(self._stand_ins)))
        self._write(line(Request(self._clock() - self._began, number, shown)))

    def close(self) -> None:
        """The file is whole; one without a request is no trace, and goes."""
        self._file.close()
        if not self._requests:
            self._path.unlink(missing_ok=True)

    def _write(self, text: str) -> None:
        self._file.write(text + "\n")
        self._file.flush()


@asynccontextmanager
async def listening(recording: Recording, path: Path) -> AsyncIterator[None]:
    """Lets the submission service tell a recording at this socket while the block lasts; then the file is closed."""
    path.unlink(missing_ok=True)
    transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(
        lambda: recording, local_addr=str(path), family=socket.AF_UNIX
    )
    try:
        yield
    finally:
        transport.close()
        path.unlink(missing_ok=True)
        recording.close()
