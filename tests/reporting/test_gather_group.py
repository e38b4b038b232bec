"""What stands in the report of a group."""

import nibabel as nib
import numpy as np
import pandas as pd
import pytest
from tests.glm.second_level import simulated_group as group
from tests.reporting import simulated_models as sim

from boldglm._base.warnings import ContrastWarning, ImageWarning
from boldglm.glm import threshold_stats_img
from boldglm.glm.second_level import SecondLevelModel
from boldglm.reporting.contrast_words import regressor_name


@pytest.fixture(scope="module")
def model():
    return sim.second_level()


def test_maps_and_thresholds_are_those_of_the_model(model):
    found = sim.content(model, {"mean": "intercept", "age": "age"}, two_sided=True)
    assert found.level == "second"
    assert found.noise is None
    for one, name in zip(found.contrasts, ("intercept", "age"), strict=True):
        z_img = model.compute_contrast(name)
        kept, height = threshold_stats_img(z_img)
        assert one.height == height
        assert one.n_above == np.count_nonzero(kept.get_fdata())
        assert one.volume.largest == np.abs(z_img.get_fdata()).max()
    assert found.contrasts[0].n_above > 0
    (design,) = found.runs
    assert design.name == "Group"
    assert dict(design.facts.rows)["residual degrees of freedom"] == group.N - 2
    assert [one[0] for one in design.efficiency.rows] == ["mean", "age"]


def test_words_are_those_of_a_group(model):
    found = sim.content(model, "intercept")
    words = " ".join(found.methods)
    # images have no labels: two may be of one subject
    assert "12 maps were analysed" in words
    assert "subjects" not in words
    assert "in 1 voxels" not in words
    assert "ordinary least squares" in words
    assert "regressors intercept, age" in words
    assert "random-effects" in words
    assert len([row for row in found.data.rows if row[0].startswith("map ")]) == 12


def test_short_weights_and_several_rows(model):
    with pytest.warns(ContrastWarning, match="completed with zeros"):
        found = sim.content(model, {"mean": [1], "F": np.eye(2)})
    assert [one.kind for one in found.contrasts] == ["t", "F"]
    assert [one.definition for one in found.contrasts] == [
        "intercept",
        "intercept; age",
    ]


def test_first_level_contrasts_of_models_are_asked_by_name_and_change_nothing():
    firsts = [sim.first_level(1) for _ in range(3)]
    for number, first in enumerate(firsts):
        first.fits_[0].beta[0] += 0.1 * number
    model = SecondLevelModel(mask_img=sim.brain()).fit(firsts, design_matrix="~ 1")
    before = dict(vars(model))
    (one,) = sim.content(model, "intercept", first_level_contrast="a").contrasts
    assert {name: id(value) for name, value in vars(model).items()} == {
        name: id(value) for name, value in before.items()
    }
    assert model._groups == {}
    expected = model.compute_contrast("intercept", first_level_contrast="a")
    assert one.volume.largest == np.abs(expected.get_fdata()).max()


def group_of(firsts, **options):
    model = SecondLevelModel(**{"mask_img": sim.brain()} | options)
    return model.fit(firsts, design_matrix="~ 1")


def test_the_first_level_of_models_is_told():
    firsts = [sim.first_level(1, smoothing_fwhm=5) for _ in range(2)]
    asked = {"first_level_contrast": "a  -  b"}
    found = sim.content(group_of(firsts), "intercept", **asked)
    assert found.contrasts[0].definition == "intercept [first level: a - b]"
    assert ("report", "first_level_contrast", "a - b") in found.parameters.rows
    told = dict(found.data.rows)
    assert told["first-level contrast"] == "a - b"
    assert told["noise model of the first level"] == "ar1"
    assert "kernel of 5 mm" in told["smoothing at the first level"]
    text = " ".join(found.methods)
    for expected in (
        "with the regressor intercept. ",
        "The maps are of the first-level contrast a - b. ",
        "The images of the first level were smoothed by a Gaussian kernel of 5 mm",
        "The noise model of the first level was ar1. ",
        "The maps were not smoothed again. ",
        "for their number: intercept.",
    ):
        assert expected in text
    assert "not smoothed in this analysis" not in text


def test_the_first_level_is_told_where_it_is_the_same_in_all_models():
    firsts = [
        sim.first_level(1, smoothing_fwhm=5),
        sim.first_level(2, noise_model="ols"),
    ]
    weights = np.eye(12)[0] - np.eye(12)[1]
    model = group_of(firsts, smoothing_fwhm=4, mask_img=None)
    found = sim.content(model, "intercept", first_level_contrast=weights)
    assert found.contrasts[0].definition == "intercept [first level: a - b]"
    text = " ".join(found.methods)
    assert "The first-level models differ in how images were smoothed." in text
    assert "The first-level models differ in their model of the noise." in text
    assert "The maps were smoothed by a Gaussian kernel of 4 mm" in text
    assert "The mask was computed: the voxels that all models have." in text
    told = dict(found.data.rows)
    assert told["smoothing at the first level"] == "not the same in all models"
    # nobody said which
    unsaid = sim.content(model)
    assert ("report", "first_level_contrast", "not said") in unsaid.parameters.rows
    assert "first-level contrast" not in dict(unsaid.data.rows)


def test_runs_that_were_not_smoothed_and_images_of_which_nothing_is_known(model):
    text = sim.content(group_of([sim.first_level(1)] * 2)).methods[0]
    assert "The images of the first level were not smoothed." in text
    assert "The maps were not smoothed in this analysis." in text
    found = sim.content(model, "intercept")
    assert "The maps were not smoothed in this analysis." in found.methods[0]
    assert "first" not in "".join(found.methods)
    assert not any("first" in row[1] for row in found.parameters.rows)


def test_maps_of_a_table_are_told_by_name(tmp_path):
    paths = []
    for number, img in enumerate(group.images(group.volumes())):
        paths.append(str(tmp_path / f"{number}.nii"))
        nib.save(img, paths[-1])
    table = pd.DataFrame(
        {
            "subject_label": [f"{number:02d}" for number in range(len(paths))],
            "map_name": "faces",
            "effects_map_path": paths,
        }
    )
    model = SecondLevelModel().fit(table, design_matrix=np.ones((len(paths), 1)))
    (column,) = model.design_matrix_.columns
    found = sim.content(model, [[1]])
    assert found.contrasts[0].definition.endswith(" [first level: faces]")
    assert dict(found.data.rows)["first-level contrast"] == "faces"
    text = found.methods[0]
    assert "of the first-level contrast faces. The maps were not smoothed in" in text
    assert "the voxels in which their mean differs from the background" in text
    assert f"regressor {regressor_name(column)}." in text


def test_warnings_of_the_fit_are_told():
    data = group.volumes()
    data[3, 4, 4, 4] = np.nan
    model = SecondLevelModel(mask_img=group.brain())
    with pytest.warns(ImageWarning) as told:
        model.fit(group.images(data), design_matrix="~ 1")
    found = sim.content(model)
    assert {str(one.message) for one in told} <= set(found.warnings)
    assert found.warnings


def lacking(missing):
    """A group that lacks a map in some voxels, and all but three in others."""
    data = group.volumes()
    data[3, 4, 4, 4] = data[3:, 3, 4, 4] = np.nan
    model = SecondLevelModel(mask_img=group.brain(), missing=missing)
    with pytest.warns(ImageWarning):
        model.fit(group.images(data), design_matrix="~ 1")
    return model, 2


def test_voxels_that_lack_maps_are_not_counted_as_tested():
    model, n_lacking = lacking("drop-voxel")
    found = sim.content(model, "intercept")
    (one,) = found.contrasts
    n_tested = model.n_elements_ - n_lacking
    assert (one.n_voxels, one.n_tested) == (model.n_elements_, n_tested)
    text = f"in {n_tested:,} of the {model.n_elements_:,} voxels of the mask"
    assert text in " ".join(found.methods)
    assert dict(found.runs[0].facts.rows)["residual degrees of freedom"] == group.N - 1


def test_degrees_of_freedom_are_from_where_to_where():
    model, _ = lacking("available")
    facts = dict(sim.content(model, "intercept").runs[0].facts.rows)
    assert facts["residual degrees of freedom"] == f"2 to {group.N - 1}"


@pytest.mark.parametrize(
    ("labels", "expected"),
    [
        (["a", "b", "c"], "The maps of 3 subjects were"),
        (["a", "a", "b"], "3 maps were"),
        ([None, "a", "b"], "3 maps were"),
    ],
)
def test_subjects_are_counted_where_they_are_known(labels, expected):
    firsts = [sim.first_level(1, subject_label=label) for label in labels]
    model = SecondLevelModel(mask_img=sim.brain()).fit(firsts, design_matrix="~ 1")
    asked = {"first_level_contrast": "a"}
    assert expected in sim.content(model, "intercept", **asked).methods[0]
    # without contrasts, and without knowing which maps
    assert expected in sim.content(model).methods[0]
    assert expected in sim.content(model, **asked).methods[0]
    assert model._groups == {}
