r"""
A group of subjects, corrected by permutation
=============================================

Sixteen subjects pressed buttons, with the left or with the right hand [1]_. Each of
them comes as one map, left minus right. In which places is the mean over subjects not
zero?

A one-sample t test in every voxel is one answer, and it has to be corrected for testing
thousands of voxels. Permutations do this without a formula for how smooth the maps are.
If the hand made no difference, the map of a subject could as well have come with the
other sign. So we flip signs at random, test again, and note the largest :math:`|t|` of
the whole brain. A voxel is significant if few of these largest values reach its own:

.. math::

    p(x) = \frac{1 + \#\{k : \max_y |t_k(y)| \ge |t(x)|\}}{1 + K}.

With ``--simulated`` the script first writes maps like the real ones, of brains of which
we know where they answer, and needs no network.
"""

import argparse
import json

import matplotlib.pyplot as plt
import nibabel as nib
import numpy as np
import pandas as pd
from scipy.stats import norm

from boldglm.datasets import fetch_localizer_contrasts, simulate_localizer_contrasts
from boldglm.glm.second_level import SecondLevelModel
from boldglm.image import math_img
from boldglm.plotting import plot_glass_brain
from boldglm.reporting import get_clusters_table

N_SUBJECTS = 16
options = argparse.ArgumentParser()
options.add_argument("--simulated", action="store_true")
simulated = options.parse_args().simulated
data_dir = (
    simulate_localizer_contrasts("simulated-data", N_SUBJECTS) if simulated else None
)
data = fetch_localizer_contrasts(
    ["left vs right button press"], N_SUBJECTS, get_tmaps=True, data_dir=data_dir
)

# %%
# Every subject
# -------------
# Look at the subjects before the mean: one of them can make a result, or spoil it. The
# t maps are cut at 3, which noise reaches in some places of every brain.
fig, axes = plt.subplots(2, 8, figsize=(14, 5))
names = data.ext_vars["participant_id"]
for ax, name, t_map in zip(axes.flat, names, data.tmaps, strict=True):
    plot_glass_brain(
        t_map,
        axes=ax,
        display_mode="z",
        threshold=3.0,
        vmax=6,
        colorbar=False,
        plot_abs=False,
        annotate=False,
    )
    ax.set_title(name)
fig.suptitle("left - right button press, t of each subject")

# %%
# The mean, voxel by voxel
# ------------------------
# One row for each subject, and a column of ones: its effect is the mean.
design = pd.DataFrame({"mean": np.ones(N_SUBJECTS)})
model = SecondLevelModel(smoothing_fwhm=8.0)
model.fit(data.cmaps, design_matrix=design)
z_map = model.compute_contrast("mean", output_type="z_score")

height = norm.isf(0.001)
plot_glass_brain(
    z_map,
    threshold=height,
    plot_abs=False,
    title=f"|z| > {height:.2f}: p < .001 on each side, not corrected",
)

# %%
# Two thousand flips
# ------------------
# ``cor_p_value`` is the p of above, corrected for all voxels; both signs are tested.
# The smallest p that K flips can give is 1 / (K + 1), so K has to be well above one
# over the level: two thousand are plenty for .05, ten thousand are usual in papers.
N_FLIPS = 2000
p_map = model.compute_contrast_permutations(
    "mean", output_type="cor_p_value", n_perm=N_FLIPS, random_state=0
)
print(model.permutation_scheme_)

significant = math_img("z * (p < 0.05)", z=z_map, p=p_map)
plot_glass_brain(
    significant,
    threshold=height,
    plot_abs=False,
    title="p < .05, corrected for all voxels by permutation",
)

# %%
# Significant voxels begin at some size of z: the threshold that the permutations have
# found. Bonferroni takes voxels for independent. The maps are smooth, so there are
# fewer independent tests than voxels, and permutations, which know that, are less
# strict.
mask = model.mask_img_.get_fdata() > 0
z, p = (image.get_fdata()[mask] for image in (z_map, p_map))
lowest = np.abs(z[p < 0.05]).min()
bonferroni = norm.isf(0.05 / 2 / mask.sum())
print(f"lowest significant |z| {lowest:.2f}; by Bonferroni {bonferroni:.2f}")
assert lowest > np.abs(z[p >= 0.05]).max()
table = get_clusters_table(z_map, lowest, cluster_threshold=5, two_sided=True)
print(table.to_string(index=False))

# %%
# What our numbers say
# --------------------
# The left hand moves the right motor cortex and the left cerebellum, which is positive
# here; the right hand moves the others, which is negative. A corrected p of .05 means:
# where nothing happens anywhere, one experiment out of twenty shows a voxel. Without a
# correction, a thousandth of all voxels pass in every experiment, at each end.
counts = {"not corrected": np.abs(z) > height, "corrected": p < 0.05}
for name, found in counts.items():
    print(f"{name}: {found.sum()} voxels")
assert p.min() >= 1 / (N_FLIPS + 1)
places = (z_map.affine @ np.vstack([np.nonzero(mask), np.ones(mask.sum())]))[:3].T
motor = places[:, 2] > 40  # mm: the top of the brain
left_hand, right_hand = (
    places[motor][pick(z[motor])] for pick in (np.argmax, np.argmin)
)
print(f"left hand at {left_hand.round()}, right hand at {right_hand.round()} mm")
assert right_hand[0] < 0 < left_hand[0]

if simulated:
    home = data_dir / "brainomics_localizer" / "truth"
    null = nib.load(home / "null.nii.gz").get_fdata()[mask] > 0
    for spot in json.loads((home / "truth.json").read_text())["activations"]:
        sign = np.sign(spot["effects"]["effect"])
        peaks = table[np.sign(table["Peak Stat"]) == sign]
        distances = np.linalg.norm(peaks[["X", "Y", "Z"]] - spot["centre"], axis=1)
        print(f"{spot['label']}: a peak is {distances.min():.1f} mm away")
        assert distances.min() < 10
    for name, found in counts.items():
        print(f"{name}: {np.sum(found & null)} of {null.sum():,} voxels without effect")
    assert lowest < bonferroni
    assert not np.any(counts["corrected"] & null)
    assert np.mean(counts["not corrected"][null]) < 0.01

plt.show()

# %%
# References
# ----------
# .. [1] Pinel P, Thirion B, Meriaux S, Jobert A, Serres J, Le Bihan D, Poline JB,
#    Dehaene S (2007). Fast reproducible identification and large-scale databasing of
#    individual functional cognitive networks. BMC Neuroscience 8:91.
