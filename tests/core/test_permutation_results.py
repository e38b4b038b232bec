"""Results under the names users know."""

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

GRAPH = volume_graph(np.ones((3, 3, 3), bool))


def found(rng, split, **options):
    data = rng.standard_normal((split.n_rows, 27))
    test = PermutationOptions(n_perm=60, **options).prepare(data, split, GRAPH)
    return run_permutations(test)


@pytest.mark.parametrize(
    ("split", "letter"),
    [
        (partition(np.ones((9, 1)), [1.0]), "t"),
        (partition(np.repeat(np.eye(3), 3, axis=0), [[1, -1, 0], [0, 1, -1]]), "F"),
    ],
)
def test_names_and_numbers(rng, split, letter):
    test = found(rng, split, threshold=0.1, tfce=True, step_down=True)
    maps = result_maps(test)
    kinds = [letter, f"max_{letter}", f"step_down_{letter}"]
    kinds += ["max_size", "max_mass", "max_tfce"]
    expected = {letter, "size", "mass", "tfce"}
    expected |= {f"{prefix}_{kind}" for prefix in ("p", "logp") for kind in kinds}
    assert set(maps) == expected
    for kind in kinds:
        p = maps[f"p_{kind}"]
        np.testing.assert_allclose(maps[f"logp_{kind}"], -np.log10(p), atol=1e-14)
        assert not np.signbit(maps[f"logp_{kind}"]).any()
        assert np.all((p >= 1 / 61) & (p <= 1))
    np.testing.assert_array_equal(maps[f"p_{letter}"], test.uncorrected())
    np.testing.assert_array_equal(maps[f"p_step_down_{letter}"], test.step_down())
    nulls = null_arrays(test)
    assert set(nulls) == {f"h0_max_{name}" for name in (letter, "size", "mass", "tfce")}
    for name, values in nulls.items():
        assert values.shape == (60,)
        assert np.all(np.diff(values) >= 0)
        key = "stat" if name.endswith(letter) else name.removeprefix("h0_max_")
        assert set(values) == set(test.null.maxima[key])


def test_only_what_was_asked_for(rng):
    maps = result_maps(found(rng, partition(np.ones((9, 1)), [1.0])))
    assert set(maps) == {"t", "p_t", "logp_t", "p_max_t", "logp_max_t"}


def test_results_are_a_dictionary_that_says_what_was_done():
    results = PermutationResults(t=np.zeros(2))
    assert results == {"t": results["t"]}
    assert (results.scheme, results.calibration) == ("", None)
