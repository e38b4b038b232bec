"""Simulated data say so, and stay apart from measured ones.

The files are those of the simulators: the mark is theirs.
"""

import os

import pytest
from tests.datasets import layouts
from tests.datasets.test_fetchers import CALLS

from boldglm import datasets
from boldglm.datasets.registry import dataset
from boldglm.datasets.simulation_mark import (
    is_simulated,
    refuse_simulated,
    told_description,
)
from boldglm.exceptions import FetchError

BUTTON = ["left vs right button press"]


@pytest.fixture(scope="module")
def simulated(tmp_path_factory):
    """The folder for a fetcher; nothing in it is changed."""
    root = tmp_path_factory.mktemp("simulated")
    datasets.simulate_localizer_contrasts(root, 3, voxel_size=12)
    datasets.simulate_fiac_first_level(root, voxel_size=12)
    return root


def test_a_simulation_begins_its_description_with_that(simulated, offline, caplog):
    caplog.set_level("INFO", "boldglm")
    home = simulated / "brainomics_localizer"
    data = datasets.fetch_localizer_contrasts(BUTTON, 3, data_dir=simulated)
    assert data.description.startswith(
        "SIMULATED by boldglm.datasets.simulate_localizer_contrasts (n_subjects=3, "
        "voxel_size=12.0, seed=0): nothing in it was measured. What an analysis should "
        f"find is in {home / 'truth'}."
    )
    assert "data set 'brainomics_localizer'" in data.description
    assert "cite" not in data.description
    assert caplog.messages == [
        f"{home} is simulated by boldglm.datasets.simulate_localizer_contrasts: "
        "nothing in it was measured"
    ]


def test_asked_to_say_nothing_it_is_still_described(simulated, offline, caplog):
    caplog.set_level("INFO", "boldglm")
    data = datasets.fetch_fiac_first_level(simulated, verbose=0)
    assert data.description.startswith(
        "SIMULATED by boldglm.datasets.simulate_fiac_first_level (voxel_size=12.0, seed"
    )
    assert caplog.messages == []


@pytest.mark.parametrize(
    ("fetcher", "name", "given"),
    CALLS[:8],
    ids=[call[0].__name__ for call in CALLS[:8]],
)
def test_every_fetcher_looks_for_the_mark(fetcher, name, given, tmp_path, offline):
    layouts.write(name, tmp_path)
    home = tmp_path / dataset(name).folders[0]
    (home / "truth").mkdir()
    (home / "truth" / "truth.json").write_text('{"simulated_by": "me"}')
    data = fetcher(data_dir=tmp_path, verbose=0, **given)
    assert data.description.startswith("SIMULATED by me: nothing in it was measured.")


@pytest.mark.parametrize(
    ("contrasts", "n_subjects", "lacks"),
    [
        (BUTTON, 5, f"S04/cmaps_{layouts.MAP}.nii.gz, brainomics_data/S05/"),
        (BUTTON, None, "and 88 more"),
        (["checkerboard"], 1, "S01/cmaps_Checkerboard.nii.gz, and"),
    ],
)
def test_what_a_simulation_lacks_is_not_fetched(
    simulated, internet, contrasts, n_subjects, lacks
):
    before = layouts.files_of(simulated)
    with pytest.raises(FetchError) as told:
        datasets.fetch_localizer_contrasts(contrasts, n_subjects, data_dir=simulated)
    text = str(told.value)
    assert text.startswith(
        f"{simulated}/brainomics_localizer is a simulation of 3 subjects for the data "
        "set 'brainomics_localizer', by boldglm.datasets.simulate_localizer_contrasts. "
        "It lacks brainomics_data/S0"
    )
    assert lacks in text
    assert "delete it, or simulate more" in text
    assert internet.requests == []
    assert layouts.files_of(simulated) == before


def test_without_its_index_nothing_is_asked_for_either(tmp_path, internet):
    datasets.simulate_localizer_contrasts(tmp_path, 2, voxel_size=12)
    (tmp_path / "brainomics_localizer" / "download").write_text("damaged")
    with pytest.raises(FetchError, match="is a simulation of 2 subjects"):
        datasets.fetch_localizer_contrasts(BUTTON, 3, data_dir=tmp_path)
    assert internet.requests == []
    assert (tmp_path / "brainomics_localizer" / "download").is_file()


def test_measured_maps_elsewhere_come_first(simulated, tmp_path, offline):
    layouts.write("brainomics_localizer", tmp_path)
    both = os.pathsep.join([str(simulated), str(tmp_path)])
    calculation = ["calculation (auditory and visual cue)"]
    data = datasets.fetch_localizer_contrasts(calculation, 2, data_dir=both)
    assert data.cmaps[0].startswith(str(tmp_path))
    assert "Please cite" in data.description


def test_a_damaged_simulation_is_not_repaired_with_measured_files(tmp_path, internet):
    datasets.simulate_fiac_first_level(tmp_path, voxel_size=12)
    internet.files.update(layouts.remote("fiac"))
    next(tmp_path.rglob("mask.nii.gz")).unlink()
    with pytest.raises(FetchError, match=r"is a simulation for .* lacks .*mask\.nii"):
        datasets.fetch_fiac_first_level(tmp_path, verbose=0)
    assert internet.requests == []


@pytest.mark.parametrize("content", ["", "[]", "{"])
def test_a_mark_that_cannot_be_read_is_one(tmp_path, content):
    (tmp_path / "truth").mkdir()
    (tmp_path / "truth" / "truth.json").write_text(content)
    fiac = dataset("fiac")
    assert is_simulated(tmp_path)
    assert told_description(fiac, tmp_path, 0).startswith("SIMULATED by boldglm.data")
    refuse_simulated(fiac, tmp_path, [])
    with pytest.raises(FetchError, match="is a simulation for the data set 'fiac'"):
        refuse_simulated(fiac, tmp_path, ["mask.nii.gz"])


def test_a_measured_folder_is_none(tmp_path):
    (tmp_path / "truth").mkdir()
    assert not is_simulated(tmp_path)
    refuse_simulated(dataset("fiac"), tmp_path, ["mask.nii.gz"])
