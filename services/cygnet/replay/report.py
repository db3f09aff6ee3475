"""What came out of a replay: for everybody, and for the busiest person apart. As JSON, and as a page with plots."""

import html
import statistics
from collections import Counter
from collections.abc import Sequence

from cygnet.replay.player import Played
from cygnet.replay.trace import Trace

WIDTH, HEIGHT, LEFT, BOTTOM = 900, 260, 52, 24
COLOURS = {"drawn": "#2f7d4f", "known": "#6a8fd8", "refused": "#d07a1c", "failed": "#c02f2f", "unreachable": "#6b2fc0"}


def summary(trace: Trace, played: Sequence[Played], speed: float) -> dict[str, object]:
    """The figures; waits in seconds from the click to the picture."""
    asked = Counter(request.participant for request in trace.requests)
    busiest, most = max(asked.items(), key=lambda item: (item[1], -item[0]))
    groups = {
        "everybody": list(played),
        "busiest": [each for each in played if each.request.participant == busiest],
        "others": [each for each in played if each.request.participant != busiest],
    }
    return {
        "trace": trace.name,
        "assumptions": list(trace.assumptions),
        "speed": speed,
        "participants": trace.participants,
        "requests": len(trace.requests),
        "busiestRequests": most,
        "sentLate": sum(each.is_late(speed) for each in played),
        "groups": {name: _figures(group) for name, group in groups.items()},
    }


def _figures(played: Sequence[Played]) -> dict[str, object]:
    waits = sorted(each.answer.seconds for each in played if each.answer.outcome == "drawn")
    return {
        "requests": len(played),
        "outcomes": dict(Counter(each.answer.outcome for each in played).most_common()),
        "reasons": dict(Counter(each.answer.reason for each in played if each.answer.reason).most_common()),
        "wait": {
            "median": round(statistics.median(waits), 3),
            "p95": round(waits[min(len(waits) - 1, int(len(waits) * 0.95))], 3),
            "longest": round(waits[-1], 3),
        }
        if waits
        else None,
    }


def page(facts: dict[str, object], played: Sequence[Played]) -> str:
    """One HTML file that needs nothing else: what was played, the figures, waits and outcomes over time."""
    title = html.escape(f"{facts['trace']} at {facts['speed']:g} times its speed")
    rows = "".join(
        f"<tr><th>{name}</th><td>{figures['requests']}</td>"
        + "".join(f"<td>{figures['outcomes'].get(outcome, 0)}</td>" for outcome in COLOURS)
        + "".join(
            f"<td>{figures['wait'][key] if figures['wait'] else '–'}</td>" for key in ("median", "p95", "longest")
        )
        + "</tr>"
        for name, figures in facts["groups"].items()  # type: ignore[attr-defined]
    )
    heads = "".join(f"<th>{head}</th>" for head in ("", "requests", *COLOURS, "median s", "95 % s", "longest s"))
    notes = "".join(f"<li>{html.escape(str(each))}</li>" for each in facts["assumptions"])  # type: ignore[attr-defined]
    return (
        f"<!doctype html><html lang=en><meta charset=utf-8><title>{title}</title><style>body{{font:15px/1.5 system-ui;"
        "max-width:60rem;margin:2rem auto;padding:0 1rem}table{border-collapse:collapse}td,th{padding:.2rem .6rem;"
        "text-align:right;border-bottom:1px solid #ddd}svg{width:100%;height:auto}</style>"
        f"<h1>{title}</h1><table><tr>{heads}</tr>{rows}</table><h2>From the click to the answer, seconds</h2>"
        f"{_plot(played)}<p>{_legend()}</p><ul>{notes}</ul></html>\n"
    )


def _plot(played: Sequence[Played]) -> str:
    end = max((each.sent_s for each in played), default=1.0) or 1.0
    top = max((each.answer.seconds for each in played), default=1.0) or 1.0
    floor = HEIGHT - BOTTOM
    dots = "".join(
        f'<circle cx="{LEFT + each.sent_s / end * (WIDTH - LEFT - 8):.1f}" r="2"'
        f' cy="{8 + (1 - each.answer.seconds / top) * (floor - 8):.1f}" fill="{COLOURS[each.answer.outcome]}"/>'
        for each in played
    )
    return (
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="waits over time">'
        f'<path d="M{LEFT} 8V{floor}H{WIDTH - 8}" fill="none" stroke="#888"/>'
        f'<text x="{LEFT - 6}" y="16" text-anchor="end" font-size="12">{top:.1f}</text>'
        f'<text x="{LEFT - 6}" y="{floor}" text-anchor="end" font-size="12">0</text>'
        f'<text x="{WIDTH - 8}" y="{HEIGHT - 6}" text-anchor="end" font-size="12">{end:.0f} s</text>{dots}</svg>'
    )


def _legend() -> str:
    return " · ".join(f'<span style="color:{colour}">● {outcome}</span>' for outcome, colour in COLOURS.items())
