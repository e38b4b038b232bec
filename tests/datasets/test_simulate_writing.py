from dataclasses import replace

import nibabel
import numpy as np
import pytest

from boldglm.datasets import RunSettings, make_brain, simulate_run
from boldglm.datasets.simulate_writing import write_bold, write_lines


@pytest.fixture(scope="module")
def run():
    return simulate_run(brain=make_brain(10.0), settings=RunSettings(n_scans=60))


def test_what_is_too_large_for_16_bits_is_cut_and_does_not_turn_over(tmp_path, run):
    bold = run.bold.copy()
    bold[0, 0, 0, :4] = [32767.4, 32768.0, 1e6, -1e6]
    write_bold(tmp_path / "bold.nii.gz", replace(run, bold=bold), 2.0)
    stored = np.asarray(nibabel.load(tmp_path / "bold.nii.gz").dataobj)
    assert stored.dtype == np.int16
    assert stored[0, 0, 0, :4].tolist() == [32767, 32767, 32767, -32768]
    np.testing.assert_array_equal(stored[1:], np.rint(run.bold[1:]))


def test_lines_end_alike_everywhere(tmp_path):
    write_lines(tmp_path / "text", ["one", "two"])
    assert (tmp_path / "text").read_bytes() == b"one\ntwo\n"
