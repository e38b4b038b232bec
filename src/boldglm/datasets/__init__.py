"""Data to work with: for now simulated, with known truth.

Examples
--------
>>> from boldglm.datasets import make_brain
>>> make_brain(voxel_size=6.0).shape
(27, 33, 27)
"""

from boldglm._base.lazy import attach

_NAMES = {
    "Activation": "boldglm.datasets.simulate_brain",
    "Brain": "boldglm.datasets.simulate_brain",
    "NoiseSettings": "boldglm.datasets.simulate_noise",
    "RunSettings": "boldglm.datasets.simulate",
    "SimulatedDataset": "boldglm.datasets.simulate_files",
    "SimulatedRun": "boldglm.datasets.simulate",
    "Truth": "boldglm.datasets.simulate",
    "default_activations": "boldglm.datasets.simulate",
    "make_brain": "boldglm.datasets.simulate_brain",
    "simulate_dataset": "boldglm.datasets.simulate_files",
    "simulate_run": "boldglm.datasets.simulate",
}

__all__ = list(_NAMES)

__getattr__, __dir__ = attach(__name__, _NAMES)
