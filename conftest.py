"""What every test and every example in a docstring gets."""

import os
import sys

import pytest

# No window is opened by a test, whatever the machine
os.environ["MPLBACKEND"] = "agg"


@pytest.fixture(autouse=True)
def _close_figures():
    """Leave no figure open: pyplot warns of many, and warnings are errors."""
    yield
    pyplot = sys.modules.get("matplotlib.pyplot")
    if pyplot is not None:
        pyplot.close("all")
