"""The progress bar, with the time left. Apart from the networks, so that drawing alone loads no torch."""

from typing import Any

import tqdm  # type: ignore[import-untyped]

progress: Any = tqdm.tqdm
