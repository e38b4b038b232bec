"""The model against nilearn's, from the same files.

With `bins=100` both truncate the AR(1) coefficient of every voxel to hundredths. A
coefficient within rounding of a hundredth may fall on either side of it: those voxels
(a few in a thousand) are left out, and there may not be many of them.
"""

import warnings
from dataclasses import dataclass
from typing import Any

import nibabel as nib
import numpy as np
import pandas as pd
import pytest
from tests.glm.first_level import simulated_runs as sim

from boldglm.glm import compute_fixed_effects
from boldglm.glm.first_level import FirstLevelModel
from boldglm.maskers import NiftiMasker

nilearn = pytest.importorskip("nilearn")

MAPS = ["effect_size", "effect_variance", "z_score"]
TOLERANCE = 1e-4  # of the standard deviation of the map over the mask
EDGE = (
    2e-6  # distance to a hundredth at which a coefficient may be truncated either way
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Two runs, their tables and a mask, as files."""
    folder = tmp_path_factory.mktemp("parity")
    for run in (1, 2):
        sim.write_run(folder, run, sim.events(run))
        sim.design(sim.events(run)).to_csv(
            folder / f"run-{run}_design.tsv", sep="\t", index=False
        )
    nib.save(sim.brain(), folder / "mask.nii.gz")
    return folder


def paths(folder, what, runs=(1, 2)):
    suffix = "nii.gz" if what == "bold" else "tsv"
    return [str(folder / f"run-{run}_{what}.{suffix}") for run in runs]


@dataclass(frozen=True)
class Pair:
    """Our model and nilearn's of the same files.

    `edge` tells voxels with a coefficient so near a hundredth that rounding decides
    its bin.
    """

    ours: FirstLevelModel
    theirs: Any
    edge: np.ndarray


def fit_both(folder, parameters, arguments, runs=(1, 2)):
    from nilearn.glm.first_level import FirstLevelModel as Peer

    parameters = {"mask_img": str(folder / "mask.nii.gz"), **parameters}
    bold = paths(folder, "bold", runs)
    exact = FirstLevelModel(**parameters).fit(bold, **arguments)
    hundredths = [fit.phi * 100 for fit in exact.fits_]
    distance = [np.abs(one - np.rint(one)) / 100 for one in hundredths]
    edge = (np.concatenate(distance) < EDGE).any(axis=0)
    ours = FirstLevelModel(**parameters).fit(bold, bins=100, **arguments)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = Peer(**parameters).fit(bold, bins=100, **arguments)
    return Pair(ours, theirs, edge)


def compare(pair, contrast, stat_type=None):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        mine = pair.ours.compute_contrast(contrast, stat_type, "all")
        peer = pair.theirs.compute_contrast(contrast, stat_type, "all")
    kept = np.asarray(pair.ours.mask_img_.dataobj) > 0
    kept[kept] = ~pair.edge
    assert pair.edge.mean() < 0.02
    for name in MAPS:
        expected = np.asarray(peer[name].dataobj, dtype=float)[kept]
        found = np.asarray(mine[name].dataobj, dtype=float)[kept]
        error = np.abs(found - expected).max() / expected.std()
        assert error <= TOLERANCE, (name, error)
        np.testing.assert_allclose(mine[name].affine, peer[name].affine)


PROBLEMS = {
    "events and confounds, AR(1)": (
        {"t_r": sim.T_R},
        {"events": True, "confounds": True},
    ),
    "events and confounds, OLS": (
        {"t_r": sim.T_R, "noise_model": "ols", "hrf_model": "spm + derivative"},
        {"events": True, "confounds": True},
    ),
    "given designs": ({}, {"designs": True}),
    "given designs, OLS": ({"noise_model": "ols"}, {"designs": True}),
    "smoothing": ({"smoothing_fwhm": 5, "noise_model": "ols"}, {"designs": True}),
    "smoothing, AR(1)": ({"smoothing_fwhm": 5}, {"designs": True}),
    "no scaling": ({"signal_scaling": False}, {"designs": True}),
    "grand mean": ({"signal_scaling": (0, 1)}, {"designs": True}),
    "sample masks": (
        {"t_r": sim.T_R, "slice_time_ref": 0.5, "drift_model": "polynomial"},
        {"events": True, "masks": True},
    ),
    "one run": ({}, {"designs": True, "runs": (2,)}),
    "FIR": (
        {"t_r": sim.T_R, "hrf_model": "fir", "fir_delays": [0, 1, 2]},
        {"events": True},
    ),
}


def arguments_of(folder, options):
    runs = options.get("runs", (1, 2))
    arguments = {}
    if "events" in options:
        arguments["events"] = paths(folder, "events", runs)
    if "confounds" in options:
        arguments["confounds"] = paths(folder, "confounds", runs)
    if "designs" in options:
        designs = [pd.read_csv(p, sep="\t") for p in paths(folder, "design", runs)]
        arguments["design_matrices"] = designs
    if "masks" in options:
        arguments["sample_masks"] = [np.arange(3, 80), np.r_[0:40, 45:80]]
    return arguments


@pytest.fixture(scope="module", params=list(PROBLEMS))
def pair(request, folder):
    """The two models of a problem."""
    parameters, options = PROBLEMS[request.param]
    runs = options.get("runs", (1, 2))
    return fit_both(folder, parameters, arguments_of(folder, options), runs)


def test_t_contrasts_equal_nilearns(pair):
    columns = list(pair.ours.design_matrices_[0].columns)
    first = next(name for name in columns if name.startswith("a"))
    second = next(name for name in columns if name.startswith("b"))
    compare(pair, first)
    compare(pair, f"{first} - {second}")


def test_f_contrasts_equal_nilearns(pair):
    n_columns = pair.ours.design_matrices_[0].shape[1]
    compare(pair, [np.eye(n_columns)[:2]] * len(pair.ours.fits_))


def test_designs_equal_nilearns(pair):
    designs = pair.ours.design_matrices_, pair.theirs.design_matrices_
    for ours, theirs in zip(*designs, strict=True):
        assert list(ours.columns) == list(theirs.columns)
        np.testing.assert_allclose(ours.to_numpy(), theirs.to_numpy(), atol=1e-8)
        np.testing.assert_allclose(ours.index, theirs.index)


def test_divergence_14_first_scans_are_filtered_as_nilearn_does(folder):
    """With 'exact' the numbers are others: the default is nilearn's on purpose."""
    arguments = arguments_of(folder, {"designs": True, "runs": (1,)})
    pair = fit_both(folder, {}, arguments, (1,))
    compare(pair, "a")
    exact = FirstLevelModel(mask_img=folder / "mask.nii.gz", first_scans="exact")
    exact.fit(paths(folder, "bold", (1,)), bins=100, **arguments)
    with pytest.raises(AssertionError, match="effect_size"):
        compare(Pair(exact, pair.theirs, pair.edge), "a")


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("dofs", [None, [76, 60]])
def test_fixed_effects_equal_nilearns(folder, weighted, dofs):
    from nilearn.glm import compute_fixed_effects as peer_effects

    model = FirstLevelModel(mask_img=str(folder / "mask.nii.gz"))
    effects, variances = [], []
    for bold, table in zip(paths(folder, "bold"), paths(folder, "design"), strict=True):
        maps = model.fit(bold, design_matrices=table).compute_contrast(
            "a - b", output_type="all"
        )
        effects.append(maps["effect_size"])
        variances.append(maps["effect_variance"])
    mask = str(folder / "mask.nii.gz")
    ours = compute_fixed_effects(
        effects, variances, mask, weighted, dofs, return_z_score=True
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = peer_effects(effects, variances, mask, weighted, dofs)
    for mine, peer in zip(ours, theirs, strict=True):
        expected = peer.get_fdata()
        error = np.abs(mine.get_fdata() - expected).max() / expected.std()
        assert error < TOLERANCE


def test_nilearns_maskers_are_understood(folder):
    """A fitted masker of the peer may be passed, as scripts under way have one."""
    from nilearn.maskers import NiftiMasker as PeerMasker

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        masker = PeerMasker(str(folder / "mask.nii.gz"), standardize=None).fit()
    designs = arguments_of(folder, {"designs": True})["design_matrices"]
    bold = paths(folder, "bold")
    maps = [
        FirstLevelModel(mask_img=mask)
        .fit(bold, design_matrices=designs)
        .compute_contrast("a")
        .get_fdata()
        for mask in (masker, NiftiMasker(str(folder / "mask.nii.gz")))
    ]
    assert np.array_equal(*maps)
