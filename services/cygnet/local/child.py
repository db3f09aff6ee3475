"""Becomes another program that dies with its supervisor. Run as a script: `python -I -S child.py SUPERVISOR ARGV…`.

The kernel can kill a process when its parent dies, but the process must ask for it itself, before it becomes the
program. Doing so between fork and exec inside the supervisor is unsafe where threads run (gRPC's do), so this script
does it in a process of its own. It imports little, as every start goes through it.
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
    supervisor, *argv = sys.argv[1:]
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != int(supervisor):
        sys.exit("the supervisor died before this process began")
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _OPEN_FILES if hard == resource.RLIM_INFINITY else min(_OPEN_FILES, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    try:
        os.execvp(argv[0], argv)
    except OSError as error:
        print(f"cannot run {argv[0]}: {error.strerror}", file=sys.stderr)
        sys.exit(EXIT_CANNOT_RUN)


if __name__ == "__main__":
    main()
