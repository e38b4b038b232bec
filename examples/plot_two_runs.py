"""
Two runs, one model
===================

A subject listened to blocks of six sentences: the same sentence again and again, or new
ones, spoken by the same speaker or by several [1]_. Two runs of 191 scans were
measured. Areas that process what is said should answer less to the same sentence.

We fit each run, put the runs together by hand, and let the model do it: it is the same.
Then we ask a list of questions, write the maps to files, and make a table and figures
of the one that matters. All of it goes into a report, one HTML file to explore.

With ``--simulated`` the script first writes files like the real ones, of a brain of
which we know where it answers, and needs no network.
"""

import argparse
import json
import warnings
from pathlib import Path

import matplotlib.pyplot as plt
import nibabel as nib
import numpy as np

from boldglm.datasets import fetch_fiac_first_level, simulate_fiac_first_level
from boldglm.exceptions import ContrastWarning
from boldglm.glm import compute_fixed_effects, threshold_stats_img
from boldglm.glm.first_level import FirstLevelModel
from boldglm.image import mean_img
from boldglm.plotting import find_xyz_cut_coords, plot_contrast_matrix, plot_stat_map
from boldglm.reporting import get_clusters_table

options = argparse.ArgumentParser()
options.add_argument("--simulated", action="store_true")
simulated = options.parse_args().simulated
data_dir = simulate_fiac_first_level("simulated-data") if simulated else None
data = fetch_fiac_first_level(data_dir)
runs = [data.func1, data.func2]
designs = [data.design_matrix1, data.design_matrix2]
background = mean_img(data.func1)

# %%
# Each run by itself
# ------------------
# The data set brings its design matrices, as arrays in .npz files: the model takes the
# paths as they are. The first four columns are the blocks: the same sentence by the
# same speaker, the same sentence by others, new sentences by the same speaker, new
# sentences by others. The fifth is the first sentence of every block. A contrast is a
# weight for each of the 13 columns.
N_COLUMNS = np.load(data.design_matrix1)["X"].shape[1]


def weights(*first):
    """Weights of the first columns; the others have none."""
    return np.pad(np.array(first, dtype=float), (0, N_COLUMNS - len(first)))


new_sentence = weights(-1, -1, 1, 1)
model = FirstLevelModel(mask_img=data.mask, smoothing_fwhm=5)
statistics = []
for run, design in zip(runs, designs, strict=True):
    model.fit(run, design_matrices=design)
    statistics.append(model.compute_contrast(new_sentence, output_type="all"))

# %%
# Together by hand
# ----------------
# The fixed effect is the mean of the two effects, and its variance a quarter of the sum
# of the two variances. It says what is true of these two runs, and nothing of other
# subjects. The degrees of freedom of the runs add up, and make a z of the t.
effect, variance, t_map, z_by_hand = compute_fixed_effects(
    [one["effect_size"] for one in statistics],
    [one["effect_variance"] for one in statistics],
    mask=data.mask,
    dofs=[191 - N_COLUMNS] * 2,
    return_z_score=True,
)

# %%
# Together by the model
# ---------------------
# Given two runs, a model fits both, and answers with the fixed effect.
model.fit(runs, design_matrices=designs)
z_map = model.compute_contrast(new_sentence)
difference = np.abs(z_map.get_fdata() - z_by_hand.get_fdata()).max()
print(f"The two ways differ by {difference:.1e} at most.")
assert difference < 1e-4

mask = nib.load(data.mask).get_fdata() > 0
cuts = find_xyz_cut_coords(z_map, activation_threshold=3)
shown = {
    "new - same sentence, first run": statistics[0]["z_score"],
    "new - same sentence, second run": statistics[1]["z_score"],
    "new - same sentence, both runs": z_map,
}
for title, image in shown.items():
    plot_stat_map(
        image, bg_img=background, threshold=3.0, cut_coords=cuts, vmax=9, title=title
    )
highest = [image.get_fdata().max() for image in shown.values()]
print("Highest z of the runs and of both: " + ", ".join(f"{z:.1f}" for z in highest))
assert highest[2] > max(highest[:2])

# %%
# A list of questions
# -------------------
# The last is an F contrast: is there any effect of the five conditions? F statistics of
# two runs have no exact sum. boldglm takes the usual approximation and warns of it; we
# know, and switch that warning off.
questions = {
    "SStSSp_minus_DStDSp": weights(1, 0, 0, -1),
    "DStDSp_minus_SStSSp": weights(-1, 0, 0, 1),
    "DSt_minus_SSt": weights(-1, -1, 1, 1),
    "DSp_minus_SSp": weights(-1, 1, -1, 1),
    "DSt_minus_SSt_for_DSp": weights(0, -1, 0, 1),
    "DSp_minus_SSp_for_DSt": weights(0, 0, -1, 1),
    "Deactivation": weights(-1, -1, -1, -1, 4),
    "Effects_of_interest": np.eye(N_COLUMNS)[:5],
}
output = Path("results") / "plot_two_runs"
output.mkdir(parents=True, exist_ok=True)
z_maps = {}
for name, contrast in questions.items():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ContrastWarning)
        z_maps[name] = model.compute_contrast(contrast, output_type="z_score")
    z_maps[name].to_filename(output / f"{name}_z_map.nii.gz")
plot_contrast_matrix(questions["DSt_minus_SSt"], model.design_matrices_[0])

# %%
# Where new sentences do more
# ---------------------------
# Voxels above a z that chance reaches in one brain out of twenty (Bonferroni), in
# clusters of five and more.
above, height = threshold_stats_img(
    z_maps["DSt_minus_SSt"],
    data.mask,
    alpha=0.05,
    height_control="bonferroni",
    cluster_threshold=5,
    two_sided=False,
)
table = get_clusters_table(above, height)
print(f"new - same sentence, z > {height:.2f}")
print(table.to_string(index=False))
plot_stat_map(
    above,
    bg_img=background,
    threshold=height,
    display_mode="z",
    cut_coords=sorted(set(table["Z"].head(3))),
    title="new - same sentence, corrected for the whole brain",
)
assert len(table) > 0

# %%
# All questions in one page
# -------------------------
# The report has every map to look around in, with its table of clusters, the designs
# and how well they tell conditions apart, the noise, and what was done in words for a
# methods section. That the F of two runs is approximate stands in it too.
with warnings.catch_warnings():
    warnings.simplefilter("ignore", ContrastWarning)
    report = model.generate_report(
        questions,
        bg_img=background,
        alpha=0.05,
        height_control="bonferroni",
        title="Two runs of sentences",
    )
report.save_as_html(output / "report.html")
print(f"To explore: {output / 'report.html'}")

# %%
# What our numbers say
# --------------------
# Who speaks hardly matters in these data; what is said does. In simulated data nobody
# answers to the speaker: what is above 3 is there by chance, which would make 0.27 % if
# the noise were known. It is a little more, because an autoregression estimated from
# residuals comes out too small (see :ref:`sphx_glr_gallery_plot_exact_ar.py`).
z = {name: image.get_fdata()[mask] for name, image in z_maps.items()}
for name in ("DSt_minus_SSt", "DSp_minus_SSp"):
    print(f"{name}: |z| > 3 in {np.mean(np.abs(z[name]) > 3):.2%} of the brain")
np.testing.assert_array_equal(z["SStSSp_minus_DStDSp"], -z["DStDSp_minus_SStSSp"])

if simulated:
    home = data_dir / "fiac_nilearn.glm" / "truth"
    new, same = (nib.load(home / f"effect-{n}.nii.gz") for n in ("DStSSp", "SStSSp"))
    active = new.get_fdata() - same.get_fdata() > 0.6
    found = np.mean(above.get_fdata()[active] > 0)
    print(f"{found:.0%} of {active.sum()} voxels with an effect above 0.6 % are found")
    assert found > 0.5
    centres = [
        spot["centre"]
        for spot in json.loads((home / "truth.json").read_text())["activations"]
        if spot["effects"]["DStSSp"] > spot["effects"]["SStSSp"]
    ]
    for centre in centres:
        distance = np.linalg.norm(table[["X", "Y", "Z"]] - centre, axis=1).min()
        print(f"a peak is {distance:.1f} mm from {centre}")
        assert distance < 10
    assert np.mean(np.abs(z["DSp_minus_SSp"]) > 3) < 0.01

plt.show()

# %%
# References
# ----------
# .. [1] Dehaene-Lambertz G, Dehaene S, Anton JL, et al. (2006). Functional segregation
#    of cortical language areas by sentence repetition. Human Brain Mapping 27:360-371.
