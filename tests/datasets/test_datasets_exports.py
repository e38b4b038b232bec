import subprocess
import sys

import pytest

from boldglm import datasets


def test_every_name_that_is_announced_is_there():
    for name in datasets.__all__:
        assert getattr(datasets, name).__name__.rpartition(".")[2] == name
    assert dir(datasets) == sorted(datasets.__all__)


def test_a_name_that_is_not_there_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'fetch_moon'"):
        datasets.fetch_moon  # noqa: B018


def test_importing_datasets_loads_nothing_slow():
    code = (
        "import sys, boldglm.datasets as d; d.make_brain, d.simulate_dataset; "
        "print([m for m in ('pandas', 'scipy.ndimage', 'nibabel') if m in sys.modules])"
    )
    found = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert found.stdout.strip() == "[]"
