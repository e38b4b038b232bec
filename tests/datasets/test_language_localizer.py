import pytest
from tests.datasets import layouts

from boldglm.datasets.language_localizer import fetch_language_localizer_demo_dataset


def test_a_half_of_it_is_not_taken_for_all(tmp_path, internet):
    """As an unpacking leaves that was stopped."""
    internet.files.update(layouts.remote("language_localizer_demo"))
    layouts.write("language_localizer_demo", tmp_path)
    whole = layouts.files_of(tmp_path)
    next(tmp_path.rglob("*_bold.nii.gz")).unlink()
    fetch_language_localizer_demo_dataset(tmp_path, 0)
    assert layouts.files_of(tmp_path) == whole


@pytest.mark.parametrize("name", ["README", ".boldglm-download.lock"])
def test_all_files_of_the_folder_are_told(tmp_path, offline, name):
    layouts.write("language_localizer_demo", tmp_path)
    folder = tmp_path / "fMRI-language-localizer-demo-dataset"
    (folder / name).write_text("mine")
    data = fetch_language_localizer_demo_dataset(tmp_path, 0)
    assert (str(folder / name) in data.func) is (name == "README")
    assert data.func == sorted(data.func)
    assert data.data_dir == str(folder)
