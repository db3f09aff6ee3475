"""Threads of a model on a shared CPU: set before torch is imported, because OpenMP reads its variables once."""

import os
from collections.abc import MutableMapping
from math import ceil
from pathlib import Path

CGROUP_QUOTA = Path("/sys/fs/cgroup/cpu.max")


def configure_openmp(environment: MutableMapping[str, str], quota: Path = CGROUP_QUOTA) -> int:
    """Set OpenMP's variables where the administrator has not, and return the number of threads.

    Call it before the first import of torch: libgomp reads these variables when it is loaded and never again.

    - `OMP_NUM_THREADS`: the cores this process may use. torch asks for every core of the *node*; in a pod that
      may use 2 of 64 it would start 64 threads that wait for each other inside the quota.
    - `OMP_WAIT_POLICY=PASSIVE`: an idle OpenMP thread sleeps. By default it spins, and with a second busy process
      (the other model's, for one) the spinning takes the core that the working thread needs: a 256x256 drawing
      on two cores rose from 200 to 600 ms, and stayed at 240 ms with PASSIVE.
    """
    environment.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    environment.setdefault("OMP_NUM_THREADS", str(usable_cores(quota)))
    return int(environment["OMP_NUM_THREADS"].split(",")[0])


def usable_cores(quota: Path = CGROUP_QUOTA) -> int:
    """The cores of this process's affinity mask, or fewer where a cgroup v2 quota allows less time than that."""
    cores = len(os.sched_getaffinity(0))
    try:
        allowed, _, period = quota.read_text().partition(" ")
        return max(1, min(cores, ceil(int(allowed) / int(period))))
    except (OSError, ValueError):  # no cgroup v2 here, or no quota ("max 100000")
        return cores
