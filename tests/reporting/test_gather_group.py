"""What stands in the report of a group."""

import numpy as np
import pytest
from tests.glm.second_level import simulated_group as group
from tests.reporting import simulated_models as sim

from boldglm._base.warnings import ContrastWarning, ImageWarning
from boldglm.glm import threshold_stats_img
from boldglm.glm.second_level import SecondLevelModel


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
    assert "maps of 12 subjects" in words
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
        "intercept | age",
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


def test_warnings_of_the_fit_are_told():
    data = group.volumes()
    data[3, 4, 4, 4] = np.nan
    model = SecondLevelModel(mask_img=group.brain())
    with pytest.warns(ImageWarning) as told:
        model.fit(group.images(data), design_matrix="~ 1")
    found = sim.content(model)
    assert {str(one.message) for one in told} <= set(found.warnings)
    assert found.warnings
