"""What a report tells of a contrast: its name, its rows, its largest value."""

import warnings

import nibabel as nib
import numpy as np
import pytest
from tests.reporting import simulated_models as sim

from boldglm._base.errors import ContrastError
from boldglm._base.warnings import ContrastWarning
from boldglm.maskers import NiftiMasker

# a, b, six of motion, three drifts, the constant
N_COLUMNS = 12


@pytest.fixture(scope="module")
def model():
    return sim.first_level()


def test_contrasts_without_a_name_are_warned_of_by_what_they_ask(model):
    with pytest.warns(ContrastWarning, match="with zeros: 'a - b', 'b'"):
        sim.content(model, [[1, -1], [0, 1]])
    with pytest.raises(ContrastError) as told:
        sim.content(model, ["a", np.ones(N_COLUMNS + 1)])
    assert told.value.__notes__ == ["This is about the contrast number 2."]


@pytest.mark.parametrize("n_runs", [1, 2])
def test_an_f_may_be_written_as_rows_and_is_shown_so(n_runs):
    model, rows = sim.first_level(n_runs), np.eye(N_COLUMNS)[:2]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ContrastWarning)
        found = sim.content(model, ["a; b", rows])
        expected = model.compute_contrast(rows)
    for one in found.contrasts:
        assert (one.kind, one.name, one.definition) == ("F", "a; b", "a; b")
        assert one.volume.largest == np.abs(expected.get_fdata()).max()


def test_an_f_is_not_of_runs_that_lack_one_of_its_rows():
    model = sim.first_level(3)
    model.design_matrices_[0] = model.design_matrices_[0].rename(columns={"b": "c"})
    with pytest.warns(ContrastWarning) as told:
        (one,) = sim.content(model, "a; b").contrasts
    assert one.definition == "run 1: left out | run 2: a; b | run 3: a; b"
    rows = np.eye(N_COLUMNS)[:2]
    with pytest.warns(ContrastWarning):
        expected = model.compute_contrast([0 * rows, rows, rows])
    assert one.volume.largest == np.abs(expected.get_fdata()).max()
    assert any("has no column 'b'" in str(each.message) for each in told)


def test_the_warning_of_an_f_over_runs_says_which_and_what_it_means(model):
    asked = {"any": "a; b", "t": "a", "one": [np.eye(N_COLUMNS)[:2]]}
    with pytest.warns(ContrastWarning) as told:
        found = sim.content(model, asked)
    (one,) = {str(each.message) for each in told}
    assert "Running approximate fixed effects on F statistics, for 'any', 'one':" in one
    assert "runs with a better design weigh more" in one
    assert one in found.warnings
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        sim.content(sim.first_level(1), asked)


def test_the_largest_z_is_of_the_side_that_is_shown(model):
    z = model.compute_contrast("b - a").get_fdata()
    one_sided, two_sided = (
        sim.content(model, "b - a", two_sided=sides).contrasts[0].largest
        for sides in (False, True)
    )
    assert two_sided == -z.min() > one_sided == z.max()
    with pytest.warns(ContrastWarning):
        (f_test,) = sim.content(model, "a; b", two_sided=True).contrasts
    with pytest.warns(ContrastWarning):
        z_of_f = model.compute_contrast(np.eye(N_COLUMNS)[:2]).get_fdata()
    assert f_test.largest == z_of_f.max()


@pytest.mark.parametrize(
    ("shift", "expected"), [((0, 0, 0), "{:.0f}"), ((0.5, 0.25, -0.01), "{:.1f}")]
)
def test_places_of_peaks_are_rounded_as_in_the_table(shift, expected):
    model = sim.first_level(1)
    affine = model.mask_img_.affine.copy()
    affine[:3, 3] = np.round(affine[:3, 3]) + shift
    mask = nib.Nifti1Image(np.asarray(model.mask_img_.dataobj), affine)
    model.masker_ = NiftiMasker(mask_img=mask).fit()
    model.mask_img_ = model.masker_.mask_img_
    (one,) = sim.content(model, "a").contrasts
    peak = one.clusters[0]
    places = [expected.format(at).removesuffix(".0") for at in (peak.x, peak.y, peak.z)]
    assert f"at ({', '.join(places)}) mm" in one.conclusion
