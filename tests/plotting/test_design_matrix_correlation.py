import numpy as np
import pandas as pd
import pytest
from matplotlib import pyplot as plt
from matplotlib.figure import Figure
from tests.plotting.whole_figures import (
    assert_nothing_is_cut_off,
    assert_written_and_closed,
    texts_of,
)

from boldglm._base.errors import DesignError
from boldglm.plotting.design_matrix_correlation import plot_design_matrix_correlation
from boldglm.plotting.number_text import true_minus


@pytest.fixture
def design(rng):
    values = rng.standard_normal((50, 4)) @ rng.standard_normal((4, 4))
    table = pd.DataFrame(values, columns=["a", "b", "c", "d"])
    return table.assign(drift_1=np.linspace(-1, 1, 50), drift_2=0.5, constant=1.0)


def shown(axes):
    return np.ma.filled(axes.images[0].get_array(), np.nan)


def test_the_numbers_are_correlations_of_what_is_left(design):
    axes = plot_design_matrix_correlation(design)
    expected = np.corrcoef(design[["a", "b", "c", "d"]].to_numpy(), rowvar=False)
    np.testing.assert_allclose(shown(axes), expected, atol=1e-14)
    assert texts_of(axes.get_xticklabels()) == ["a", "b", "c", "d"]
    assert texts_of(axes.get_yticklabels()) == ["a", "b", "c", "d"]


def test_numbers_and_names_are_those_of_the_peer(design):
    plotting = pytest.importorskip("nilearn.plotting")
    theirs = plotting.plot_design_matrix_correlation(design, tri="diag")
    axes = plot_design_matrix_correlation(design, tri="diag")
    np.testing.assert_allclose(
        shown(axes), np.ma.filled(theirs.get_array(), np.nan), atol=1e-12
    )
    assert texts_of(axes.get_xticklabels()) == texts_of(theirs.axes.get_xticklabels())


def test_colours_go_from_minus_1_to_1_whatever_the_design(design):
    axes = plot_design_matrix_correlation(design)
    assert axes.images[0].get_clim() == (-1.0, 1.0)
    bar = axes.figure.axes[1]
    assert bar.get_ylabel() == "correlation"
    assert bar.get_ylim() == (-1.0, 1.0)
    middle = axes.images[0].to_rgba(np.zeros((1, 1)))[0, 0, :3]
    assert middle.min() > 0.95


def test_colour_bar_only_on_request(design):
    assert len(plot_design_matrix_correlation(design, colorbar=False).figure.axes) == 1


def test_a_triangle_hides_the_other_one_and_nothing_else(design):
    axes = plot_design_matrix_correlation(design, tri="diag")
    (image,) = axes.images
    np.testing.assert_array_equal(
        np.ma.getmaskarray(image.get_array()), ~np.tri(4, dtype=bool)
    )
    np.testing.assert_array_equal(image.get_alpha(), np.tri(4))
    assert not axes.spines["top"].get_visible()
    assert len(axes.texts) == 10
    full = plot_design_matrix_correlation(design)
    assert full.spines["top"].get_visible()
    assert len(full.texts) == 16


def test_cells_say_their_number_if_there_are_few(design, rng):
    axes = plot_design_matrix_correlation(design)
    found = {text.get_position(): text.get_text() for text in axes.texts}
    for (row, column), value in np.ndenumerate(shown(axes)):
        assert found[column, row] == true_minus(f"{value:.2f}")
    many = pd.DataFrame(rng.standard_normal((30, 13)))
    assert not plot_design_matrix_correlation(many).texts


def test_a_regressor_that_is_constant_is_grey_and_silent(design):
    # What rounding leaves is no correlation either
    design["same"] = np.where(np.arange(50) % 3, 0.3, 0.1 + 0.2)
    axes = plot_design_matrix_correlation(design, tri="diag")
    values = shown(axes)
    assert np.isnan(values[4]).all()
    assert np.isfinite(values[:4, :4][np.tri(4, dtype=bool)]).all()
    (image,) = axes.images
    np.testing.assert_allclose(image.to_rgba(image.get_array())[4, 0, :3], 0.8)
    assert image.get_alpha()[4].all()


def test_regressors_of_any_size_have_their_correlation(design):
    tiny = design[["a", "b"]] * [1e-200, 1e200]
    expected = np.corrcoef(design[["a", "b"]].to_numpy(), rowvar=False)
    np.testing.assert_allclose(shown(plot_design_matrix_correlation(tiny)), expected)


def test_what_is_left_out_is_said(design):
    assert plot_design_matrix_correlation(design).get_xlabel() == (
        "without 3 drift and constant regressors"
    )
    less = design[["a", "b", "constant"]].rename(columns={"constant": "intercept"})
    assert "without 1 drift or" in plot_design_matrix_correlation(less).get_xlabel()
    assert plot_design_matrix_correlation(design[["a", "b"]]).get_xlabel() == ""


@pytest.mark.parametrize("names", [[0, 1, 2], [("a", 1), "$x", None]])
def test_names_may_be_anything(design, names):
    table = design[["a", "b", "c"]].set_axis(
        pd.Index(names, tupleize_cols=False), axis=1
    )
    axes = plot_design_matrix_correlation(table)
    assert texts_of(axes.get_xticklabels()) == [str(name) for name in names]


def test_a_single_regressor_correlates_with_itself(design):
    axes = plot_design_matrix_correlation(design[["a", "constant"]])
    assert shown(axes).tolist() == [[1.0]]


@pytest.mark.parametrize("cmap", ["RdBu_r", "bwr", "seismic_r", plt.get_cmap("bwr")])
def test_diverging_colour_maps_are_taken(design, cmap):
    (image,) = plot_design_matrix_correlation(design, cmap=cmap).images
    assert image.get_cmap().name == getattr(cmap, "name", cmap)


@pytest.mark.parametrize("cmap", ["viridis", "RdBu", plt.get_cmap("gray"), 3])
def test_other_colour_maps_are_refused_by_name(design, cmap):
    with pytest.raises(ValueError, match="one of 'RdBu_r', 'bwr', 'seismic_r', whose"):
        plot_design_matrix_correlation(design, cmap=cmap)
    assert plt.get_fignums() == []


def test_an_unknown_triangle_is_refused(design):
    with pytest.raises(ValueError, match="tri is 'lower'; expected one of 'full', 'd"):
        plot_design_matrix_correlation(design, tri="lower")


def test_a_design_of_drifts_alone_has_nothing_to_show(design):
    drifts = design[["drift_1", "drift_2", "constant"]]
    with pytest.raises(DesignError, match=r"none to correlate: .* has 'drift_1', 'd"):
        plot_design_matrix_correlation(drifts)


def test_values_that_are_not_finite_are_told(design):
    design.loc[2, "b"] = np.nan
    with pytest.raises(DesignError, match="NaN in 'b'"):
        plot_design_matrix_correlation(design)


def test_title_and_lines_between_cells(design):
    axes = plot_design_matrix_correlation(design, title="Design", grid="red")
    assert axes.get_title() == "Design"
    assert len(axes.collections) == 2
    bare = plot_design_matrix_correlation(design, grid=False, auto_fit=True)
    assert not bare.collections
    assert bare.get_title() == ""
    assert bare.get_xlim() == (-0.5, 3.5)
    assert bare.get_ylim() == (3.5, -0.5)


def test_other_options_reach_the_image(design):
    (image,) = plot_design_matrix_correlation(design, zorder=7.0).images
    assert image.get_zorder() == 7.0


def test_it_is_drawn_where_it_is_asked_for(design):
    axes = Figure().add_subplot()
    assert plot_design_matrix_correlation(design, axes=axes) is axes
    figure = Figure()
    assert plot_design_matrix_correlation(design, figure=figure).figure is figure
    sized = plot_design_matrix_correlation(design, figure=(4, 3)).figure
    assert sized.get_size_inches().tolist() == [4, 3]
    assert sized is plt.gcf()


def test_axes_and_figure_together_are_refused(design):
    figure = Figure()
    with pytest.raises(ValueError, match=r"Got both axes=.* and figure=.*; give one"):
        plot_design_matrix_correlation(design, axes=figure.add_subplot(), figure=figure)


def test_the_picture_is_written_whole(design, tmp_path):
    path = tmp_path / "correlation.png"
    axes = plot_design_matrix_correlation(design, output_file=path)
    assert len(axes.images) == 1
    assert_written_and_closed(path)


@pytest.mark.parametrize("n_columns", [1, 4, 40, 150])
@pytest.mark.parametrize("tri", ["full", "diag"])
def test_nothing_is_cut_off(rng, n_columns, tri):
    names = [
        f"regressor {'with a longer name ' * (n % 3)}{n}" for n in range(n_columns)
    ]
    table = pd.DataFrame(rng.standard_normal((20, n_columns)), columns=names)
    axes = plot_design_matrix_correlation(table.assign(constant=1.0), tri=tri)
    assert_nothing_is_cut_off(axes.figure)


def test_the_design_is_not_changed(design):
    before = design.copy()
    plot_design_matrix_correlation(design, tri="diag")
    pd.testing.assert_frame_equal(design, before)
