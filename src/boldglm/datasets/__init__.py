"""Data to work with: for now simulated, with known truth.

Examples
--------
>>> from boldglm.datasets import make_brain
>>> make_brain(voxel_size=6.0).shape
(27, 33, 27)
"""

from importlib import import_module
from typing import Any

_HOMES = {
    "Activation": "simulate_brain",
    "Brain": "simulate_brain",
    "NoiseSettings": "simulate_noise",
    "RunSettings": "simulate",
    "SimulatedDataset": "simulate_files",
    "SimulatedRun": "simulate",
    "Truth": "simulate",
    "default_activations": "simulate",
    "make_brain": "simulate_brain",
    "simulate_dataset": "simulate_files",
    "simulate_run": "simulate",
}

__all__ = [  # noqa: PLE0604
    *sorted(_HOMES),
]


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    msg = f"module {__name__!r} has no attribute {name!r}"
    raise AttributeError(msg)


def __dir__() -> list[str]:
    return sorted(__all__)
