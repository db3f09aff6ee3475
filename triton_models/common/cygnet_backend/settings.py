"""The models' settings, read from the environment once, when a model loads, so that a wrong one fails early.

By hand rather than with a settings library, which a stock tritonserver image does not carry.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class GeneratorSettings:
    """`source` is what `source.locate` takes; `gpu_batch` is the size of a GPU's forward passes, always that many.

    Read from CYGNET_GENERATOR_SOURCE and CYGNET_GENERATOR_GPU_BATCH.
    """

    source: str
    gpu_batch: int

    @classmethod
    def read(cls, environment: Mapping[str, str]) -> "GeneratorSettings":
        """Read them, or their defaults.

        Raises:
            ValueError: a variable's value is out of bounds; the text names it.
        """
        return cls(
            source=environment.get("CYGNET_GENERATOR_SOURCE", "builtin://cygnet-tiny"),
            gpu_batch=_integer(environment, "CYGNET_GENERATOR_GPU_BATCH", 4, range(1, 1025)),
        )


@dataclass(frozen=True, slots=True)
class ScorerSettings:
    """`source` and `gpu_batch` as for the generator; `calibration` is a path, or None for the one beside the weights.

    `regions` is how many regions along a picture's side are hidden in turn for the heat map, 0 for none. The 25
    pictures of 5 take the shipped scorer about a tenth of a drawing's time, and a large CLIP on a CPU seconds.

    Read from CYGNET_SCORER_SOURCE, CYGNET_SCORER_GPU_BATCH, CYGNET_SCORER_CALIBRATION and CYGNET_SCORER_REGIONS.
    """

    source: str
    gpu_batch: int
    calibration: Path | None
    regions: int

    @classmethod
    def read(cls, environment: Mapping[str, str]) -> "ScorerSettings":
        """Read them, or their defaults.

        Raises:
            ValueError: a variable's value is out of bounds; the text names it.
        """
        calibration = environment.get("CYGNET_SCORER_CALIBRATION")
        return cls(
            source=environment.get("CYGNET_SCORER_SOURCE", "builtin://cygnet-clip"),
            gpu_batch=_integer(environment, "CYGNET_SCORER_GPU_BATCH", 8, range(1, 1025)),
            calibration=Path(calibration) if calibration else None,
            regions=_integer(environment, "CYGNET_SCORER_REGIONS", 5, range(17)),
        )


def _integer(environment: Mapping[str, str], name: str, default: int, allowed: range) -> int:
    text = environment.get(name, str(default)).strip()
    if not text.isdecimal() or int(text) not in allowed:
        raise ValueError(f"{name}={text}: must be {allowed[0]} to {allowed[-1]}")
    return int(text)
