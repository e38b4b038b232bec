"""Text and files from outside, damaged by chance, are read or refused in our words.

``make fuzz`` drives the same functions for as long as one likes, guided by coverage
where atheris is installed.
"""

import random
import struct

import nibabel as nib
import numpy as np
import pytest
from tests.fuzz.doors import answer
from tests.fuzz.targets import TARGETS

from boldglm.image import get_data, load_img

# nibabel leaves files of its MGH format open, whether it can read them or not
pytestmark = [
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]

#: Inputs in every run of the tests: a second or so each.
EVERYDAY = {
    "expression": 600,
    "formula": 500,
    "group_formula": 40,
    "image": 150,
    "model": 60,
    "events": 80,
    "confounds": 80,
    "fsl_design": 150,
    "command_line": 60,
}
#: Inputs found by campaigns, by the seed that makes them, or as they are.
CORPUS = {
    "expression": ["", "a -", "(" * 400 + "a" + ")" * 400, "1e400*a", "'", "a = b = a"],
    "formula": ["10**910**9", "1<<10**9", "np.ones(10**15)", "(", "a" * 5000, "img.x"],
    "group_formula": ["~ (", "~ age `", "~ age ~ 1", "~ C(", "~ nobody", "~ age:", "~"],
    "events": ["", "onset\n", "\n\n", "onset\tduration\nnan\t1\n", "a,b\n1,2\n"],
    "confounds": ["", "x\n", "x\ty\n1\n", "x\n" + "inf\n" * 12],
    "fsl_design": ["", "/Matrix", "/Matrix\n1 2\n3\n", "/Matrix\nnan a\n"],
    "command_line": [
        "--simulate",
        "demo\n--seed\n-1",
        "report",
        "report\n/dev/null\na",
    ],
    "image": [b"", b"\x00" * 400, b"\x1f\x8b", b"n+1\x00" * 100],
    "model": [b"", b"PK\x03\x04", b"\x93NUMPY\x01\x00", b"PK\x05\x06" + b"\x00" * 18],
}


def test_a_scale_beyond_floats_makes_infinite_values_without_a_word(tmp_path):
    """Found by coverage: a damaged scale of a NIfTI-2 file, which is in double."""
    img = nib.Nifti2Image(np.ones((2, 2, 2), np.int16), np.eye(4))
    nib.save(img, tmp_path / "a.nii")
    content = bytearray((tmp_path / "a.nii").read_bytes())
    content[176:184] = struct.pack("<d", 1e300)
    (tmp_path / "a.nii").write_bytes(bytes(content))
    found = answer(lambda: get_data(load_img(tmp_path / "a.nii")))
    assert not found.fault
    assert np.isinf(found.result).all()


@pytest.fixture(autouse=True)
def _own_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def check(name, inputs):
    for number in range(inputs):
        found = TARGETS[name](random.Random(f"{name}-{number}"))
        assert not found.fault, f"{name}, seed '{name}-{number}': {found.fault}"


def test_every_target_is_tried():
    assert set(EVERYDAY) == set(CORPUS) == set(TARGETS)


@pytest.mark.parametrize("name", TARGETS)
def test_damaged_input_is_read_or_refused(name):
    check(name, EVERYDAY[name])


@pytest.mark.slow
@pytest.mark.parametrize("name", TARGETS)
def test_more_damaged_input_is_read_or_refused(name):
    check(name, 4 * EVERYDAY[name])


@pytest.mark.parametrize(
    ("name", "given"), [(name, one) for name, some in CORPUS.items() for one in some]
)
def test_what_was_found_once_is_not_found_again(name, given):
    found = TARGETS[name](random.Random(0), given)
    assert not found.fault
