import atexit
from pathlib import Path

import pandas as pd
import pytest
from tests.datasets import layouts

from boldglm._base.errors import EventsError, FetchError
from boldglm.datasets.spm import fetch_spm_auditory, fetch_spm_multimodal_fmri


@pytest.fixture
def home(tmp_path, offline):
    layouts.write("spm_multimodal_fmri", tmp_path)
    return tmp_path / "spm_multimodal_fmri" / "sub001"


def test_there_are_two_runs_of_390_volumes_in_order(home, tmp_path):
    data = fetch_spm_multimodal_fmri(tmp_path, verbose=0)
    for run, files in enumerate((data.func1, data.func2), start=1):
        assert len(files) == 390
        assert files[0].endswith(
            f"Session{run}/fMETHODS-000{run + 4}-00001-000001-01.img"
        )
        assert files[-1].endswith("-00390-000390-01.img")
    assert (data.t_r, data.slice_order) == (2, "descending")


def test_onsets_in_scans_become_a_table_in_seconds(home, tmp_path):
    tables = [home / "fMRI" / f"session{run}_events.tsv" for run in (1, 2)]
    expected = [table.read_bytes() for table in tables]
    for table in tables:
        table.unlink()
    data = fetch_spm_multimodal_fmri(tmp_path, verbose=0)
    assert [table.read_bytes() for table in tables] == expected
    assert (data.events1, data.events2) == tuple(map(str, tables))
    read = pd.read_table(data["events1"])
    assert list(read.columns) == ["trial_type", "onset", "duration"]
    assert set(read["trial_type"]) == {"faces", "scrambled"}
    assert set(read["duration"]) == {1.0}
    assert read["onset"].max() > 390  # s, of a run of 780 s


def test_divergence_a_table_that_is_there_is_kept(home, tmp_path):
    table = home / "fMRI" / "session1_events.tsv"
    table.write_text("trial_type\tonset\tduration\nmine\t1.0\t2.0\n")
    data = fetch_spm_multimodal_fmri(tmp_path, verbose=0)
    assert list(pd.read_table(data.events1)["trial_type"]) == ["mine"]


def test_divergence_where_nothing_can_be_written_tables_are_elsewhere(
    readonly_folder, offline, caplog, monkeypatch
):
    at_the_end = []
    monkeypatch.setattr(atexit, "register", lambda *do, **_: at_the_end.append(do))
    folder, close = readonly_folder
    layouts.write("spm_multimodal_fmri", folder)
    tables = sorted(folder.rglob("*_events.tsv"))
    expected = [table.read_bytes() for table in tables]
    for table in tables:
        table.unlink()
    close()
    caplog.set_level("INFO", "boldglm")
    data = fetch_spm_multimodal_fmri(folder, verbose=1)
    for key, content in zip(("events1", "events2"), expected, strict=True):
        assert not data[key].startswith(str(folder))
        with open(data[key], "rb") as table:  # noqa: PTH123
            assert table.read() == content
    assert "is read-only: events are in" in caplog.text
    for remove, folder in at_the_end:
        remove(folder)
    assert not Path(data["events1"]).exists()
    assert not Path(data["events2"]).exists()


@pytest.mark.parametrize("content", [b"MATLAB", b"x" * 5000])
def test_onsets_that_cannot_be_read_are_told(home, tmp_path, content):
    (home / "fMRI" / "trials_ses2.mat").write_bytes(content)
    (home / "fMRI" / "session2_events.tsv").unlink()
    with pytest.raises(EventsError, match=r"trials_ses2\.mat cannot be read"):
        fetch_spm_multimodal_fmri(tmp_path, verbose=0)


def test_a_scan_that_is_missing_and_cannot_be_fetched_is_named(
    home, tmp_path, patience
):
    scan = home / "fMRI" / "Session2" / "fMETHODS-0006-00200-000200-01.img"
    scan.unlink()
    with pytest.raises(FetchError) as told:
        fetch_spm_multimodal_fmri(tmp_path, verbose=0)
    assert f"390 files, 389 found: not {scan.name})" in str(told.value)


@pytest.mark.parametrize("name", ["../spm", "a/b", "/spm", "a\\b", "c:", "", ".", ".."])
@pytest.mark.parametrize("fetcher", [fetch_spm_multimodal_fmri, fetch_spm_auditory])
def test_divergence_the_name_of_the_folder_is_no_path(tmp_path, offline, fetcher, name):
    with pytest.raises(ValueError, match=r"data_name is .*; expected the name of a fo"):
        fetcher(tmp_path, name, 0)
    assert list(tmp_path.iterdir()) == []


def test_the_name_of_the_folder_is_text(tmp_path):
    with pytest.raises(TypeError, match="data_name is 7; expected the name"):
        fetch_spm_auditory(tmp_path, 7)


def test_another_name_of_the_folder_is_told(tmp_path, offline, patience):
    with pytest.raises(FetchError) as told:
        fetch_spm_auditory(tmp_path, "words", 0)
    assert "data set 'spm_auditory' cannot be" in str(told.value)
    assert "copy its folder 'words' here" in str(told.value)
    assert f"as {tmp_path}/words/MoAEpilot.bids.zip" in str(told.value)


def test_a_scan_that_is_missing_is_fetched(tmp_path, internet):
    layouts.write("spm_multimodal_fmri", tmp_path)
    internet.files.update(layouts.remote("spm_multimodal_fmri"))
    scan = next(tmp_path.rglob("fMETHODS-0006-00200-*.img"))
    scan.unlink()
    fetch_spm_multimodal_fmri(tmp_path, verbose=0)
    assert scan.exists()
    assert [path.rpartition("/")[2] for path, _ in internet.requests] == [
        "multimodal_fmri.zip"
    ]


def test_the_folder_may_have_another_name(tmp_path, offline):
    layouts.write("spm_auditory", tmp_path)
    (tmp_path / "spm_auditory").rename(tmp_path / "words")
    data = fetch_spm_auditory(tmp_path, "words", 0)
    assert data.anat == str(tmp_path / "words/MoAEpilot/sub-01/anat/sub-01_T1w.nii")
    assert [path.rpartition("_")[2] for path in data.func] == ["bold.nii"]
    assert data.events.endswith("_events.tsv")
    assert data.t_r == 7.0
