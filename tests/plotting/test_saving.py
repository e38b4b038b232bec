from io import BytesIO

import pytest
from matplotlib import rc_context
from matplotlib.figure import Figure
from PIL import Image

from boldglm.plotting.saving import check_output_file, save_figure


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


@pytest.mark.parametrize("form", ["png", "pdf", "svg"])
def test_a_stream_takes_the_format_that_is_named(figure, form):
    stream = BytesIO()
    assert save_figure(figure, stream, format=form) is None
    magic = {"png": b"\x89PNG", "pdf": b"%PDF", "svg": b"<?xml"}[form]
    assert stream.getvalue().startswith(magic)


def test_dots_per_inch_are_as_asked_for_or_those_of_the_figure(figure, tmp_path):
    figure.set_dpi(60)
    sizes = []
    for dpi in (None, 30, 200):
        with Image.open(save_figure(figure, tmp_path / "a.png", dpi=dpi)) as picture:
            sizes.append(picture.size)
    assert sizes[1:] == [(60, 30), (400, 200)]
    with rc_context({"savefig.dpi": 75}):
        save_figure(figure, tmp_path / "a.png")
    with Image.open(tmp_path / "a.png") as picture:
        assert picture.size == (150, 75)


def test_a_picture_is_compressed_as_the_user_says(figure, tmp_path):
    figure.axes[0].imshow([[0, 1], [1, 0]])
    usual = save_figure(figure, tmp_path / "a.png").stat().st_size
    options = {"pil_kwargs": {"compress_level": 0}}
    assert save_figure(figure, tmp_path / "b.png", **options).stat().st_size > usual


def test_the_home_folder_can_be_written_short(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    assert check_output_file("~/a.png") == tmp_path / "a.png"


def test_capital_endings_are_endings(figure, tmp_path):
    assert save_figure(figure, tmp_path / "A.PNG").read_bytes()[1:4] == b"PNG"


@pytest.mark.parametrize("name", ["picture", "a.", "a.txt", "a.nii.gz"])
def test_a_name_without_a_known_ending_is_refused_before_any_work(name):
    with pytest.raises(ValueError, match="cannot be written as"):
        check_output_file(name)


def test_a_figure_is_laid_out_as_matplotlib_does_it_and_keeps_its_engine(tmp_path):
    pictures = []
    for write in (save_figure, Figure.savefig):
        figure = Figure(figsize=(3, 2), layout="constrained")
        axes = figure.add_subplot()
        axes.set(xlabel="time (s)", ylabel="signal", title="two\nlines")
        figure.colorbar(axes.imshow([[0, 1], [2, 3]]), label="z")
        engine = figure.get_layout_engine()
        write(figure, tmp_path / "one.png")
        assert figure.get_layout_engine() is engine
        pictures.append(Image.open(tmp_path / "one.png").tobytes())
    assert pictures[0] == pictures[1]


@pytest.mark.parametrize("wrong", [None, 3, ["a.png"]])
def test_what_is_no_path_is_told(figure, wrong):
    with pytest.raises(TypeError, match="expected the path of the figure"):
        save_figure(figure, wrong)
