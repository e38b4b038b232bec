"""
Faces and scrambled faces, in the space of the scanner
======================================================

One subject looked at faces and at scrambled faces, in two runs of 390 scans [1]_. Where
does the brain answer more to a face than to a picture of the same light and colours?

The data come as SPM left them after realignment: a file per volume, and the movement of
the head in the affine of each file. The numbers in the files were not touched, so the
volumes lie a little askew to each other. We

1. look at how the head moved,
2. bring all volumes of both runs on one grid,
3. fit one model to both runs, and ask three questions of it.

With ``--simulated`` the script first writes files like the real ones, of a brain of
which we know where it answers to faces, and needs no network.
"""

import argparse
import json
import warnings

import matplotlib.pyplot as plt
import nibabel as nib
import numpy as np

from boldglm.datasets import fetch_spm_multimodal_fmri, simulate_spm_multimodal_fmri
from boldglm.exceptions import ContrastWarning
from boldglm.glm import threshold_stats_img
from boldglm.glm.first_level import FirstLevelModel
from boldglm.image import concat_imgs, mean_img, resample_img
from boldglm.plotting import find_xyz_cut_coords, plot_design_matrix, plot_stat_map
from boldglm.reporting import get_clusters_table

options = argparse.ArgumentParser()
options.add_argument("--simulated", action="store_true")
simulated = options.parse_args().simulated
data_dir = simulate_spm_multimodal_fmri("simulated-data") if simulated else None
data = fetch_spm_multimodal_fmri(data_dir)
runs_on_disk = [data.func1, data.func2]

# %%
# How the head moved
# ------------------
# The affine of a volume tells where its voxels are. We follow the voxel in the middle
# through the scans: were the head still, all lines would lie at zero.
first = nib.load(data.func1[0])
middle = [*(np.array(first.shape) - 1) / 2, 1]
place = first.affine @ middle
paths = [
    [(nib.load(file).affine @ middle - place)[:3] for file in run]
    for run in runs_on_disk
]

fig, axes = plt.subplots(1, 2, figsize=(9, 3.5), sharey=True, layout="constrained")
for number, (ax, path) in enumerate(zip(axes, paths, strict=True), start=1):
    ax.plot(path, label=["right", "forward", "up"])
    ax.set(title=f"run {number}", xlabel="scan")
axes[0].set_ylabel("displacement (mm)")
axes[1].legend(frameon=False)

largest = max(np.linalg.norm(path, axis=1).max() for path in paths)
print(f"The head was up to {largest:.1f} mm from where it started.")

# %%
# One grid for all volumes
# ------------------------
# ``concat_imgs`` refuses volumes that lie in different places, unless it is told to
# resample. It takes the grid of the first volume. Each run gets a grid of its own this
# way, so the second is moved to that of the first.
runs = [concat_imgs(run, auto_resample=True) for run in runs_on_disk]
grid = {"target_affine": runs[0].affine, "target_shape": runs[0].shape[:3]}
runs[1] = resample_img(runs[1], **grid)
background = mean_img(runs)

# %%
# The model
# ---------
# The response to a picture is that of SPM with its derivative in time, which forgives
# the response for being early or late. Cosines up to 0.01 Hz take the slow drifts. The
# runs have their own events, and the model makes a design for each.
model = FirstLevelModel(t_r=data.t_r, hrf_model="spm + derivative", high_pass=0.01)
model.fit(runs, events=[data.events1, data.events2])
design = model.design_matrices_[0]
fig, ax = plt.subplots(figsize=(6, 5), layout="constrained")
plot_design_matrix(design, axes=ax)

# %%
# Three questions
# ---------------
# A difference is asked for by the names of the columns. Both runs have these columns,
# so one expression does for both, and the answer is the fixed effect of the two. The
# third question is whether a voxel answers to any picture at all: an F contrast, with a
# row for each condition. F statistics of two runs have no exact sum. boldglm takes the
# usual approximation and warns of it; we know, and switch that warning off.
columns = [design.columns.get_loc(name) for name in ("faces", "scrambled")]
questions = {
    "faces - scrambled": "faces - scrambled",
    "scrambled - faces": "scrambled - faces",
    "any picture": np.eye(design.shape[1])[columns],
}
with warnings.catch_warnings():
    warnings.simplefilter("ignore", ContrastWarning)
    z_maps = {
        name: model.compute_contrast(contrast, output_type="z_score")
        for name, contrast in questions.items()
    }

# %%
# The map of the second question is that of the first with its sign turned, so two maps
# are enough to see. The cuts go through the largest activation.
for name in ("faces - scrambled", "any picture"):
    plot_stat_map(
        z_maps[name],
        bg_img=background,
        threshold=3.0,
        cut_coords=find_xyz_cut_coords(z_maps[name], activation_threshold=3),
        black_bg=True,
        title=name,
    )

# %%
# The table has the peaks of the clusters, in mm. The false discovery rate is held at
# 5 %: of the voxels above the threshold, one in twenty is expected to be there by
# chance.
above, height = threshold_stats_img(
    z_maps["faces - scrambled"],
    alpha=0.05,
    height_control="fdr",
    cluster_threshold=2,
    two_sided=False,
)
table = get_clusters_table(above, height)
print(f"faces - scrambled, z > {height:.2f}")
print(table.to_string(index=False))

# %%
# What our numbers say
# --------------------
# Pictures drive much of the visual cortex. What faces add is confined to a few places.
faces, others, any_picture = (z_maps[name].get_fdata() for name in questions)
mask = model.mask_img_.get_fdata() > 0
print(f"z > 3: {np.sum(faces > 3)} voxels for faces, {np.sum(any_picture > 3)} for any")
np.testing.assert_array_equal(faces, -others)
assert np.sum(any_picture > 3) > np.sum(faces > 3) > 0

# %%
# In simulated data we know more: where faces have an effect, how much, and where
# nothing at all happens. The signal is scaled to percent of its mean in each voxel, so
# the effect of the contrast is in percent too, and can be held against what was put in.
# Where nothing happens, 0.27 % of the voxels would pass 3 if the noise were known. It
# is some more: autoregressions that are estimated from residuals come out too small
# (:ref:`sphx_glr_gallery_plot_exact_ar.py` shows how much).
if simulated:
    home = data_dir / "spm_multimodal_fmri" / "truth"
    effect = model.compute_contrast("faces - scrambled", output_type="effect_size")
    to_voxel = np.linalg.inv(effect.affine)
    for spot in json.loads((home / "truth.json").read_text())["activations"]:
        voxel = tuple(np.rint(to_voxel @ [*spot["centre"], 1])[:3].astype(int))
        true = spot["effects"].get("faces", 0) - spot["effects"].get("scrambled", 0)
        found = effect.get_fdata()[voxel]
        print(f"{spot['label']:30s} {found:5.2f} %, in truth {true:.0f} %")
        assert abs(found - true) < 2
        assert faces[voxel] > 3.5 if true else abs(faces[voxel]) < 3.5
    null = (nib.load(home / "null.nii.gz").get_fdata() > 0) & mask
    share = np.mean(np.abs(faces[null]) > 3)
    print(f"|z| > 3 in {share:.2%} of the voxels without effect")
    assert share < 0.01

plt.show()

# %%
# References
# ----------
# .. [1] Henson RN, Goshen-Gottstein Y, Ganel T, Otten LJ, Quayle A, Rugg MD (2003).
#    Electrophysiological and haemodynamic correlates of face perception, recognition
#    and priming. Cerebral Cortex 13:793-805.
