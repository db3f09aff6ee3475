"""Runs the double by hand: `PYTHONPATH=tests/web python -m double 8099`."""

import asyncio
import sys

from .game import Game
from .serve import serve

asyncio.run(serve(int(sys.argv[1]), Game()))
