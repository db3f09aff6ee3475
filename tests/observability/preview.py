"""Draws docs/images/glance.png: the dashboard's own JSON with the answers of a real Prometheus, without a Grafana.

Grafana is in no package that the tests could install, and somebody who changes the dashboard wants to see it. A game is
played for MINUTES, with a flood in the middle:

    python -m tests.observability.preview docs/images/glance.png
"""

import asyncio
import html
import shutil
import sys
import tempfile
import time
from contextlib import AsyncExitStack, suppress
from pathlib import Path
from typing import Any

from playwright.sync_api import sync_playwright

from cygnet.platform.errors import Refused

from ..prompts import unique
from ..stack.player import Player, connection
from ..stackrunner import Stack, started_stack
from .expressions import ALL_CONTESTS, Query, dashboards
from .prometheus import Prometheus, running

MINUTES = 5.0
PLAYERS = 4
_WIDTH, _CELL = 1600, 38
_PALETTE = ("#73bf69", "#f2cc0c", "#5794f2", "#ff9830", "#f2495c", "#b877d9", "#8ab8ff")
_COLORS = {"green": "#56a64b", "light-green": "#96d98d", "orange": "#e0752d", "red": "#e02f44", "blue": "#5794f2"}
_STYLE = f"""
body {{ background: #111217; color: #ccccdc; font: 13px Inter, "Noto Sans", sans-serif; margin: 12px;
  width: {_WIDTH}px }}
h1 {{ font-size: 18px; margin: 0 0 10px }} small {{ color: #8e8e99; font-weight: normal }}
.grid {{ position: relative }}
.panel {{ position: absolute; background: #181b1f; border: 1px solid #2c3033; border-radius: 3px;
  box-sizing: border-box; padding: 6px 10px; overflow: hidden }}
.panel b {{ font-weight: 500 }}
.value {{ font-size: 46px; font-weight: 600; text-align: center; color: white; margin-top: 20px }}
.legend span {{ margin-right: 14px; white-space: nowrap }} .legend i {{ display: inline-block; width: 14px; height: 3px;
  margin: 0 5px 3px 0 }}
svg {{ display: block; margin-top: 14px }}
text {{ fill: #8e8e99; font-size: 11px }}
"""


def main(picture: Path) -> None:
    """Plays, asks, draws."""
    with (
        started_stack() as stack,
        tempfile.TemporaryDirectory() as data,
        running(Path(data), stack.endpoints.metrics) as prometheus,
    ):
        began = time.time()
        asyncio.run(_play(stack))
        page = _page(dashboards()[0], prometheus, began, time.time())
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        tab = browser.new_page(viewport={"width": _WIDTH + 24, "height": 100})
        tab.set_content(page)
        tab.screenshot(path=picture, full_page=True)
        browser.close()


async def _play(stack: Stack) -> None:
    until = time.monotonic() + 60 * MINUTES
    async with AsyncExitStack() as opened:
        players = [
            await Player.join(await opened.enter_async_context(connection(stack.address)), f"P{number}")
            for number in range(PLAYERS + 1)
        ]
        await asyncio.gather(_flood(players[0], until), *(_draw(player, until) for player in players[1:]))


async def _draw(player: Player, until: float) -> None:
    while time.monotonic() < until:
        for prompt in (unique("a duck on a pond"), "a white swan"):
            with suppress(Refused):
                await player.submit(prompt)
            await asyncio.sleep(5)


async def _flood(macro: Player, until: float) -> None:
    await asyncio.sleep(20 * MINUTES)
    while time.monotonic() < until - 20 * MINUTES:
        try:
            await macro.submit("the same duck again and again")
        except Refused:
            await asyncio.sleep(0.1)


def _page(dashboard: Any, prometheus: Prometheus, start: float, end: float) -> str:
    panels = "".join(_panel(panel, prometheus, start, end) for panel in dashboard["panels"])
    height = max(panel["gridPos"]["y"] + panel["gridPos"]["h"] for panel in dashboard["panels"]) * _CELL
    note = "a preview, drawn without Grafana from the dashboard's JSON and a real game's Prometheus"
    return (
        f"<style>{_STYLE}</style><h1>{html.escape(dashboard['title'])} <small>{note}</small></h1>"
        f'<div class="grid" style="height: {height}px">{panels}</div>'
    )


def _panel(panel: Any, prometheus: Prometheus, start: float, end: float) -> str:
    at, width = panel["gridPos"], _WIDTH / 24
    draw = _number if panel["type"] == "stat" else _lines
    background, inside = draw(panel, prometheus, start, end, (at["w"] * width - 20, at["h"] * _CELL - 84))
    place = (
        f"left: {at['x'] * width}px; top: {at['y'] * _CELL}px; width: {at['w'] * width - 6}px; "
        f"height: {at['h'] * _CELL - 6}px; {background}"
    )
    return f'<div class="panel" style="{place}"><b>{html.escape(panel["title"])}</b>{inside}</div>'


def _number(panel: Any, prometheus: Prometheus, start: float, end: float, size: tuple[float, float]) -> tuple[str, str]:
    defaults = panel["fieldConfig"]["defaults"]
    found = prometheus.query(_asked(panel["targets"][0]))
    if not found:
        return "", f'<div class="value">{defaults["noValue"]}</div>'
    value = found[0].value
    steps = defaults["thresholds"]["steps"]
    color = [step["color"] for step in steps if step["value"] is None or value >= step["value"]][-1]
    words = {key: said["text"] for mapping in defaults.get("mappings", ()) for key, said in mapping["options"].items()}
    shown = words.get(f"{value:g}") or _worded(value, defaults["unit"])
    return f"background: {_COLORS[color]}", f'<div class="value">{shown}</div>'


def _lines(panel: Any, prometheus: Prometheus, start: float, end: float, size: tuple[float, float]) -> tuple[str, str]:
    defaults = panel["fieldConfig"]["defaults"]
    stacked = defaults["custom"]["stacking"]["mode"] == "normal"
    fixed = {
        override["matcher"]["options"]: override["properties"][0]["value"]["fixedColor"]
        for override in panel["fieldConfig"]["overrides"]
    }
    series = [
        (_legend(target["legendFormat"], labels), {float(at): float(value) for at, value in values})
        for target in panel["targets"]
        for labels, values in prometheus.range(_asked(target), start, end, 5)
    ]
    base: dict[float, float] = {}
    shapes, legend, curves = [], [], []
    for index, (name, values) in enumerate(series):
        color = fixed.get(name, _PALETTE[index % len(_PALETTE)])
        color = _COLORS.get(color, color)
        curve = {at: value + (base.get(at, 0) if stacked else 0) for at, value in values.items()}
        curves.append((curve, dict(base), color))
        if stacked:
            base.update(curve)
        legend.append(f'<span><i style="background: {color}"></i>{html.escape(name)}</span>')
    width, height = size
    highest = max((value for curve, _, _ in curves for value in curve.values()), default=0)
    most = defaults.get("max") or highest * 1.1 or 1

    def point(at: float, value: float) -> str:
        return f"{45 + (at - start) / (end - start) * (width - 50):.1f},{height - value / most * height:.1f}"

    for curve, below, color in curves:
        line = " ".join(point(at, value) for at, value in curve.items())
        if stacked and not any(curve[at] > below.get(at, 0) for at in curve):
            continue  # its edge would be drawn over the one below
        if stacked:
            back = " ".join(point(at, below.get(at, 0)) for at in reversed(curve))
            shapes.append(f'<polygon points="{line} {back}" fill="{color}" fill-opacity="0.4" stroke="{color}"/>')
        else:
            shapes.append(f'<polyline points="{line}" fill="none" stroke="{color}" stroke-width="2"/>')
    axis = "".join(
        f'<line x1="45" x2="{width}" y1="{y}" y2="{y}" stroke="#2c3033"/>'
        f'<text x="0" y="{y + 4}">{_worded(most * part, defaults["unit"])}</text>'
        for part in (0, 0.25, 0.5, 0.75, 1)
        for y in [height - part * height]
    )
    drawn = f'<svg width="{width}" height="{height + 8}" overflow="visible">{axis}{"".join(shapes)}</svg>'
    return "", f'{drawn}<div class="legend">{"".join(legend)}</div>'


def _asked(target: Any) -> str:
    return Query("", target["expr"]).of(ALL_CONTESTS, "30s").expr


def _legend(words: str, labels: dict[str, str]) -> str:
    for name, value in labels.items():
        words = words.replace(f"{{{{{name}}}}}", value)
    return words


def _worded(value: float, unit: str) -> str:
    if unit == "percentunit":
        return f"{value:.0%}" if value in (0, 1) or value > 0.1 else f"{value:.1%}"
    number = f"{value:.0f}" if value >= 10 or value == int(value) else f"{value:.2g}"
    return {"s": f"{number} s", "cpm": f"{number}/min"}.get(unit, number)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
