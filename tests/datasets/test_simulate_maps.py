import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.ndimage import binary_erosion
from scipy.optimize import linprog

from boldglm.datasets import (
    Activation,
    GroupSettings,
    make_brain,
    simulate_group,
)
from boldglm.datasets.simulate import effect_maps
from boldglm.datasets.simulate_subjects import draw_subjects

EXACT = {"between": 0.0, "within": (0.0, 0.0)}
PLACES = (
    Activation("left", (-38.0, -24.0, 52.0), {"intercept": 1.0, "age": -0.03}),
    Activation("right", (38.0, -24.0, 52.0), {"group": 0.8, "intercept": 0.5}),
)


@pytest.fixture(scope="module")
def brain():
    return make_brain(8.0)


@pytest.fixture(scope="module")
def group(brain):
    return simulate_group(
        brain=brain, settings=GroupSettings(n_subjects=12, missing=0.25), seed=1
    )


def stacked(images):
    return np.stack([np.asarray(image.dataobj) for image in images])


def test_images_are_on_the_grid_one_per_subject(group, brain):
    assert len(group.effects) == len(group.variances) == len(group.subjects) == 12
    for image in (*group.effects, *group.variances, group.mask):
        np.testing.assert_allclose(image.affine, brain.affine)
        assert image.shape == brain.shape
        assert image.header.get_xyzt_units() == ("mm", "sec")
    assert {image.get_data_dtype() for image in group.effects} == {np.dtype("f4")}
    np.testing.assert_array_equal(np.asarray(group.mask.dataobj), brain.mask)
    assert not stacked(group.effects)[:, ~brain.mask].any()
    assert not stacked(group.variances)[:, ~brain.mask].any()


def test_without_noise_least_squares_gives_the_truth_back(brain):
    group = simulate_group(
        brain=brain, activations=PLACES, settings=GroupSettings(**EXACT)
    )
    truth = group.truth
    assert list(truth.design) == ["intercept", "age", "group"]
    Y = stacked(group.effects)[:, brain.mask].astype(float)
    beta = np.linalg.lstsq(truth.design.to_numpy(), Y, rcond=None)[0]
    for row, effect in zip(beta, truth.effects.values(), strict=True):
        np.testing.assert_allclose(row, effect[brain.mask], atol=1e-6)
    expected = effect_maps(brain, PLACES)
    assert all(np.array_equal(truth.effects[k], expected[k]) for k in expected)


def test_the_design_is_the_table_with_means_taken_off(group):
    table, design = group.subjects, group.truth.design
    np.testing.assert_allclose(design["intercept"], 1)
    np.testing.assert_allclose(design["age"], table["age"] - table["age"].mean())
    is_patient = (table["group"] == "patient").astype(float)
    np.testing.assert_allclose(design["group"], is_patient - is_patient.mean())
    assert list(table["subject_label"][:2]) == ["01", "02"]


def test_a_model_of_the_table_finds_the_slopes_within_their_errors(brain):
    """z scores of the estimates about the truth, by statsmodels."""
    api = pytest.importorskip("statsmodels.api")
    settings = GroupSettings(n_subjects=60, fwhm=0.0)
    group = simulate_group(brain=brain, activations=PLACES, settings=settings, seed=4)
    table = group.subjects
    X = np.column_stack(
        [np.ones(60), table["age"] - table["age"].mean(), table["group"] == "patient"]
    ).astype(float)
    X[:, 2] -= X[:, 2].mean()
    Y = stacked(group.effects)
    z = []
    for voxel in np.argwhere(brain.mask)[::29]:
        fit = api.OLS(Y[(slice(None), *voxel)], X).fit()
        true = [effect[tuple(voxel)] for effect in group.truth.effects.values()]
        z.append((fit.params - true) / fit.bse)
    z = np.array(z)
    assert np.abs(z.mean(axis=0)).max() < 4 / np.sqrt(len(z))
    np.testing.assert_allclose(z.std(axis=0), 1.0, atol=0.25)


def test_subjects_differ_by_as_much_as_asked_in_each_place(brain):
    places = (
        Activation("a", (-38.0, -24.0, 52.0), {"intercept": 1.0}, 25.0, between=0.9),
        Activation("b", (38.0, -24.0, 52.0), {"intercept": 1.0}, 25.0, between=0.4),
    )
    settings = GroupSettings(n_subjects=200, between=0.3, within=(0.0, 0.0), fwhm=6.0)
    group = simulate_group(brain=brain, activations=places, settings=settings)
    found = stacked(group.effects).std(axis=0, ddof=1)
    expected = group.truth.between
    ratio = found[brain.mask] / expected[brain.mask]
    assert ratio.mean() == pytest.approx(1.0, abs=0.03)
    assert ratio.std() < 0.12
    for spot in places:
        peak = np.unravel_index(
            effect_maps(brain, [spot])["intercept"].argmax(), brain.shape
        )
        height = effect_maps(brain, [spot])["intercept"][peak]
        own = np.hypot(spot.between * height, 0.3)
        assert expected[peak] == pytest.approx(own, rel=0.02)
        assert found[peak] == pytest.approx(own, rel=0.2)
    far = group.truth.null
    np.testing.assert_allclose(expected[far], 0.3, rtol=1e-4)


def test_a_place_responds_as_a_whole(brain):
    spot = Activation("a", (-38.0, -24.0, 52.0), {"intercept": 0.0}, 30.0, between=1.0)
    group = simulate_group(
        brain=brain, activations=[spot], settings=GroupSettings(**EXACT)
    )
    values = stacked(group.effects)[:, brain.mask]
    assert np.linalg.matrix_rank(values, tol=1e-4) == 1


def test_variances_are_those_of_the_errors(brain):
    settings = GroupSettings(n_subjects=60, between=0.0, within=(0.2, 0.8), fwhm=0.0)
    group = simulate_group(brain=brain, activations=[], settings=settings)
    values = stacked(group.effects)[:, brain.mask]
    sd = np.sqrt(stacked(group.variances)[:, brain.mask])
    z = values / sd
    np.testing.assert_allclose(z.std(axis=1), 1.0, atol=0.05)
    # in each voxel too, so the map follows what it says
    assert (z**2).mean(axis=0).std() < 1.3 * np.sqrt(2 / 60)
    subjects = sd.mean(axis=1)
    assert 0.2 * 0.7 < subjects.min() < 0.35
    assert 0.65 < subjects.max() < 0.8 * 1.3
    for one in sd:
        assert 1.4 < one.max() / one.min() < 1.25 / 0.75 + 1e-6


@pytest.mark.parametrize("part", [{"within": (0.0, 0.0)}, {"between": 0.0}])
def test_maps_are_as_smooth_as_asked(part):
    brain = make_brain(4.0)
    settings = GroupSettings(n_subjects=3, fwhm=10.0, **part)
    group = simulate_group(brain=brain, activations=[], settings=settings)
    values = stacked(group.effects)
    inner = binary_erosion(brain.mask)
    both = inner[1:] & inner[:-1]
    found = np.corrcoef(values[:, 1:][:, both].ravel(), values[:, :-1][:, both].ravel())
    sigma = 10.0 / np.sqrt(8 * np.log(2)) / 4.0
    assert found[0, 1] == pytest.approx(np.exp(-1 / (4 * sigma**2)), abs=0.02)


def a_plane_parts(beyond, within):
    """Whether a linear programme finds a plane between two sets of points."""
    points = np.vstack([-beyond, within])
    sides = np.repeat([1.0, -1.0], [len(beyond), len(within)])
    found = linprog(
        np.zeros(4),
        A_ub=np.column_stack([points, sides]),
        b_ub=-1e-3 * np.ones(len(points)),
        bounds=(None, None),
    )
    return found.status == 0


@pytest.mark.parametrize(
    ("share", "n_subjects", "expected"), [(0, 10, 0), (0.3, 10, 3), (1, 4, 4)]
)
def test_as_many_subjects_as_asked_lack_a_piece_of_the_rim(
    brain, share, n_subjects, expected
):
    settings = GroupSettings(n_subjects=n_subjects, missing=share)
    group = simulate_group(brain=brain, settings=settings)
    missing = group.truth.missing
    lacking = missing.any(axis=(1, 2, 3))
    assert lacking.sum() == expected
    rim = brain.mask & ~binary_erosion(brain.mask)
    for cut in missing[lacking]:
        assert 0.02 - 1e-3 < cut.sum() / brain.mask.sum() < 0.08 + 1e-3
        assert not (cut & ~brain.mask).any()
        assert (cut & rim).sum() > 0.1 * cut.sum()
        assert a_plane_parts(np.argwhere(cut), np.argwhere(brain.mask & ~cut))
    assert len({cut.tobytes() for cut in missing[lacking]}) == expected


@pytest.mark.parametrize("value", [np.nan, 0.0])
def test_what_is_missing_is_marked_in_both_maps(group, brain, value):
    settings = GroupSettings(n_subjects=12, missing=0.25, missing_value=value)
    marked = simulate_group(brain=brain, settings=settings, seed=1)
    missing = marked.truth.missing
    np.testing.assert_array_equal(missing, group.truth.missing)
    for kind in ("effects", "variances"):
        ours, theirs = (stacked(getattr(one, kind)) for one in (marked, group))
        np.testing.assert_array_equal(ours[missing], value)
        np.testing.assert_array_equal(ours[~missing], theirs[~missing])
        assert np.isfinite(ours[~missing]).all()


def test_which_subjects_lack_something_is_drawn(brain):
    settings = GroupSettings(n_subjects=10, missing=0.3)
    lacking = {
        tuple(np.flatnonzero(group.truth.missing.any(axis=(1, 2, 3))))
        for group in (
            simulate_group(brain=brain, settings=settings, seed=seed)
            for seed in range(4)
        )
    }
    assert len(lacking) > 1


def test_same_seed_same_maps_another_seed_others(group, brain):
    settings = GroupSettings(n_subjects=12, missing=0.25)
    again, other = (
        simulate_group(brain=brain, settings=settings, seed=seed) for seed in (1, 2)
    )
    np.testing.assert_array_equal(stacked(again.effects), stacked(group.effects))
    np.testing.assert_array_equal(stacked(again.variances), stacked(group.variances))
    pd.testing.assert_frame_equal(again.subjects, group.subjects)
    assert not again.subjects["age"].equals(other.subjects["age"])
    inside = stacked(group.effects)[:, group.truth.null]
    others = stacked(other.effects)[:, group.truth.null]
    assert not np.isclose(inside, others).all(axis=1).any()


def test_a_subject_is_the_same_in_a_larger_group(brain):
    small, large = (
        simulate_group(
            brain=brain, activations=PLACES[:0], settings=GroupSettings(n_subjects=n)
        )
        for n in (3, 5)
    )
    np.testing.assert_array_equal(stacked(large.effects)[:3], stacked(small.effects))
    pd.testing.assert_frame_equal(draw_subjects(5, 0)[:3], draw_subjects(3, 0))


def test_the_parts_do_not_touch_each_other(brain):
    """Turning one off leaves the others as they were: what is left adds up."""
    n = {"n_subjects": 2}
    full = simulate_group(brain=brain, settings=GroupSettings(**n))
    parts = [
        simulate_group(brain=brain, settings=GroupSettings(**n, within=(0, 0))),
        simulate_group(
            brain=brain, activations=[], settings=GroupSettings(**n, between=0)
        ),
    ]
    differences, errors = (stacked(part.effects) for part in parts)
    np.testing.assert_allclose(stacked(full.effects), differences + errors, atol=1e-5)
    null = np.s_[:, full.truth.null]
    found = np.corrcoef(differences[null].ravel(), errors[null].ravel())[0, 1]
    assert abs(found) < 0.1
    # nor does a place touch what differs elsewhere
    idle = simulate_group(
        brain=brain, activations=[], settings=GroupSettings(**n, within=(0, 0))
    )
    np.testing.assert_allclose(
        stacked(idle.effects)[null], differences[null], atol=1e-3
    )


def test_subjects_of_the_user_are_used_and_not_changed(brain):
    table = pd.DataFrame({"dose": [1, 2, 6], "site": ["b", "a", "b"]}, index=[7, 8, 9])
    before = table.copy()
    spot = Activation("a", (30.0, -18.0, 20.0), {"dose": 1.0, "site": 2.0}, 30.0)
    group = simulate_group(
        brain=brain, activations=[spot], settings=GroupSettings(**EXACT), subjects=table
    )
    pd.testing.assert_frame_equal(table, before)
    assert list(group.subjects) == ["subject_label", "dose", "site"]
    np.testing.assert_allclose(group.truth.design["dose"], [-2, -1, 3])
    np.testing.assert_allclose(group.truth.design["site"], [1 / 3, -2 / 3, 1 / 3])
    bump = group.truth.effects["dose"]
    np.testing.assert_allclose(
        stacked(group.effects)[1], (-1 - 4 / 3) * bump, atol=1e-6
    )


@pytest.mark.parametrize("columns", [{}, {"age": []}])
def test_a_group_of_nobody_is_refused(columns):
    with pytest.raises(ValueError, match="subjects has no rows; expected one for ever"):
        simulate_group(subjects=pd.DataFrame(columns))


def test_labels_of_the_user_are_kept(brain):
    table = pd.DataFrame({"subject_label": ["x", "y"]})
    group = simulate_group(brain=brain, activations=[], subjects=table)
    assert list(group.subjects["subject_label"]) == ["x", "y"]


def test_an_effect_of_no_column_is_refused(brain):
    spot = Activation("a", (30.0, -18.0, 20.0), {"faces": 1.0})
    with pytest.raises(ValueError, match=r"effect of 'faces', which is no column of s"):
        simulate_group(brain=brain, activations=[spot])


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (["a", "b", "c"], "'site' of subjects has 3 kinds of text; expected numbers"),
        (["a", None, "b"], "'site' of subjects lacks 1 of 3 values; expected one for"),
        ([1.0, np.nan, np.nan], "'site' of subjects lacks 2 of 3 values"),
    ],
)
def test_columns_that_are_no_covariate_are_refused(brain, values, message):
    spot = Activation("a", (30.0, -18.0, 20.0), {"site": 1.0})
    table = pd.DataFrame({"site": values})
    with pytest.raises(ValueError, match=message):
        simulate_group(brain=brain, activations=[spot], subjects=table)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"n_subjects": 0}, "n_subjects is 0; expected at least 1"),
        ({"between": -1.0}, "between is -1.0; expected 0 or more"),
        ({"within": (0.5, 0.2)}, "within ranges from 0.5 to 0.2; expected 0 <= low"),
        ({"within": (-0.1, 0.2)}, "within ranges from -0.1"),
        ({"within": (0.1, np.inf)}, "within ranges from 0.1 to inf"),
        ({"missing": 1.5}, "missing is 1.5; expected a share of the subjects"),
        ({"missing_value": 9.0}, "missing_value is 9.0; expected NaN or 0"),
    ],
)
def test_settings_out_of_range_are_refused(wrong, message):
    with pytest.raises(ValueError, match=message):
        GroupSettings(**wrong)


@given(n_subjects=st.integers(1, 12), share=st.floats(0, 1), seed=st.integers(0, 2**40))
def test_whatever_is_asked_the_truth_fits_the_maps(n_subjects, share, seed):
    brain = make_brain(12.0)
    settings = GroupSettings(n_subjects=n_subjects, missing=share)
    group = simulate_group(brain=brain, settings=settings, seed=seed)
    effects, variances = stacked(group.effects), stacked(group.variances)
    missing = group.truth.missing
    assert missing.any(axis=(1, 2, 3)).sum() == round(share * n_subjects)
    np.testing.assert_array_equal(np.isnan(effects), missing)
    np.testing.assert_array_equal(np.isnan(variances), missing)
    sd = np.sqrt(variances[:, brain.mask][~missing[:, brain.mask]])
    assert (sd > 0.75 * 0.2 - 1e-6).all()
    assert (sd < 1.25 * 0.5 + 1e-6).all()
    assert len(group.truth.design) == n_subjects


def test_a_second_level_finds_the_truth(brain):
    from boldglm.glm.second_level import SecondLevelModel

    spot = Activation("a", (-38.0, -24.0, 52.0), {"intercept": 1.0}, 25.0, between=0.3)
    group = simulate_group(
        brain=brain, activations=[spot], settings=GroupSettings(n_subjects=30)
    )
    model = SecondLevelModel(mask_img=group.mask).fit(
        list(group.effects), design_matrix=group.truth.design
    )
    z = np.asarray(model.compute_contrast("intercept").dataobj)
    peak = np.unravel_index(group.truth.effects["intercept"].argmax(), brain.shape)
    assert z[peak] > 4
    null = z[group.truth.null]
    assert abs(null.mean()) < 0.3
    assert null.std() == pytest.approx(1.0, abs=0.2)
