import json
import os

import pytest
from tests.datasets import layouts
from tests.datasets.misbehaving_server import cut, status

from boldglm._base.errors import FetchError
from boldglm.datasets.localizer import (
    fetch_localizer_button_task,
    fetch_localizer_calculation_task,
    fetch_localizer_contrasts,
)
from boldglm.datasets.localizer_contrasts import _BY_WORDS, contrast_file_names

BUTTON = ["left vs right button press"]


@pytest.fixture
def root(tmp_path, offline):
    return layouts.write("brainomics_localizer", tmp_path)


def names(paths):
    return ["/".join(path.split("/")[-2:]) for path in paths]


def test_maps_come_subject_by_subject(root):
    data = fetch_localizer_contrasts(
        [*BUTTON, "auditory&visual calculation"], 2, get_tmaps=True, data_dir=root
    )
    pair = [layouts.MAP, layouts.CALCULATION]
    assert names(data["cmaps"]) == [
        f"S0{at}/cmaps_{name}.nii.gz" for at in (1, 2) for name in pair
    ]
    assert names(data["tmaps"]) == [
        f"S0{at}/tmaps_{name}.nii.gz" for at in (1, 2) for name in pair
    ]
    assert set(data) == {"cmaps", "tmaps", "ext_vars", "description"}


def test_subjects_may_be_chosen(root):
    data = fetch_localizer_contrasts(BUTTON, [3, 1], data_dir=root, verbose=0)
    assert [path.split("/")[-2] for path in data.cmaps] == ["S03", "S01"]


def test_the_page_takes_names_from_rows(root):
    data = fetch_localizer_contrasts(BUTTON, 2, get_tmaps=True, data_dir=root)
    subjects = [subject_data[0] for subject_data in data["ext_vars"]]
    assert subjects == ["S01", "S02"]


def test_what_is_known_of_subjects_is_in_their_order(root):
    data = fetch_localizer_contrasts(BUTTON, [2, 3, 1], data_dir=root, verbose=0)
    assert list(data.ext_vars["participant_id"]) == ["S02", "S01"]
    assert list(data.ext_vars["age"]) == [24, 31]
    assert data.ext_vars["pseudo"].isna().tolist() == [True, False]


def test_wrappers_fetch_one_contrast(root):
    button = fetch_localizer_button_task(root, 0)
    assert names([button.tmap, button.anat]) == [
        f"S02/tmaps_{layouts.MAP}.nii.gz",
        "S02/normalized_T1_anat_defaced.nii.gz",
    ]
    assert names(fetch_localizer_calculation_task(data_dir=root).cmaps) == [
        f"S01/cmaps_{layouts.CALCULATION}.nii.gz"
    ]


def test_files_that_are_there_need_no_index(root):
    (root / "brainomics_localizer" / "download").unlink()
    data = fetch_localizer_contrasts(BUTTON, 3, data_dir=root, verbose=0)
    assert len(data.cmaps) == 3


def test_only_what_is_missing_is_asked_for(tmp_path, internet):
    internet.files.update(layouts.remote("brainomics_localizer"))
    layouts.write("brainomics_localizer", tmp_path)
    gone = (
        tmp_path
        / f"brainomics_localizer/brainomics_data/S02/cmaps_{layouts.MAP}.nii.gz"
    )
    content = gone.read_bytes()
    gone.unlink()
    fetch_localizer_contrasts(BUTTON, 3, get_tmaps=True, data_dir=tmp_path, verbose=0)
    assert gone.read_bytes() == content
    assert len(internet.requests) == 1


def test_after_an_error_the_next_call_goes_on(tmp_path, internet):
    internet.files.update(layouts.remote("brainomics_localizer"))
    third = f"osf.io/download/S03cmaps{len(layouts.MAP)}/"
    internet.plans[third] = [status(404)]
    with pytest.raises(FetchError, match=r"Missing in .*S03/cmaps_Left"):
        fetch_localizer_contrasts(BUTTON, 3, data_dir=tmp_path, verbose=0)
    before = len(internet.requests)
    data = fetch_localizer_contrasts(BUTTON, 3, data_dir=tmp_path, verbose=0)
    assert len(data.cmaps) == 3
    # the third map and the two tables
    assert len(internet.requests) - before == 3


def edit_index(root, edit):
    path = root / "brainomics_localizer" / "download"
    index = json.loads(path.read_text())
    path.write_text(json.dumps({k: v for k, v in index.items() if edit(k)}))


def test_divergence_subjects_without_a_file_are_told(root):
    edit_index(root, lambda key: "sub-S02_mask" not in key)
    path = root / "brainomics_localizer/brainomics_data/S02/boolean_mask_mask.nii.gz"
    path.unlink()
    with pytest.warns(UserWarning, match="no masks of S02: they are left out of"):
        data = fetch_localizer_contrasts(BUTTON, 3, get_masks=True, data_dir=root)
    assert [path.split("/")[-2] for path in data.masks] == ["S01", "S03"]
    assert len(data.cmaps) == 3


def test_a_folder_that_has_all_there_is_comes_first(root, tmp_path):
    edit_index(root, lambda key: "sub-S02_mask" not in key)
    path = root / "brainomics_localizer/brainomics_data/S02/boolean_mask_mask.nii.gz"
    path.unlink()
    (tmp_path / "empty" / "brainomics_localizer").mkdir(parents=True)
    both = os.pathsep.join([str(tmp_path / "empty"), str(root)])
    with pytest.warns(UserWarning, match="no masks of S02"):
        data = fetch_localizer_contrasts(BUTTON, 3, get_masks=True, data_dir=both)
    assert all(path.startswith(f"{root}/brainomics") for path in data.cmaps)


def test_a_missing_table_is_told(root):
    edit_index(root, lambda key: "participants" not in key)
    (root / "brainomics_localizer/brainomics_data/participants.tsv").unlink()
    with pytest.raises(FetchError, match=r"does not have .*participants\.tsv"):
        fetch_localizer_contrasts(BUTTON, 3, data_dir=root)


def test_a_damaged_index_is_fetched_again(tmp_path, internet):
    internet.files.update(layouts.remote("brainomics_localizer"))
    folder = tmp_path / "brainomics_localizer"
    folder.mkdir()
    (folder / "download").write_text("<html>")
    fetch_localizer_contrasts(BUTTON, 1, data_dir=tmp_path, verbose=0)
    assert isinstance(json.loads((folder / "download").read_text()), dict)


def test_an_index_that_is_none_is_told(tmp_path, internet):
    internet.files["osf.io/hwbm2/download"] = b"[]"
    with pytest.raises(FetchError, match="index of brainomics_localizer is no JSON"):
        fetch_localizer_contrasts(BUTTON, 1, data_dir=tmp_path, verbose=0)


@pytest.mark.parametrize("resume", [True, False])
def test_what_is_half_here_may_be_left(tmp_path, internet, resume):
    internet.files.update(layouts.remote("brainomics_localizer"))
    path = "osf.io/download/people/"
    internet.plans[path] = [cut(20, ranges=False)] * 5
    with pytest.raises(FetchError, match="ended after 20 of"):
        fetch_localizer_contrasts(BUTTON, 1, data_dir=tmp_path, verbose=0)
    fetch_localizer_contrasts(BUTTON, 1, data_dir=tmp_path, resume=resume, verbose=0)
    assert ("Range" in internet.asked(path)[-1]) is resume


def test_more_subjects_than_there_are_is_all_of_them(root):
    """Of whom this folder has three."""
    with (
        pytest.warns(UserWarning, match="n_subjects is 95: there are 94") as told,
        pytest.warns(UserWarning, match=r"no cmaps of S04, S05, .*S94: they are left"),
    ):
        data = fetch_localizer_contrasts(BUTTON, 95, data_dir=root, verbose=0)
    assert all(one.filename == __file__ for one in told)
    assert len(data.cmaps) == 3


@pytest.mark.parametrize("numbers", [0, -1, [0], [95], [1, 200], []])
def test_divergence_subjects_that_there_are_not_are_an_error(root, numbers):
    with pytest.raises(ValueError, match="a list of numbers from 1 to 94"):
        fetch_localizer_contrasts(BUTTON, numbers, data_dir=root)


@pytest.mark.parametrize("wrong", [1.5, "two", ["S01"]])
def test_numbers_of_subjects_are_whole(root, wrong):
    with pytest.raises((TypeError, ValueError), match="n_subjects"):
        fetch_localizer_contrasts(BUTTON, wrong, data_dir=root)


def test_a_contrast_that_there_is_not_is_told_with_those_there_are(root):
    with pytest.raises(ValueError, match="no contrast 'moon'") as told:
        fetch_localizer_contrasts(["moon", *BUTTON], 1, data_dir=root)
    assert "\n  left vs right button press\n" in str(told.value)
    with pytest.raises(TypeError, match="expected a list of names"):
        fetch_localizer_contrasts("checkerboard", 1, data_dir=root)


def test_contrasts_have_the_names_of_nilearn():
    func = pytest.importorskip("nilearn.datasets.func")
    assert _BY_WORDS == func.CONTRAST_NAME_WRAPPER
    originals = list(_BY_WORDS.values())
    assert contrast_file_names(_BY_WORDS) == contrast_file_names(originals)
