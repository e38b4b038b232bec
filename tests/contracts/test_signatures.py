"""Names, parameters and defaults are nilearn's, up to differences that are listed here.

A script ports by changing the root of its imports: so every public function has the
parameters of its namesake, under the same names, in the same order, with the same
defaults. What is added comes at the end.
"""

import inspect
import pkgutil
from importlib import import_module

import pytest

import boldglm

# Public doors: packages and modules from which users import.
DOORS = [
    "datasets",
    "datasets.func",
    "glm",
    "glm.contrasts",
    "glm.first_level",
    "glm.io",
    "glm.model",
    "glm.regression",
    "glm.second_level",
    "glm.thresholding",
    "image",
    "image.resampling",
    "interfaces",
    "interfaces.bids",
    "interfaces.fsl",
    "maskers",
    "masking",
    "mass_univariate",
    "plotting",
    "plotting.displays",
    "reporting",
    "signal",
]

# What nilearn has not.
OUR_OWN = {
    "datasets.Activation",
    "datasets.Brain",
    "datasets.GroupSettings",
    "datasets.GroupTruth",
    "datasets.NoiseSettings",
    "datasets.RunSettings",
    "datasets.SimulatedDataset",
    "datasets.SimulatedGroup",
    "datasets.SimulatedRun",
    "datasets.SimulatedStudy",
    "datasets.Truth",
    "datasets.default_activations",
    "datasets.make_brain",
    "datasets.simulate",
    "datasets.simulate_bids",
    "datasets.simulate_dataset",
    "datasets.simulate_fiac_first_level",
    "datasets.simulate_group",
    "datasets.simulate_localizer_contrasts",
    "datasets.simulate_run",
    "datasets.simulate_spm_multimodal_fmri",
    "datasets.simulate_subject",
    "glm.contrasts.mean_contrast",
    "glm.first_level.RunNoise",
    "glm.tfce_img",
    "image.save_img",
    "plotting.displays.Display",
    "plotting.displays.Panel",
    "plotting.plot_noise_spectrum",
}

SHUFFLING = {
    "exchange": "auto",
    "blocks": None,
    "block_exchange": "within",
    "variance_groups": None,
    "step_down": False,
    "tail": None,
    "connectivity": 6,
    "tfce_steps": None,
}

# Name: (parameters added at the end, parameters with another default: ours).
DIFFERENCES = {
    # the pages for nistats and nilearn < 0.13 unpack three images
    "glm.compute_fixed_effects": ({"return_z_score": False}, {}),
    "glm.contrasts.compute_fixed_effects": ({"return_z_score": False}, {}),
    # coefficients per voxel, not in bins; the first scans by the exact likelihood
    "glm.first_level.FirstLevelModel": ({"first_scans": "conditional"}, {}),
    "glm.first_level.FirstLevelModel.fit": ({}, {"bins": None}),
    "glm.first_level.run_glm": ({"first_scans": "conditional"}, {"bins": None}),
    # what can be shuffled, and what is made of it
    "mass_univariate.permuted_ols": (SHUFFLING, {}),
    "glm.second_level.non_parametric_inference": (
        {"missing": "drop-voxel", **SHUFFLING, "calibrate": False},
        {},
    ),
    # a template of p values calibrated on permutations; p values beside the peaks
    "glm.cluster_level_inference": ({"calibration": None}, {}),
    "glm.thresholding.cluster_level_inference": ({"calibration": None}, {}),
    "reporting.get_clusters_table": ({"p_values_img": None}, {}),
    # what becomes of voxels that a subject lacks
    "glm.second_level.SecondLevelModel": ({"missing": "drop-voxel"}, {}),
    # a template of one's own
    "masking.compute_brain_mask": ({"template_img": None}, {}),
    "masking.compute_multi_brain_mask": ({"template_img": None}, {}),
    # whitened arrays are computed when they are asked for
    "glm.RegressionResults": ({}, {"whitened_Y": None, "whitened_residuals": None}),
    "glm.regression.RegressionResults": (
        {},
        {"whitened_Y": None, "whitened_residuals": None},
    ),
}

# which side is shown where, the place on the figure, and what looks through have
DISPLAYS = import_module("boldglm.plotting.displays").__all__
DIFFERENCES |= {
    f"plotting.displays.{name}": ({"radiological": False, "frame": None}, {})
    for name in DISPLAYS
    if name.endswith("Slicer")
}
DIFFERENCES |= {
    f"plotting.displays.{name}": ({"alpha": 0.7, "plot_abs": True}, {})
    for name in DISPLAYS
    if name.endswith("Projector")
}

# Not compared: same name, another thing inside of nilearn.
UNLIKE = {
    "glm.contrasts.pad_contrast",  # ours returns rows for any test; theirs is private
    "interfaces.bids.save_glm_to_bids",  # theirs hands on whatever it is given
    "image.resampling.BoundingBoxError",  # an exception has no signature
    "maskers.NiftiMasker.fit_transform",  # theirs swallows any keyword
    "reporting.HTMLReport",  # theirs is made of the parts of a page
}

# Methods that scripts use and that are not there yet.
NOT_YET = {
    "add_graph",  # of connectomes
    "generate_report",  # of maskers
    "transform_single_imgs",
    # scikit-learn's plumbing for pipelines
    "get_feature_names_out",
    "get_metadata_routing",
    "set_inverse_transform_request",
    "set_fit_request",
    "set_output",
    "set_transform_request",
    # set in `fit` here, a property there
    "mask_img_",
    # abstract there
    "logL",
}

# Names without an underscore that only their own room uses.
WITHIN_THE_ROOM = {
    "boldglm.cli.demo": {"compare"},
    "boldglm.cli.demo_analysis": {
        "contrast",
        "definition",
        "difference",
        "draw",
        "fixed_effects_of_runs",
        "new_model",
        "peaks",
        "read_tables",
        "smallest_cluster",
        "write_report",
    },
    "boldglm.core.precision": {"condition", "edge_weights", "lag_weights"},
    "boldglm.datasets.simulate_brain": {"smooth_field"},
    "boldglm.datasets.simulate_noise": {
        "drifts",
        "framewise_displacement",
        "motion_maps",
        "motion_parameters",
        "spike_scans",
        "stream",
    },
    "boldglm.image.grid": {"apply_affine", "corners"},
}


def modules():
    found = pkgutil.walk_packages(boldglm.__path__, "boldglm.")
    return [info.name for info in found if not info.name.endswith("__main__")]


def namesakes():
    """Public names of ours, by door."""
    return [
        f"{door}.{name}"
        for door in DOORS
        for name in import_module(f"boldglm.{door}").__all__
    ]


def resolve(root, name):
    """Object of a dotted name: the longest importable part, then attributes."""
    door = next(d for d in sorted(DOORS, key=len)[::-1] if name.startswith(f"{d}."))
    found = import_module(f"{root}.{door}")
    for part in name[len(door) + 1 :].split("."):
        found = getattr(found, part)
    return found


def parameters(function):
    """Names and defaults in order, without `self` and swallowed keywords."""
    return {
        name: one.default
        for name, one in inspect.signature(function).parameters.items()
        if name != "self" and one.kind is not one.VAR_KEYWORD
    }


def assert_same_signature(name, ours, theirs):
    added, changed = DIFFERENCES.get(name, ({}, {}))
    expected = {**parameters(theirs), **added}
    assert set(changed) <= set(expected)
    expected.update(changed)
    found = parameters(ours)
    assert list(found) == list(expected)
    assert {k: repr(v) for k, v in found.items()} == {
        k: repr(v) for k, v in expected.items()
    }


@pytest.mark.parametrize("name", namesakes())
def test_signatures_are_those_of_nilearn(name):
    pytest.importorskip("nilearn")
    ours = resolve("boldglm", name)
    if name in OUR_OWN:
        with pytest.raises(AttributeError):
            resolve("nilearn", name)
        return
    theirs = resolve("nilearn", name)
    if inspect.ismodule(ours):
        assert inspect.ismodule(theirs)
    elif name not in UNLIKE:
        assert inspect.isclass(ours) == inspect.isclass(theirs)
        assert_same_signature(name, ours, theirs)


@pytest.mark.parametrize(
    "name",
    [
        name
        for name in namesakes()
        if inspect.isclass(resolve("boldglm", name)) and name not in OUR_OWN
    ],
)
def test_methods_are_those_of_nilearn(name):
    pytest.importorskip("nilearn")
    ours, theirs = resolve("boldglm", name), resolve("nilearn", name)
    public = {method for method in dir(theirs) if not method.startswith("_")}
    assert public - NOT_YET <= set(dir(ours))
    for method in public & set(dir(ours)):
        mine = inspect.getattr_static(ours, method)
        if inspect.isfunction(mine) and f"{name}.{method}" not in UNLIKE:
            peer = getattr(theirs, method)
            assert_same_signature(f"{name}.{method}", mine, peer)


def test_listed_differences_are_there():
    """No entry outlives its reason."""
    names = set(namesakes())
    assert names >= OUR_OWN
    for name in (*DIFFERENCES, *UNLIKE):
        assert name in names or name.rpartition(".")[0] in names
    for module, private in WITHIN_THE_ROOM.items():
        assert not private & set(import_module(module).__all__)
        assert all(hasattr(import_module(module), one) for one in private)


@pytest.mark.parametrize("name", modules())
def test_what_a_module_lists_is_what_it_makes_public(name):
    """`__all__` names what exists, and everything defined without an underscore."""
    module = import_module(name)
    listed = set(getattr(module, "__all__", ()))
    assert not [one for one in listed if not hasattr(module, one)]
    defined = {
        key
        for key, value in vars(module).items()
        if not key.startswith("_")
        and (inspect.isfunction(value) or inspect.isclass(value))
        and value.__module__ == name
    }
    assert defined - listed == WITHIN_THE_ROOM.get(name, set())


@pytest.mark.parametrize(
    "door",
    [door for door in DOORS if "__getattr__" in vars(import_module(f"boldglm.{door}"))],
)
def test_a_package_shows_what_it_lists_and_nothing_else(door):
    package = import_module(f"boldglm.{door}")
    assert dir(package) == sorted(package.__all__)
    with pytest.raises(AttributeError, match=f"'boldglm.{door}' has no attribute 'no'"):
        package.no  # noqa: B018
