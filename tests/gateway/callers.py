"""Who calls at the door: sessions, present or not, of these keys or others."""

import time

from cygnet.platform.signing_keys import parse_keys
from cygnet.submission.sessions import Session, SessionKeys

from .door import KEYS

Metadata = tuple[tuple[str, str], ...]


def now_ms() -> int:
    return int(time.time() * 1000)


def session(participant: str, *, present: bool = False, keys: str = KEYS, at_ms: int | None = None) -> Metadata:
    """Returns what somebody with a session sends along with a call."""
    signer = SessionKeys(parse_keys(keys), lambda: at_ms or now_ms())
    return (("authorization", f"Bearer {signer.issue(Session('swans', participant, 'Somebody', present))}"),)
