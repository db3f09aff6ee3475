"""A game that may be broken, with small disks where this user may mount them; and which faults `make test` has."""

from collections.abc import Iterator
from contextlib import suppress

import pytest

from ..stackrunner import Stack, new_stack, remove, short_folder
from .disks import SmallDisk

DISKS_MIB = {"redis": 32, "pictures": 48}
QUICK_TURNS = {"{every: 10s, burst: 3, pending: 2}": "{every: 1s, burst: 3, pending: 2}"}
"""So that a play of some seconds has enough in it."""


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """What takes long runs only when it is asked for by its mark."""
    if "faults" not in (config.option.markexpr or ""):
        for item in items:
            if item.get_closest_marker("faults"):
                item.add_marker(pytest.mark.skip(reason="takes long; ask for it: make test-faults"))


@pytest.fixture(scope="module")
def own_stack(disks: dict[str, SmallDisk]) -> Iterator[Stack]:
    """A game that these tests may break, on small disks."""
    folder = short_folder()
    stack = new_stack(folder, QUICK_TURNS)
    try:
        # Not everybody may mount; the tests that fill a disk are skipped then.
        with suppress(OSError):
            disks.update({name: SmallDisk(stack.data_dir / name, mib) for name, mib in DISKS_MIB.items()})
        stack.start()
        yield stack
    finally:
        stack.close()
        for disk in disks.values():
            disk.unmount()
        remove(folder)


@pytest.fixture(scope="module")
def disks() -> dict[str, SmallDisk]:
    """The small disks below the game's data, by the folder's name; none where this user may not mount any."""
    return {}
