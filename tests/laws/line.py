"""One small run, as files and as the maps that a model makes of them.

`SCANS` are so many that every noise model is fitted while the file is read; with
``minimize_memory=False`` the series are taken into memory first.
"""

import warnings
from typing import NamedTuple

import nibabel as nib
import numpy as np
import pandas as pd
import pytest
from scipy.ndimage import gaussian_filter
from scipy.signal import lfilter

from boldglm.glm.first_level import FirstLevelModel

NOISES = ("ols", "ar1", "ar3", "ar1+", "auto2", "arma11")
SCALINGS = (0, 1, (0, 1), False)


def slow_if(condition, *values):
    """Parameters of a test that is run with `make test-slow` only."""
    return pytest.param(*values, marks=pytest.mark.slow if condition else ())


# Every day each noise model and each scaling once.
PAIRS = [
    slow_if(scaling is not False and noise != "ar1", noise, scaling)
    for noise in NOISES
    for scaling in SCALINGS
]
SHAPE, SCANS = (7, 6, 5), 104
# Voxels of three different lengths, so that no two axes can stand for each other.
AFFINE = np.array(
    [[-2.0, 0, 0, 9], [0, 3, 0, -11], [0, 0, 2.5, -7], [0, 0, 0, 1]], dtype=float
)
T_CONTRAST, F_CONTRAST = np.array([1.0, -0.5, 0, 0]), np.eye(4)[:2]


class Run(NamedTuple):
    """A run to be written: (x, y, z, scan) data, mask, affine, design."""

    data: np.ndarray
    inside: np.ndarray
    affine: np.ndarray
    design: np.ndarray

    @property
    def series(self):
        """(n_scans, n_voxels) in the order of a masker."""
        return self.data[self.inside].T

    def with_series(self, series):
        """The same with other numbers inside of the mask."""
        data = np.array(self.data, dtype=series.dtype)
        data[self.inside] = series.T
        return self._replace(data=data)


def design(seed=0):
    """Blocks of two conditions, a slow walk and the constant."""
    rng = np.random.default_rng(seed)
    scan = np.arange(SCANS)
    walk = rng.standard_normal(SCANS).cumsum()
    return np.column_stack(
        [
            (scan // 6) % 3 == 1,
            (scan // 6) % 3 == 2,
            (walk - walk.mean()) / walk.std(),
            np.ones(SCANS),
        ]
    ).astype(float)


def make_run(seed=0, sd=8.0):
    """Means around 800, noise that remembers, differently from place to place."""
    rng = np.random.default_rng(seed)
    X = design(seed)
    inside = np.zeros(SHAPE, bool)
    inside[:, 1:, :] = True
    inside[1:3, 2, 1:] = inside[5, 4:, 3] = False
    mean = 800 + 60 * rng.standard_normal(SHAPE)
    rho = 0.15 + 0.5 * (gaussian_filter(rng.standard_normal(SHAPE), 1) > 0)
    white = sd * rng.standard_normal((*SHAPE, SCANS + 30))
    noise = np.empty(white.shape)
    for at in np.ndindex(SHAPE):
        noise[at] = lfilter([1.0], [1.0, -rho[at]], white[at])
    effects = rng.standard_normal((*SHAPE, 3)) * [6, 6, 3]
    data = mean[..., None] + noise[..., 30:] + effects @ X[:, :3].T
    # Multiples of 1/16: thrice as much is a number of single precision, too.
    return Run((np.round(16 * data) / 16).astype(np.float32), inside, AFFINE, X)


def write(folder, run, name="bold", ending=".nii", dtype=None):
    """Files of the run and its mask; their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    data = run.data if dtype is None else run.data.astype(dtype)
    paths = folder / f"{name}{ending}", folder / f"{name}-mask.nii"
    nib.save(nib.Nifti1Image(data, run.affine), paths[0])
    nib.save(nib.Nifti1Image(run.inside.astype(np.uint8), run.affine), paths[1])
    return paths


def table(X):
    """A design as the model takes it."""
    return pd.DataFrame(X, columns=[f"x{i}" for i in range(X.shape[1])])


def fitted(paths, designs, noise="ar1", scaling=False, **options):
    """A model of the files of one run, or of several on the mask of the first."""
    several = isinstance(paths, list)
    runs, mask = ([p[0] for p in paths], paths[0][1]) if several else paths
    designs = [table(X) for X in designs] if several else table(designs)
    options = {"mask_img": mask, "signal_scaling": scaling, "reports": False} | options
    model = FirstLevelModel(noise_model=noise, **options)
    return model.fit(runs, design_matrices=designs)


def maps(model, t=T_CONTRAST, F=F_CONTRAST):
    """All maps of a t and an F contrast as arrays, (x, y, z) or (x, y, z, row)."""
    found = {}
    for letter, weights in (("t", t), ("F", F)):
        if weights is None:
            continue
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "Running approximate fixed effects")
            images = model.compute_contrast(weights, output_type="all")
        found |= {f"{letter} {k}": np.asarray(v.dataobj) for k, v in images.items()}
    return found


def line(folder, run, noise="ar1", scaling=False, **options):
    """From a run to its maps, by way of files."""
    return maps(fitted(write(folder, run), run.design, noise, scaling, **options))


# Of a z of 5, p changes by 25 times as much as z does; a variance by twice as much as
# an effect.
TOLERANCES = {"p_value": 40.0, "effect_variance": 2.0}


def assert_same(found, expected, rtol=0.0, where=...):
    """The same maps: to the last bit, or to `rtol` of each map's own spread.

    Effects and statistics may be next to nothing where their errors are not: these
    are compared in units of their standard deviation over voxels.
    """
    assert found.keys() == expected.keys()
    for name, values in expected.items():
        one, two = found[name][where], values[where]
        assert one.dtype == two.dtype, name
        if rtol == 0:
            np.testing.assert_array_equal(one, two, name)
            continue
        factor = TOLERANCES.get(name.split()[1], 1.0)
        spread = 0.0 if name.endswith("p_value") else float(two.std())
        np.testing.assert_allclose(
            one, two, rtol=rtol * factor, atol=rtol * spread, err_msg=name
        )


def scaled(found, factor):
    """What maps become where the data are `factor` times as large.

    The whitened effects of an F are in units of the data, as those of a t are.
    """
    powers = {"effect_size": factor, "effect_variance": factor**2}
    return {
        name: (values * powers.get(name.split()[1], 1)).astype(values.dtype)
        for name, values in found.items()
    }
