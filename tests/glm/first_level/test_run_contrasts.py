"""Contrasts over the runs of a model: what may be written, and what it means."""

import numpy as np
import pandas as pd
import pytest
from tests.glm.first_level import simulated_runs as sim

from boldglm._base.errors import ContrastError, NotEstimableError, NotFittedError
from boldglm._base.warnings import ContrastWarning
from boldglm.glm.first_level import FirstLevelModel
from boldglm.glm.first_level.run_contrasts import contrast_rows

MAPS = ["z_score", "stat", "p_value", "effect_size", "effect_variance"]


@pytest.fixture(scope="session")
def two_runs(brain):
    """A model of two runs with the same columns."""
    tables = [sim.events(seed) for seed in (0, 1)]
    return FirstLevelModel(mask_img=brain).fit(
        [sim.image(table, seed) for seed, table in enumerate(tables)],
        design_matrices=[sim.design(table) for table in tables],
    )


@pytest.fixture(scope="session")
def unlike_runs(brain):
    """A model of three runs: b is missing in the second, first in the third."""
    tables = [sim.events(seed) for seed in (0, 1, 2)]
    designs = [sim.design(table) for table in tables]
    designs[1] = designs[1].drop(columns="b")
    designs[2] = designs[2][["b", "a", "constant", "line"]]
    return FirstLevelModel(mask_img=brain).fit(
        [sim.image(table, seed) for seed, table in enumerate(tables)],
        design_matrices=designs,
    )


def maps(model, contrast, stat_type=None):
    images = model.compute_contrast(contrast, stat_type, output_type="all")
    return {name: image.get_fdata() for name, image in images.items()}


def equal(one, other):
    return all(np.array_equal(one[name], other[name]) for name in MAPS)


# --- one run ---


def test_all_gives_every_map_that_can_be_asked_for(fitted):
    every = fitted.compute_contrast("a", output_type="all")
    assert list(every) == MAPS
    for name in MAPS:
        one = fitted.compute_contrast("a", output_type=name)
        assert np.array_equal(one.get_fdata(), every[name].get_fdata())
        # A p of single precision would be 0 from z = 14 up.
        assert one.get_data_dtype() == ("f8" if name == "p_value" else "f4")
        assert bytes(one.header["descrip"]).startswith(f"{name} of contr".encode())


@pytest.mark.parametrize(
    "same",
    [
        np.array([1.0, -0.5, 0, 0]),
        [1.0, -0.5, 0, 0],
        (1.0, -0.5, 0, 0),
        np.array([[1.0, -0.5, 0, 0]]),
        [[1.0, -0.5, 0, 0]],
        [np.array([1.0, -0.5, 0, 0])],
        ["a - 0.5 * b"],
    ],
)
def test_a_contrast_can_be_written_in_many_ways(fitted, same):
    assert equal(maps(fitted, same), maps(fitted, "a - 0.5*b"))


def test_effects_and_statistics_belong_together(fitted):
    """t = effect / sd; z has the tail of t; F of one row is t squared."""
    from scipy import stats

    a, inside = maps(fitted, "a"), np.asarray(fitted.mask_img_.dataobj) > 0
    t = a["effect_size"][inside] / np.sqrt(a["effect_variance"][inside])
    np.testing.assert_allclose(a["stat"][inside], t, rtol=1e-5)
    p = stats.t.sf(t, fitted.fits_[0].dof)
    np.testing.assert_allclose(a["p_value"][inside], p, rtol=1e-3, atol=1e-30)
    expected = stats.norm.isf(stats.t.sf(np.abs(t), fitted.fits_[0].dof)) * np.sign(t)
    np.testing.assert_allclose(a["z_score"][inside], expected, rtol=1e-4, atol=1e-4)
    f = maps(fitted, "a", "F")
    np.testing.assert_allclose(f["stat"][inside], t**2, rtol=1e-4, atol=1e-6)


def test_columns_may_have_numbers_for_names(run, table, brain):
    design = sim.design(table).set_axis(range(4), axis=1)
    model = FirstLevelModel(mask_img=brain).fit(run, design_matrices=design)
    assert equal(maps(model, "0"), maps(model, [1, 0, 0, 0]))
    assert equal(maps(model, "0 - 1"), maps(model, [1, -1, 0, 0]))


def test_rows_make_an_f_contrast(fitted):
    f = maps(fitted, np.eye(4)[:2])
    assert f["effect_size"].shape == (*sim.SHAPE, 2)
    assert f["z_score"].shape == sim.SHAPE
    assert f["z_score"][sim.ACTIVE].min() > 3


def test_divergence_02_redundant_rows_of_an_f_contrast_change_nothing(fitted):
    pairs = np.array([[1, -1, 0, 0], [0, 1, -1, 0], [1, 0, -1, 0]])
    three, two = maps(fitted, pairs), maps(fitted, pairs[:2])
    np.testing.assert_allclose(three["stat"], two["stat"], rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(three["z_score"], two["z_score"], rtol=1e-4, atol=1e-4)


def test_divergence_18_the_effect_of_an_f_contrast_is_whitened_rows(fitted):
    """A map per row, and the statistic is their mean square over the variance."""
    f = maps(fitted, np.eye(4)[:2])
    inside = np.asarray(fitted.mask_img_.dataobj) > 0
    square = np.mean(f["effect_size"][inside] ** 2, axis=-1)
    np.testing.assert_allclose(
        square / f["effect_variance"][inside], f["stat"][inside], rtol=1e-4
    )


def test_divergence_19_z_scores_have_no_ceiling(table, brain):
    """An effect of a thousand standard deviations is not cut at 37."""
    run, design = sim.image(table, sd=0.01), sim.design(table)
    model = FirstLevelModel(mask_img=brain)
    model.fit([run, run], design_matrices=[design, design])
    z = model.compute_contrast("a").get_fdata()
    assert np.isfinite(z).all()
    assert z[sim.ACTIVE].min() > 38
    t = model.compute_contrast("a", output_type="stat").get_fdata()[sim.ACTIVE].ravel()
    order = np.argsort(t)
    assert (np.diff(z[sim.ACTIVE].ravel()[order]) >= 0).all()


def test_a_short_contrast_is_completed_with_zeros(fitted):
    with pytest.warns(ContrastWarning, match="t contrasts should be of length P=4, b"):
        short = maps(fitted, np.array([1, -1]))
    assert equal(short, maps(fitted, "a - b"))
    with pytest.warns(ContrastWarning, match="F contrasts should be of length P=4"):
        maps(fitted, np.eye(2))


# --- errors ---


def test_an_unfitted_model_says_so(model):
    with pytest.raises(NotFittedError, match="has not been fitted yet"):
        model.compute_contrast("a")


@pytest.mark.parametrize(
    ("contrast", "message"),
    [
        (np.ones(5), r"shape \(5,\); expected at most 4 weights"),
        (np.ones((1, 1, 4)), r"shape \(1, 1, 4\); expected"),
        (3, "contrast_def is a int; contrast_def must be an array or str or list"),
        ({"a": 1}, "contrast_def is a dict"),
        (None, "contrast_def is a NoneType"),
        (["a", "b"], "2 contrasts given for 1 run.*2-D array"),
        ([[1, 0], [0, 1]], "2 contrasts given for 1 run.*2-D array"),
        (np.array(["a"]), "expected numbers, in rows of equal length"),
        ([[[1, 0], [1]]], "expected numbers, in rows of equal length"),
        (np.array([np.nan, 1, 0, 0]), "NaN or infinite"),
        ("a - c", r"(?s)'c' is not a column.*columns are 'a', 'b', 'line', 'const"),
        ("a - (b", r"(?s)not valid.*columns are 'a'"),
    ],
)
def test_a_contrast_that_does_not_fit_is_explained(fitted, contrast, message):
    with pytest.raises(ContrastError, match=message):
        fitted.compute_contrast(contrast)


def test_an_unknown_test_or_map_is_named(fitted):
    with pytest.raises(ContrastError, match="stat_type is 'z'; expected 't', 'F'"):
        fitted.compute_contrast("a", stat_type="z")
    with pytest.raises(ContrastError, match="output_type is 'z'; expected one of 'z_s"):
        fitted.compute_contrast("a", output_type="z")
    with pytest.raises(ContrastError, match="a t contrast has one row; this one has 2"):
        fitted.compute_contrast(np.eye(4)[:2], stat_type="t")


def test_a_contrast_of_nothing_is_an_error(fitted):
    with (
        pytest.warns(ContrastWarning, match="Contrast for run 0 is null"),
        pytest.raises(ContrastError, match="All contrasts provided were null"),
    ):
        fitted.compute_contrast(np.zeros(4))


def test_divergence_02_contrasts_that_cannot_be_estimated_name_columns(
    run, table, brain
):
    """Two copies of a column: their difference is an error, their sum is not."""
    design = sim.design(table)
    copied = design.assign(copy=design["b"])
    model = FirstLevelModel(mask_img=brain).fit(run, design_matrices=copied)
    for contrast in ("b - copy", "b", np.eye(5)[:2]):
        with pytest.raises(
            NotEstimableError, match=r"run 0.*columns 'b', 'copy' apart"
        ):
            model.compute_contrast(contrast)
    plain = FirstLevelModel(mask_img=brain).fit(run, design_matrices=design)
    np.testing.assert_allclose(
        maps(model, "b + copy")["z_score"], maps(plain, "b")["z_score"], atol=1e-4
    )
    np.testing.assert_allclose(
        maps(model, "a")["stat"], maps(plain, "a")["stat"], atol=1e-4
    )


def test_a_column_of_zeros_is_named(run, table, brain):
    empty = sim.design(table).assign(never=0.0)
    model = FirstLevelModel(mask_img=brain).fit(run, design_matrices=empty)
    with pytest.raises(NotEstimableError, match="'never' of its design is zero everyw"):
        model.compute_contrast("never")


# --- several runs ---


def test_several_runs_are_the_mean_of_their_contrasts(two_runs, brain):
    """Effect: the mean; variance: the mean over the runs; dof: the sum."""
    both = maps(two_runs, "a - b")
    single = []
    for seed in (0, 1):
        table = sim.events(seed)
        model = FirstLevelModel(mask_img=brain)
        model.fit(sim.image(table, seed), design_matrices=sim.design(table))
        single.append(maps(model, "a - b"))
    effect = (single[0]["effect_size"] + single[1]["effect_size"]) / 2
    variance = (single[0]["effect_variance"] + single[1]["effect_variance"]) / 4
    np.testing.assert_allclose(both["effect_size"], effect, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(both["effect_variance"], variance, rtol=1e-5)
    from scipy import stats

    t, z = both["stat"][sim.ACTIVE], both["z_score"][sim.ACTIVE]
    dof = sum(fit.dof for fit in two_runs.fits_)
    assert dof == 2 * (sim.N_SCANS - 4)
    np.testing.assert_allclose(stats.norm.sf(z), stats.t.sf(t, dof), rtol=1e-3)


def test_weights_for_all_runs_are_used_where_their_columns_agree(two_runs):
    each = maps(two_runs, [np.array([1, 0, 0, 0])] * 2)
    assert equal(maps(two_runs, np.array([1, 0, 0, 0])), each)
    assert equal(maps(two_runs, "a"), each)
    assert equal(maps(two_runs, ("a", "a")), each)


def test_weights_that_fall_on_other_columns_in_another_run_warn(unlike_runs):
    with pytest.warns(ContrastWarning) as caught:
        unlike_runs.compute_contrast(np.array([0, 1.0, 0]))
    said = " ".join(str(one.message) for one in caught)
    assert "'b' in the run at index 0 and for 'line' in the run at index 1" in said


def test_rows_for_as_many_runs_are_contrasts_of_runs_and_say_so(two_runs):
    with pytest.warns(ContrastWarning, match="2 different rows for 2 runs"):
        listed = maps(two_runs, [[1, 0, 0, 0], [0, 1, 0, 0]])
    assert equal(listed, maps(two_runs, ["a", "b"]))
    assert equal(maps(two_runs, [[1, 0, 0, 0]] * 2), maps(two_runs, "a"))


def test_each_run_may_have_its_own_contrast(two_runs):
    with pytest.warns(ContrastWarning, match="Contrast for run 1 is null"):
        first = maps(two_runs, ["a", np.zeros(4)])
    mixed = maps(two_runs, ["a", "b"])
    with pytest.warns(ContrastWarning, match="Contrast for run 0 is null"):
        second = maps(two_runs, [np.zeros(4), "b"])
    mean = (first["effect_size"] + second["effect_size"]) / 2
    np.testing.assert_allclose(mixed["effect_size"], mean, rtol=1e-5, atol=1e-5)


def test_an_f_contrast_over_runs_is_approximate_and_says_so(two_runs):
    rows = np.eye(4)[:2]
    with pytest.warns(ContrastWarning, match="Running approximate fixed effects on F"):
        f = maps(two_runs, [rows, rows])
    assert f["z_score"][sim.ACTIVE].min() > 3


def test_the_number_of_contrasts_is_one_or_that_of_runs(two_runs):
    with pytest.raises(ContrastError, match=r"3 contrasts given for 2 runs"):
        two_runs.compute_contrast(["a"] * 3)


def test_divergence_15_the_list_of_contrasts_is_left_alone(two_runs):
    contrasts = ["a - b", "a"]
    two_runs.compute_contrast(contrasts)
    assert contrasts == ["a - b", "a"]
    weights = [np.array([1.0, 0, 0, 0]), np.array([0, 1.0, 0, 0])]
    for one in weights:
        one.flags.writeable = False
    two_runs.compute_contrast(weights)


def test_divergence_15_names_with_spaces_work_in_expressions(run, table, brain):
    spaced = sim.design(table).rename(columns={"a": "left hand", "b": "right.hand"})
    model = FirstLevelModel(mask_img=brain).fit(run, design_matrices=spaced)
    weights = maps(model, [1, -2, 0, 0])
    assert equal(maps(model, "left hand - 2 * right.hand"), weights)


def test_names_find_their_columns_in_every_run(unlike_runs):
    """Run 2 has other columns in another order; its `a` is still its `a`."""
    third = np.array([0, 1.0, 0, 0])
    weights = [np.array([1.0, 0, 0, 0]), np.array([1.0, 0, 0]), third]
    assert equal(maps(unlike_runs, "a"), maps(unlike_runs, weights))


def test_a_run_without_the_condition_is_left_out_with_a_warning(unlike_runs):
    with pytest.warns(
        ContrastWarning, match="index 1 has no column 'b': it is left out"
    ):
        b = maps(unlike_runs, "b")
    weights = [np.array([0, 1.0, 0, 0]), np.zeros(3), np.array([1.0, 0, 0, 0])]
    with pytest.warns(ContrastWarning, match="Contrast for run 1 is null"):
        assert equal(b, maps(unlike_runs, weights))
    assert b["effect_size"][sim.ACTIVE].mean() == pytest.approx(1.0, abs=0.2)


def test_a_condition_that_no_run_has_is_an_error(unlike_runs):
    with pytest.raises(ContrastError, match="'c' is not a column"):
        unlike_runs.compute_contrast("a - c")


def test_conditions_that_no_run_has_together_have_no_contrast(run, table, brain):
    design = sim.design(table)
    designs = [design.drop(columns="a"), design.drop(columns="b")]
    model = FirstLevelModel(mask_img=brain).fit([run, run], design_matrices=designs)
    with (
        pytest.warns(ContrastWarning, match="it is left out"),
        pytest.raises(ContrastError, match=r"No run has all the columns .* 'a - b'"),
    ):
        model.compute_contrast("a - b")


def test_a_contrast_that_one_run_cannot_estimate_names_the_run(run, table, brain):
    design = sim.design(table)
    copied = design.assign(copy=design["a"])
    model = FirstLevelModel(mask_img=brain).fit(
        [run, run], design_matrices=[design, copied]
    )
    with pytest.raises(NotEstimableError, match=r"run 1.*'a', 'copy'"):
        model.compute_contrast("a")


def test_warnings_point_at_the_users_line(fitted):
    with pytest.warns(ContrastWarning) as caught:
        fitted.compute_contrast(np.array([1.0]))
    assert caught[0].filename == __file__


def test_designs_of_a_fit_are_tables(unlike_runs):
    assert all(isinstance(one, pd.DataFrame) for one in unlike_runs.design_matrices_)
    assert list(unlike_runs.design_matrices_[1].columns) == ["a", "line", "constant"]


def test_a_run_whose_column_is_empty_lacks_the_condition(run, table, brain):
    design = sim.design(table)
    empty = design.assign(b=0.0)
    both = FirstLevelModel(mask_img=brain).fit(
        [run, run], design_matrices=[design, empty]
    )
    one = FirstLevelModel(mask_img=brain).fit(run, design_matrices=design)
    with pytest.warns(ContrastWarning, match="index 1 has no column 'b'"):
        assert equal(maps(both, "b"), maps(one, "b"))


@pytest.mark.parametrize("odd", [np.array(["a", "b"]), [["a", 1]]])
def test_text_among_weights_is_explained(two_runs, odd):
    with pytest.raises(ContrastError, match="expected numbers"):
        two_runs.compute_contrast(odd)


def test_expressions_parted_by_semicolons_are_the_rows_of_an_f(fitted):
    names = list(fitted.design_matrices_[0].columns)
    rows = np.eye(len(names))[[names.index("a"), names.index("b")]]
    got, expected = (fitted.compute_contrast(one) for one in ("a; b", rows))
    np.testing.assert_array_equal(got.get_fdata(), expected.get_fdata())
    assert "of contrast a; b" in str(got.header["descrip"])


def test_a_run_without_a_contrast_is_told():
    designs = [pd.DataFrame({"a": [0, 1, 0]})] * 2
    with pytest.raises(ContrastError, match="the run at index 1 is None; expected"):
        contrast_rows(designs, ["a", None])
