"""What every test and every example in a docstring gets."""

import os
import re
import sys
from pathlib import Path

import pytest

CORE = Path(__file__).parent / "src" / "boldglm" / "core"

# No window is opened by a test, whatever the machine
os.environ["MPLBACKEND"] = "agg"


def pytest_configure():
    """No test is of loops that were compiled from what was there before."""
    forget_stale_kernels(CORE)


def forget_stale_kernels(folder):
    """Drop compiled loops that are older than a module whose names they hold.

    Numba looks at the file of a loop alone, not at those that it imports from.
    """
    for source in folder.glob("*_kernels.py"):
        used = re.findall(r"from boldglm\.core\.(\w+) import", source.read_text())
        newest = max((_changed(folder / f"{name}.py") for name in used), default=0)
        for index in (folder / "__pycache__").glob(f"{source.stem}.*.nbi"):
            if _changed(index) < newest:
                index.unlink(missing_ok=True)


def _changed(path):
    return path.stat().st_mtime if path.exists() else 0


@pytest.fixture(autouse=True)
def _close_figures():
    """Leave no figure open: pyplot warns of many, and warnings are errors."""
    yield
    pyplot = sys.modules.get("matplotlib.pyplot")
    if pyplot is not None:
        pyplot.close("all")
