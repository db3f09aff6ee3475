"""Becomes another program that dies with its supervisor. Run as `python -I -S child.py SUPERVISOR HAS_HELPERS ARGV…`.

The kernel can kill a process when its parent dies, but the process must ask for it itself, before it becomes the
program. Doing so between fork and exec inside the supervisor is unsafe where threads run (gRPC's do), so this script
does it in a process of its own. It imports little, as every start goes through it.

The kernel kills the one process. What that forked goes on: where a program has such helpers (HAS_HELPERS is 1), a guard
beside it kills the process group at its end.
"""

import ctypes
import os
import resource
import signal
import sys

_PR_SET_PDEATHSIG = 1
_OPEN_FILES = 65_536
"""Open files to ask for: every watching phone is a connection."""
EXIT_CANNOT_RUN = 127
"""Exit status when the program cannot be run, as in a shell."""


def main() -> None:
    supervisor, has_helpers, *argv = sys.argv[1:]
    _die_with_parent(signal.SIGKILL)
    if os.getppid() != int(supervisor):
        sys.exit("the supervisor died before this process began")
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _OPEN_FILES if hard == resource.RLIM_INFINITY else min(_OPEN_FILES, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    if has_helpers == "1":
        _guard()
    try:
        os.execvp(argv[0], argv)
    except OSError as error:
        print(f"cannot run {argv[0]}: {error.strerror}", file=sys.stderr)
        sys.exit(EXIT_CANNOT_RUN)


def _die_with_parent(by: signal.Signals) -> None:
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, by, 0, 0, 0)


def _guard() -> None:
    """Forks what waits for this process's end, however that comes, and then kills the group, itself included."""
    program = os.getpid()
    if os.fork() != 0:
        return
    signal.signal(signal.SIGTERM, lambda *_: os.killpg(0, signal.SIGKILL))
    _die_with_parent(signal.SIGTERM)
    # The supervisor reads the program's output until nobody can write there any more.
    nowhere = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(nowhere, stream)
    while os.getppid() == program:
        signal.pause()
    os.killpg(0, signal.SIGKILL)


if __name__ == "__main__":
    main()
