"""The training loop of every network: fp32 master weights, a fast bf16 copy where the CPU multiplies bf16.

On a CPU with AMX a bf16 matrix product is about eight times faster than fp32, with AVX-512 for bf16 nearly twice; on
other CPUs bf16 is slower, so fp32 it is. Where there is a GPU everything runs there.
Every step seeds its own randomness, so that a run that is interrupted anywhere ends with the same weights.

Sources: I. Loshchilov, F. Hutter, "Decoupled weight decay regularization", 2019, and, for the cosine, "SGDR: stochastic
gradient descent with warm restarts", 2017.
"""

from __future__ import annotations

import copy
import math
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from .networks import Network
from .presets import Schedule
from .progress import progress

EMA_WARM_UP = 10.0
SAVE_SECONDS = 120.0


def best_device() -> torch.device:
    """The first GPU where there is one, else the CPU."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def fast_dtype() -> torch.dtype:
    """bfloat16 on a GPU and where the CPU multiplies it faster than float32, else float32."""
    capabilities = torch.cpu.get_capabilities()
    multiplies = capabilities.get("amx_bf16", False) or capabilities.get("avx512_bf16", False)
    return torch.bfloat16 if multiplies or torch.cuda.is_available() else torch.float32


class Trainer:
    """Trains `model` in place by AdamW, with a warm-up and a cosine decay; keeps an exponential mean of its weights.

    `fast` is what a loss is computed with. Checkpoints go to `folder/<name>.pt` every two minutes.
    """

    def __init__(
        self,
        name: str,
        model: nn.Module,
        schedule: Schedule,
        folder: Path,
        ema: float = 0.999,
        orthogonal: bool = False,
    ) -> None:
        self.name, self.schedule, self.model, self.ema_decay = name, schedule, model, ema
        self.path = folder / f"{name}.pt"
        self.dtype, self.device = fast_dtype(), best_device()
        model.to(self.device)
        fast: Network = copy.deepcopy(model)
        self.fast = fast.to(self.dtype).to(memory_format=torch.channels_last)
        self.average = copy.deepcopy(model).eval().requires_grad_(False)
        self._master: list[Tensor] = [p for p in model.parameters() if p.requires_grad]
        self._copies: list[Tensor] = [p for p in self.fast.parameters() if p.requires_grad]
        self._means: list[Tensor] = [
            m for m, p in zip(self.average.parameters(), model.parameters(), strict=True) if p.requires_grad
        ]
        tables = {id(m.weight) for m in model.modules() if isinstance(m, nn.Embedding)}
        self._optimisers = _optimisers(self._master, schedule.rate, tables if orthogonal else None)
        self.step = 0
        self._resume()

    def train(self, seed: int, loss_at: Callable[[np.random.Generator], Tensor]) -> Network:
        """Trains to the end of the schedule; `loss_at(rng)` is the loss of a new batch. Returns the mean weights."""
        for rng in self._steps(seed):
            torch.manual_seed(int(rng.integers(2**31)))
            loss = loss_at(rng)
            loss.backward()  # type: ignore[no-untyped-call]
            self._update()
            self._bar.set_postfix_str(self._smoothed(loss.item()), refresh=False)
        return self.average.cpu()

    def _steps(self, seed: int) -> Iterator[np.random.Generator]:
        self.fast.train()
        self._loss, saved = math.nan, time.monotonic()
        self._bar = progress(total=self.schedule.steps, initial=self.step, desc=self.name, mininterval=5)
        while self.step < self.schedule.steps:
            yield np.random.default_rng([seed, self.step])
            self.step += 1
            self._bar.update()
            if time.monotonic() - saved > SAVE_SECONDS:
                self._save()
                saved = time.monotonic()
        self._bar.close()
        self._save()

    def _smoothed(self, loss: float) -> str:
        self._loss = loss if math.isnan(self._loss) else 0.98 * self._loss + 0.02 * loss
        return f"loss {self._loss:.4f}"

    @torch.no_grad()
    def _update(self) -> None:
        for master, fast in zip(self._master, self._copies, strict=True):
            master.grad = None if fast.grad is None else fast.grad.to(torch.float32)
            fast.grad = None
        nn.utils.clip_grad_norm_(self._master, 1.0)
        for optimiser in self._optimisers:
            for group in optimiser.param_groups:
                group["lr"] = self.schedule.rate * self._rate_share()
            optimiser.step()
        decay = min(self.ema_decay, (1 + self.step) / (EMA_WARM_UP + self.step))
        torch._foreach_lerp_(self._means, self._master, 1 - decay)
        torch._foreach_copy_(self._copies, self._master)

    def _rate_share(self) -> float:
        warm_up = min(200.0, self.schedule.steps / 10)
        if self.step < warm_up:
            return (self.step + 1) / (warm_up + 1)
        done = (self.step - warm_up) / max(1.0, self.schedule.steps - warm_up)
        return 0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * done))

    def _save(self) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        state = {
            "step": self.step,
            "model": self.model.state_dict(),
            "average": self.average.state_dict(),
            "optimisers": [optimiser.state_dict() for optimiser in self._optimisers],
        }
        partial = self.path.with_suffix(".partial")
        torch.save(state, partial)
        partial.replace(self.path)

    def _resume(self) -> None:
        if not self.path.exists():
            return
        state = torch.load(self.path, map_location=self.device, weights_only=True)
        self.step = state["step"]
        self.model.load_state_dict(state["model"])
        self.average.load_state_dict(state["average"])
        for optimiser, saved in zip(self._optimisers, state["optimisers"], strict=True):
            optimiser.load_state_dict(saved)
        with torch.no_grad():
            torch._foreach_copy_(self._copies, self._master)


class Muon(torch.optim.Optimizer):
    """Momentum whose matrix is made orthogonal before the step; kernels count as matrices of (out, in * h * w).

    Its steps are scaled to the size of AdamW's, so one rate serves both.
    Sources: K. Jordan et al., "Muon: an optimizer for hidden layers in neural networks", 2024; for the scale J. Liu et
    al., "Muon is scalable for LLM training", 2025.
    """

    def __init__(self, parameters: list[Tensor], rate: float, momentum: float = 0.95) -> None:
        super().__init__(parameters, {"lr": rate, "momentum": momentum})

    @torch.no_grad()
    def step(self, closure: None = None) -> None:  # type: ignore[override]
        """One step from the gradients that are there."""
        for group in self.param_groups:
            for parameter in group["params"]:
                if parameter.grad is None:
                    continue
                state = self.state[parameter]
                mean = state.setdefault("momentum", torch.zeros_like(parameter))
                mean.lerp_(parameter.grad, 1 - group["momentum"])
                nesterov = parameter.grad.lerp(mean, group["momentum"])
                update = _orthogonal(nesterov.reshape(len(nesterov), -1))
                size = 0.2 * max(update.shape) ** 0.5
                parameter.add_(update.reshape(parameter.shape), alpha=-group["lr"] * size)


def _orthogonal(matrix: Tensor, rounds: int = 5) -> Tensor:
    """Newton-Schulz iteration towards the nearest semi-orthogonal matrix, with Jordan's coefficients: fast, inexact."""
    x: Tensor = matrix.T if matrix.shape[0] > matrix.shape[1] else matrix
    x = (x / (x.norm() + 1e-7)).to(fast_dtype())
    for _ in range(rounds):
        square = x @ x.T
        x = 3.4445 * x + (-4.7750 * square + 2.0315 * square @ square) @ x
    result: Tensor = x.to(matrix.dtype)
    return result.T if matrix.shape[0] > matrix.shape[1] else result


def _optimisers(parameters: list[Tensor], rate: float, tables: set[int] | None) -> list[torch.optim.Optimizer]:
    """Muon for matrices but the ids of `tables`, of which a batch uses few rows; AdamW for all else, or for all."""
    matrices = [
        p for p in parameters if tables is not None and id(p) not in tables and p.ndim >= 2 and min(p.shape[:2]) >= 32
    ]
    taken = {id(p) for p in matrices}
    others = [p for p in parameters if id(p) not in taken]
    plain = torch.optim.AdamW(others, lr=rate, betas=(0.9, 0.99), weight_decay=0.01)
    return [plain, Muon(matrices, rate)] if matrices else [plain]
