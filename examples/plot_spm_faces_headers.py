"""
Faces again: what the headers are for
=====================================

A volume is numbers and a header. The header tells where the voxels lie in the world, in
which space that world is, and in which units it is measured. In the faces data of SPM
[1]_ the realignment of the head stands there and nowhere else: a program that takes the
numbers and leaves the headers analyses a moving head. Here we do both, to see what is
lost, and to see that the maps stay where the brain is.

How the model is made is explained in :ref:`sphx_glr_gallery_plot_spm_faces.py`.
"""

import argparse
import json

import matplotlib.pyplot as plt
import nibabel as nib
import numpy as np

from boldglm.datasets import fetch_spm_multimodal_fmri, simulate_spm_multimodal_fmri
from boldglm.glm.first_level import FirstLevelModel
from boldglm.image import concat_imgs, mean_img, resample_img
from boldglm.plotting import find_xyz_cut_coords, plot_stat_map

options = argparse.ArgumentParser()
options.add_argument("--simulated", action="store_true")
simulated = options.parse_args().simulated
data_dir = simulate_spm_multimodal_fmri("simulated-data") if simulated else None
data = fetch_spm_multimodal_fmri(data_dir)

# %%
# What a header says
# ------------------
# No two volumes lie alike. The code tells what the affine leads to: 2 is "aligned", the
# space of some other image of this subject. It would be 4 in MNI space.
first, last = nib.load(data.func1[0]), nib.load(data.func2[-1])
for which, image in (("first", first), ("last", last)):
    print(f"{which} volume: code {int(image.header['sform_code'])}, affine")
    print(np.round(image.affine, 2))

# %%
# With the headers
# ----------------
# Volumes are resampled to the grid of the first one, where their affines say they are.
# With ``copy_header=True`` the results say in which space and in which units they are,
# as the volumes did.
runs = [concat_imgs(run, auto_resample=True) for run in (data.func1, data.func2)]
affine, shape = runs[0].affine, runs[0].shape
runs[1] = resample_img(runs[1], affine, shape[:3], copy_header=True)
background = mean_img(runs, copy_header=True)
for image in (runs[1], background):
    assert image.header["sform_code"] == first.header["sform_code"]
    assert image.header.get_xyzt_units()[0] == "mm"

# %%
# Without the headers
# -------------------
# The same numbers, one behind the other, as if the head had lain still.
moving = [
    nib.Nifti1Image(
        np.stack([np.asarray(nib.load(file).dataobj) for file in run], axis=-1), affine
    )
    for run in (data.func1, data.func2)
]

# %%
# The signal of a voxel at the edge of the brain changes when the head moves. Its
# standard deviation over both runs, in percent of the mean, shows where.
mean = background.get_fdata()
head = mean > mean.max() / 5


def variation(two_runs):
    """Standard deviation over the scans of two runs, percent of the mean."""
    scans = np.concatenate([run.get_fdata() for run in two_runs], axis=-1)
    return 100 * scans.std(axis=-1) / np.maximum(scans.mean(axis=-1), 1)


spread = {"as the headers say": variation(runs), "headers ignored": variation(moving)}
middle = shape[2] // 2
fig, axes = plt.subplots(1, 2, figsize=(8, 4.5), layout="constrained")
for ax, (name, values) in zip(axes, spread.items(), strict=True):
    shown = np.where(head, values, np.nan)[:, :, middle].T
    picture = ax.imshow(shown, origin="lower", vmin=0, vmax=10, cmap="magma")
    ax.set(title=name, xticks=[], yticks=[])
fig.colorbar(picture, ax=axes, label="standard deviation (%)", shrink=0.7)

with_headers, without = (np.mean(values[head]) for values in spread.values())
print(f"mean standard deviation {with_headers:.2f} %, headers ignored {without:.2f} %")
assert with_headers < without

# %%
# The same model for both
# -----------------------
z_maps, models = {}, {}
for name, two_runs in zip(spread, (runs, moving), strict=True):
    model = FirstLevelModel(t_r=data.t_r, hrf_model="spm + derivative", high_pass=0.01)
    model.fit(two_runs, events=[data.events1, data.events2])
    models[name] = model
    z_maps[name] = model.compute_contrast("faces - scrambled")

# %%
# Both maps are drawn on the structural image, which was measured in the same space: no
# registration is needed, as long as the headers say the truth.
z_map = z_maps["as the headers say"]
cuts = find_xyz_cut_coords(z_map, activation_threshold=3)
for name, image in z_maps.items():
    plot_stat_map(
        image, bg_img=data.anat, threshold=3.0, cut_coords=cuts, vmax=9, title=name
    )

# %%
# What our numbers say
# --------------------
# Movement adds noise, most of all at the edges of the brain, and noise takes from z.
# The map that knows of the movement finds more of what is there, and finds it where the
# structural image shows the tissue.
z = {name: image.get_fdata() for name, image in z_maps.items()}
for name, values in z.items():
    print(f"{name}: highest z {values.max():.2f}, {np.sum(values > 4)} voxels above 4")
np.testing.assert_allclose(z_map.affine, first.affine)
assert z["as the headers say"].max() > 4

if simulated:
    home = data_dir / "spm_multimodal_fmri" / "truth"
    spots = json.loads((home / "truth.json").read_text())["activations"]
    peak = np.unravel_index(z_map.get_fdata().argmax(), shape[:3])
    distances = np.linalg.norm(
        (affine @ [*peak, 1])[:3] - [spot["centre"] for spot in spots], axis=1
    )
    nearest = spots[distances.argmin()]
    print(f"the peak is {distances.min():.1f} mm from the {nearest['label']} area")
    assert distances.min() < 8
    assert nearest["effects"]["faces"] > nearest["effects"].get("scrambled", 0)

    true = [nib.load(home / f"effect-{one}.nii.gz") for one in ("faces", "scrambled")]
    active = true[0].get_fdata() - true[1].get_fdata() > 2
    found = {name: int(np.sum(values[active] > 4)) for name, values in z.items()}
    print(f"of {active.sum()} voxels with an effect above 2 %, found: {found}")
    assert found["as the headers say"] > found["headers ignored"]

plt.show()

# %%
# References
# ----------
# .. [1] Henson RN, Goshen-Gottstein Y, Ganel T, Otten LJ, Quayle A, Rugg MD (2003).
#    Electrophysiological and haemodynamic correlates of face perception, recognition
#    and priming. Cerebral Cortex 13:793-805.
