r"""
Fixed effects of runs that were fitted apart
============================================

Runs are often fitted one by one: they come from several machines, or are too many for
one model. What has to be kept of each is small: the map of the effect, the map of its
variance, and the degrees of freedom. :func:`~boldglm.glm.compute_fixed_effects` puts
them together. With K runs, effects c and variances v it is

.. math::

    \bar c = \frac{1}{K} \sum_k c_k, \qquad
    \bar v = \frac{1}{K^2} \sum_k v_k, \qquad
    t = \frac{\bar c}{\sqrt{\bar v}},

or, with precision weights, the mean in which each run counts by 1/v. The data are those
of :ref:`sphx_glr_gallery_plot_two_runs.py` [1]_: does a new sentence have more
effect than one just heard?
"""

import argparse
from tempfile import TemporaryDirectory

import matplotlib.pyplot as plt
import nibabel as nib
import numpy as np
from scipy import stats

from boldglm.datasets import fetch_fiac_first_level, simulate_fiac_first_level
from boldglm.glm import compute_fixed_effects
from boldglm.glm.first_level import FirstLevelModel
from boldglm.image import mean_img
from boldglm.plotting import find_xyz_cut_coords, plot_stat_map

options = argparse.ArgumentParser()
options.add_argument("--simulated", action="store_true")
simulated = options.parse_args().simulated
data_dir = simulate_fiac_first_level("simulated-data") if simulated else None
data = fetch_fiac_first_level(data_dir)
background = mean_img(data.func1)

# %%
# What each run leaves behind
# ---------------------------
# One function for one run, as it could run on any machine. The model is gone when it
# ends; three files and a number stay.
folder = TemporaryDirectory()  # kept until the script ends


def fit_run(number):
    """Files of the effect and its variance, and the degrees of freedom."""
    design = data[f"design_matrix{number}"]
    n_scans, n_columns = np.load(design)["X"].shape
    model = FirstLevelModel(mask_img=data.mask, smoothing_fwhm=5)
    model.fit(data[f"func{number}"], design_matrices=design)
    new_sentence = np.r_[-1, -1, 1, 1, np.zeros(n_columns - 4)]
    maps = model.compute_contrast(new_sentence, output_type="all")
    files = {}
    for name in ("effect_size", "effect_variance", "z_score"):
        files[name] = f"{folder.name}/run-{number}_{name}.nii.gz"
        maps[name].to_filename(files[name])
    return {**files, "dof": n_scans - n_columns}


runs = [fit_run(number) for number in (1, 2)]
effects = [run["effect_size"] for run in runs]
variances = [run["effect_variance"] for run in runs]
dofs = [run["dof"] for run in runs]

# %%
# Together
# --------
# Three maps come back: effect, variance, and the ratio of the effect to its standard
# error, which is a t. With the degrees of freedom there is a fourth, its z. Ask for it
# wherever maps of different degrees of freedom meet, or a threshold is given in z.
effect, variance, t_map, z_map = compute_fixed_effects(
    effects, variances, data.mask, dofs=dofs, return_z_score=True
)
cuts = find_xyz_cut_coords(z_map, activation_threshold=3)
shown = {
    "first run": runs[0]["z_score"],
    "second run": runs[1]["z_score"],
    "fixed effect": z_map,
}
for title, image in shown.items():
    plot_stat_map(
        image, bg_img=background, threshold=3.0, cut_coords=cuts, vmax=9, title=title
    )

# %%
# Written out, the fixed effect is two lines. The z of a t is the normal value with the
# same probability, with the degrees of freedom of both runs.
mask = (nib.load(data.mask).get_fdata() > 0) & (variance.get_fdata() > 0)
c = [nib.load(file).get_fdata()[mask] for file in effects]
v = [nib.load(file).get_fdata()[mask] for file in variances]
by_hand = np.mean(c, axis=0) / np.sqrt(np.sum(v, axis=0) / 4)
t, z = (image.get_fdata()[mask] for image in (t_map, z_map))
np.testing.assert_allclose(t, by_hand, rtol=1e-4, atol=1e-4)
np.testing.assert_allclose(z, stats.norm.isf(stats.t.sf(t, sum(dofs))), atol=1e-3)

# %%
# By precision
# ------------
# Where one run is noisier than the other, the mean that counts runs by their precision
# has the smaller variance, in every voxel. Its t is not larger everywhere: the effect
# moves to that of the better run.
weighted_effect, weighted_variance, weighted_t = compute_fixed_effects(
    effects, variances, data.mask, precision_weighted=True
)
plain, weighted = (image.get_fdata()[mask] for image in (variance, weighted_variance))
fig, (left, right) = plt.subplots(1, 2, figsize=(9, 4), layout="constrained")
ratio = np.log2(v[1] / v[0])
left.hexbin(ratio, weighted / plain, gridsize=50, bins="log", cmap="Greys")
left.set(
    xlabel="variance of run 2 to run 1 (log2)", ylabel="weighted to plain variance"
)
right.hexbin(t, weighted_t.get_fdata()[mask], gridsize=50, bins="log", cmap="Greys")
right.axline((0, 0), slope=1, color="tab:red", linewidth=1)
right.set(xlabel="t of the plain mean", ylabel="t of the weighted mean")
assert np.all(weighted <= plain * (1 + 1e-5))

# %%
# What our numbers say
# --------------------
# The effect of two runs is a mean. Its variance is a quarter of the sum of theirs, half
# of what one run has on average, so that the standard error is smaller by the square
# root of two. That is why the z is higher where there is an effect, and stays what it
# was where there is none.
standard_error = np.sqrt(plain) / np.sqrt(np.mean(v, axis=0))
print(f"standard error of both runs to that of one: {np.median(standard_error):.3f}")
for title, image in shown.items():
    values = (
        nib.load(image).get_fdata() if isinstance(image, str) else image.get_fdata()
    )
    print(f"{title}: highest z {values.max():.1f}")
np.testing.assert_allclose(standard_error, np.sqrt(0.5), rtol=1e-3)

if simulated:
    home = data_dir / "fiac_nilearn.glm" / "truth"
    true = {
        name: nib.load(home / f"effect-{name}.nii.gz").get_fdata()[mask]
        for name in ("SStSSp", "SStDSp", "DStSSp", "DStDSp")
    }
    expected = true["DStSSp"] + true["DStDSp"] - true["SStSSp"] - true["SStDSp"]
    active = expected > 1.2
    null = nib.load(home / "null.nii.gz").get_fdata()[mask] > 0
    found = effect.get_fdata()[mask]
    print(
        f"effect {found[active].mean():.2f} %, in truth {expected[active].mean():.2f} "
        f"before smoothing; sd of z without effect {z[null].std():.2f}"
    )
    assert 0.5 < found[active].mean() / expected[active].mean() < 1.0
    assert 0.9 < z[null].std() < 1.2

plt.show()
folder.cleanup()

# %%
# References
# ----------
# .. [1] Dehaene-Lambertz G, Dehaene S, Anton JL, et al. (2006). Functional segregation
#    of cortical language areas by sentence repetition. Human Brain Mapping 27:360-371.
