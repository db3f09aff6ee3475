"""Which device an instance computes on. Apart from the rest, because it imports torch."""

import torch


def choose_device(kind: str, device_id: str) -> str:
    """The GPU that Triton placed this instance on, or the first one where Triton counts none, or the CPU.

    `kind` and `device_id` are `model_instance_kind` and `model_instance_device_id` of a backend's `initialize`.
    """
    if not torch.cuda.is_available():
        return "cpu"
    return f"cuda:{device_id}" if kind == "GPU" else "cuda:0"
