"""Writes the dashboards' JSON to where the chart takes it from: `make dashboards`."""

import json
from pathlib import Path

from grafana_foundation_sdk.cog.encoder import JSONEncoder

from cygnet_dashboards.glance import UID, glance

FOLDER = Path(__file__).parents[2] / "cygnet" / "files" / "dashboards"


def rendered() -> dict[str, str]:
    """Returns the content of every file by its name."""
    return {f"{UID}.json": json.dumps(glance(), cls=JSONEncoder, indent=2, sort_keys=True, ensure_ascii=False) + "\n"}


if __name__ == "__main__":
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name, content in rendered().items():
        (FOLDER / name).write_text(content)
