"""Names of files in the manner of BIDS."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from boldglm.interfaces.bids.names import bids_label, bids_name, contrast_label


@pytest.mark.parametrize(
    ("name", "label"),
    [
        ("faces", "faces"),
        ("Faces", "faces"),
        ("faces - houses", "facesMinusHouses"),
        ("faces-houses", "facesMinusHouses"),
        ("a>b", "aGtB"),
        ("a < b + c", "aLtBPlusC"),
        ("effects_of interest", "effectsOfInterest"),
        ("[ 1 -1  0]", "1Minus10"),
        ("[0.5 0.5]", "0505"),
        ("LEFT HAND", "leftHand"),
        ("0.5 * a", "05A"),
        (" a", "A"),
        ("it's", "its"),
    ],
)
def test_a_contrast_is_one_word_of_letters_and_digits(name, label):
    assert contrast_label(name) == label


def test_labels_are_those_of_nilearn():
    base = pytest.importorskip("nilearn.glm._base")
    names = ["a_b-c", "Audio > Visual", "f(x) + 2", "[[1 0]\n [0 1]]", "DeLTA x"]
    with pytest.warns(UserWarning, match="changed to"):
        expected = [base._clean_contrast_name(name) for name in names]
    assert [contrast_label(name) for name in names] == expected


@given(st.text(min_size=1))
def test_a_label_is_what_bids_allows_whatever_the_name(name):
    label = contrast_label(name)
    assert re.fullmatch("[0-9a-zA-Z]{0,100}", label)
    assert contrast_label(name) == label


def test_accents_are_dropped_and_letters_of_other_scripts_too():
    assert contrast_label("forêt - été") == "foretMinusEte"
    assert contrast_label("顔") == ""


def test_long_names_are_cut_and_still_differ():
    name = " + ".join(f"condition_{number}" for number in range(60))
    one, other = contrast_label(name), contrast_label(name + " - x")
    assert len(one) == len(other) == 100
    assert one != other
    assert one.startswith("condition0PlusCondition1Plus")


def test_a_label_of_a_file_keeps_its_plus_sign():
    assert bids_label("MNI152+x_y.z") == "MNI152+xyz"


def test_entities_are_in_the_order_of_bids():
    entities = {
        "desc": "p",
        "den": "d",
        "res": 2,
        "space": "MNI",
        "hemi": "L",
        "part": "mag",
        "echo": 1,
        "run": 1,
        "dir": "AP",
        "rec": "r",
        "ce": "c",
        "acq": "a",
        "task": "t",
        "ses": "s",
        "sub": "01",
    }
    assert bids_name(entities, "bold.nii") == (
        "sub-01_ses-s_task-t_acq-a_ce-c_rec-r_dir-AP_run-1_echo-1_part-mag_hemi-L_"
        "space-MNI_res-2_den-d_desc-p_bold.nii"
    )
    assert bids_name({"run": "", "unknown": "x"}, "", "mask.nii") == "mask.nii"
