"""What holds for images whatever is in them."""

import nibabel as nib
import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from boldglm.core.parallel import map_blocks
from boldglm.image import (
    binarize_img,
    concat_imgs,
    coord_transform,
    crop_img,
    get_data,
    index_img,
    largest_connected_component_img,
    mean_img,
    new_img_like,
    reorder_img,
    resample_img,
    resample_to_img,
    smooth_img,
    swap_img_hemispheres,
    threshold_img,
)
from boldglm.image.reading import iter_blocks
from boldglm.masking import apply_mask, compute_epi_mask, intersect_masks, unmask

FEW = settings(max_examples=30)

sizes = st.integers(2, 7)
shapes = st.tuples(sizes, sizes, sizes)
steps = st.floats(0.5, 5).map(lambda x: round(x, 2))
places = st.floats(-100, 100).map(lambda x: round(x, 1))
values = st.floats(-1000, 1000, width=32).map(lambda x: np.float32(round(x, 2)))


@st.composite
def affines(draw, oblique=False):
    """Axes permuted, flipped and stretched; and turned a little, if asked."""
    order = draw(st.permutations(range(3)))
    signs = draw(st.tuples(*[st.sampled_from([-1, 1])] * 3))
    affine = np.eye(4)
    affine[:3, :3] = 0
    for axis in range(3):
        affine[order[axis], axis] = signs[axis] * draw(steps)
    if oblique:
        angle = draw(st.floats(-0.6, 0.6))
        turn = np.array(
            [
                [np.cos(angle), -np.sin(angle), 0],
                [np.sin(angle), np.cos(angle), 0],
                [0, 0, 1],
            ]
        )
        affine[:3, :3] = turn @ affine[:3, :3]
    affine[:3, 3] = [draw(places) for _ in range(3)]
    return affine


@st.composite
def images(draw, ndim=3, oblique=False, elements=values, dtype=np.float32):
    shape = draw(shapes)
    if ndim == 4:
        shape = (*shape, draw(st.integers(1, 5)))
    data = draw(hnp.arrays(dtype, shape, elements=elements, fill=st.just(dtype(0))))
    data.flags.writeable = False
    return nib.Nifti1Image(data, draw(affines(oblique)))


some = st.sampled_from([3, 4]).flatmap(lambda ndim: images(ndim, oblique=True))


def noise(shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape).astype(np.float32)


# resampling


@FEW
@given(img=some, how=st.sampled_from(["continuous", "linear", "nearest"]))
def test_resampling_to_its_own_grid_changes_nothing(img, how):
    data = get_data(img)
    same = resample_img(
        img,
        target_affine=img.affine,
        target_shape=img.shape[:3],
        interpolation=how,
    )
    np.testing.assert_array_equal(get_data(same), data)
    np.testing.assert_array_equal(
        get_data(resample_to_img(img, img, interpolation=how)), data
    )


@FEW
@given(
    shift=st.tuples(*[st.floats(-0.5, 0.5)] * 3),
    order=st.permutations(range(3)),
    seed=st.integers(0, 99),
)
def test_resampling_there_and_back_keeps_smooth_images(shift, order, seed):
    """Cubic splines hold what varies over four voxels, away from the edges."""
    rng = np.random.default_rng(seed)
    axes = np.meshgrid(*(np.arange(n) for n in (20, 18, 16)), indexing="ij")
    data = np.zeros(axes[0].shape)
    for _ in range(3):
        waves, phase = rng.uniform(-1, 1, 3), rng.uniform(0, 6)
        waves *= 2 * np.pi / 8 / np.linalg.norm(waves)
        data += np.cos(
            sum(k * axis for k, axis in zip(waves, axes, strict=True)) + phase
        )
    img = nib.Nifti1Image(data, np.diag([2.0, 2.0, 2.0, 1.0]))
    other = img.affine[:, [*order, 3]].copy()
    other[:3, 3] = np.array(shift) * 2.0
    shape = tuple(data.shape[axis] for axis in order)
    there = resample_img(img, target_affine=other, target_shape=shape)
    back = get_data(resample_to_img(there, img))
    inside = (slice(5, -5),) * 3
    np.testing.assert_allclose(back[inside], data[inside], atol=0.02 * np.ptp(data))


@FEW
@given(img=some, value=values.filter(lambda x: x not in (0, 1)))
def test_what_is_constant_stays_so_inside(img, value):
    flat = new_img_like(img, np.full(img.shape, value, dtype=np.float32))
    middle = np.array(img.affine)
    middle[:3, 3] += middle[:3, :3] @ [0.5, 0.5, 0.5]
    shape = tuple(n - 1 for n in img.shape[:3])
    found = resample_img(flat, target_affine=middle, target_shape=shape)
    np.testing.assert_allclose(get_data(found), value, rtol=1e-5, atol=1e-5)


# smoothing


@FEW
@given(
    fwhm=st.tuples(*[st.floats(0.5, 6)] * 3), seed=st.integers(0, 99), affine=affines()
)
def test_smoothing_keeps_the_sum_of_what_is_inside(fwhm, seed, affine):
    # four standard deviations of 6 mm are 11 mm, at 2 mm and more 6 voxels
    affine[:3, :3] *= 2 / np.abs(affine[:3, :3]).sum(axis=0).min()
    data = np.zeros((17, 18, 19), np.float32)
    data[7:10, 7:11, 7:12] = np.abs(noise((3, 4, 5), seed))
    smooth = get_data(smooth_img(nib.Nifti1Image(data, affine), fwhm))
    assert smooth.sum(dtype=float) == pytest.approx(data.sum(dtype=float), rel=1e-5)
    assert smooth.max() <= data.max()


@FEW
@given(
    fwhm=st.tuples(*[st.floats(1, 8)] * 3),
    axis=st.integers(0, 2),
    how=st.sampled_from(["gauss", "fast"]),
    shape=shapes,
)
def test_smoothing_and_flips_commute(fwhm, axis, how, shape):
    data = noise((*shape, 2))
    affine = np.diag([2.0, 3.0, 4.0, 1.0])
    width = "fast" if how == "fast" else fwhm
    smooth = get_data(smooth_img(nib.Nifti1Image(data, affine), width))
    turned = np.flip(data, axis).copy()
    found = get_data(smooth_img(nib.Nifti1Image(turned, affine), width))
    np.testing.assert_allclose(found, np.flip(smooth, axis), atol=1e-5)


# masks


@FEW
@given(
    img=images(4), inside=st.integers(0, 2**32 - 1), dtype=st.sampled_from(["f4", "f8"])
)
def test_mask_and_unmask_undo_each_other(img, inside, dtype):
    chosen = np.random.default_rng(inside).random(img.shape[:3]) > 0.5
    assume(chosen.any())
    mask = new_img_like(img, chosen)
    rows = apply_mask(img, mask, dtype=dtype)
    assert rows.shape == (img.shape[3], chosen.sum())
    volumes = unmask(rows, mask)
    np.testing.assert_array_equal(
        get_data(volumes), np.where(chosen[..., None], get_data(img), 0)
    )
    np.testing.assert_array_equal(apply_mask(volumes, mask, dtype=dtype), rows)
    # and the other way round: any numbers survive
    numbers = noise(rows.shape, inside)
    np.testing.assert_array_equal(apply_mask(unmask(numbers, mask), mask), numbers)


@FEW
@given(
    seeds=st.lists(st.integers(0, 99), min_size=1, max_size=5),
    by=st.permutations(range(5)),
)
def test_masks_meet_in_any_order(seeds, by):
    masks = [
        nib.Nifti1Image((noise((3, 4, 5), seed) > 0).astype("u1"), np.eye(4))
        for seed in seeds
    ]
    shuffled = [masks[place] for place in by if place < len(masks)]
    every = get_data(intersect_masks(masks, threshold=1, connected=False))
    most = get_data(intersect_masks(masks, threshold=0.5, connected=False))
    either = get_data(intersect_masks(masks, threshold=0, connected=False))
    assert (every <= most).all()
    assert (most <= either).all()
    again = intersect_masks(shuffled, threshold=0.5, connected=False)
    np.testing.assert_array_equal(get_data(again), most)


# blocks and threads


@FEW
@given(
    img=images(4),
    size=st.integers(1, 7),
    ending=st.sampled_from([".nii", ".nii.gz"]),
)
def test_the_size_of_blocks_changes_nothing(img, size, ending, tmp_path_factory):
    path = tmp_path_factory.mktemp("blocks") / f"a{ending}"
    nib.save(img, path)
    parts = [block for _, block in iter_blocks(nib.load(path), np.float32, size=size)]
    assert all(part.shape[3] <= size for part in parts)
    np.testing.assert_array_equal(np.concatenate(parts, axis=3), get_data(img))


@FEW
@given(count=st.integers(0, 20), n_jobs=st.sampled_from([1, 2, 3, None, -1]))
def test_the_number_of_threads_changes_nothing(count, n_jobs):
    found = list(map_blocks(lambda k: k**2, range(count), n_jobs=n_jobs))
    assert found == [k**2 for k in range(count)]


@FEW
@given(imgs=st.lists(images(4), min_size=1, max_size=3), n_jobs=st.integers(1, 3))
def test_means_know_nothing_of_threads(imgs, n_jobs):
    same = [nib.Nifti1Image(get_data(img), np.eye(4)) for img in imgs]
    same = [img for img in same if img.shape[:3] == same[0].shape[:3]]
    alone = mean_img(same)
    np.testing.assert_array_equal(
        get_data(mean_img(same, n_jobs=n_jobs)), get_data(alone)
    )
    expected = np.mean(
        [get_data(img).mean(axis=3, dtype=float) for img in same], axis=0
    )
    np.testing.assert_allclose(get_data(alone), expected, rtol=1e-5, atol=1e-4)


@FEW
@given(img=images(4))
def test_scans_taken_apart_and_joined_are_the_image(img):
    scans = [index_img(img, scan) for scan in range(img.shape[3])]
    joined = concat_imgs(scans, dtype=None)
    np.testing.assert_array_equal(get_data(joined), get_data(img))
    np.testing.assert_array_equal(joined.affine, img.affine)


# turned, mirrored, cropped


@FEW
@given(img=st.sampled_from([3, 4]).flatmap(images))
def test_turning_is_done_after_one_turn_and_moves_no_value(img):
    turned = reorder_img(img)
    again = reorder_img(turned)
    np.testing.assert_array_equal(get_data(again), get_data(turned))
    np.testing.assert_array_equal(again.affine, turned.affine)
    voxels = np.indices(img.shape[:3]).reshape(3, -1)
    world = coord_transform(*voxels, img.affine)
    there = np.rint(coord_transform(*world, np.linalg.inv(turned.affine))).astype(int)
    np.testing.assert_array_equal(
        get_data(turned)[tuple(there)], get_data(img)[tuple(voxels)]
    )


@FEW
@given(img=images())
def test_two_swaps_of_hemispheres_are_none(img):
    turned = reorder_img(img)
    affine = np.array(turned.affine)
    affine[0, 3] = -affine[0, 0] * (turned.shape[0] - 1) / 2
    centred = nib.Nifti1Image(get_data(turned), affine)
    twice = swap_img_hemispheres(swap_img_hemispheres(centred))
    np.testing.assert_array_equal(get_data(twice), get_data(centred))
    np.testing.assert_allclose(twice.affine, affine)


@FEW
@given(img=some, pad=st.booleans())
def test_a_crop_keeps_what_is_there_and_its_place(img, pad):
    assume(np.any(get_data(img)))
    part = crop_img(img, rtol=0, pad=pad)
    back = resample_to_img(part, img, interpolation="nearest")
    np.testing.assert_array_equal(get_data(back), get_data(img))
    np.testing.assert_array_equal(
        get_data(crop_img(part, rtol=0, pad=pad)), get_data(part)
    )


# thresholds and parts


@FEW
@given(
    img=some,
    height=st.floats(0, 500),
    two_sided=st.booleans(),
    smallest=st.integers(0, 4),
)
@pytest.mark.filterwarnings("ignore:No value reaches")
def test_a_threshold_taken_twice_is_one(img, height, two_sided, smallest):
    once = threshold_img(img, height, smallest, two_sided)
    twice = threshold_img(once, height, smallest, two_sided)
    data = get_data(img)
    np.testing.assert_array_equal(get_data(twice), get_data(once))
    kept = get_data(once) != 0
    np.testing.assert_array_equal(get_data(once)[kept], data[kept])
    assert (np.abs(get_data(once)[kept]) >= height - 1e-3).all()
    ones = binarize_img(img, height, two_sided=two_sided)
    np.testing.assert_array_equal(get_data(binarize_img(ones, 0.5)), get_data(ones))


@FEW
@given(img=images())
def test_the_largest_part_has_one_part_which_is_itself(img):
    assume(np.any(get_data(img)))
    part = largest_connected_component_img(img)
    again = largest_connected_component_img(part)
    np.testing.assert_array_equal(get_data(again), get_data(part))
    assert not np.any(get_data(part) & (get_data(img) == 0))


@FEW
@given(seed=st.integers(0, 999), scale=st.floats(0.1, 1000))
def test_a_mask_knows_no_units(seed, scale):
    data = np.abs(noise((10, 11, 12), seed)).astype(float)
    data[3:8, 3:9, 3:9] += 20
    mask = compute_epi_mask(nib.Nifti1Image(data, np.eye(4)), opening=1)
    other = compute_epi_mask(nib.Nifti1Image(data * scale, np.eye(4)), opening=1)
    np.testing.assert_array_equal(get_data(mask), get_data(other))
    assert get_data(mask).any()
