"""All fetchers: servers on bad days, folders of nilearn, folders for nilearn.

`internet` stands for the hosts of all data sets. What is compared with nilearn is what
it makes of the same files, without a network.
"""

import shutil

import numpy as np
import pandas as pd
import pytest
from tests.datasets import layouts
from tests.datasets.misbehaving_server import cut, page, stall, status, whole

from boldglm.datasets.fiac import fetch_fiac_first_level
from boldglm.datasets.language_localizer import fetch_language_localizer_demo_dataset
from boldglm.datasets.localizer import (
    fetch_localizer_button_task,
    fetch_localizer_calculation_task,
    fetch_localizer_contrasts,
)
from boldglm.datasets.localizer_first_level import fetch_localizer_first_level
from boldglm.datasets.openneuro import fetch_ds000030_urls, fetch_openneuro_dataset
from boldglm.datasets.spm import fetch_spm_auditory, fetch_spm_multimodal_fmri
from boldglm.exceptions import FetchError

ALL_MAPS = {
    "contrasts": [
        "left vs right button press",
        "calculation (auditory and visual cue)",
    ],
    "n_subjects": 3,
    "get_tmaps": True,
    "get_masks": True,
    "get_anats": True,
}
# Fetcher, its data set, and what it is called with
CALLS = [
    (fetch_spm_multimodal_fmri, "spm_multimodal_fmri", {}),
    (fetch_spm_auditory, "spm_auditory", {}),
    (fetch_fiac_first_level, "fiac", {}),
    (fetch_localizer_contrasts, "brainomics_localizer", ALL_MAPS),
    (fetch_localizer_calculation_task, "brainomics_localizer", {"n_subjects": 2}),
    (fetch_localizer_button_task, "brainomics_localizer", {}),
    (fetch_localizer_first_level, "localizer_first_level", {}),
    (fetch_language_localizer_demo_dataset, "language_localizer_demo", {}),
    (fetch_ds000030_urls, "ds000030", {}),
    (fetch_openneuro_dataset, "ds000030", {}),
]
each = pytest.mark.parametrize(
    ("fetcher", "name", "given"), CALLS, ids=[call[0].__name__ for call in CALLS]
)


def theirs(fetcher, *args, **kwargs):
    datasets = pytest.importorskip("nilearn.datasets")
    return getattr(datasets, fetcher.__name__)(*args, **kwargs)


def assert_same(ours, peer):
    """Equal values; their table of a design is our file of it."""
    if isinstance(peer, pd.DataFrame) and isinstance(ours, str):
        design = np.load(ours)
        np.testing.assert_array_equal(design["X"], peer.to_numpy())
        assert [name.decode() for name in design["conditions"]] == list(peer.columns)
    elif isinstance(peer, pd.DataFrame):
        pd.testing.assert_frame_equal(ours, peer)
    else:
        assert ours == peer
        assert type(ours) is type(peer)


def assert_same_data(ours, peer):
    if isinstance(peer, tuple):
        assert ours == peer
        return
    assert set(ours) == set(peer)
    for key in set(peer) - {"description"}:
        assert_same(ours[key], peer[key])
        assert getattr(ours, key) is ours[key]


def served(internet, name):
    internet.files.update(layouts.remote(name))
    return internet


@each
def test_a_folder_that_is_there_needs_no_network(
    fetcher, name, given, tmp_path, offline
):
    layouts.write(name, tmp_path)
    before = layouts.files_of(tmp_path)
    data = fetcher(data_dir=tmp_path, verbose=0, **given)
    assert layouts.files_of(tmp_path) == before
    if not isinstance(data, tuple):
        assert "Licence: " in data.description
        assert "Please cite: " in data.description


@each
def test_nilearn_reads_the_same_from_the_same_folder(
    fetcher, name, given, tmp_path, offline
):
    layouts.write(name, tmp_path)
    ours = fetcher(data_dir=str(tmp_path), verbose=0, **given)
    assert_same_data(ours, theirs(fetcher, data_dir=str(tmp_path), verbose=0, **given))


@each
def test_what_we_have_fetched_nilearn_uses(fetcher, name, given, tmp_path, internet):
    served(internet, name)
    ours = fetcher(data_dir=str(tmp_path), verbose=0, **given)
    asked = len(internet.requests)
    assert asked
    peer = theirs(fetcher, data_dir=str(tmp_path), verbose=0, **given)
    assert len(internet.requests) == asked
    assert_same_data(ours, peer)


@each
def test_what_nilearn_has_fetched_we_use(fetcher, name, given, tmp_path, internet):
    served(internet, name)
    peer = theirs(fetcher, data_dir=str(tmp_path), verbose=0, **given)
    asked = len(internet.requests)
    assert asked
    ours = fetcher(data_dir=str(tmp_path), verbose=0, **given)
    assert len(internet.requests) == asked
    assert_same_data(ours, peer)


@each
def test_both_fetch_the_same_files(fetcher, name, given, tmp_path, internet):
    served(internet, name)
    fetcher(data_dir=tmp_path / "ours", verbose=0, **given)
    theirs(fetcher, data_dir=str(tmp_path / "theirs"), verbose=0, **given)
    peer = layouts.files_of(tmp_path / "theirs")
    peer = {path: data for path, data in peer.items() if path != "README.md"}
    assert layouts.files_of(tmp_path / "ours") == peer


@each
def test_a_readonly_folder_with_the_files_is_used(
    fetcher, name, given, readonly_folder, offline
):
    folder, close = readonly_folder
    layouts.write(name, folder)
    close()
    before = layouts.files_of(folder)
    fetcher(data_dir=folder, verbose=0, **given)
    assert layouts.files_of(folder) == before


@each
def test_bad_days_of_every_server_are_got_over(
    fetcher, name, given, tmp_path, internet
):
    """Each address: a number, a third of the file, silence once, and then the rest."""
    layouts.write(name, tmp_path / "expected")
    served(internet, name)
    silences = [stall(9, 0.6)]
    for path, body in internet.files.items():
        bad = [status(500), cut(len(body) // 3), *silences]
        internet.plans[path] = [*bad, whole()]
        silences.clear()
    fetcher(data_dir=tmp_path / "found", verbose=0, **given)
    expected = layouts.files_of(tmp_path / "expected")
    found = layouts.files_of(tmp_path / "found")
    assert found == {path: expected[path] for path in found}
    assert fetcher(data_dir=tmp_path / "found", verbose=0, **given)


@each
@pytest.mark.parametrize(
    "plan", [[status(404)] * 9, [status(500)] * 9, [page()] * 9, [cut(0)] * 9]
)
def test_servers_that_have_nothing_leave_nothing(
    fetcher, name, given, tmp_path, internet, plan
):
    served(internet, name)
    for path in internet.files:
        internet.plans[path] = list(plan)
    with pytest.raises(FetchError, match="On a machine with access, either"):
        fetcher(data_dir=tmp_path, verbose=0, **given)
    found = layouts.files_of(tmp_path)
    assert {path for path in found if not path.endswith((".part", ".json"))} == set()


@each
def test_without_a_network_the_error_says_what_to_do(
    fetcher, name, given, tmp_path, offline, patience
):
    with pytest.raises(FetchError) as told:
        fetcher(data_dir=tmp_path, verbose=0, **given)
    text = str(told.value)
    for part in ("name resolution", "https://", str(tmp_path), "Licence", "Missing in"):
        assert part in text
    assert layouts.files_of(tmp_path) == {}


@pytest.mark.parametrize("name", ["spm_multimodal_fmri", "fiac"])
def test_archives_may_be_put_there_by_hand(name, tmp_path, offline, patience):
    """At the places that the error tells."""
    fetcher = {call[1]: call[0] for call in CALLS}[name]
    with pytest.raises(FetchError) as told:
        fetcher(data_dir=tmp_path, verbose=0)
    lines = str(told.value).splitlines()
    for at, line in enumerate(lines):
        if line.startswith("    as "):
            url = lines[at - 1].strip().removeprefix("https://")
            place = line.removeprefix("    as ").partition(" (")[0]
            (tmp_path / place).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / place).write_bytes(layouts.remote(name)[url])
    fetcher(data_dir=tmp_path, verbose=0)
    assert not list(tmp_path.rglob("*.zip"))
    assert not list(tmp_path.rglob("*.tar.gz"))


def test_the_second_address_is_asked_where_the_first_has_nothing(tmp_path, internet):
    served(internet, "language_localizer_demo")
    internet.plans["osf.io/nh987/download"] = [status(404)]
    data = fetch_language_localizer_demo_dataset(tmp_path, 0)
    assert len(data.func) == 3
    assert len(internet.asked("osf.io/3dj2a/download")) == 1


def test_the_data_directory_may_be_named_by_a_variable(tmp_path, offline, monkeypatch):
    layouts.write("spm_auditory", tmp_path)
    monkeypatch.setenv("BOLDGLM_DATA", str(tmp_path))
    data = fetch_spm_auditory(verbose=0)
    assert data.anat.startswith(str(tmp_path))
    shutil.rmtree(tmp_path / "spm_auditory")
