"""z and p of t and F, against 40-digit arithmetic and scipy."""

import mpmath as mp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from boldglm.core import tails
from boldglm.core.tails_exact import F_FLOOR, f_table, fit_table, student_table

DOFS = [1, 2.5, 4, 17.3, 100, 1000, 12345.6, 1e5, 1e6]
HEIGHTS = [1e-6, 1e-3, 0.1, 0.7, 3, 12, 40, 100, 1000, 1e4]


def log_normal_tail(z):
    return mp.log(mp.erfc(z / mp.sqrt(2)) / 2)


def z_of_log_tail(log_p, start):
    """Newton's method on the logarithm of the normal tail."""
    z = mp.mpf(start)
    for _ in range(60):
        log_q = log_normal_tail(z)
        step = (log_q - log_p) * mp.exp(log_q + z * z / 2) * mp.sqrt(2 * mp.pi)
        z += step
        if abs(step) < mp.mpf(10) ** -30 * max(1, abs(z)):
            return z
    raise AssertionError(log_p)


def continued_fraction(a, b, x):
    """Of the incomplete beta function, by Lentz's method."""
    c, d = mp.mpf(1), 1 / (1 - (a + b) * x / (a + 1))
    value = d
    for m in range(1, 20000):
        for top in (
            m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m)),
            -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1)),
        ):
            d, c = 1 / (1 + top * d), 1 + top / c
            value *= c * d
        if abs(c * d - 1) < mp.mpf(10) ** -30:
            return value
    raise AssertionError((a, b, x))


def log_beta_area(a, b, x, y):
    """``log I_x(a, b)``, given also ``y = 1 - x``."""
    if x < (a + 1) / (a + b + 2):
        front = a * mp.log(x) + b * mp.log(y) - mp.log(a * mp.beta(a, b))
        return front + mp.log(continued_fraction(a, b, x))
    return mp.log(1 - mp.exp(log_beta_area(b, a, y, x)))


def log_f_area(f, dim, dof, upper):
    a, b, scaled = mp.mpf(dof) / 2, mp.mpf(dim) / 2, mp.mpf(f) * dim
    x, y = dof / (dof + scaled), scaled / (dof + scaled)
    return log_beta_area(a, b, x, y) if upper else log_beta_area(b, a, y, x)


@pytest.fixture(autouse=True)
def forty_digits():
    with mp.workdps(40):
        yield


@pytest.mark.parametrize("dof", DOFS)
def test_z_of_t_is_that_of_40_digit_arithmetic(dof):
    found = tails.t_to_z(HEIGHTS, dof)
    each = tails.t_to_z(HEIGHTS, np.full(len(HEIGHTS), dof))
    for t, by_table, by_value in zip(HEIGHTS, found, each, strict=True):
        log_p = log_f_area(mp.mpf(t) ** 2, 1, dof, upper=True) - mp.log(2)
        z = float(z_of_log_tail(log_p, by_table))
        assert by_table == pytest.approx(z, rel=5e-12)
        assert by_value == pytest.approx(z, rel=5e-12, abs=1e-12)


@pytest.mark.parametrize("dof", [1, 3.3, 20, 1000, 12345.6, 1e6])
@pytest.mark.parametrize("dim", [1, 2, 3, 10, 50])
def test_z_of_f_is_that_of_40_digit_arithmetic(dof, dim):
    heights = [1e-300, 1e-30, 1e-6, 1e-2, 0.5, 1.01, 3, 10, 50, 300, 1e4, 1e8]
    found = tails.f_to_z(heights, dim, dof)
    each = tails.f_to_z(heights, dim, np.full(len(heights), dof))
    for f, by_table, by_value in zip(heights, found, each, strict=True):
        sign = -1 if by_table < 0 else 1
        log_p = log_f_area(f, dim, dof, upper=sign > 0)
        z = sign * float(z_of_log_tail(log_p, abs(by_table)))
        assert by_table == pytest.approx(z, rel=5e-11, abs=5e-11)
        assert by_value == pytest.approx(z, rel=5e-11, abs=5e-11)


def test_a_high_t_does_not_saturate():
    assert tails.t_to_z(100.0, 1000) == pytest.approx(48.958407262720094, rel=1e-12)
    assert tails.t_log_sf(100.0, 1000) == pytest.approx(
        float(log_f_area(10000, 1, 1000, upper=True) - mp.log(2)), rel=1e-11
    )
    assert tails.t_to_p(100.0, 1000) == 0


@pytest.mark.parametrize("dof", [1, 6.5, 200, 1e6, np.inf])
def test_p_of_t_agrees_with_scipy(dof, rng, readonly):
    stats = pytest.importorskip("scipy.stats")
    t = readonly(rng.normal(scale=3, size=(7, 11)))
    np.testing.assert_allclose(tails.t_to_p(t, dof), stats.t.sf(t, dof), rtol=1e-9)
    t = t[t > -3]  # below, the p of scipy is 1 to too many digits
    p = stats.t.sf(t, dof)
    np.testing.assert_allclose(tails.t_log_sf(t, dof), np.log(p), rtol=1e-9)
    np.testing.assert_allclose(tails.t_to_z(t, dof), stats.norm.isf(p), rtol=1e-9)


@pytest.mark.parametrize("dim", [1, 4, 12])
@pytest.mark.parametrize("dof", [2, 60.5, 1e5])
def test_p_of_f_agrees_with_scipy(dim, dof, rng, readonly):
    stats = pytest.importorskip("scipy.stats")
    f = readonly(rng.chisquare(3, size=(7, 11)))
    p = stats.f.sf(f, dim, dof)
    np.testing.assert_allclose(tails.f_to_p(f, dim, dof), p, rtol=1e-9)
    np.testing.assert_allclose(tails.f_log_sf(f, dim, dof), np.log(p), rtol=1e-8)


def test_f_of_one_row_is_t_squared():
    t = np.array([0.01, 1.0, 3.0, 30.0, 400.0])
    log_p = tails.t_log_sf(t, 37) + np.log(2)
    np.testing.assert_allclose(tails.f_log_sf(t**2, 1, 37), log_p, rtol=1e-10)


def test_two_rows_have_a_closed_form():
    f, dof = np.geomspace(1e-3, 1e5, 40), 33.3
    log_p = -dof / 2 * np.log1p(2 * f / dof)
    np.testing.assert_allclose(tails.f_log_sf(f, 2, dof), log_p, rtol=1e-9)


@pytest.mark.parametrize("dof", [1e10, 1e13, 1e300, np.inf])
def test_many_degrees_of_freedom_are_normal_and_chi_squared(dof):
    t = np.array([-7.0, -1e-3, 0.0, 2.0, 7.0])
    np.testing.assert_allclose(tails.t_to_z(t, dof), t, rtol=1e-8)
    np.testing.assert_allclose(tails.t_to_z(t, np.full(5, dof)), t, rtol=1e-8)
    for same in (dof, np.array([dof])):
        log_p = tails.f_log_sf([3.0, 2000.0], 2, same)
        np.testing.assert_allclose(log_p, [-3.0, -2000.0], rtol=1e-6)


def test_just_below_the_normal_limit_nothing_jumps():
    t = np.array([0.5, 4.0, 40.0])
    below, above = tails.t_to_z(t, 0.999e10), tails.t_to_z(t, 1e10)
    np.testing.assert_allclose(below, above, rtol=2e-9)
    below, above = tails.f_to_z(t, 3, 0.999e10), tails.f_to_z(t, 3, 1e10)
    np.testing.assert_allclose(below, above, rtol=2e-9)


@pytest.mark.parametrize("dof", [1e-3, 0.1, 0.5, 1, 50, 1e6, 1e10, 1e15, 1e17, np.inf])
def test_any_finite_number_has_a_finite_z_the_same_by_table_or_not(dof):
    sizes = [0, 1e-310, 1e-200, 1e-99, 1e-5, 1, 99, 1e99, 1e101, 1e200, 1.7e308]
    each = np.full(len(sizes), dof)
    z = tails.t_to_z(sizes, dof)
    assert np.isfinite(z).all()
    np.testing.assert_allclose(tails.t_to_z(sizes, each), z, rtol=1e-10, atol=1e-13)
    for dim in (1, 2, 50, 1000):
        z = tails.f_to_z(sizes, dim, dof)
        assert np.isfinite(z).all()
        assert (np.diff(z) >= 0).all()
        np.testing.assert_allclose(
            tails.f_to_z(sizes, dim, each), z, rtol=1e-9, atol=1e-10
        )


@pytest.mark.parametrize("dof", [9e9, 1e10, 1e11, 1e15])
@pytest.mark.parametrize("dim", [1, 3, 10, 50, 1000])
def test_nearly_infinite_degrees_of_freedom_are_not_infinite(dof, dim):
    """Dim F is chi-squared to a part of dim / dof only, which shows in ten digits."""
    f = 1.5 if dim > 100 else 20.0
    z = float(z_of_log_tail(log_f_area(f, dim, dof, upper=True), 5.0))
    assert tails.f_to_z(f, dim, dof) == pytest.approx(z, rel=1e-11)
    assert tails.f_to_z([f], dim, [dof])[0] == pytest.approx(z, rel=1e-11)


@pytest.mark.parametrize("dof", [3e4, 1e12, np.inf])
def test_lower_tails_below_the_smallest_double_keep_their_digits(dof):
    """Areas of 1e-300 and less are summed as logarithms."""
    f, dim = 0.15, 2000
    below = log_f_area(f, dim, min(dof, 1e24), upper=False)
    assert below < mp.log(mp.mpf(10) ** -300)
    z = -float(z_of_log_tail(below, 40.0))
    assert tails.f_to_z(f, dim, dof) == pytest.approx(z, rel=1e-11)
    assert tails.f_to_z([f], dim, [dof])[0] == pytest.approx(z, rel=1e-11)


def test_f_next_to_the_floor_of_the_table_are_worked_out_one_by_one():
    """Rows of the table begin at 2**F_FLOOR; there is nothing to read below."""
    f = 2.0 ** np.linspace(F_FLOOR - 3, F_FLOOR + 3, 61) / 2
    np.testing.assert_allclose(
        tails.f_to_z(f, 2, 20), tails.f_to_z(f, 2, np.full(61, 20.0)), rtol=1e-10
    )


def test_no_effect_at_all_has_a_finite_negative_z():
    zero = tails.f_to_z([0.0, -1e-12, 1e-300], 3, 20)
    assert np.isfinite(zero).all()
    assert zero[0] == zero[1] < zero[2] < -40


@pytest.mark.parametrize("dof", [30.0, np.array([30.0]), np.inf])
def test_infinity_and_nan_pass_through(dof):
    ends = np.array([np.inf, -np.inf, np.nan])
    np.testing.assert_array_equal(tails.t_to_z(ends, dof), ends)
    np.testing.assert_array_equal(
        tails.f_to_z(ends[[0, 2]], 2, dof), np.array([np.inf, np.nan])
    )


@given(
    t=st.floats(-1e6, 1e6),
    further=st.floats(1e-9, 1e3),
    dof=st.sampled_from([0.7, 1.0, 12.0, 250.0, 1e6]),
)
def test_z_is_odd_and_increases(t, further, dof):
    here, there, mirrored = tails.t_to_z([t, t + further * max(1, abs(t)), -t], dof)
    assert mirrored == -here
    assert here < there
    assert abs(here) <= abs(t) * (1 + 1e-11)


@given(
    f=st.floats(1e-20, 1e6),
    ratio=st.floats(1 + 1e-8, 1e3),
    dim=st.sampled_from([1, 2, 7, 50]),
    dof=st.sampled_from([1.0, 12.0, 250.0, 1e6]),
)
def test_z_of_f_increases(f, ratio, dim, dof):
    here, there = tails.f_to_z([f, f * ratio], dim, dof)
    assert here < there


@given(st.floats(-1e5, 1e5))
def test_z_and_log_p_undo_each_other(z):
    log_p = tails.z_to_log_p(z)
    if z > -8:  # below, P is 1 to every digit
        assert tails.log_p_to_z(log_p) == pytest.approx(z, rel=1e-10, abs=1e-4)
    assert tails.z_to_p(z) == pytest.approx(np.exp(log_p), rel=1e-9, abs=1e-300)


def test_log_p_of_high_z_is_that_of_40_digit_arithmetic():
    for z in (-5, 0.3, 8, 40, 1e3, 1e6):
        log_p = float(log_normal_tail(mp.mpf(z)))
        assert tails.z_to_log_p(z) == pytest.approx(log_p, rel=1e-12)
        assert tails.log_p_to_z(log_p) == pytest.approx(z, rel=1e-9)


def test_shapes_are_kept_and_broadcast(rng):
    t = rng.normal(size=(3, 1, 4)).astype(np.float32)
    assert tails.t_to_z(t, 9).shape == (3, 1, 4)
    assert tails.t_to_z(t, 9).dtype == np.float64
    assert tails.t_to_z(1.5, 9).shape == ()
    assert tails.t_to_z(np.zeros((0, 2)), 9).shape == (0, 2)
    assert tails.f_to_z(t**2, 2, np.full((5, 1), 9.0)).shape == (3, 5, 4)
    transposed = np.asarray(rng.normal(size=(6, 5))).T
    np.testing.assert_array_equal(
        tails.t_to_z(transposed, 9), tails.t_to_z(transposed.copy(), 9)
    )


def test_voxels_may_have_each_its_degrees_of_freedom(rng):
    t, dofs = rng.normal(scale=4, size=20), rng.uniform(1, 300, size=20)
    one_by_one = [
        float(tails.t_to_z(a, float(b))) for a, b in zip(t, dofs, strict=True)
    ]
    np.testing.assert_allclose(tails.t_to_z(t, dofs), one_by_one, rtol=1e-10)
    one_by_one = [
        float(tails.f_to_z(a * a, 3, float(b))) for a, b in zip(t, dofs, strict=True)
    ]
    np.testing.assert_allclose(
        tails.f_to_z(t * t, 3, dofs), one_by_one, rtol=1e-10, atol=1e-10
    )


@pytest.mark.parametrize("dof", [0, -3.0, np.nan, np.array([5.0, 0.0])])
def test_degrees_of_freedom_must_be_positive(dof):
    with pytest.raises(ValueError, match=r"dof is .*; expected degrees of freedom"):
        tails.t_to_z(1.0, dof)
    with pytest.raises(ValueError, match="dim is 0; expected degrees of freedom"):
        tails.f_to_z(1.0, 0, 10)


def test_the_first_degrees_of_freedom_that_cannot_be_are_told():
    with pytest.raises(ValueError, match="dof is -3; expected"):
        tails.t_to_z(1.0, np.array([5.0, -3.0, -8.0]))


def test_a_probability_is_not_a_logarithm():
    with pytest.raises(ValueError, match=r"log_p goes up to 0\.05.*Pass np\.log\(p\)"):
        tails.log_p_to_z(0.05)


def test_tables_interpolate_what_they_were_made_from():
    table = fit_table(np.log1p, -3, 2)
    from boldglm.core.tails_kernels import piecewise

    for y in (0.125, 0.19, 0.7, 1.0, 2.999, 3.999):
        assert piecewise(y, -3, table) == pytest.approx(np.log1p(y), rel=1e-11)
        assert piecewise.py_func(y, -3, table) == piecewise(y, -3, table)


def test_kernels_do_the_same_compiled_or_not():
    from boldglm.core import tails_kernels as kernels

    t = np.array([0.0, 1e-200, 0.3, -4.0, 1e150, np.inf, np.nan])
    compiled, plain = np.empty(7), np.empty(7)
    kernels.student_z(t, 1 / 40, student_table(40.0), compiled)
    kernels.student_z.py_func(t, 1 / 40, student_table(40.0), plain)
    np.testing.assert_allclose(compiled, plain, rtol=1e-14)
    f = np.abs(t)
    kernels.f_z(f, 2.0, 1 / 40, F_FLOOR, f_table(2.0, 40.0), compiled)
    kernels.f_z.py_func(f, 2.0, 1 / 40, F_FLOOR, f_table(2.0, 40.0), plain)
    np.testing.assert_allclose(compiled, plain, rtol=1e-14, atol=1e-14)


def test_no_statistics_package_is_imported():
    import subprocess
    import sys

    code = (
        "import sys; from boldglm.core import tails; tails.t_to_z(3.0, 20);"
        "sys.exit('scipy.stats' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
