"""A group, from files to maps and p: what must not change does not."""

import nibabel as nib
import numpy as np
import pandas as pd
import pytest
from scipy.ndimage import gaussian_filter
from tests.laws.test_places import TURNS

from boldglm.core import contrast, group_statistic, group_test
from boldglm.glm.second_level import (
    SecondLevelModel,
    group_fit,
    non_parametric_inference,
)

N, SHAPE = 14, (7, 6, 5)
AFFINE = np.array(
    [[-2.0, 0, 0, 9], [0, 3, 0, -11], [0, 0, 2.5, -7], [0, 0, 0, 1]], dtype=float
)
INSIDE = np.ones(SHAPE, bool)
INSIDE[:, 0] = INSIDE[2:4, 3, 1:] = INSIDE[0, 2] = INSIDE[0, 3, 0] = False
# One more than a multiple of the narrowest tile.
assert np.count_nonzero(INSIDE) % 16 == 1
T_CONTRAST, F_CONTRAST = np.array([1.0, 0, 0]), np.eye(3)[:2]
# Maps are in single precision; everything before is in double.
ROUNDING = 2e-7
KINDS = ("z_score", "stat", "p_value", "effect_size", "effect_variance")


def maps(seed=0, scale=1.0):
    """(subject, x, y, z) multiples of 1/256: thrice as much is single precision too."""
    rng = np.random.default_rng(seed)
    data = np.stack([gaussian_filter(v, 0.6) for v in rng.normal(size=(N, *SHAPE))])
    data[:, 1:3, 2:5, 1:4] += 0.8
    return (np.round(256 * 3 * data) / 256).astype(np.float32) * np.float32(scale)


def design(seed=0):
    rng = np.random.default_rng(seed)
    group = np.resize([1.0, 0.0], N)
    return np.column_stack([np.ones(N), group - group.mean(), rng.normal(size=N)])


def written(folder, data, affine=AFFINE, inside=INSIDE, ending=".nii", dtype="<f4"):
    """A file for each subject, and that of the mask."""
    folder.mkdir(exist_ok=True)
    paths = [folder / f"sub-{i:02d}{ending}" for i in range(len(data))]
    for path, volume in zip(paths, data, strict=True):
        header = nib.Nifti1Header(endianness=np.dtype(dtype).str[0])
        header.set_data_dtype(dtype)
        nib.save(nib.Nifti1Image(volume.astype(dtype), affine, header), path)
    nib.save(nib.Nifti1Image(inside.astype(np.uint8), affine), folder / "mask.nii")
    return paths, folder / "mask.nii"


def fitted(files, X, **options):
    paths, mask = files
    frame = pd.DataFrame(X, columns=[f"x{i}" for i in range(X.shape[1])])
    return SecondLevelModel(mask_img=mask, **options).fit(paths, design_matrix=frame)


def model_maps(files, X, t=T_CONTRAST, F=F_CONTRAST, **options):
    """All maps of a t and an F contrast."""
    model, found = fitted(files, X, **options), {}
    for letter, weights in (("t", t), ("F", F)):
        images = model.compute_contrast(weights, output_type="all")
        found |= {f"{letter} {k}": np.asarray(v.dataobj) for k, v in images.items()}
    return found


def permuted(files, X, weights=T_CONTRAST, **options):
    """All maps of p by permutation."""
    paths, mask = files
    frame = pd.DataFrame(X, columns=[f"x{i}" for i in range(X.shape[1])])
    asked = {"n_perm": 120, "random_state": 3, "threshold": 0.05, "tfce": True}
    asked |= {"step_down": True, "two_sided_test": True} | options
    images = non_parametric_inference(
        paths, design_matrix=frame, second_level_contrast=weights, mask=mask, **asked
    )
    return {name: np.asarray(image.dataobj) for name, image in images.items()}


def assert_same(found, expected, rtol=ROUNDING, where=...):
    assert found.keys() == expected.keys()
    for name, values in expected.items():
        factor = {"p_value": 40.0, "effect_variance": 2.0}.get(name.split()[-1], 1.0)
        spread = 0 if name.startswith("p") else values.std()
        np.testing.assert_allclose(
            found[name][where],
            values[where],
            rtol=rtol * factor,
            atol=rtol * spread,
            err_msg=name,
        )


def assert_same_p(found, expected):
    """Of permutations: p are counts, and not one may differ.

    Statistics and sums of them are compared to single precision.
    """
    assert found.keys() == expected.keys()
    for name, values in expected.items():
        if name.startswith(("p_", "logp_")):
            np.testing.assert_array_equal(found[name], values, name)
        else:
            np.testing.assert_allclose(found[name], values, rtol=2e-5, atol=2e-5)


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    return written(tmp_path_factory.mktemp("group"), maps())


@pytest.fixture(scope="module")
def as_it_is(files):
    return model_maps(files, design())


@pytest.fixture(scope="module")
def p_as_they_are(files):
    return permuted(files, design())


@pytest.mark.parametrize("factor", [3.0, -1.0, 2.0**-30, 2.0**30])
def test_units_of_maps(factor, as_it_is, p_as_they_are, tmp_path):
    files = written(tmp_path, maps(scale=factor))
    found, expected = model_maps(files, design()), dict(as_it_is)
    for name, power in (("effect_size", factor), ("effect_variance", factor**2)):
        for letter in "tF":
            expected[f"{letter} {name}"] = power * expected[f"{letter} {name}"]
    if factor < 0:
        for name in ("t stat", "t z_score"):
            expected[name] = -expected[name]
        p = found.pop("t p_value") + expected.pop("t p_value")
        np.testing.assert_allclose(p[INSIDE], 1, rtol=1e-12)
    assert_same(found, expected, 1e-6)
    found, expected = permuted(files, design()), dict(p_as_they_are)
    if factor < 0:
        expected["t"], expected["tfce"] = -expected["t"], -expected["tfce"]
    assert_same_p(found, expected)


def test_what_the_design_explains_is_added_to_effects(
    as_it_is, p_as_they_are, tmp_path
):
    """And what the contrast does not test changes no p."""
    X = design()
    more = np.zeros((3, *SHAPE))
    more[:] = np.random.default_rng(1).normal(size=more.shape) * 2
    added = np.tensordot(X, more, axes=1)
    found = model_maps(written(tmp_path / "a", maps() + added, dtype="<f8"), X)
    # a map is read as single precision
    effect = as_it_is["t effect_size"] + np.where(INSIDE, more[0], 0)
    np.testing.assert_allclose(found["t effect_size"], effect, rtol=1e-6, atol=1e-6)
    for name in ("t effect_variance", "F effect_variance"):
        np.testing.assert_allclose(found[name], as_it_is[name], rtol=1e-5)
    nuisance = np.tensordot(X[:, 1:], more[1:], axes=1)
    found = permuted(written(tmp_path / "b", maps() + nuisance, dtype="<f8"), X)
    assert_same_p(found, p_as_they_are)


def test_other_regressors_of_the_same_space(files, as_it_is, p_as_they_are):
    A = np.random.default_rng(2).normal(size=(3, 3)) + 2 * np.eye(3)
    A[:, 1] *= 1e4
    X = design() @ A
    assert_same(model_maps(files, X, T_CONTRAST @ A, F_CONTRAST @ A), as_it_is)
    assert_same_p(permuted(files, X, T_CONTRAST @ A), p_as_they_are)
    F = permuted(files, design(), F_CONTRAST)
    assert_same_p(permuted(files, X, F_CONTRAST @ A), F)


def test_regressors_given_twice(files, as_it_is, p_as_they_are):
    X = np.column_stack([design(), -2 * design()[:, 1]])
    t, F = np.r_[T_CONTRAST, 0], np.array([[1.0, 0, 0, 0], [0, 1, 0, -2]])
    assert_same(model_maps(files, X, t, F), as_it_is)
    assert_same_p(permuted(files, X, t), p_as_they_are)


def test_subjects_in_another_order(files, as_it_is):
    order = np.random.default_rng(3).permutation(N)
    paths, mask = files
    found = model_maps(([paths[i] for i in order], mask), design()[order])
    assert_same(found, as_it_is)


@pytest.mark.parametrize(("order", "flipped"), TURNS)
def test_axes_of_the_files(order, flipped, as_it_is, p_as_they_are, tmp_path):
    """Clusters hang together, and shuffles are the same, whatever the axes."""
    data, inside = maps().transpose(0, *np.add(order, 1)), INSIDE.transpose(order)
    affine = AFFINE[:, [*order, 3]]
    for axis in flipped:
        affine[:3, 3] += affine[:3, axis] * (inside.shape[axis] - 1)
        affine[:3, axis] *= -1
        data = np.flip(data, axis + 1)
    files = written(tmp_path, data, affine, np.flip(inside, flipped))

    def back(found):
        places = np.argsort(order)
        return {
            name: np.flip(v, flipped).transpose(*places, *range(3, v.ndim))
            for name, v in found.items()
        }

    assert_same(back(model_maps(files, design())), as_it_is)
    assert_same_p(back(permuted(files, design())), p_as_they_are)


def test_voxels_in_another_order(as_it_is, files, tmp_path):
    """Where no clusters are asked for, the place of a voxel does not matter."""
    order = np.random.default_rng(4).permutation(np.count_nonzero(INSIDE))
    data, back = maps(), np.argsort(order)
    data[:, INSIDE] = data[:, INSIDE][:, order]
    other = written(tmp_path, data)

    def put_back(found):
        return {name: values[INSIDE][back] for name, values in found.items()}

    found = put_back(model_maps(other, design()))
    assert_same(found, {name: values[INSIDE] for name, values in as_it_is.items()})
    alone = {"threshold": None, "tfce": False}
    found = put_back(permuted(other, design(), **alone))
    expected = permuted(files, design(), **alone)
    assert_same_p(found, {name: v[INSIDE] for name, v in expected.items()})


@pytest.mark.parametrize("ending", [".nii", ".nii.gz", ".img"])
@pytest.mark.parametrize("dtype", ["<f4", ">f4", "<f8"])
def test_how_maps_are_stored(ending, dtype, as_it_is, tmp_path):
    found = model_maps(written(tmp_path, maps(), ending=ending, dtype=dtype), design())
    assert_same(found, as_it_is, 0)


@pytest.mark.parametrize("dtype", ["<i2", ">i4"])
def test_maps_of_integers(dtype, tmp_path):
    whole = np.rint(maps() * 40)
    both = [
        model_maps(written(tmp_path / str(i), whole, dtype=kind), design())
        for i, kind in enumerate(("<f4", dtype))
    ]
    assert_same(*both, 0)


def test_one_file_of_all_and_a_file_for_each(files, as_it_is, tmp_path):
    stack = nib.Nifti1Image(np.moveaxis(maps(), 0, 3), AFFINE)
    nib.save(stack, tmp_path / "all.nii.gz")
    found = model_maps((tmp_path / "all.nii.gz", files[1]), design())
    assert_same(found, as_it_is, 0)
    pattern = files[0][0].with_name("sub-*.nii")
    assert_same(model_maps((str(pattern), files[1]), design()), as_it_is, 0)


def test_twice(files, as_it_is, p_as_they_are):
    assert_same(model_maps(files, design()), as_it_is, 0)
    found = permuted(files, design())
    for name, values in p_as_they_are.items():
        np.testing.assert_array_equal(found[name], values)


CUTS = {
    "subjects' maps": {(group_fit, "PIECE"): 9},
    "contrasts": {(contrast, "BLOCK"): 4},
    "shuffled maps": {(group_test, "BLOCK"): 7},
    "tiles": {(group_statistic, "TILE"): 300},
    "shuffles of a tile": {(group_statistic, "MAPS"): 3},
}


@pytest.mark.parametrize("name", CUTS)
@pytest.mark.parametrize("n_jobs", [1, 2, 3])
def test_blocks_and_threads(name, n_jobs, files, as_it_is, p_as_they_are, monkeypatch):
    for (module, constant), size in CUTS[name].items():
        assert getattr(module, constant) > size
        monkeypatch.setattr(module, constant, size)
    assert_same(model_maps(files, design(), n_jobs=n_jobs), as_it_is)
    assert_same_p(permuted(files, design(), n_jobs=n_jobs), p_as_they_are)


@pytest.mark.parametrize("missing", ["drop-voxel", "available"])
def test_subjects_that_a_voxel_lacks(missing, as_it_is, tmp_path):
    """Values that are not there in some voxels change no other voxel."""
    data, whole = maps(), INSIDE.copy()
    data[:3, 4:, 2] = np.nan
    whole[4:, 2] = False
    with pytest.warns(UserWarning, match="voxels"):
        found = model_maps(written(tmp_path, data), design(), missing=missing)
    assert_same(found, as_it_is, where=whole)
    gone = found["t effect_variance"][~whole & INSIDE]
    assert (gone > 0).all() == (missing == "available")
