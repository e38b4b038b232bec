"""What is said in JSON beside the maps."""

import json
from types import SimpleNamespace

import numpy as np
import pytest

from boldglm import __version__
from boldglm.glm.bids_records import (
    dataset_description,
    json_text,
    model_description,
    table_description,
)
from boldglm.glm.first_level import FirstLevelModel
from boldglm.glm.second_level import SecondLevelModel

OPTIONS = SimpleNamespace(
    height_control="fpr",
    alpha=0.001,
    cluster_threshold=5,
    min_distance=8.0,
    two_sided=True,
)


def with_control(control):
    return SimpleNamespace(**{**vars(OPTIONS), "height_control": control})


def parsed(content):
    """Read as strict JSON: NaN and Infinity are none."""

    def refuse(constant):
        raise AssertionError(constant)

    return json.loads(json_text(content), parse_constant=refuse)


def parameters(model, is_designed=False):
    return parsed(model_description(model, is_designed))["ModelParameters"]


def test_json_has_sorted_keys_and_no_numbers_that_it_does_not_know():
    said = {"b": np.float32(1.5), "a": [np.nan, np.inf], "c": (np.int64(1), True)}
    assert parsed(said) == {"a": [None, None], "b": 1.5, "c": [1, True]}
    assert list(parsed(said)) == ["a", "b", "c"]
    assert json_text({}) == "{}\n"


def test_parameters_may_be_of_any_type(tmp_path):
    def response(t_r, oversampling):
        return np.ones(3)

    model = FirstLevelModel(
        t_r=np.float64(2),
        hrf_model=[response],
        target_affine=np.eye(3),
        target_shape=(4, 5, np.int64(6)),
        signal_scaling=(0, 1),
        subject_label="01",
    )
    found = parameters(model)
    assert found["hrf_model"] == ["response"]
    assert found["target_affine"] == np.eye(3).tolist()
    assert found["target_shape"] == [4, 5, 6]
    assert found["signal_scaling"] == [0, 1]
    assert (found["t_r"], found["subject_label"]) == (2.0, "01")
    model.subject_label = tmp_path
    assert parameters(model)["subject_label"] == str(tmp_path)


def test_parameters_are_those_that_were_used():
    cosine = parameters(FirstLevelModel())
    assert cosine["high_pass"] == 0.01
    assert not {"drift_order", "fir_delays", "smoothing_fwhm"} & set(cosine)
    line = parameters(FirstLevelModel(drift_model="polynomial"))
    assert line["drift_order"] == 1
    assert "high_pass" not in line
    none = parameters(FirstLevelModel(drift_model=None))
    assert not {"drift_model", "drift_order", "high_pass"} & set(none)
    fir = parameters(FirstLevelModel(hrf_model="fir", fir_delays=[1, 2]))
    assert fir["fir_delays"] == [1, 2]


def test_parameters_of_designs_are_left_out_where_designs_were_given():
    found = parameters(FirstLevelModel(t_r=2.0), is_designed=True)
    assert not {"hrf_model", "drift_model", "high_pass", "slice_time_ref"} & set(found)
    assert (found["t_r"], found["noise_model"]) == (2.0, "ar1")


def test_a_group_has_its_parameters():
    found = parameters(SecondLevelModel(smoothing_fwhm=8.0), is_designed=True)
    assert found == {"missing": "drop-voxel", "smoothing_fwhm": 8.0}


def test_a_data_set_is_described_as_bids_wants(tmp_path):
    found = parsed(dataset_description("second", tmp_path / "none.json"))
    assert {"Name", "BIDSVersion", "DatasetType", "GeneratedBy"} == set(found)
    assert found["DatasetType"] == "derivative"
    (program,) = found["GeneratedBy"]
    assert (program["Name"], program["Version"]) == ("boldglm", __version__)
    assert "second level" in program["Description"]


def test_a_description_that_is_there_is_completed_once(tmp_path):
    path = tmp_path / "dataset_description.json"
    mine = {"Name": "mine", "GeneratedBy": [{"Name": "fMRIPrep"}], "Other": [1]}
    path.write_text(json.dumps(mine))
    found = dataset_description("first", path)
    assert [one["Name"] for one in found["GeneratedBy"]] == ["fMRIPrep", "boldglm"]
    assert {k: found[k] for k in ("Name", "Other")} == {"Name": "mine", "Other": [1]}
    path.write_text(json.dumps(found))
    assert dataset_description("first", path) is None
    assert len(dataset_description("second", path)["GeneratedBy"]) == 3


@pytest.mark.parametrize("listed", [{}, {"GeneratedBy": []}, {"GeneratedBy": "me"}])
def test_a_data_set_that_lists_no_programs_stays_as_it_is(tmp_path, listed):
    path = tmp_path / "dataset_description.json"
    path.write_text(json.dumps({"Name": "raw", **listed}))
    assert dataset_description("first", path) is None


@pytest.mark.parametrize("text", ["{half of", "[1, 2]", ""])
def test_a_description_that_cannot_be_read_is_told(tmp_path, text):
    path = tmp_path / "dataset_description.json"
    path.write_text(text)
    with pytest.raises(ValueError, match=r"description\.json is not a JSON obj"):
        dataset_description("first", path)


def test_a_table_says_how_its_clusters_were_found():
    found = parsed(table_description(OPTIONS, 3.29))
    assert found == {
        "Height control": "fpr",
        "\u03b1": 0.001,
        "Threshold (computed)": 3.29,
        "Cluster size threshold (voxels)": 5,
        "Minimum distance (mm)": 8.0,
        "Two-sided": True,
    }


def test_a_threshold_of_ones_own_and_one_that_nothing_reaches():
    found = parsed(table_description(with_control(None), 2.5))
    assert (found["Height control"], found["Threshold Z"]) == ("None", 2.5)
    assert "\u03b1" not in found
    nothing = parsed(table_description(with_control("fdr"), np.inf))
    assert nothing["Threshold (computed)"] is None
