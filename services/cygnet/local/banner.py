"""How a game that is ready introduces itself: the address, a QR code, and what else there is."""

import io
import ipaddress
import os
from collections.abc import Sequence

import segno

from cygnet.local.topology import Game


def how_to_play(url: str, game: Game) -> Sequence[str]:
    """Returns the lines that follow "ready"."""
    drawn = io.StringIO()
    segno.make(url, error="l", micro=False).terminal(out=drawn, border=2, compact=True)
    lines = [*drawn.getvalue().splitlines(), "", f"play:        {url}", f"big screen:  {url}board"]
    if ipaddress.ip_address(game.host).is_loopback:
        lines.append("phones:      this address is for this machine alone; for phones: make run HOST=0.0.0.0")
    lines.append("stop:        Ctrl-C")
    return lines


def has_display() -> bool:
    """Tells whether there is a screen on which a browser could open."""
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
