"""Many figures one after the other leave nothing behind."""

import gc
import tracemalloc

import pytest
from matplotlib import pyplot as plt
from tests.plotting.phantoms import body, marker_map

from boldglm.plotting import plot_glass_brain, plot_stat_map

N_FIGURES = 200


def one_of_each(img, background, folder):
    """A figure for a file, one on screen that is closed, and one after an error."""
    options = {"colorbar": True, "title": "again"}
    plot_stat_map(img, background, output_file=folder / "cuts.png", **options)
    plot_glass_brain(img, output_file=folder / "looks.png", **options)
    for display in (
        plot_stat_map(img, background, **options),
        plot_glass_brain(img, **options),
    ):
        display.frame_axes.figure.draw_without_rendering()
        display.close()
    with pytest.raises(TypeError, match=r"nonsense.*check its spelling"):
        plot_stat_map(img, background, nonsense=1)


@pytest.mark.slow
def test_200_figures_leave_no_figure_and_no_memory(tmp_path):
    img, background = marker_map(), body()
    for _ in range(5):
        one_of_each(img, background, tmp_path)
    gc.collect()
    tracemalloc.start()
    try:
        held = []
        for _ in range(4):
            for _ in range(N_FIGURES // 16):
                one_of_each(img, background, tmp_path)
            gc.collect()
            held.append(tracemalloc.get_traced_memory()[0])
    finally:
        tracemalloc.stop()
    assert plt.get_fignums() == []
    # a figure takes about a megabyte: not one in a hundred may stay
    assert held[-1] - held[0] < 300_000, held


@pytest.mark.parametrize("plot", [plot_stat_map, plot_glass_brain])
def test_a_figure_is_gone_with_the_last_that_holds_it(plot, tmp_path):
    import weakref

    display = plot(marker_map(), title="gone")
    display.frame_axes.figure.canvas.draw()
    figure = weakref.ref(display.frame_axes.figure)
    display.close()
    del display
    gc.collect()
    assert figure() is None
