"""Contrasts get labels and kinds before anything is saved."""

import warnings

import numpy as np
import pytest
from nibabel.nifti1 import Nifti1Image

from boldglm.exceptions import ContrastError, ContrastWarning
from boldglm.glm.bids_contrasts import named_contrasts


def read(contrasts, types=None):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ContrastWarning)
        return named_contrasts(contrasts, types)


def names_of(contrasts):
    return [one.name for one in read(contrasts)]


def test_contrasts_come_in_many_ways():
    assert names_of("a - b") == ["a - b"]
    assert names_of(["a", "b"]) == ["a", "b"]
    assert names_of({"x": "a", "y": [1, 0]}) == ["x", "y"]
    assert names_of([1, -1]) == ["[1, -1]"]
    assert names_of(np.array([1, -1])) == ["[ 1 -1]"]
    assert names_of([np.array([1, 0]), "a"]) == ["[1 0]", "a"]
    assert names_of(np.eye(2)) == ["[1. 0.]", "[0. 1.]"]
    assert names_of(None) == names_of([]) == names_of({}) == []


def test_what_a_list_has_twice_is_saved_once():
    assert names_of(["a", "b", "a"]) == ["a", "b"]
    assert names_of([np.array([1, 0]), np.array([1, 0])]) == ["[1 0]"]


def test_a_type_that_is_given_counts():
    one, two = read({"x": "a", "y": "b"}, types={"x": "F"})
    assert (one.stat_type, two.stat_type) == ("F", None)


def test_types_of_other_contrasts_or_of_no_kind_are_told():
    with pytest.raises(ContrastError, match="is about 'z'; the contrasts are 'x'"):
        read({"x": "a"}, types={"z": "t"})
    with pytest.raises(ContrastError, match=r"contrast_types\['x'\] is 'T'"):
        read({"x": "a"}, types={"x": "T"})
    with pytest.raises(ContrastError, match=r"contrast_types is 0\.1; expected a dict"):
        read({"x": "a"}, types=0.1)


def test_an_image_is_no_contrast():
    image = Nifti1Image(np.zeros((2, 2, 2), np.float32), np.eye(4))
    with pytest.raises(TypeError, match="strings or arrays, not Nifti1Image"):
        read(image)


def test_a_changed_name_is_told_and_an_unchanged_one_is_not():
    with pytest.warns(ContrastWarning, match='"a - b" changed to "aMinusB"') as told:
        named_contrasts({"a - b": "a - b", "plain": "a"})
    assert len(told) == 1


def test_contrasts_of_the_same_files_are_an_error():
    with pytest.raises(ContrastError, match="'a-b' and 'a - b' would both be saved"):
        read({"a-b": "a", "a - b": "b"})
    # on some disks aB is ab
    with pytest.raises(ContrastError, match="'contrast-aB'"):
        read({"ab": "a", "a b": "b"})
    close = [np.array([1, 0.1]), np.array([1, 0.1 + 1e-12])]
    with pytest.raises(ContrastError, match="names that differ"):
        read(close)


def test_a_name_without_letters_is_a_number():
    one, two = read({"顔": "a", "家": "b"})
    assert (one.label, two.label) == ("contrast1", "contrast2")


def test_names_and_definitions_of_other_types_are_told():
    with pytest.raises(TypeError, match="contrast names must be strings; 1 is a int"):
        read({1: "a"})
    with pytest.raises(TypeError, match="must be strings or arrays, not dict: 'x'"):
        read({"x": {"a": 1}})


def test_nothing_given_is_modified(readonly):
    definitions = {"x": readonly(np.eye(2)), "y": ["a", "b"]}
    read(definitions)
    assert definitions["y"] == ["a", "b"]
