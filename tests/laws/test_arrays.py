"""`run_glm` and `permuted_ols`: arrays of any kind hold the same numbers."""

import numpy as np
import pytest
from threadpoolctl import threadpool_limits

from boldglm.core import gls
from boldglm.core.graph import volume_graph
from boldglm.glm.contrasts import compute_contrast
from boldglm.glm.first_level import run_glm
from boldglm.mass_univariate import permuted_ols

NOISES = ("ols", "ar1", "ar3", "ar1+", "arma11")
N, SHAPE = 70, (5, 4, 3)
V = int(np.prod(SHAPE))
T_CONTRAST, F_CONTRAST = [1.0, 0, 0], [[1.0, 0, 0], [0, 1, 0]]


@pytest.fixture
def X(rng):
    boxes = (np.arange(N) // 7 % 3)[:, None] == [1, 2]
    return np.column_stack([boxes, np.ones(N)]).astype(float)


@pytest.fixture
def Y(rng, X):
    """Multiples of 1/16."""
    noise = rng.standard_normal((N, V))
    for t in range(1, N):
        noise[t] += 0.4 * noise[t - 1]
    signal = X @ (rng.standard_normal((3, V)) * [[1.0], [1], [0]])
    return np.round(16 * (500 + 5 * noise + 4 * signal)) / 16


def found(Y, X, noise, t=T_CONTRAST, F=F_CONTRAST, **options):
    """Effect, variance, z and p of a t and an F contrast."""
    labels, results = run_glm(Y, X, noise, **options)
    out = {}
    for weights in (t, F):
        one = compute_contrast(labels, results, weights)
        letter = one.stat_type
        out[f"{letter} effect"] = one.effect_size()
        out[f"{letter} variance"] = one.effect_variance()
        out[f"{letter} stat"] = one.stat()
        out[f"{letter} z"] = one.z_score()
    return out


def searched(noise):
    """An ARMA(1, 1) is searched for in single precision."""
    return 2e-5 if noise == "arma11" else 1e-8


def assert_same(one, two, rtol):
    for name, values in two.items():
        if rtol == 0:
            np.testing.assert_array_equal(one[name], values, name)
        np.testing.assert_allclose(
            one[name], values, rtol=2 * rtol, atol=rtol * values.std(), err_msg=name
        )


@pytest.mark.parametrize("noise", NOISES)
@pytest.mark.parametrize("dtype", ["<f8", ">f8", "<i4", "<f4", ">f4", "longdouble"])
@pytest.mark.parametrize("order", ["C", "F"])
def test_how_arrays_lie_in_memory(noise, dtype, order, X, Y):
    """Whole numbers, to be exact in all of these; single precision is computed in."""
    Y = np.rint(16 * Y)
    expected = found(Y, X, noise)
    other = np.array(Y, dtype=dtype, order=order)
    single = other.dtype.itemsize == 4 and other.dtype.kind == "f"
    bits = 0 if order == "C" and dtype in ("<f8", "<i4") else 1e-10
    assert_same(found(other, X, noise), expected, 3e-5 if single else bits)
    strided = np.repeat(other, 2, axis=1)[:, ::2]
    assert_same(
        found(strided, X, noise), found(other, X, noise), 1e-10 if not single else 1e-6
    )


@pytest.mark.parametrize("noise", NOISES)
@pytest.mark.parametrize("factor", [3.0, -1.0, 1e-20, 1e20])
def test_units(noise, factor, X, Y):
    """Of the data, and of the regressors."""
    expected = found(Y, X, noise)
    powers = {"effect": factor, "variance": factor**2}
    powers |= {"stat": np.sign(factor), "z": np.sign(factor)}
    other = {
        name: values * (1.0 if name in ("F stat", "F z") else powers[name.split()[1]])
        for name, values in expected.items()
    }
    assert_same(found(factor * Y, X, noise), other, 1e-8)
    units = np.array([1e-8, 1e5, 1e3])
    scaled = [np.multiply(c, units) for c in (T_CONTRAST, F_CONTRAST)]
    assert_same(found(Y, X * units, noise, *scaled), expected, 1e-8)


@pytest.mark.parametrize("noise", NOISES)
def test_what_the_design_explains(noise, X, Y, rng):
    more = 10 * rng.standard_normal((3, V))
    one, two = found(Y + X @ more, X, noise), found(Y, X, noise)
    two["t effect"] += more[0]
    for name in ("t effect", "t variance", "F variance"):
        np.testing.assert_allclose(one[name], two[name], rtol=1e-8, atol=1e-8)


@pytest.mark.parametrize("noise", NOISES)
def test_regressors_of_the_same_space(noise, X, Y, rng):
    A = rng.standard_normal((3, 3)) + 2 * np.eye(3)
    other = found(Y, X @ A, noise, T_CONTRAST @ A, F_CONTRAST @ A)
    assert_same(other, found(Y, X, noise), searched(noise))


@pytest.mark.parametrize("noise", NOISES)
def test_order_of_voxels_blocks_and_threads(noise, X, Y, rng, monkeypatch):
    expected = found(Y, X, noise)
    order = rng.permutation(V)
    other = found(Y[:, order], X, noise)
    back = np.argsort(order)
    assert_same({k: v[..., back] for k, v in other.items()}, expected, 1e-10)
    monkeypatch.setattr(gls, "BLOCK", 7)
    cut = found(Y, X, noise)
    assert_same(cut, expected, 1e-10)
    assert_same(found(Y, X, noise, n_jobs=3), cut, 0)
    with threadpool_limits(1, user_api="blas"):
        assert_same(found(Y, X, noise), cut, 0)


@pytest.mark.parametrize("noise", NOISES)
def test_scans_backwards(noise, X, Y):
    one = found(Y[::-1], X[::-1], noise, first_scans="exact")
    assert_same(one, found(Y, X, noise, first_scans="exact"), searched(noise))


N_SUBJECTS = 12


@pytest.fixture
def group(rng):
    """A tested variable, data and confounds."""
    data = rng.standard_normal((N_SUBJECTS, V))
    variable = np.repeat([0.0, 1.0], N_SUBJECTS // 2)
    data[variable > 0, :20] += 1.5
    return variable, data, rng.standard_normal((N_SUBJECTS, 2))


def shuffled(variable, data, confounds, masker=None, **options):
    masker = volume_graph(np.ones(SHAPE, bool), 6) if masker is None else masker
    asked = {"n_perm": 150, "random_state": 1, "threshold": 0.05, "tfce": True}
    return permuted_ols(variable, data, confounds, masker=masker, **asked | options)


def assert_same_p(one, two):
    assert one.keys() == two.keys()
    for name, values in two.items():
        if name.startswith(("p_", "logp_")):
            np.testing.assert_array_equal(one[name], values, name)
        else:
            np.testing.assert_allclose(one[name], values, rtol=2e-5, atol=2e-5)


@pytest.mark.parametrize("two_sided", [True, False])
def test_units_of_a_group(two_sided, group):
    variable, data, confounds = group
    expected = shuffled(*group, two_sided_test=two_sided)
    units = np.linspace(1, 3, V)
    other = (variable * 1e4, data * 1e-9 * units, confounds * [1e-3, 1e6])
    assert_same_p(shuffled(*other, two_sided_test=two_sided), expected)


def test_what_confounds_explain(group, rng):
    variable, data, confounds = group
    Z = np.column_stack([confounds, np.ones(N_SUBJECTS)])
    more = 5 * rng.standard_normal((3, V))
    assert_same_p(shuffled(variable, data + Z @ more, confounds), shuffled(*group))


def test_confounds_of_the_same_space(group):
    variable, data, confounds = group
    A = np.array([[1.0, 2, 0.5], [-1, 0.5, 0]])
    other = confounds @ A + [3.0, 0, -1]
    assert_same_p(shuffled(variable, data, other), shuffled(*group))
    # and the tested variable may have a part in them
    mixed = 2 * variable + confounds @ [0.5, -1] + 4
    assert_same_p(shuffled(mixed, data, confounds), shuffled(*group))


@pytest.mark.parametrize("dtype", [">f8", "<f4", "longdouble"])
@pytest.mark.parametrize("order", ["C", "F"])
def test_how_the_data_of_a_group_lie_in_memory(dtype, order, group):
    variable, data, confounds = group
    data = np.round(64 * data) / 64
    other = np.array(data, dtype=dtype, order=order)
    expected = shuffled(variable, data, confounds)
    assert_same_p(shuffled(variable, other, confounds), expected)
    assert_same_p(shuffled(variable, other, confounds, n_jobs=3), expected)


def test_order_of_columns_and_of_the_graph(group):
    """Columns and their graph in another order: p go with them."""
    variable, data, confounds = group
    expected = shuffled(variable, data, confounds)
    turned = data.reshape(-1, *SHAPE).transpose(0, 3, 1, 2)[:, :, ::-1]
    graph = volume_graph(np.ones(turned.shape[1:], bool), 6)
    found = shuffled(variable, turned.reshape(N_SUBJECTS, V), confounds, graph)
    for name, values in found.items():
        if not name.startswith("h0"):
            volume = values.reshape(turned.shape[1:])[:, ::-1].transpose(1, 2, 0)
            found[name] = volume.reshape(1, V)
    assert_same_p(found, expected)
