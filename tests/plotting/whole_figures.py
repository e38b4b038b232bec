"""What every finished figure has to be."""

from matplotlib import pyplot as plt
from PIL import Image


def assert_nothing_is_cut_off(figure):
    """All that is drawn lies inside the figure, once it is laid out."""
    figure.draw_without_rendering()
    width, height = figure.get_size_inches()
    drawn = figure.get_tightbbox()
    where = f"from {drawn.min} to {drawn.max} in a figure of {width} by {height}"
    assert drawn.min.min() >= -0.02, where
    assert drawn.x1 <= width + 0.02, where
    assert drawn.y1 <= height + 0.02, where


def assert_written_and_closed(path):
    """The picture is whole, alone in its folder, and pyplot has no figure open."""
    with Image.open(path) as picture:
        picture.load()
        assert min(picture.size) > 100
        assert len(set(picture.convert("L").tobytes())) > 5
    assert [file.name for file in path.parent.iterdir()] == [path.name]
    assert plt.get_fignums() == []


def texts_of(ticks):
    return [tick.get_text() for tick in ticks]
