"""Command line: `python -m cygnet_training all --preset small` makes the embedded models from nothing."""

from __future__ import annotations

import argparse
from pathlib import Path

import torch

from .presets import PRESETS, training_directory
from .stages import STAGES, TrainingRun

ROOT = Path(__file__).resolve().parents[3]
SHIPPED = "composed"
PROBE = ROOT / "triton_models/training/probe.safetensors"


def _parser() -> argparse.ArgumentParser:
    stages = "\n".join(f"  {name:12} {(stage.__doc__ or '').splitlines()[0]}" for name, stage in STAGES.items())
    parser = argparse.ArgumentParser(
        prog="cygnet_training",
        description="Trains Cygnet's embedded models from pictures that it draws itself.",
        epilog=f"stages, in order ('all' runs every one but `restore`; each resumes where it stopped):\n{stages}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("stages", nargs="+", choices=[*STAGES, "all"], metavar="stage")
    parser.add_argument("--preset", choices=PRESETS, default=SHIPPED, help=f"how much of everything ({SHIPPED})")
    parser.add_argument("--weights", type=Path, help=f"where results go (for {SHIPPED}: triton_models/weights)")
    parser.add_argument("--threads", type=int, default=2, help="CPU threads of torch (default: 2)")
    parser.add_argument("--drawings", type=int, default=70, help="pictures that `evaluate` draws (default: 70)")
    return parser


def main(arguments: list[str] | None = None) -> None:
    """Runs the named stages in their own order. By default only the shipped preset writes into the repository."""
    options = _parser().parse_args(arguments)
    torch.set_num_threads(options.threads)
    directory = training_directory() / options.preset
    shipped = options.preset == SHIPPED and options.weights is None
    run = TrainingRun(
        preset=PRESETS[options.preset],
        directory=directory,
        weights=options.weights or (ROOT / "triton_models/weights" if shipped else directory / "weights"),
        probe_path=PROBE if shipped else directory / PROBE.name,
        targets=ROOT / "services/cygnet/contest/targets" if shipped else directory / "targets",
        drawings=options.drawings,
    )
    for name, stage in STAGES.items():
        if name in options.stages or ("all" in options.stages and name != "restore"):
            stage(run)


if __name__ == "__main__":
    main()
