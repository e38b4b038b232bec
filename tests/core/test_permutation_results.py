"""Names and shapes of what users get."""

import numpy as np
import pytest

from boldglm.core.graph import volume_graph
from boldglm.core.partition import partition
from boldglm.core.permutation_options import PermutationOptions
from boldglm.core.permutation_results import (
    PermutationResults,
    null_arrays,
    result_maps,
)
from boldglm.core.permutation_test import run_permutations

GRAPH = volume_graph(np.ones((2, 3, 5), bool))
DESIGN = np.repeat(np.eye(2), 6, axis=0)


def found_by(rng, contrast, **options):
    data = rng.standard_normal((12, 30))
    data[:6, 0] += 3
    settings = PermutationOptions(n_perm=99, **options)
    graph = GRAPH if settings.spatial else None
    return run_permutations(settings.prepare(data, partition(DESIGN, contrast), graph))


@pytest.mark.parametrize(
    ("contrast", "options", "maps", "nulls"),
    [
        ([1, -1], {}, ["t", "p_t", "p_max_t"], ["max_t"]),
        (np.eye(2), {}, ["F", "p_F", "p_max_F"], ["max_F"]),
        (
            [1, -1],
            {"step_down": True, "tfce": True, "calibrate": True},
            ["t", "p_t", "p_max_t", "p_step_down_t", "tfce", "p_max_tfce"],
            ["max_t", "max_tfce"],
        ),
        (
            np.eye(2),
            {"threshold": 0.1},
            ["F", "p_F", "p_max_F", "size", "p_max_size", "mass", "p_max_mass"],
            ["max_F", "max_size", "max_mass"],
        ),
    ],
)
def test_names(contrast, options, maps, nulls, rng):
    found = found_by(rng, contrast, **options)
    results = result_maps(found)
    logs = ["log" + name for name in maps if name.startswith("p_")]
    assert set(results) == {*maps, *logs}
    for values in results.values():
        assert values.shape == (30,)
        assert not np.signbit(values[values == 0]).any()
    for name in logs:
        np.testing.assert_allclose(10 ** -results[name], results[name[3:]])
    arrays = null_arrays(found)
    assert list(arrays) == [f"h0_{name}" for name in nulls]
    for values in arrays.values():
        assert values.shape == (99,)
        assert (np.diff(values) >= 0).all()


def test_numbers_are_those_of_the_test(rng):
    found = found_by(rng, [1, -1], threshold=0.1, step_down=True)
    results = result_maps(found)
    np.testing.assert_array_equal(results["t"], found.maps["stat"])
    np.testing.assert_array_equal(results["p_t"], found.uncorrected())
    np.testing.assert_array_equal(results["p_max_t"], found.corrected("stat"))
    np.testing.assert_array_equal(results["p_step_down_t"], found.step_down())
    np.testing.assert_array_equal(results["mass"], found.maps["mass"])
    np.testing.assert_array_equal(results["p_max_mass"], found.corrected("mass"))
    nulls = null_arrays(found)
    for name, null in (("max_t", "stat"), ("max_size", "size"), ("max_mass", "mass")):
        np.testing.assert_array_equal(
            nulls[f"h0_{name}"], np.sort(found.null.maxima[null])
        )
    smooth = result_maps(found, "gpd")["p_max_t"]
    np.testing.assert_array_equal(smooth, found.corrected("stat", "gpd"))


def test_results_are_a_dict_that_says_what_was_done():
    results = PermutationResults(t=1)
    assert results == {"t": 1}
    assert (results.scheme, results.calibration) == ("", None)
