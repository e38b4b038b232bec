"""The parts of a design, against least squares with the contrast held at 0."""

import numpy as np
import pytest
from tests.oracle.naive_shuffles import CASES, nuisance_of

from boldglm._base.errors import ContrastError, NotEstimableError, ShapeError
from boldglm.core.partition import partition

COPIES = np.column_stack([np.repeat(np.eye(2), 4, axis=0), np.ones(8)])
DESIGNS = {name: case[:3] for name, case in CASES.items()} | {
    "redundant rows": (CASES["three groups"][0], [[1, -1, 0], [0, 2, -2], [1, 0, -1]]),
    "a row of zeros": (CASES["three groups"][0], [[0, 0, 0], [1, -1, 0]]),
    "columns that add up": (COPIES, [1, -1, 0]),
    "F of columns that add up": (COPIES, [[1, -1, 0], [2, 0, 2], [1, 1, 2]]),
}


def projection(columns):
    left, length, _ = np.linalg.svd(columns, full_matrices=False)
    left = left[:, length > 1e-10]
    return left @ left.T


@pytest.mark.parametrize("name", DESIGNS)
def test_parts_span_the_constrained_fit_and_what_it_leaves(name, readonly):
    design, contrast, *kind = DESIGNS[name]
    design, contrast = readonly(np.array(design), np.array(contrast, float))
    split = partition(design, contrast, *kind)
    free, held = projection(design), projection(nuisance_of(design, contrast))
    np.testing.assert_allclose(split.nuisance.T @ split.nuisance, held, atol=1e-10)
    np.testing.assert_allclose(split.tested.T @ split.tested, free - held, atol=1e-10)
    both = np.concatenate([split.tested, split.nuisance])
    np.testing.assert_allclose(both @ both.T, np.eye(len(both)), atol=1e-12)
    assert split.dim == round(np.trace(free - held))
    assert split.dof == len(design) - np.linalg.matrix_rank(design)
    assert split.n_rows == len(design)


@pytest.mark.parametrize("name", [n for n in DESIGNS if np.ndim(DESIGNS[n][1]) == 1])
def test_the_direction_of_a_t_points_the_way_of_the_effect(name, rng):
    design, contrast = DESIGNS[name][:2]
    data = rng.standard_normal((len(design), 20))
    effect = np.array(contrast) @ np.linalg.pinv(design) @ data
    seen = partition(design, contrast).tested[0] @ data
    np.testing.assert_allclose(seen / seen[0], effect / effect[0], rtol=1e-8)
    assert seen[0] * effect[0] > 0


def test_units_of_regressors_do_not_count(rng):
    design = np.column_stack([rng.standard_normal((12, 3)), np.ones(12)])
    scale = np.array([1e-9, 1e6, 1.0, 1e4])
    contrast = np.array([[1.0, 0, 0, 0], [0, 1, 0, 0]])
    plain, scaled = partition(design, contrast), partition(design * scale, contrast)
    for name in ("tested", "nuisance"):
        a, b = getattr(plain, name), getattr(scaled, name)
        np.testing.assert_allclose(a.T @ a, b.T @ b, atol=1e-9)
    np.testing.assert_allclose(
        partition(design * scale, [3e-9, -1e6, 0, 0]).tested,
        partition(design, [3.0, -1, 0, 0]).tested,
        atol=1e-9,
    )


def test_residuals_are_what_the_nuisance_leaves(rng, readonly):
    data = readonly(rng.standard_normal((8, 5)).astype(np.float32))
    found = partition(COPIES, [1, -1, 0]).residuals(data)
    np.testing.assert_allclose(found, data - data.mean(axis=0), atol=1e-6)
    assert found.dtype == np.float64


def test_one_row_is_a_t_unless_an_f_is_asked_for():
    assert partition(COPIES[:, :2], [1, 0]).kind == "t"
    assert partition(COPIES[:, :2], [1, 0], "F").kind == "F"
    assert partition(COPIES[:, :2], np.eye(2)).kind == "F"


@pytest.mark.parametrize(
    ("design", "contrast", "kind", "error", "message"),
    [
        (COPIES, [1, -1], None, ContrastError, r"shape \(2,\); the design has 3"),
        (COPIES, np.ones((1, 1, 3)), None, ContrastError, r"shape \(1, 1, 3\)"),
        (COPIES, [0, 0, 0], None, ContrastError, "zero everywhere"),
        (COPIES, [1, np.nan, 0], None, ContrastError, "NaN or infinite"),
        (COPIES, np.eye(3), "z", ContrastError, "stat_type is 'z'; expected"),
        (COPIES, np.eye(3), "t", ContrastError, "one row; this one has 3. Use 'F'"),
        (COPIES, [1, 0, 0], None, NotEstimableError, r"rows \[0\].*\[0, 1, 2\]"),
        (np.eye(3), [1, 0, 0], None, ShapeError, "rank 3 for 3 rows.*Remove"),
    ],
)
def test_what_cannot_be_tested_is_said(design, contrast, kind, error, message):
    with pytest.raises(error, match=message):
        partition(design, contrast, kind)
