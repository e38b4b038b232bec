"""Thresholded maps and shares of active voxels, beside nilearn and by definition."""

import warnings

import numpy as np
import pytest
from nibabel import Nifti1Image
from scipy.ndimage import gaussian_filter, label
from scipy.special import ndtr, ndtri

from boldglm._base.errors import DimensionError, ShapeError
from boldglm._base.warnings import ImageWarning, ThresholdWarning
from boldglm.core.discoveries import TemplateCalibration
from boldglm.glm import cluster_level_inference, fdr_threshold, threshold_stats_img

AFFINE = np.diag([-2.0, 2.0, 2.4, 1.0])


@pytest.fixture
def z(rng):
    """Smooth noise with two blobs, in a box with 0 all around."""
    noise = gaussian_filter(rng.normal(size=(20, 22, 18)), 1.0)
    z = noise / noise.std()
    z[5:9, 5:9, 5:9] += 5
    z[12:15, 14:17, 8:12] -= 5
    box = np.zeros_like(z)
    box[3:-3, 3:-3, 3:-3] = z[3:-3, 3:-3, 3:-3]
    return box


@pytest.fixture
def mask(z):
    inside = z != 0
    inside[:, :, 10:] = False
    return inside


def image(data, affine=AFFINE):
    return Nifti1Image(data, affine)


def quietly(function, *args, **kwargs):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return function(*args, **kwargs)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("two_sided", [True, False])
@pytest.mark.parametrize("control", ["fpr", "fdr", "bonferroni", None])
@pytest.mark.parametrize("with_mask", [True, False])
def test_maps_and_thresholds_are_those_of_nilearn(
    z, mask, dtype, two_sided, control, with_mask
):
    nilearn = pytest.importorskip("nilearn.glm")
    img = image(z.astype(dtype))
    options = {
        "mask_img": image(mask.astype(np.uint8)) if with_mask else None,
        "alpha": 0.01,
        "height_control": control,
        "cluster_threshold": 4,
        "two_sided": two_sided,
    }
    expected, height = quietly(nilearn.threshold_stats_img, img, **options)
    found, own_height = threshold_stats_img(img, **options)
    assert own_height == pytest.approx(float(height), rel=1e-6)
    np.testing.assert_array_equal(found.get_fdata(), expected.get_fdata())
    np.testing.assert_array_equal(found.affine, expected.affine)
    assert found.get_data_dtype() == dtype
    assert (found.get_fdata() != 0).any()


def test_heights_are_what_they_say(z, mask):
    img, mask_img = image(z), image(mask.astype(np.uint8))
    n = mask.sum()
    for two_sided, alpha in ((True, 0.025), (False, 0.05)):
        options = {"mask_img": mask_img, "alpha": 0.05, "two_sided": two_sided}
        tested = np.abs(z[mask]) if two_sided else z[mask]
        heights = {
            control: threshold_stats_img(img, height_control=control, **options)[1]
            for control in ("fpr", "fdr", "bonferroni")
        }
        assert heights["fpr"] == pytest.approx(-ndtri(alpha), rel=1e-12)
        assert heights["bonferroni"] == pytest.approx(-ndtri(alpha / n), rel=1e-12)
        p = np.sort(ndtr(-tested))
        k = np.flatnonzero(p <= alpha * np.arange(1, n + 1) / n)[-1]
        assert ndtr(-heights["fdr"]) == pytest.approx(p[k], rel=1e-9)


def test_without_a_mask_each_voxel_that_is_not_zero_counts(z):
    # the value most common at the border is 7 here, and no background
    z[:2], z[-2:], z[:, :2], z[:, -2:], z[:, :, :2], z[:, :, -2:] = (7.0,) * 6
    _, height = threshold_stats_img(
        image(z), height_control="bonferroni", alpha=0.05, two_sided=False
    )
    assert height == pytest.approx(-ndtri(0.05 / (z != 0).sum()))


def test_maps_of_integers_are_compared_as_numbers():
    values = np.arange(-32, 32, dtype=np.int16).reshape(4, 4, 4)
    kept, height = threshold_stats_img(
        image(values), threshold=29.5, height_control=None, two_sided=True
    )
    assert height == 29.5
    found = kept.get_fdata()
    np.testing.assert_array_equal(found, np.where(np.abs(values) > 29.5, values, 0))


def test_values_that_are_not_finite_count_as_zero(z):
    z[6, 6, 6], z[6, 6, 7] = np.nan, np.inf
    with pytest.warns(ImageWarning, match="stat_img has 1 infinite values"):
        kept = threshold_stats_img(image(z), alpha=0.01)[0].get_fdata()
    assert kept[6, 6, 6] == kept[6, 6, 7] == 0
    assert kept[5, 5, 5] != 0


@pytest.mark.parametrize(
    ("threshold", "two_sided", "kept"),
    [
        (None, True, [-5, 0, 0, 3, 4]),
        (4.0, True, [-5, 0, 0, 0, 4]),
        (2.0, False, [0, 0, 2, 3, 4]),
        (-1.0, False, [-5, -1, 0, 0, 0]),
        (0.0, False, [0, 0, 2, 3, 4]),
    ],
)
def test_a_threshold_of_ones_own_keeps_what_reaches_it(threshold, two_sided, kept):
    img = image(np.array([[[-5.0, -1.0, 2.0, 3.0, 4.0]]]))
    found, height = threshold_stats_img(
        img, threshold=threshold, height_control=None, two_sided=two_sided
    )
    assert height == (3.0 if threshold is None else threshold)
    np.testing.assert_array_equal(found.get_fdata().ravel(), kept)


def test_small_clusters_are_left_out(z):
    img = image(z)
    every = threshold_stats_img(img, alpha=0.05)[0].get_fdata()
    large = threshold_stats_img(img, alpha=0.05, cluster_threshold=30)[0].get_fdata()
    assert 0 < (large != 0).sum() < (every != 0).sum()
    np.testing.assert_array_equal(large[large != 0], every[large != 0])


def test_a_cluster_that_fills_the_image_is_left_in():
    img = image(np.full((3, 3, 3), 5.0))
    kept = threshold_stats_img(img, alpha=0.01, cluster_threshold=20)[0]
    assert (kept.get_fdata() == 5).all()


def test_nothing_found_by_fdr_is_an_infinite_threshold_and_an_empty_map():
    z = -ndtri((np.arange(64) + 0.5) / 64).reshape(4, 4, 4)
    kept, height = threshold_stats_img(image(z), alpha=0.01, height_control="fdr")
    assert height == np.inf
    assert not kept.get_fdata().any()


def test_without_an_image_only_the_threshold_comes_back():
    assert threshold_stats_img(alpha=0.01, two_sided=False) == (
        None,
        pytest.approx(2.3263478740),
    )
    assert threshold_stats_img(threshold=2.3, height_control=None) == (None, 2.3)
    assert threshold_stats_img(height_control=None) == (None, 3.0)
    for control in ("fdr", "bonferroni"):
        with pytest.raises(ValueError, match=f"cannot be None for .*'{control}'"):
            threshold_stats_img(height_control=control)


def test_a_mask_on_another_grid_is_resampled(z):
    coarse = image(np.ones((5, 22, 18), np.uint8), AFFINE @ np.diag([2.0, 1, 1, 1]))
    kept = threshold_stats_img(image(z), coarse, alpha=0.05)[0].get_fdata()
    whole = threshold_stats_img(image(z), alpha=0.05)[0].get_fdata()
    np.testing.assert_array_equal(kept[:9], whole[:9])
    assert not kept[11:].any()
    assert whole[11:].any()


def test_images_may_be_paths_and_are_not_modified(z, mask, tmp_path, readonly):
    frozen, frozen_mask = readonly(z, mask.astype(np.uint8))
    mask_file = tmp_path / "mask.nii.gz"
    image(frozen_mask).to_filename(mask_file)
    z_file = tmp_path / "z.nii.gz"
    image(frozen).to_filename(z_file)
    from_files = threshold_stats_img(str(z_file), str(mask_file), cluster_threshold=3)
    from_memory = threshold_stats_img(
        image(frozen), image(frozen_mask), cluster_threshold=3
    )
    np.testing.assert_array_equal(from_files[0].get_fdata(), from_memory[0].get_fdata())
    shares = cluster_level_inference(z_file, mask_file).get_fdata()
    np.testing.assert_array_equal(
        shares, cluster_level_inference(image(frozen), image(frozen_mask)).get_fdata()
    )


def test_a_threshold_that_is_not_used_is_told(z):
    with pytest.warns(ThresholdWarning, match=r"threshold=2 is not used.*'fpr'") as got:
        threshold_stats_img(image(z), threshold=2)
    assert got[0].filename == __file__


def test_a_threshold_that_nothing_reaches_is_told(z):
    with pytest.warns(ThresholdWarning, match=r"No value reaches threshold=100") as got:
        threshold_stats_img(image(z), threshold=100, height_control=None)
    assert got[0].filename == __file__


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"height_control": "fwe"}, "'height_control' must be one of 'fpr'"),
        ({"cluster_threshold": -1}, "cluster_threshold is -1; expected a number"),
        ({"alpha": 1.2}, "alpha is 1.2; alpha should be between 0 and 1"),
        ({"threshold": -2, "height_control": None}, "threshold=-2 is negative"),
    ],
)
def test_choices_that_make_no_sense_are_errors(z, options, message):
    with pytest.raises(ValueError, match=message):
        threshold_stats_img(image(z), **options)


def test_statistics_are_three_dimensional(z):
    series = image(np.stack([z, z], axis=3))
    for function in (threshold_stats_img, cluster_level_inference):
        with pytest.raises(DimensionError, match="expected a 3D image"):
            function(series)


@pytest.mark.parametrize("threshold", [2.5, 3.0, [2.0, 3.0], [4.0, 1.5, 2.5]])
@pytest.mark.parametrize("alpha", [0.01, 0.2])
@pytest.mark.parametrize("with_mask", [True, False])
def test_shares_are_those_of_nilearn(z, mask, threshold, alpha, with_mask):
    nilearn = pytest.importorskip("nilearn.glm")
    mask_img = image(mask.astype(np.uint8)) if with_mask else None
    options = {"mask_img": mask_img, "threshold": threshold, "alpha": alpha}
    expected = quietly(nilearn.cluster_level_inference, image(z), **options)
    found = cluster_level_inference(image(z), **options).get_fdata()
    np.testing.assert_allclose(found, expected.get_fdata(), atol=1e-6)
    assert ((found > 0) & (found < 1)).any()


def test_voxels_outside_the_mask_do_not_join_clusters():
    z = np.zeros((1, 1, 12))
    z[0, 0, :8] = [6, 6, 6, 6, 6, 3, 1.6, 2]
    mask = np.ones(z.shape, np.uint8)
    mask[0, 0, 5] = 0
    apart = cluster_level_inference(image(z), image(mask), threshold=1.5)
    assert apart.get_fdata().ravel().tolist() == [1] * 5 + [0] * 7


def test_a_share_is_at_most_one_where_nilearn_goes_beyond():
    nilearn = pytest.importorskip("nilearn.glm")
    z = np.zeros((6, 6, 6))
    z[1:5, 1:5, 1:5] = 0.5
    z[2, 2, 2:4] = 40.0  # p has no floating-point number
    beyond = quietly(nilearn.cluster_level_inference, image(z), threshold=3.0)
    assert beyond.get_fdata().max() > 1
    assert cluster_level_inference(image(z)).get_fdata().max() == 1


def test_the_blob_is_mostly_active_and_the_rest_is_not(z):
    shares = cluster_level_inference(image(z), threshold=3.0).get_fdata()
    assert shares[6, 6, 6] > 0.5
    assert not shares[z <= 3.0].any()


@pytest.mark.parametrize("threshold", [-1.0, [2.0, -0.5], np.nan])
def test_clusters_are_formed_above_zero(z, threshold):
    with pytest.raises(ValueError, match="is negative or not a number"):
        cluster_level_inference(image(z), threshold=threshold)


def test_shares_need_a_probability(z):
    with pytest.raises(ValueError, match="alpha should be between 0 and 1"):
        cluster_level_inference(image(z), alpha=2)


def test_fdr_threshold_takes_the_names_of_nilearn():
    assert fdr_threshold(z_vals=[5.0, 0.0], alpha=0.05) == pytest.approx(5)


@pytest.mark.parametrize(
    ("options", "kind", "message"),
    [
        ({"threshold": np.nan, "height_control": None}, ValueError, "threshold is nan"),
        ({"threshold": "3", "height_control": None}, TypeError, "threshold is '3'"),
        ({"cluster_threshold": "3"}, TypeError, "cluster_threshold is '3'"),
        ({"cluster_threshold": np.nan}, ValueError, "cluster_threshold is nan"),
    ],
)
def test_thresholds_are_numbers(z, options, kind, message):
    with pytest.raises(kind, match=message):
        threshold_stats_img(image(z), **options)


def share_by_definition(p, line):
    """Lower bound of a cluster whose p are held against ``line(u)``."""
    u = range(1, p.size + 1)
    return max(0, *(1 - k + np.count_nonzero(p <= line(k)) for k in u)) / p.size


@pytest.mark.parametrize("delta", [0, 4])
@pytest.mark.parametrize("threshold", [1.5, 3.0])
@pytest.mark.parametrize("with_mask", [True, False])
def test_calibrated_shares_are_those_of_their_definition(
    z, mask, delta, threshold, with_mask
):
    inside = mask if with_mask else z != 0
    n_tests = int(inside.sum())
    pivots = np.linspace(0.01, 1.0, 100)
    calibration = TemplateCalibration(pivots, n_tests, delta)
    shares = cluster_level_inference(
        image(z),
        image(mask.astype(np.uint8)) if with_mask else None,
        threshold=threshold,
        alpha=0.2,
        calibration=calibration,
    ).get_fdata()

    def line(u):
        return 0.2 * (u - delta) / (n_tests - delta) if u > delta else -1

    labels, n_clusters = label(inside & (z > threshold))
    expected = np.zeros(z.shape)
    for k in range(1, n_clusters + 1):
        here = labels == k
        expected[here] = share_by_definition(ndtr(-z[here]), line)
    assert expected.any()
    np.testing.assert_allclose(shares, expected, atol=1e-6)


def test_a_level_is_a_calibration_too(z):
    n_tests = int((z != 0).sum())
    calibration = TemplateCalibration(np.linspace(0.01, 1.0, 100), n_tests)
    for level in (0.05, 0.3):
        np.testing.assert_array_equal(
            cluster_level_inference(image(z), calibration=level).get_fdata(),
            cluster_level_inference(
                image(z), alpha=level, calibration=calibration
            ).get_fdata(),
        )
    lower = cluster_level_inference(image(z), calibration=0.05).get_fdata()
    higher = cluster_level_inference(image(z), calibration=0.3).get_fdata()
    assert (higher >= lower).all()
    assert (higher > lower).any()
    assert not cluster_level_inference(image(z), calibration=0.0).get_fdata().any()


def test_higher_thresholds_go_over_lower_ones_when_calibrated(z):
    one = cluster_level_inference(image(z), threshold=4.0, calibration=0.1).get_fdata()
    both = cluster_level_inference(
        image(z), threshold=[4.0, 2.0], calibration=0.1
    ).get_fdata()
    np.testing.assert_array_equal(both[z > 4], one[z > 4])
    assert (both[(z > 2) & (z <= 4)] > 0).any()


@pytest.mark.parametrize(
    ("calibration", "kind", "message"),
    [
        (
            TemplateCalibration(np.array([0.1]), 77),
            ShapeError,
            r"of 77 voxels, and 2688 are tested here: pass as mask_img",
        ),
        (1.5, ValueError, "calibration is 1.5; the level"),
        (np.nan, ValueError, "calibration is nan; the level"),
        ("pari", TypeError, "calibration is 'pari'; expected"),
    ],
)
def test_a_calibration_is_of_the_voxels_tested(z, calibration, kind, message):
    with pytest.raises(kind, match=message):
        cluster_level_inference(image(z), calibration=calibration)


@pytest.mark.parametrize(
    ("delta", "p", "n_found"),
    [
        # t_1 = .4 / 20 = .02: below it all 8 count, above it 7, from t_2 on
        (0, 0.0199, 8),
        (0, 0.0201, 7),
        # t_3 = .4 / 18 = .0222
        (2, 0.0221, 6),
        (2, 0.0223, 5),
    ],
)
def test_calibrated_shares_change_where_p_crosses_the_template(delta, p, n_found):
    z = np.full((1, 1, 20), -1.0)
    z[0, 0, :8] = -ndtri([0.001] + [p] * 7)
    calibration = TemplateCalibration(np.array([0.4]), 20, delta)
    options = {"threshold": 1.0, "alpha": 1.0}
    share = cluster_level_inference(image(z), calibration=calibration, **options)
    assert share.get_fdata()[0, 0, 0] == pytest.approx(n_found / 8)
    if delta == 0:
        share = cluster_level_inference(image(z), calibration=0.4, **options)
        assert share.get_fdata()[0, 0, 0] == pytest.approx(n_found / 8)
