"""What the demo shows does not depend on luck."""

import pytest

from boldglm.cli.demo import run_demo

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("seed", range(1, 9))
def test_the_truth_and_nothing_else_is_found_with_any_seed(seed, tmp_path):
    assert run_demo(tmp_path, seed=seed, quiet=True).passed
