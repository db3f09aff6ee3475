"""Who may do what in Redis: a user for each service, held to its own keys and channels and to the commands it uses.

A server reads this as its ACL file (https://valkey.io/topics/acl/), which holds of a password the SHA-256 alone. The
local game writes one; `python -m cygnet.platform.redis_users` prints what the chart fills in.
"""

import hashlib
from collections.abc import Callable
from urllib.parse import quote

PREFIXES = {"submission": "sub", "dedup": "dedup", "leaderboard": "board"}
"""Of each service's keys and channels."""
ADMIN = "admin"
"""May do everything: for backups and for whoever mends something by hand. No service has its password."""
HEALTH = "health"
"""Needs no password, and may ask whether the server answers."""
WITH_PASSWORD = (*PREFIXES, ADMIN)

# Data types without what blocks, and without what reads or removes beyond the user's keys (SORT, KEYS, FLUSHALL); SCAN
# shows names of others' keys, in which there is no secret, and is how a contest's data are found when they expire.
# What a script calls is held against the same rules. Names that Redis 6.2, Redis 7 and Valkey know: one that a server
# does not know keeps it from starting.
_COMMANDS = (
    "-@all +@string +@hash +@list +@set +@sortedset +@stream -@blocking -@dangerous +del +unlink +exists +expire"
    " +rename +renamenx +@transaction +evalsha +script|load +scan +publish +subscribe +unsubscribe +ping"
)
_MORE = {"dedup": " +info"}


def acl_file(password_hash: Callable[[str], str]) -> str:
    """Returns an ACL file; `password_hash` gives the SHA-256, in hex, of a user's password."""
    # `off`, so nobody is this user, and not without a password: that would be what Redis' protected mode closes the
    # port for. But it may do everything: Redis 7.0 reads its append-only file as `default`, and leaves out every
    # transaction in it that this user may not make.
    lines = ["user default reset off ~* &* +@all", f"user {HEALTH} reset on nopass -@all +ping"]
    for user, prefix in PREFIXES.items():
        own = f"resetchannels ~{prefix}:* &{prefix}:* {_COMMANDS}{_MORE.get(user, '')}"
        lines.append(f"user {user} reset on #{password_hash(user)} {own}")
    lines.append(f"user {ADMIN} reset on #{password_hash(ADMIN)} ~* &* +@all")
    return "".join(f"{line}\n" for line in lines)


def hashed(password: str) -> str:
    """Returns a password as an ACL file has it."""
    return hashlib.sha256(password.encode()).hexdigest()


def url_of(socket: str, user: str, password: str = "") -> str:
    """Returns the URL by which a user comes to a server's unix socket."""
    return f"unix://{user}:{quote(password or user)}@{socket}"


if __name__ == "__main__":
    print(acl_file(lambda user: f"%{user}%"), end="")
