"""Runs at the edge of what numbers can do, from files to maps, against brute force.

The noise coefficients are those of the fit, so that what is compared is the fit given
the noise, its effects, variances, t and F; the coefficients themselves are compared
with those of the same data in double precision less their mean.
"""

import nibabel as nib
import numpy as np
import pandas as pd
import pytest
from tests.edges.brute import brute_fit
from tests.oracle.dense_gls import simulate_ar

from boldglm._base.errors import NotEstimableError, ShapeError
from boldglm.core.contrast import contrast_stat, statistic
from boldglm.core.glm_fit import HELD
from boldglm.core.gls import fit_glm
from boldglm.core.gls_pilot import CONSTANT
from boldglm.glm.first_level import FirstLevelModel

# What is told of few neighbours and few scans is tested where it is told
pytestmark = pytest.mark.filterwarnings(
    "ignore:.*(averages over neighbouring|fewer than 6 scans|no stationary noise was)"
)

NOISES = ("ols", "ar1", "ar3", "ar1+", "auto2", "arma11")
# While the file is read, in double precision; or from series of single precision.
WAYS = [pytest.param(True, id="sums"), pytest.param(False, id="series")]
SUMS = [WAYS[0], pytest.param(False, id="series", marks=pytest.mark.slow)]
# Factors of noise models of order above 1 are in single precision.
TOLERANCE = 1e-5


def design(n_scans, seed=0):
    """Blocks, noise, a slow walk and the constant."""
    rng = np.random.default_rng(seed)
    walk = rng.standard_normal(n_scans).cumsum()
    return np.column_stack(
        [
            (np.arange(n_scans) // 5) % 2,
            rng.standard_normal(n_scans),
            (walk - walk.mean()) / walk.std(),
            np.ones(n_scans),
        ]
    ).astype(float)


def series(X, n_voxels=5, mean=800.0, sd=8.0, seed=0):
    """(n_scans, n_voxels) float32: the design's first columns, and AR(2) noise."""
    rng = np.random.default_rng(seed)
    noise = simulate_ar(rng, [0.4, 0.1], len(X), n_voxels)
    signal = X[:, :2] @ rng.standard_normal((2, n_voxels))
    return (mean + sd * (noise + signal)).astype(np.float32)


def fitted(folder, Y, X, noise, minimize_memory=True, **options):
    """A model of a file with these series."""
    volumes = Y.T.reshape(Y.shape[1], 1, 1, -1)
    nib.save(nib.Nifti1Image(volumes, np.diag([3.0, 3, 3, 1])), folder / "bold.nii")
    options = {"signal_scaling": False, "mask_img": False, "reports": False} | options
    frame = pd.DataFrame(X, columns=[f"x{i}" for i in range(X.shape[1])])
    model = FirstLevelModel(
        noise_model=noise, minimize_memory=minimize_memory, **options
    )
    return model.fit(folder / "bold.nii", design_matrices=frame)


def assert_is_brute_force(model, Y, Z, rows, F=None, mix=None, rtol=TOLERANCE):
    """Maps of t and F contrasts of a model of X are those of brute force on Z.

    With ``X = Z mix``, the contrast ``c mix`` of X is the contrast c of Z.
    """
    fit = model.fits_[0]
    mix = np.eye(Z.shape[1]) if mix is None else np.asarray(mix)
    truth = brute_fit(Y, Z, fit.phi, fit.noise.first_scans == "exact")
    assert fit.dof == truth.dof
    for row in np.atleast_2d(rows):
        images = model.compute_contrast(row @ mix, output_type="all")
        found = {name: image.get_fdata().ravel() for name, image in images.items()}
        error = np.sqrt(truth.variance(row))
        off = np.abs(found["effect_size"] - truth.effect(row))
        assert (off <= rtol * np.maximum(error, np.abs(truth.effect(row)))).all()
        np.testing.assert_allclose(found["effect_variance"], error**2, rtol=2 * rtol)
        np.testing.assert_allclose(found["stat"], truth.t(row), rtol=rtol, atol=rtol)
    if F is not None:
        image = model.compute_contrast(F @ mix, stat_type="F", output_type="stat")
        independent = np.linalg.matrix_rank(F)
        basis = np.linalg.svd(F)[2][:independent]
        found = image.get_fdata().ravel()
        np.testing.assert_allclose(found, truth.F(basis), rtol=2 * rtol)


@pytest.mark.parametrize("minimize_memory", WAYS)
@pytest.mark.parametrize("noise", NOISES)
@pytest.mark.parametrize("constant", [True, False])
def test_a_mean_of_a_hundred_thousand_standard_deviations(
    noise, minimize_memory, constant, tmp_path
):
    """Single precision holds such data in steps of 1/128; nothing more is lost."""
    X = design(120)
    Y = series(X, mean=1e5, sd=1.0)
    X = X if constant else X[:, :3]
    model = fitted(tmp_path, Y, X, noise, minimize_memory)
    assert_is_brute_force(model, Y, X, np.eye(X.shape[1])[:2], np.eye(X.shape[1])[:3])
    level = Y.mean(axis=0, dtype=float) if constant else 0
    if noise != "auto2":  # whose neighbours only a mask tells
        double = fit_glm(Y - level, X, model.fits_[0].noise)
        np.testing.assert_allclose(model.fits_[0].phi, double.phi, atol=2e-6)


@pytest.mark.parametrize("minimize_memory", SUMS)
@pytest.mark.parametrize("noise", NOISES)
@pytest.mark.parametrize("scaling", [0, (0, 1)])
def test_per_cent_of_a_large_mean(noise, minimize_memory, scaling, tmp_path):
    X = design(120)
    Y = series(X, mean=1e5, sd=1.0)
    model = fitted(tmp_path, Y, X, noise, minimize_memory, signal_scaling=scaling)
    mean = Y.mean(axis=0 if scaling == 0 else None, dtype=float)
    assert_is_brute_force(model, 100 * (Y / mean - 1), X, np.eye(4)[:2], rtol=3e-5)


@pytest.mark.parametrize("minimize_memory", WAYS)
@pytest.mark.parametrize("noise", ["ols", "ar1", "auto2"])
def test_a_drift_of_a_thousand_standard_deviations(noise, minimize_memory, tmp_path):
    """The sums lose nothing; series round the drift itself, 6e-8 of it."""
    X = design(120)
    X[:, 2] = np.linspace(-1, 1, 120)
    Y = (series(X, mean=1e4, sd=1.0) + 1000 * X[:, 2:3]).astype(np.float32)
    model = fitted(tmp_path, Y, X, noise, minimize_memory)
    rtol = TOLERANCE if minimize_memory else 2e-4
    assert_is_brute_force(model, Y, X, np.eye(4)[:2], np.eye(4)[:2], rtol=rtol)


@pytest.mark.parametrize("minimize_memory", SUMS)
@pytest.mark.parametrize("noise", ["ols", "ar1", "ar3", "ar1+", "auto2"])
def test_ten_scans(noise, minimize_memory, tmp_path):
    X = design(10)
    Y = series(X)
    model = fitted(tmp_path, Y, X, noise, minimize_memory)
    assert_is_brute_force(model, Y, X, np.eye(4)[:2], np.eye(4)[:3], rtol=5e-5)


def test_too_few_scans_for_a_noise_model(tmp_path):
    X = design(10)
    with pytest.raises(
        ShapeError, match=r"order 6 needs more than 12 scans; .* has 10"
    ):
        fitted(tmp_path, series(X), X, "arma11")


@pytest.mark.parametrize("minimize_memory", SUMS)
@pytest.mark.parametrize("noise", NOISES)
def test_ten_thousand_scans(noise, minimize_memory, tmp_path):
    X = design(10_000)
    Y = series(X, n_voxels=2, mean=1e5, sd=1.0)
    model = fitted(tmp_path, Y, X, noise, minimize_memory)
    assert_is_brute_force(model, Y, X, np.eye(4)[:1], np.eye(4)[:2])


@pytest.mark.parametrize("minimize_memory", SUMS)
@pytest.mark.parametrize("noise", NOISES)
@pytest.mark.parametrize("scaling", [0, False])
def test_one_voxel(noise, minimize_memory, scaling, tmp_path):
    X = design(120)
    Y = series(X, n_voxels=1)
    model = fitted(tmp_path, Y, X, noise, minimize_memory, signal_scaling=scaling)
    expected = Y if scaling is False else 100 * (Y / Y.mean(dtype=float) - 1)
    assert_is_brute_force(model, expected, X, np.eye(4)[:2], np.eye(4)[:3], rtol=3e-5)


@pytest.mark.parametrize("noise", NOISES)
def test_one_voxel_in_per_cent_of_each_scan_is_nothing(noise, tmp_path):
    """It is its own mean: 0 per cent everywhere, and no effect."""
    X = design(120)
    model = fitted(tmp_path, series(X, n_voxels=1), X, noise, signal_scaling=1)
    assert model.fits_[0].outcome.tolist() == [CONSTANT]
    for kind in ("z_score", "effect_size", "effect_variance"):
        assert model.compute_contrast("x0", output_type=kind).get_fdata().item() == 0


@pytest.mark.slow
@pytest.mark.parametrize("noise", NOISES[:-1])
def test_five_hundred_regressors(noise, tmp_path):
    X = np.random.default_rng(0).standard_normal((560, 500))
    X[:, :4] = design(560)
    Y = series(X, n_voxels=2)
    model = fitted(tmp_path, Y, X, noise)
    rows = np.eye(500)[[0, 499]]
    assert_is_brute_force(model, Y, X, rows[:1], rows, rtol=3e-5)


@pytest.mark.parametrize("minimize_memory", SUMS)
@pytest.mark.parametrize("noise", NOISES)
@pytest.mark.parametrize("column", [0, 3])
def test_rank_one(noise, minimize_memory, column, tmp_path):
    """Five copies of one regressor, a task without a constant or the constant."""
    X = design(120)
    weights = np.array([[1.0, -2, 3e4, 5e-4, 0.1]])
    Y, Z = series(X), X[:, [column]]
    model = fitted(tmp_path, Y, Z @ weights, noise, minimize_memory)
    rtol = TOLERANCE if column == 3 else 1e-4  # of 117 times more than what is left
    assert_is_brute_force(model, Y, Z, [[1.0]], np.ones((1, 1)), weights, rtol=rtol)
    with pytest.raises(NotEstimableError):
        model.compute_contrast(np.eye(5)[0])


def collinear(n_scans=120):
    """A design whose columns 0 and 1 differ by 1e-7, and its well-told parts.

    ``X = Z mix``: the first two columns of Z are the shared part and the difference.
    """
    Z = design(n_scans)
    X = Z.copy()
    X[:, 1] = X[:, 0] + 1e-7 * Z[:, 1]
    # what the difference is in double precision
    Z[:, 1] = (X[:, 1] - X[:, 0]) * 1e7
    mix = np.eye(4)
    mix[:2, :2] = [[1, 1], [0, 1e-7]]
    return X, Z, mix


@pytest.mark.parametrize("minimize_memory", WAYS)
@pytest.mark.parametrize("noise", NOISES)
def test_columns_that_differ_by_1e_7(noise, minimize_memory, tmp_path):
    """Their sum, their difference, and others: none loses more than the data have."""
    X, Z, mix = collinear()
    Y = series(design(120))
    model = fitted(tmp_path, Y, X, noise, minimize_memory)
    rows = [[1, 0, 0, 0], [0, 1, 0, 0], [1, 1e5, 0, 0], [0, 0, 1, 0]]
    assert_is_brute_force(model, Y, Z, rows, mix=mix)


@pytest.mark.parametrize("noise", NOISES)
@pytest.mark.parametrize("rows", ["shared and difference", "one and the other"])
def test_f_of_columns_that_differ_by_1e_7(noise, rows, tmp_path):
    """An F tests what its rows span, however close they are to each other."""
    X, Z, mix = collinear()
    Y = series(design(120))
    model = fitted(tmp_path, Y, X, noise)
    asked = mix[:2] if rows == "shared and difference" else np.eye(4)[:2]
    fit = model.fits_[0]
    truth = brute_fit(Y, Z, fit.phi, fit.noise.first_scans == "exact")
    F = model.compute_contrast(asked, output_type="stat").get_fdata().ravel()
    np.testing.assert_allclose(F, truth.F(np.eye(4)[:2]), rtol=2 * TOLERANCE)


@pytest.mark.parametrize("noise", ["ols", "ar1", "ar3"])
def test_columns_that_differ_by_rounding_are_one(noise, tmp_path):
    X = design(120)
    Y = series(X)
    X[:, 1] = X[:, 0] + 1e-13 * X[:, 1]
    model = fitted(tmp_path, Y, X, noise)
    mix = np.array([[1.0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]])
    assert_is_brute_force(model, Y, X[:, [0, 2, 3]], np.eye(3), np.eye(3)[:2], mix)
    with pytest.raises(NotEstimableError, match="'x0', 'x1'"):
        model.compute_contrast("x0 - x1")


@pytest.mark.parametrize("noise", NOISES)
def test_constant_columns(noise, tmp_path):
    """Ones, twos, a thousand and nothing: the constant, given three times."""
    X = design(120)
    Y = series(X)
    model = fitted(tmp_path, Y, np.column_stack([X, X[:, 3:] * [2, 1e3, 0]]), noise)
    mix = np.pad(np.eye(4), ((0, 0), (0, 3)))
    mix[3, 4:] = [2, 1e3, 0]
    assert_is_brute_force(model, Y, X, np.eye(4), np.eye(4)[:3], mix)
    for stray in (3, 4, 6):
        with pytest.raises(NotEstimableError):
            model.compute_contrast(np.eye(7)[stray])


@pytest.mark.parametrize("minimize_memory", WAYS)
@pytest.mark.parametrize("noise", NOISES)
def test_constant_voxels(noise, minimize_memory, tmp_path):
    """They are 0 in every map; a voxel beside them is what it would be alone."""
    X = design(120)
    Y = series(X)
    Y[:, 1], Y[:, 3] = 1e5 + 1 / 128, 0
    model = fitted(tmp_path, Y, X, noise, minimize_memory)
    assert model.fits_[0].outcome.tolist() == [0, CONSTANT, 0, CONSTANT, 0]
    images = model.compute_contrast(np.eye(4)[:2], output_type="all")
    for name in ("z_score", "stat", "effect_variance"):
        values = images[name].get_fdata()[:, 0, 0]
        assert not values[[1, 3]].any()
        assert values[[0, 2, 4]].all()
    # the rounding of 1e5
    assert np.abs(images["effect_size"].get_fdata()[[1, 3]]).max() < 1e-8
    live = [0, 2, 4]
    some = model.fits_[0].select(live)
    truth = brute_fit(Y[:, live], X, some.phi, some.noise.first_scans == "exact")
    found = statistic(contrast_stat(some, np.eye(4)[:2]))
    np.testing.assert_allclose(found, truth.F(np.eye(4)[:2]), rtol=TOLERANCE)


@pytest.mark.parametrize("minimize_memory", WAYS)
@pytest.mark.parametrize("noise", NOISES)
def test_voxels_that_hardly_vary(noise, minimize_memory, tmp_path):
    """By one step of single precision in some scans: little, but no constant."""
    X = design(120)
    up = np.random.default_rng(0).integers(0, 2, (120, 3))
    Y = (1e5 + up / 128).astype(np.float32)
    assert np.unique(Y).size == 2
    model = fitted(tmp_path, Y, X, noise, minimize_memory)
    assert set(model.fits_[0].outcome) <= {0, HELD}
    assert_is_brute_force(model, Y, X, np.eye(4)[:2], np.eye(4)[:3])


@pytest.mark.parametrize("noise", NOISES)
@pytest.mark.parametrize("units", [1.0, 1e6])
def test_f_of_many_redundant_rows(noise, units, tmp_path):
    """Two hundred rows of three dimensions; units of a regressor beside another's."""
    X = design(120)
    Y = series(X)
    mix = np.diag([units, 1 / units, 1.0, 1.0])
    model = fitted(tmp_path, Y, X @ mix, noise)
    rows = np.random.default_rng(0).standard_normal((200, 3)) @ np.eye(4)[:3]
    rows[7] = 0
    assert_is_brute_force(model, Y, X, np.eye(4)[:3], rows, mix)
    images = model.compute_contrast(rows @ mix, output_type="effect_size")
    assert images.shape == (5, 1, 1, 3)


@pytest.mark.parametrize("minimize_memory", SUMS)
@pytest.mark.parametrize("noise", NOISES)
def test_all_but_no_noise(noise, minimize_memory, tmp_path):
    """Of data that are the design to the last bits z are large, finite, in order."""
    X = design(120)
    Y = np.outer(X[:, 0], [1.0, 2.0, -3.0]) * 64 + 1024
    Y[::7] += 2.0**-13
    model = fitted(tmp_path, Y.astype(np.float32), X, noise, minimize_memory)
    z = model.compute_contrast("x0").get_fdata().ravel()
    assert np.isfinite(z).all()
    assert z[1] > z[0] > 40 > -40 > z[2]
