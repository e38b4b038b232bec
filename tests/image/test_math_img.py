"""Formulas are computed as numpy would, and can do nothing else."""

import nibabel as nib
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from boldglm._base.errors import DimensionError, GridError, ShapeError
from boldglm._base.warnings import ImageWarning
from boldglm.image import get_data, math_img
from boldglm.image.formula import evaluate, names_in

AFFINE = np.diag([2.0, 2.0, 3.0, 1.0])


@pytest.fixture
def images(rng, readonly):
    a = rng.normal(size=(3, 4, 5)) + 3
    b = rng.normal(size=(3, 4, 5))
    return {
        "a": nib.Nifti1Image(readonly(a), AFFINE),
        "b": nib.Nifti1Image(readonly(b), AFFINE),
        "series": nib.Nifti1Image(readonly(rng.random((3, 4, 5, 6)) + 1), AFFINE),
        # the names of the gallery
        "img": nib.Nifti1Image(readonly(rng.normal(size=(3, 4, 5, 6))), AFFINE),
        "img1": nib.Nifti1Image(readonly(rng.normal(size=(3, 4, 5, 5))), AFFINE),
        "img2": nib.Nifti1Image(readonly(rng.normal(size=(3, 4, 5))), AFFINE),
    }


FORMULAS = [
    "a + b * 2 - 1 / a",
    "-a ** 2 // 3 % 2",
    "(a > 0) & ~(b < 0.5) | (a == b) ^ (b != 1)",
    "np.where(a > b, a, np.nan)",
    "np.log(np.abs(a)) + np.pi",
    "np.mean(series, axis=-1)",
    "series - series.mean(axis=-1)[..., np.newaxis]",
    "(series.std(-1) > np.percentile(series.std(-1), 50)).astype(np.float32)",
    "series[..., 1:4:2]",
    "series[..., [0, 2]]",
    "np.nan_to_num(a / b, nan=0.0, posinf=0.0)",
    "np.clip(a, -1, 1).astype('int16')",
    "np.maximum(a, b) * (abs(a) > max(1, 2))",
    "np.stack([a, b], axis=-1)",
    "np.ones_like(a) * a.shape[0] + a.size",
    " a ",
    "np.sum(series, axis=3, keepdims=True)",
    "img > 0.5",
    "np.mean(img, axis=-1)",
    "np.mean(np.abs(img), axis=-1)",
    "img1 - img2[..., np.newaxis]",
    "-np.log10(np.maximum(1, img))",
    "img1 * (img2[..., np.newaxis])",
    "img1 / img2[:, :, :, None]",
    "img.astype(bool).astype('int8')",
    "np.logical_and.reduce([a > 0, b > 0, a > b])",
    "np.add.reduce(series, axis=-1)",
    "np.linalg.norm(series, axis=-1)",
    "np.log(a ** 2 + np.finfo(float).eps) * np.iinfo('int8').max",
    "a if a.max() > 0 else b",
    "(a - a.min()) / (a.max() - a.min())",
    "np.isin(np.round(a), [1, 2, 3])",
    "np.isfinite(a) * np.nan_to_num(a)",
    "~(a > 0)",
    "a * (np.abs(b) > 1) + np.sqrt(np.square(a))",
    "np.any(series > 1.5, axis=-1)",
    "np.broadcast_to(3.0, a.shape)",
    "np.max(np.stack((a, b)), axis=0) == a",
    "a.flatten().reshape(a.shape)",
    "(a > np.mean(a) + 2 * np.std(a)).astype(np.uint8)",
    "np.prod([a, b], axis=0, dtype='float32')",
]


@pytest.mark.parametrize("formula", FORMULAS)
def test_formulas_give_what_python_gives(images, formula):
    arrays = {name: get_data(img) for name, img in images.items()}
    expected = eval(formula.strip(), {"np": np, **arrays})
    used = {k: v for k, v in images.items() if k in names_in(formula)}
    found = math_img(formula, **used)
    np.testing.assert_array_equal(get_data(found), expected)
    np.testing.assert_array_equal(found.affine, AFFINE)


numbers = st.floats(-100, 100).map(lambda x: round(x, 3))
trees = st.recursive(
    st.one_of(st.just("a"), st.just("b"), numbers.map(lambda x: f"({x})")),
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from("+-*"), inner).map(
            "({0[0]} {0[1]} {0[2]})".format
        ),
        inner.map("np.cos({})".format),
        inner.map("(-{})".format),
    ),
    max_leaves=8,
)


@settings(max_examples=100, deadline=None)
@given(formula=trees)
def test_any_arithmetic_is_that_of_python(formula):
    arrays = {"a": np.linspace(-1, 1, 5), "b": np.linspace(3, 2, 5)}
    expected = eval(formula, {"np": np, **arrays})
    np.testing.assert_array_equal(evaluate(formula, arrays), expected)


FORBIDDEN = [
    ("__import__('os')", "name '__import__' is not an image"),
    ("__import__('os').system('true')", "attribute 'system' is not allowed"),
    ("open('x', 'w')", "'open' is not an image"),
    ("a.__class__", "attribute '__class__' is not allowed"),
    ("a.tofile('x')", "attribute 'tofile' is not allowed"),
    ("np.load('x')", r"np\.load is not among"),
    ("np.save('x', a)", r"np\.save is not among"),
    ("np.lib.npyio", "attribute 'npyio' is not allowed"),
    ("np.__dict__", r"np\.__dict__ is not among"),
    ("np.add.accumulate(a)", "attribute 'accumulate' is not allowed"),
    ("a.reduce(b)", "attribute 'reduce' is not allowed"),
    ("a.eps", "attribute 'eps' is not allowed"),
    ("np.linalg.inv(a)", "attribute 'inv' is not allowed"),
    ("np.apply_along_axis(a, 0, a)", "not among"),
    ("(lambda: a)()", "Lambda is not allowed"),
    ("[x for x in a]", "ListComp is not allowed"),
    ("{'a': a}", "Dict is not allowed"),
    ("f'{a}'", "JoinedStr is not allowed"),
    ("a if b else a", "truth value of an array"),
    ("(a := b)", "NamedExpr is not allowed"),
    ("np.add(a, b, out=a)", "'out' and"),
    ("np.add(a, b, a)", "read-only"),
    ("np.nan_to_num(a, copy=False)", "read-only"),
    ("np.add(*[a, b])", "Starred is not allowed"),
    ("a and b", "use & and brackets"),
    ("a or b", r"use \| and brackets"),
    ("not a", "use ~ and brackets"),
    ("1 < a < 2", "single comparisons joined by &"),
    ("a is b", "cannot compare voxel by voxel"),
    ("a in b", "cannot compare voxel by voxel"),
    ("c + 1", "name 'c' is not an image"),
    ("np + 1", "name 'np' is not an image"),
    ("'a'(1)", "cannot be called"),
    ("b'a'", "Constant is not allowed"),
    ("a +", "cannot be parsed"),
    ("a; b", "cannot be parsed"),
    ("a = b", "cannot be parsed"),
    ("1 / 0", "division by zero"),
    ("a[99]", "out of bounds"),
    ("a @ series", 'Formula "a @ series"'),
]


@pytest.mark.parametrize(("formula", "message"), FORBIDDEN)
def test_everything_else_is_refused(images, formula, message):
    before = {name: get_data(img).copy() for name, img in images.items()}
    with pytest.raises(ValueError, match=message):
        evaluate(formula, {name: get_data(img) for name, img in images.items()})
    for name, img in images.items():
        np.testing.assert_array_equal(get_data(img), before[name])


def test_a_writable_input_cannot_be_written_either():
    data = np.ones((2, 2, 2))
    with pytest.raises(ValueError, match="read-only"):
        evaluate("np.multiply(a, 5, a)", {"a": data})
    assert (data == 1).all()


def test_a_result_is_copied_only_where_it_is_an_input():
    data = np.ones((2, 2, 2))
    for formula in ("a", "a[:]", "a.reshape(2, 2, 2)", "np.broadcast_to(1.0, (2, 2))"):
        found = evaluate(formula, {"a": data})
        assert found.flags.writeable
        assert not np.may_share_memory(found, data)
    # what numpy has just computed is handed on, not copied
    assert evaluate("a + 1", {"a": data}).base is None


def test_masks_do_not_wrap_around():
    zeros = nib.Nifti1Image(np.zeros((2, 2, 2), np.uint8), AFFINE)
    ones = nib.Nifti1Image(np.ones((2, 2, 2), np.uint8), AFFINE)
    assert (get_data(math_img("a - b", a=zeros, b=ones)) == -1).all()
    assert (get_data(math_img("200 * a + 100", a=ones)) == 300).all()
    inverse = math_img("1 - a", a=ones)
    assert get_data(inverse).dtype == np.uint8


def test_comparisons_are_stored_as_uint8(images):
    assert get_data(math_img("a > 0", a=images["a"])).dtype == np.uint8


def test_the_result_is_a_new_array(images):
    found = get_data(math_img("a", a=images["a"]))
    found[...] = 0
    assert get_data(images["a"]).any()


def test_the_header_is_copied_from_the_image_named(images):
    images["a"].header["descrip"] = b"first"
    plain = math_img("a + b", a=images["a"], b=images["b"])
    assert plain.header["descrip"].item() == b""
    copied = math_img("a + b", copy_header_from="a", a=images["a"], b=images["b"])
    assert copied.header["descrip"].item() == b"first"
    with pytest.raises(ValueError, match="'c' is not one of the images: a"):
        math_img("a", copy_header_from="c", a=images["a"])
    with pytest.raises(DimensionError, match="series has 4"):
        math_img("series.mean(-1)", copy_header_from="series", series=images["series"])


def test_images_on_other_grids_are_refused(images):
    other = nib.Nifti1Image(np.zeros((3, 4, 5)), AFFINE * 2)
    with pytest.raises(GridError, match="a and b do not lie on one grid"):
        math_img("a + b", a=images["a"], b=other)


@pytest.mark.parametrize("formula", ["np.mean(a)", "a[0]", "a.ndim"])
def test_the_result_must_be_a_volume(images, formula):
    with pytest.raises(ShapeError, match="expected a volume on the grid"):
        math_img(formula, a=images["a"])


def test_an_unused_image_warns(images):
    with pytest.warns(ImageWarning, match="not used in the formula 'a': b"):
        math_img("a", a=images["a"], b=images["b"])


def test_there_must_be_an_image():
    with pytest.raises(ValueError, match="at least one image"):
        math_img("1 + 1")


def test_paths_are_read(tmp_path, images):
    nib.save(images["a"], tmp_path / "a.nii.gz")
    found = math_img("2 * a", a=tmp_path / "a.nii.gz")
    np.testing.assert_array_equal(get_data(found), 2 * get_data(images["a"]))


@pytest.mark.parametrize(
    "formula",
    ["10 ** 10 ** 10", "pow(9, 10 ** 9)", "1 << 10 ** 12", "9 ** 9 ** 9"],
)
def test_whole_numbers_that_would_take_hours_are_refused(formula):
    with pytest.raises(ValueError, match=r"a whole number has .* bits; expected"):
        evaluate(formula, {"a": np.ones(2)})


def test_whole_numbers_of_a_size_are_computed():
    assert evaluate("2 ** 64 - (1 << 63)", {}) == 2**63


def test_too_much_memory_is_told():
    with pytest.raises(ValueError, match=r"Formula .*: "):
        evaluate("np.ones(10 ** 15)", {})
