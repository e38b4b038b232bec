"""What every test may ask for."""

import os
from pathlib import Path

import numpy as np
import pytest
from hypothesis import settings

# The same examples in every run: a failure is the fault of the change at hand.
settings.register_profile("fixed", derandomize=True, deadline=None)
settings.load_profile("fixed")


@pytest.fixture
def rng():
    """A generator with a fixed seed."""
    return np.random.default_rng(20260101)


@pytest.fixture
def readonly():
    """Freeze arrays, so that a function which writes to its input fails."""

    def freeze(*arrays):
        frozen = []
        for array in arrays:
            copy = np.array(array)
            copy.flags.writeable = False
            frozen.append(copy)
        return frozen[0] if len(frozen) == 1 else tuple(frozen)

    return freeze


@pytest.fixture(scope="session")
def data_dir():
    """The folder of small real data, or skip."""
    default = Path(__file__).parents[1] / ".." / "shared" / "data"
    folder = Path(os.environ.get("BOLDGLM_TEST_DATA", default)).resolve()
    if not folder.is_dir():
        pytest.skip(f"needs the real data, not found in {folder} (BOLDGLM_TEST_DATA)")
    return folder
