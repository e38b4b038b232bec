"""Where things are in an array or a file does not matter: what they are does."""

import nibabel as nib
import numpy as np
import pytest
from scipy.ndimage import gaussian_filter
from tests.laws import line
from tests.laws.line import NOISES, PAIRS, T_CONTRAST, assert_same, slow_if

from boldglm._base.warnings import DesignWarning
from boldglm.glm import threshold_stats_img

ROUNDING = 3e-6
# Smoothed runs are rounded to single precision, at a mean of a hundred times the noise.
SMOOTHED = 3e-4
POOLED = {"auto2"}
# Axes in another order, and some of them turned round.
TURNS = [
    ((0, 1, 2), (0,)),
    ((0, 1, 2), (0, 1, 2)),
    ((1, 0, 2), ()),
    ((2, 0, 1), (1,)),
]


def turned(run, order, flipped):
    """The same brain in the same place, its voxels in another order."""
    affine = run.affine[:, [*order, 3]]
    data, inside = run.data.transpose(*order, 3), run.inside.transpose(order)
    for axis in flipped:
        affine[:3, 3] += affine[:3, axis] * (inside.shape[axis] - 1)
        affine[:3, axis] *= -1
    inside = np.ascontiguousarray(np.flip(inside, flipped))
    return run._replace(
        data=np.ascontiguousarray(np.flip(data, flipped)), inside=inside, affine=affine
    )


def turned_back(found, order, flipped):
    """Maps in the order of the voxels before `turned`."""
    back = np.argsort(order)
    return {
        name: np.flip(values, flipped).transpose(*back, *range(3, values.ndim))
        for name, values in found.items()
    }


@pytest.mark.parametrize(("noise", "scaling"), PAIRS)
@pytest.mark.parametrize(
    ("order", "flipped"),
    [slow_if(turn != TURNS[3], *turn) for turn in TURNS],
)
def test_axes_of_the_file(noise, scaling, order, flipped, run, as_it_is, tmp_path):
    """Noise that is pooled has neighbours in mm, whatever the axes are called."""
    found = line.line(tmp_path, turned(run, order, flipped), noise, scaling)
    found = turned_back(found, order, flipped)
    assert_same(found, as_it_is(noise, scaling), ROUNDING)


@pytest.mark.parametrize("noise", ["ar1", "auto2"])
@pytest.mark.parametrize(("order", "flipped"), TURNS)
def test_axes_of_a_smoothed_file(noise, order, flipped, run, as_it_is, tmp_path):
    options = {"smoothing_fwhm": 5.0}
    found = line.line(tmp_path, turned(run, order, flipped), noise, **options)
    found = turned_back(found, order, flipped)
    assert_same(found, as_it_is(noise, **options), SMOOTHED)


@pytest.mark.parametrize(("order", "flipped"), TURNS)
def test_maps_are_where_the_run_is(order, flipped, run, as_it_is, tmp_path):
    """The world coordinates of the largest effect are the same."""
    other = turned(run, order, flipped)
    model = line.fitted(line.write(tmp_path, other), run.design)
    image = model.compute_contrast(T_CONTRAST, output_type="effect_size")
    np.testing.assert_array_equal(image.affine, other.affine)
    expected = as_it_is()["t effect_size"]
    at = [
        nib.affines.apply_affine(
            affine, np.unravel_index(values.argmax(), values.shape)
        )
        for values, affine in (
            (image.get_fdata(), image.affine),
            (expected, run.affine),
        )
    ]
    np.testing.assert_allclose(*at, atol=1e-5)


@pytest.mark.parametrize(("order", "flipped"), TURNS)
def test_axes_and_a_grid_to_resample_to(order, flipped, run, tmp_path):
    """The grid that is asked for says where the maps are, not that of the file."""
    target = np.diag([3.0, 3.0, 3.0, 1.0])
    # off the middle between voxels, where the nearest of the mask is not one
    target[:3, 3] = run.affine[:3, 3] + [-11.3, 0.8, 1.1]
    grid = {"target_affine": target, "target_shape": (4, 4, 3)}
    both = [
        line.line(tmp_path / name, one, **grid)
        for name, one in (("a", run), ("b", turned(run, order, flipped)))
    ]
    assert both[0]["t stat"].shape == (4, 4, 3)
    assert np.count_nonzero(both[0]["t stat"]) > 20
    assert_same(both[1], both[0], 10 * SMOOTHED)


def brain(seed=0):
    """A run with a bright ball off the centre, dark around: a mask can be found."""
    rng = np.random.default_rng(seed)
    shape = (15, 14, 13)
    axes = np.indices(shape) - np.array([6, 7, 6])[:, None, None, None]
    ball = np.sum((axes / np.array([6, 6, 5])[:, None, None, None]) ** 2, axis=0) < 1
    level = np.where(ball, 900, 20) + 40 * gaussian_filter(rng.normal(size=shape), 1)
    data = level[..., None] + 6 * rng.standard_normal((*shape, line.SCANS))
    return line.Run(data.astype(np.float32), ball, line.AFFINE, line.design(seed))


@pytest.mark.parametrize(("order", "flipped"), TURNS)
def test_axes_and_the_mask_that_is_found(order, flipped, tmp_path):
    one, two = brain(), turned(brain(), order, flipped)
    options = {"mask_img": None}
    expected = line.line(tmp_path / "a", one, "auto2", **options)
    found = turned_back(
        line.line(tmp_path / "b", two, "auto2", **options), order, flipped
    )
    assert np.count_nonzero(expected["t stat"]) > 300
    assert_same(found, expected, ROUNDING)


@pytest.mark.parametrize(("order", "flipped"), TURNS)
@pytest.mark.parametrize("control", ["fpr", "fdr", "bonferroni", None])
def test_axes_and_thresholds(order, flipped, control, rng):
    values = rng.normal(size=(8, 7, 6))
    values[1:4, 2:5, 3:] += 3
    values[5:, :3, :3] -= 3
    values = line.Run(values[..., None], values != 0, line.AFFINE, np.empty(0))
    other = turned(values, order, flipped)
    cut = []
    for one in (values, other):
        image = nib.Nifti1Image(one.data[..., 0].astype(np.float32), one.affine)
        options = {"threshold": 1.5} if control is None else {"alpha": 0.3}
        cut.append(
            threshold_stats_img(
                image, height_control=control, cluster_threshold=3, **options
            )
        )
    assert cut[0][1] == cut[1][1]
    maps = [{"t cut": one.get_fdata()} for one, _ in cut]
    assert 0 < np.count_nonzero(maps[0]["t cut"]) < values.inside.size / 2
    assert_same(turned_back(maps[1], order, flipped), maps[0])


@pytest.mark.parametrize("control", ["fpr", "fdr", "bonferroni", None])
def test_the_other_sign_of_a_threshold(control, rng):
    """Two-sided thresholds are the same for both; few of these voxels are positive."""
    values = rng.normal(size=(8, 7, 6)).astype(np.float32)
    values[:5] -= 3
    options = {"threshold": 2.0} if control is None else {"alpha": 0.05}
    options |= {"height_control": control, "cluster_threshold": 2}
    (one, low), (other, high) = (
        threshold_stats_img(nib.Nifti1Image(z, line.AFFINE), **options)
        for z in (values, -values)
    )
    assert low == high
    np.testing.assert_array_equal(other.get_fdata(), -one.get_fdata())
    assert np.count_nonzero(one.get_fdata() < 0) > 20


@pytest.mark.parametrize(
    ("noise", "scaling"), [p for p in PAIRS if p.values[0] not in POOLED]
)
def test_voxels_in_another_order(noise, scaling, run, as_it_is, tmp_path):
    """Without neighbours every voxel is by itself."""
    order = np.random.default_rng(6).permutation(run.series.shape[1])
    found = line.line(tmp_path, run.with_series(run.series[:, order]), noise, scaling)
    expected = {name: v[run.inside] for name, v in as_it_is(noise, scaling).items()}
    back = np.argsort(order)
    found = {name: v[run.inside][back] for name, v in found.items()}
    assert_same(found, expected, ROUNDING)


@pytest.mark.parametrize("noise", [n for n in NOISES if n not in POOLED])
@pytest.mark.parametrize("scaling", [0, slow_if(True, False)])
def test_other_voxels_in_the_mask(noise, scaling, run, as_it_is, tmp_path):
    inside = run.inside.copy()
    inside[::2] = False
    found = line.line(tmp_path, run._replace(inside=inside), noise, scaling)
    assert_same(found, as_it_is(noise, scaling), ROUNDING, where=inside)
    assert not found["t stat"][~inside].any()


@pytest.mark.parametrize("noise", sorted(POOLED))
def test_voxels_far_away_are_no_neighbours(noise, run, tmp_path):
    """Beyond four standard deviations of the neighbourhood, 14 mm.

    All that is shared is where the correction for the design begins; it stops at 1e-5
    of the variance (`BiasCorrection.correct`).
    """
    far = run.affine[0, 0] * np.arange(line.SHAPE[0])
    wide = line.AFFINE @ np.diag([5.0, 1, 1, 1])
    both = []
    for name, sd in (("a", 1.0), ("b", 30.0)):
        data = np.array(run.data)
        noise_of_last = np.random.default_rng(7).standard_normal(data[-1].shape)
        data[-1] += sd * noise_of_last.cumsum(axis=-1).astype(np.float32)
        other = run._replace(data=data, affine=wide)
        both.append(line.line(tmp_path / name, other, noise))
    near = run.inside & (abs(far - far[-1]) * 5 > 15)[:, None, None]
    assert np.count_nonzero(near) > 50
    assert_same(both[1], both[0], 1e-4, where=near)


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """Three runs of one subject, with designs of their own."""
    folder = tmp_path_factory.mktemp("runs")
    made = [line.make_run(seed, sd=6 + 2 * seed) for seed in range(3)]
    return made, [line.write(folder / str(i), one) for i, one in enumerate(made)]


@pytest.mark.parametrize("noise", NOISES)
@pytest.mark.parametrize("scaling", [0, slow_if(True, 1)])
def test_runs_in_another_order(noise, scaling, runs):
    made, paths = runs
    both = []
    for order in ([0, 1, 2], [2, 0, 1]):
        designs = [made[i].design for i in order]
        options = {"mask_img": paths[0][1]}
        model = line.fitted(
            [paths[i] for i in order], designs, noise, scaling, **options
        )
        both.append(line.maps(model))
    assert_same(both[1], both[0], 1e-6)


@pytest.mark.parametrize("noise", NOISES)
def test_several_runs_are_the_mean_of_each(noise, runs):
    """Effects are their mean, variances a third of theirs: nothing is shared."""
    made, paths = runs
    together = line.maps(line.fitted(paths, [r.design for r in made], noise), F=None)
    alone = [
        line.maps(line.fitted(p, r.design, noise, mask_img=paths[0][1]), F=None)
        for p, r in zip(paths, made, strict=True)
    ]
    expected = {name: together[name] for name in ("t z_score", "t p_value")}
    expected["t effect_size"] = np.mean([m["t effect_size"] for m in alone], axis=0)
    expected["t effect_variance"] = (
        np.mean([m["t effect_variance"] for m in alone], axis=0) / 3
    )
    deviation = np.sqrt(np.where(made[0].inside, expected["t effect_variance"], 1))
    expected["t stat"] = expected["t effect_size"] / deviation
    assert_same(together, expected, ROUNDING)


@pytest.mark.parametrize("noise", NOISES)
def test_a_run_given_twice_has_half_the_variance(noise, run, paths, as_it_is):
    with pytest.warns(DesignWarning, match="2 times: each counts as a run"):
        model = line.fitted([paths, paths], [run.design] * 2, noise)
    found, one = line.maps(model, F=None), as_it_is(noise)
    np.testing.assert_array_equal(found["t effect_size"], one["t effect_size"])
    np.testing.assert_allclose(
        2 * found["t effect_variance"], one["t effect_variance"], rtol=1e-6
    )
    np.testing.assert_allclose(found["t stat"], np.sqrt(2) * one["t stat"], rtol=1e-6)
