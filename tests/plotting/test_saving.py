import pytest
from matplotlib.figure import Figure

from boldglm.plotting.saving import save_figure


@pytest.fixture
def figure():
    figure = Figure(figsize=(2, 1))
    figure.add_subplot().plot([0, 1])
    return figure


@pytest.mark.parametrize(
    ("name", "magic"), [("a.png", b"\x89PNG"), ("a.pdf", b"%PDF"), ("a.svg", b"<?xml")]
)
def test_the_ending_chooses_the_format(figure, tmp_path, name, magic):
    path = save_figure(figure, str(tmp_path / name))
    assert path.read_bytes().startswith(magic)
    assert [file.name for file in tmp_path.iterdir()] == [name]


def test_an_unknown_ending_is_refused(figure, tmp_path):
    with pytest.raises(ValueError, match=r"written as 'a.bmp3': .* one of .*\.png"):
        save_figure(figure, tmp_path / "a.bmp3")


def test_a_missing_folder_is_named(figure, tmp_path):
    with pytest.raises(FileNotFoundError, match=r"folder '.*nowhere' does not exist"):
        save_figure(figure, tmp_path / "nowhere" / "a.png")


def test_a_failure_leaves_the_old_picture_and_no_other(figure, tmp_path, monkeypatch):
    path = save_figure(figure, tmp_path / "a.png")
    before = path.read_bytes()

    def fail(file, **_):
        file.write_bytes(b"half a pict")
        message = "disk full"
        raise OSError(message)

    monkeypatch.setattr(figure, "savefig", fail)
    with pytest.raises(OSError, match="disk full"):
        save_figure(figure, path)
    assert path.read_bytes() == before
    assert [file.name for file in tmp_path.iterdir()] == ["a.png"]
