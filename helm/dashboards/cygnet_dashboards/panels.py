"""The two kinds of panel that a glance needs: a number that is good or bad, and lines over time."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from grafana_foundation_sdk.builders import common as common_builders
from grafana_foundation_sdk.builders import dashboard as dashboard_builders
from grafana_foundation_sdk.builders import prometheus, stat, timeseries
from grafana_foundation_sdk.models import common, dashboard

DATASOURCE = common.DataSourceRef(type_val="prometheus", uid="$datasource")

GREEN, ORANGE, RED, BLUE, GREY = "green", "orange", "red", "blue", "#8e8e8e"


@dataclass(frozen=True)
class Line:
    """One query of a panel."""

    expr: str
    name: str
    """What the legend says; {{label}} is the label's value."""


@dataclass(frozen=True)
class Place:
    """Where a panel is, in Grafana's grid of 24 columns."""

    x: int
    y: int
    width: int
    height: int


def number(
    title: str,
    description: str,
    place: Place,
    line: Line,
    *,
    unit: str,
    steps: Sequence[tuple[float | None, str]],
    words: Mapping[str, tuple[str, str]] | None = None,
    decimals: int | None = None,
) -> stat.Panel:
    """Returns one number, as it is now. `steps` colour it from a value upwards, the first from None; `words` stand for
    values.
    """
    panel = (
        stat.Panel()
        .title(title)
        .description(description)
        .datasource(DATASOURCE)
        .grid_pos(_grid(place))
        .unit(unit)
        .thresholds(_thresholds(steps))
        .color_mode(common.BigValueColorMode.BACKGROUND_SOLID)
        .graph_mode(common.BigValueGraphMode.NONE)
        .text_mode(common.BigValueTextMode.VALUE)
        .reduce_options(common_builders.ReduceDataOptions().calcs(["lastNotNull"]))
        .no_value("nothing yet")
        # Not the last point of a range: what is gone must not go on looking as it was.
        .with_target(_query("A", line).instant())
    )
    if decimals is not None:
        panel = panel.decimals(decimals)
    if words:
        results = {
            value: dashboard.ValueMappingResult(text=text, color=color, index=index)
            for index, (value, (text, color)) in enumerate(words.items())
        }
        panel = panel.mappings([dashboard.ValueMap(options=results)])
    return panel


def lines(
    title: str,
    description: str,
    place: Place,
    shown: Sequence[Line],
    *,
    unit: str,
    stacked: bool = False,
    most: float | None = None,
    colors: Mapping[str, str] | None = None,
) -> timeseries.Panel:
    """Returns lines over time. `colors` are by the legend's words."""
    mode = common.StackingMode.NORMAL if stacked else common.StackingMode.NONE
    panel = (
        timeseries.Panel()
        .title(title)
        .description(description)
        .datasource(DATASOURCE)
        .grid_pos(_grid(place))
        .unit(unit)
        .min(0)
        .line_width(1 if stacked else 2)
        .fill_opacity(40 if stacked else 5)
        .show_points(common.VisibilityMode.NEVER)
        .stacking(common_builders.StackingConfig().mode(mode))
        .legend(
            common_builders.VizLegendOptions()
            .display_mode(common.LegendDisplayMode.LIST)
            .placement(common.LegendPlacement.BOTTOM)
            .show_legend(True)
        )
        .tooltip(
            common_builders.VizTooltipOptions().mode(common.TooltipDisplayMode.MULTI).sort(common.SortOrder.DESCENDING)
        )
    )
    if most is not None:
        panel = panel.max(most)
    for name, color in (colors or {}).items():
        fixed = {"mode": "fixed", "fixedColor": color}
        panel = panel.override_by_name(name, [dashboard.DynamicConfigValue(id_val="color", value=fixed)])
    for ref, line in zip("ABCDEFGH", shown, strict=False):
        panel = panel.with_target(_query(ref, line).range())
    return panel


def _query(ref: str, line: Line) -> prometheus.Dataquery:
    return prometheus.Dataquery().ref_id(ref).datasource(DATASOURCE).expr(line.expr).legend_format(line.name)


def _grid(place: Place) -> dashboard.GridPos:
    return dashboard.GridPos(x=place.x, y=place.y, w=place.width, h=place.height)


def _thresholds(steps: Sequence[tuple[float | None, str]]) -> dashboard_builders.ThresholdsConfig:
    found = [dashboard.Threshold(value=value, color=color) for value, color in steps]
    return dashboard_builders.ThresholdsConfig().mode(dashboard.ThresholdsMode.ABSOLUTE).steps(found)
