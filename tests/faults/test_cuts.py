"""The network is cut between two parts while people play (relayed.py), longer than a lease; then all is looked at."""

import asyncio
from collections.abc import Iterator

import pytest

from ..stackrunner import Stack, new_stack, remove, short_folder
from . import relayed
from .conftest import QUICK_TURNS
from .faulty import faulty
from .play import Play
from .relayed import WAYS, cut

pytestmark = [pytest.mark.faults, pytest.mark.timeout(600)]

CUT_S = 12.0


@pytest.fixture(scope="module")
def relayed_stack() -> Iterator[Stack]:
    """A game whose ways can be cut."""
    folder = short_folder()
    stack = new_stack(folder, QUICK_TURNS, [relayed.__file__])
    try:
        stack.start()
        yield stack
    finally:
        stack.close()
        remove(folder)


@pytest.mark.parametrize(("caller", "called"), WAYS)
async def test_a_way_is_cut_for_a_while(relayed_stack: Stack, caller: str, called: str) -> None:
    async def fault(play: Play) -> None:
        way = cut(relayed_stack.data_dir, caller, called)
        way.touch()
        await asyncio.sleep(CUT_S)
        way.unlink()

    await faulty(relayed_stack, f"cut between {caller} and {called}", fault)
