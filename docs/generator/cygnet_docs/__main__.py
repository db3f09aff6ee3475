"""Writes all generated pages: `make docs`."""

import sys
from pathlib import Path

from cygnet_docs import api, settings

PAGES = {"api.md": api.page, "settings.md": settings.page}
ROOT = Path(__file__).parents[3]


def main(folder: Path) -> None:
    """Writes every page into `folder`."""
    for name, page in PAGES.items():
        (folder / name).write_text(page(ROOT))


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "docs" / "reference")
