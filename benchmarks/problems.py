"""The data that both programs get."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

SEED = 20260101


@dataclass(frozen=True)
class ArrayProblem:
    """A masked run and its design: Y (n_scans, n_voxels) float32, X float64."""

    Y: np.ndarray
    X: np.ndarray


def masked_run(n_scans: int, n_voxels: int, n_regressors: int) -> ArrayProblem:
    """A run of autoregressive noise about 1000, some voxels with task signal.

    The design: blocks convolved, drifts, confounds and a constant, as of a run that
    fMRIPrep has prepared.
    """
    rng = np.random.default_rng(SEED)
    times = np.arange(n_scans)
    blocks = [(times % period < period / 2) * 1.0 for period in (20, 26, 32, 38, 44)]
    drifts = [np.cos(np.pi * k * (times + 0.5) / n_scans) for k in range(1, 9)]
    n_confounds = n_regressors - len(blocks) - len(drifts) - 1
    confounds = np.cumsum(rng.standard_normal((n_confounds, n_scans)), axis=1)
    X = np.column_stack([*blocks, *drifts, *confounds, np.ones(n_scans)])
    Y = rng.standard_normal((n_scans, n_voxels), dtype=np.float32)
    rho = rng.uniform(0.1, 0.6, n_voxels).astype(np.float32)
    for t in range(1, n_scans):
        Y[t] += rho * Y[t - 1]
    signal = (X[:, :5] @ rng.standard_normal((5, n_voxels))).astype(np.float32)
    Y += 0.3 * signal
    Y *= 10
    Y += 1000
    return ArrayProblem(Y, X)


def fiac_like(
    folder: Path, shape: tuple[int, ...] = (64, 64, 30), n_scans: int = 191
) -> dict[str, list[Path] | Path]:
    """Two runs as compressed files, with designs and a mask."""
    import nibabel as nib
    import pandas as pd

    rng = np.random.default_rng(SEED)
    affine = np.diag([3.0, 3.0, 4.0, 1.0])
    grid = np.stack(np.meshgrid(*(np.linspace(-1, 1, n) for n in shape), indexing="ij"))
    inside = (grid**2).sum(axis=0) < 0.55
    mask = folder / "mask.nii.gz"
    nib.save(nib.Nifti1Image(inside.astype(np.uint8), affine), mask)
    runs, designs = [], []
    for run in (1, 2):
        X = masked_run(n_scans, 1, 22).X[:, [0, 1, 2, 3, *range(5, 13), -1]]
        noise = rng.standard_normal((*shape, n_scans), dtype=np.float32)
        for t in range(1, n_scans):
            noise[..., t] += 0.3 * noise[..., t - 1]
        # the air is dark, not silent: files of zeros would compress too well
        bold = np.where(inside, np.float32(500), 40)[..., None] + 8 * noise
        bold[20:24, 30:34, 10:14] += 4 * X[:, 0].astype(np.float32)
        image = nib.Nifti1Image(bold.astype(np.int16), affine)
        runs.append(folder / f"run{run}.nii.gz")
        nib.save(image, runs[-1])
        designs.append(folder / f"design{run}.csv")
        pd.DataFrame(X, columns=[f"c{i}" for i in range(X.shape[1])]).to_csv(
            designs[-1], index=False
        )
    return {"runs": runs, "designs": designs, "mask": mask}
