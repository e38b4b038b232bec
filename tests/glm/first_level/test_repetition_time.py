"""The repetition time: what it may be, and that it is looked at wherever it counts."""

import nibabel as nib
import numpy as np
import pytest
from tests.glm.first_level import simulated_runs as sim

from boldglm._base.errors import DesignError
from boldglm._base.warnings import DesignWarning
from boldglm.glm.first_level import FirstLevelModel

# Values that are none, and what is said of them
WRONG = [
    (0, "'t_r' must be positive, in seconds; it is 0"),
    (-2.0, "'t_r' must be positive, in seconds; it is -2.0"),
    (np.nan, "'t_r' must be positive"),
    (2000, "it is 2000. Is it in milliseconds?"),
    ("2", "t_r is '2', a str; expected seconds"),
]


@pytest.mark.parametrize("noise", ["ar1", "auto", "ols+"])
@pytest.mark.parametrize(("t_r", "message"), WRONG)
def test_it_is_a_positive_number_of_seconds(model, run, table, noise, t_r, message):
    model.set_params(t_r=t_r, noise_model=noise)
    with pytest.raises(DesignError, match=message):
        model.fit(run, table)


@pytest.mark.parametrize("noise", ["auto", "ols+"])
@pytest.mark.parametrize(("t_r", "message"), WRONG)
def test_so_it_is_where_designs_are_given_and_the_noise_goes_by_it(
    brain, run, table, noise, t_r, message
):
    model = FirstLevelModel(t_r=t_r, noise_model=noise, mask_img=brain)
    with pytest.raises(DesignError, match=message):
        model.fit(run, design_matrices=sim.design(table))


def test_where_nothing_goes_by_it_it_is_ignored(brain, run, table):
    model = FirstLevelModel(t_r="2", mask_img=brain)
    with pytest.warns(DesignWarning, match=r"\[t_r\] will be ignored"):
        model.fit(run, design_matrices=sim.design(table))


def stating(run, t_r, units):
    told = nib.Nifti1Image(np.asarray(run.dataobj), run.affine)
    told.header.set_zooms((*run.header.get_zooms()[:3], t_r))
    told.header.set_xyzt_units("mm", units)
    return told


@pytest.mark.parametrize(("units", "stated"), [("sec", 2.5), ("msec", 2500.0)])
def test_a_header_that_states_another_one_is_told(model, run, table, units, stated):
    told = stating(run, stated, units)
    with pytest.warns(
        DesignWarning,
        match=r"t_r is 2 s, but the .* says 2\.5 s\. The events are placed",
    ):
        model.set_params(t_r=2).fit(told, table)
    model.set_params(t_r=2.5).fit(told, table)


@pytest.mark.parametrize("noise", ["auto", "ols+"])
def test_so_it_is_of_the_order_of_the_noise(brain, run, table, noise):
    told, designs = stating(run, 0.8, "sec"), sim.design(table)
    model = FirstLevelModel(t_r=2, noise_model=noise, mask_img=brain)
    said = r"t_r is 2 s, but .* says 0\.8 s\. The order of the noise"
    with pytest.warns(DesignWarning, match=said):
        model.fit(told, design_matrices=designs)
    # Nothing goes by it here
    FirstLevelModel(mask_img=brain).fit(told, design_matrices=designs)
