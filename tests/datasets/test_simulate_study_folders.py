"""A simulated study is whole or not there, and nothing is written over."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from tests.datasets.studies import PLACES, SETTINGS, files_of, write

from boldglm.datasets import NoiseSettings, RunSettings, make_brain, simulate_study

SMALL = {"n_subjects": 1, "n_runs": 1}


@pytest.fixture(scope="module")
def brain():
    return make_brain(8.0)


def test_a_study_that_is_there_is_left_as_it_is(brain, tmp_path, monkeypatch):
    first = write(tmp_path / "x", brain, **SMALL)
    monkeypatch.setattr(simulate_study, "_write_study", None)  # nobody needs it
    (first.folder / "notes").write_text("read")
    before = files_of(first.folder)
    again = write(tmp_path / "x", brain, **SMALL)
    assert again == first
    assert files_of(first.folder) == before


@pytest.mark.parametrize(
    "name", ["README", "sub-01/func/sub-01_task-demo_run-1_events.tsv"]
)
def test_a_damaged_study_is_refused_and_kept(brain, tmp_path, name):
    folder = write(tmp_path / "x", brain, **SMALL).folder
    (folder / name).unlink()
    before = files_of(folder)
    with pytest.raises(FileExistsError, match=f"and {name} is missing or dam.* delete"):
        write(folder, brain, **SMALL)
    assert files_of(folder) == before


@pytest.mark.parametrize(
    "other",
    [
        {"seed": 4},
        {"n_runs": 2},
        {"n_subjects": 2},
        {"noise": NoiseSettings()},
        {"settings": replace(SETTINGS, block=10.0)},
        {"activations": PLACES[:1]},
        {"brain": make_brain(10.0)},
        {"brain": replace(make_brain(8.0), baseline=np.ones((20, 25, 20), np.float32))},
    ],
)
def test_another_study_that_is_there_is_refused_and_kept(brain, tmp_path, other):
    folder = tmp_path / "x"
    small = {"n_subjects": 1, "n_runs": 1, "settings": RunSettings(n_scans=60)}
    write(folder, brain, **small)
    before = files_of(folder)
    with pytest.raises(FileExistsError, match="x is there, simulated in another way"):
        write(folder, **({"brain": brain} | small | other))
    assert files_of(folder) == before
    assert [path.name for path in tmp_path.iterdir()] == ["x"]


def test_a_folder_of_something_else_is_refused_and_kept(brain, tmp_path):
    (tmp_path / "measured.txt").write_text("years of work")
    with pytest.raises(
        FileExistsError, match=r"is there, and was not simulated.* another folder"
    ):
        write(tmp_path, brain)
    assert list(files_of(tmp_path)) == ["measured.txt"]


def test_a_file_of_that_name_is_refused(brain, tmp_path):
    (tmp_path / "x").write_text("years of work")
    with pytest.raises(FileExistsError, match="x is a file, not a folder"):
        write(tmp_path / "x", brain)


def test_an_empty_folder_is_filled(brain, tmp_path):
    study = write(str(tmp_path), brain, **SMALL)
    assert study.folder == tmp_path
    assert study.bold[0][0].is_file()


def test_the_folder_where_one_is_is_filled_and_stays(brain, tmp_path, monkeypatch):
    """It is the same folder still, not another of the same name."""
    monkeypatch.chdir(tmp_path)
    before = tmp_path.stat()
    study = write(".", brain, **SMALL)
    assert study.folder == tmp_path
    assert Path("README").is_file()
    assert Path.cwd() == tmp_path
    assert tmp_path.stat().st_ino == before.st_ino
    assert not list(tmp_path.glob(".simul*"))
    assert write(".", brain, **SMALL) == study


@pytest.mark.parametrize("there", [True, False])
def test_a_file_that_appears_while_a_study_is_simulated_is_kept(
    brain, tmp_path, monkeypatch, there
):
    def interrupted(draft, plan):
        original(draft, plan)
        folder.mkdir(exist_ok=True)
        (folder / "measured.txt").write_text("years of work")

    folder = tmp_path / "x"
    if there:
        folder.mkdir()
    original = simulate_study._write_study
    monkeypatch.setattr(simulate_study, "_write_study", interrupted)
    with pytest.raises(FileExistsError, match="is there, and was not simulated"):
        write(folder, brain, **SMALL)
    assert files_of(tmp_path) == {"x/measured.txt": b"years of work"}
    assert [path.name for path in tmp_path.iterdir()] == ["x"]


def test_a_link_to_nothing_is_refused(brain, tmp_path):
    (tmp_path / "x").symlink_to(tmp_path / "gone")
    with pytest.raises(FileExistsError, match="x is a link to nothing"):
        write(tmp_path / "x", brain)
    assert not (tmp_path / "gone").exists()


def test_half_a_study_is_never_there(brain, tmp_path, monkeypatch):
    def fail(*args):
        seen.extend(path.name for path in tmp_path.iterdir())
        msg = "disk full"
        raise OSError(28, msg)

    seen = []
    monkeypatch.setattr(simulate_study, "write_truth_of_run", fail)
    with pytest.raises(OSError, match="disk full"):
        write(tmp_path / "x", brain, **SMALL)
    assert seen
    assert "x" not in seen
    assert not list(tmp_path.iterdir())


def test_another_process_may_be_faster(brain, tmp_path, monkeypatch):
    """Both wanted the same: what the other wrote is taken."""

    def slow(folder, plan):
        if not running:
            running.append(folder)
            write(tmp_path / "x", brain, **SMALL)
        original(folder, plan)

    running = []
    original = simulate_study._write_study
    monkeypatch.setattr(simulate_study, "_write_study", slow)
    study = write(tmp_path / "x", brain, **SMALL)
    assert study.bold[0][0].is_file()
    assert [path.name for path in tmp_path.iterdir()] == ["x"]
