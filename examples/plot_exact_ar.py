"""
Exact autoregressive noise, and how to look at it
=================================================

Successive scans are alike even where nothing happens, and a statistic that takes
them for independent is too sure of itself. How alike they are differs from voxel to
voxel. boldglm estimates the autoregression of each voxel and uses it as estimated:
coefficients are not sorted into bins, so no voxel is judged with its neighbour's
noise.

Here the noise is simulated, so that there is a truth to compare with. We look at

1. the map of the coefficients,
2. one voxel, against generalised least squares written out as a textbook has it,
3. what is left in the residuals,
4. the voxels in which nothing happens: what a noise model is for, and what is still
   missing.
"""

import matplotlib.pyplot as plt
import nibabel as nib
import numpy as np
from scipy import linalg, stats

from boldglm.datasets import NoiseSettings, RunSettings, make_brain, simulate_run
from boldglm.glm.first_level import FirstLevelModel
from boldglm.plotting import plot_stat_map

# %%
# A run with noise that changes over the brain
# --------------------------------------------
# The coefficient of the noise lies between -0.1 and 0.6 and changes slowly from place
# to place. The events and the motion of the head are simulated too.
run = simulate_run(
    brain=make_brain(voxel_size=4.0),
    settings=RunSettings(n_scans=200, t_r=2.0),
    noise=NoiseSettings(partial=((-0.1, 0.6),), scanner=0.0),
    seed=3,
)
bold = nib.Nifti1Image(run.bold, run.brain.affine)
mask = nib.Nifti1Image(run.brain.mask.astype(np.uint8), run.brain.affine)
confounds = run.confounds.fillna(0)
true_rho = run.truth.partial[0][run.brain.mask]
print(f"{run.brain.mask.sum():,} voxels, {run.bold.shape[3]} scans")

# %%
# Three models of the noise
# -------------------------
# White noise; an autoregression of order 1 in which the first scan has the weight
# that the stationary likelihood gives it (``first_scans="exact"``); and the same with
# coefficients cut to two decimals, as nilearn does.


def fitted(noise_model, bins=None, **options):
    """The same analysis with another model of the noise."""
    model = FirstLevelModel(
        t_r=2.0, mask_img=mask, noise_model=noise_model, minimize_memory=False
    )
    model.set_params(**options)
    return model.fit(bold, events=run.events, confounds=confounds, bins=bins)


white = fitted("ols")
exact = fitted("ar1", first_scans="exact")
binned = fitted("ar1", bins=100)

# %%
# The map of the coefficients
# ---------------------------
# Every voxel has its own. They follow the truth, and lie below it: drifts, motion and
# the task take a part of the slow noise with them, and what is left looks less alike
# from scan to scan than the noise was. The bias grows with the number of regressors.
rho = exact.fits_[0].phi[0]
image = np.zeros(run.brain.shape, dtype=np.float32)
image[run.brain.mask] = rho
plot_stat_map(
    nib.Nifti1Image(image, run.brain.affine),
    bg_img=None,
    display_mode="z",
    cut_coords=[-16, 8, 32, 56],
    title="autoregressive coefficient, as estimated",
)

fig, (left, right) = plt.subplots(1, 2, figsize=(9, 4), layout="constrained")
left.hexbin(true_rho, rho, gridsize=60, bins="log", cmap="Greys")
left.plot([-0.1, 0.6], [-0.1, 0.6], color="tab:red", label="truth")
left.set(xlabel="simulated coefficient", ylabel="estimated coefficient")
left.legend(frameon=False)
steps = binned.fits_[0].phi[0]
right.hist(rho, bins=200, range=(0.1, 0.2), color="0.6", label="as estimated")
right.hist(steps, bins=200, range=(0.1, 0.2), histtype="step", label="in bins")
right.set(xlabel="coefficient, enlarged", ylabel="voxels", ylim=(0, 580))
right.legend(frameon=False, loc="upper center", ncols=2)

agreement = np.corrcoef(rho, true_rho)[0, 1]
bias = np.mean(rho - true_rho)
print(f"correlation with the truth {agreement:.3f}, mean difference {bias:+.3f}")
assert agreement > 0.85
assert -0.2 < bias < 0
assert np.unique(rho).size == rho.size

# %%
# One voxel, by the textbook
# --------------------------
# With the noise's correlations :math:`R_{ij} = \rho^{|i - j|}`, generalised least
# squares is
#
# .. math::
#
#    \hat\beta = (X^T R^{-1} X)^{-1} X^T R^{-1} y.
#
# In the textbook one inverts a matrix with as many rows as there are scans, for every
# voxel. boldglm reads the data once, keeps products of the scans with the design
# shifted by a scan, and has the same number.
names = ["faces", "houses"]
contrast = exact.compute_contrast("faces - houses", output_type="all")
inside = {key: img.get_fdata()[run.brain.mask] for key, img in contrast.items()}
voxel = int(np.argmax(inside["stat"]))

design = exact.design_matrices_[0]
X, y = design.to_numpy(), run.bold[run.brain.mask][voxel].astype(float)
y = 100 * (y / y.mean() - 1)  # percent of the mean, as the model scales it
R = linalg.toeplitz(rho[voxel] ** np.arange(len(y)))
R_inverse = linalg.inv(R)
covariance = linalg.inv(X.T @ R_inverse @ X)
beta = covariance @ X.T @ R_inverse @ y
weights = np.array([(name == "faces") - (name == "houses") for name in design], float)
left_over = y - X @ beta
variance = (left_over @ R_inverse @ left_over) / (len(y) - X.shape[1])
by_hand = weights @ beta / np.sqrt(variance * weights @ covariance @ weights)
print(f"t of the voxel: {inside['stat'][voxel]:.5f}, by hand {by_hand:.5f}")
assert np.isclose(inside["stat"][voxel], by_hand, rtol=1e-3)

# %%
# What is left in the residuals
# -----------------------------
# If the model of the noise fits, residuals filtered with it are white: their
# correlation with themselves a scan later scatters about zero.


def lag_one(series):
    """Correlation of each row with itself a scan later."""
    return np.sum(series[:, 1:] * series[:, :-1], 1) / np.sum(series**2, 1)


residuals = exact.residuals_[0].get_fdata()[run.brain.mask]
before = lag_one(residuals)
after = lag_one(residuals[:, 1:] - rho[:, np.newaxis] * residuals[:, :-1])

fig, ax = plt.subplots(figsize=(6, 4), layout="constrained")
ax.hist(before, bins=100, color="0.7", label="residuals")
ax.hist(after, bins=100, histtype="step", color="tab:red", label="whitened residuals")
ax.set(xlabel="correlation from scan to scan", ylabel="voxels")
ax.legend(frameon=False)

print(f"from scan to scan: {before.mean():.3f}, whitened {after.mean():.3f}")
assert abs(after.mean()) < 0.05 < before.mean()
assert after.std() < before.std() / 2

# %%
# Where nothing happens
# ---------------------
# z of a voxel without any effect should have a standard deviation of 1. White noise
# promises too much; the autoregression is much nearer. It is not yet at 1, because of
# the bias seen above: a threshold of p < .05 lets more than 5 % of the voxels pass. So
# take p of one subject as somewhat too small. A test of a group does not suffer: it
# judges by how much the subjects differ.
null = run.truth.null[run.brain.mask]
grid = np.linspace(-5, 5, 300)

fig, ax = plt.subplots(figsize=(6, 4), layout="constrained")
spread = {}
for label, model in (("white noise", white), ("exact AR(1)", exact)):
    z = model.compute_contrast("faces - houses").get_fdata()[run.brain.mask][null]
    spread[label] = z.std()
    ax.hist(z, bins=100, density=True, histtype="step", label=label)
    print(f"{label}: sd of z {z.std():.2f}, |z| > 1.96 in {np.mean(abs(z) > 1.96):.1%}")
ax.plot(grid, stats.norm.pdf(grid), color="black", linestyle=":", label="expected")
ax.set(xlabel="z where nothing happens", ylabel="density", xlim=(-5, 5))
ax.legend(frameon=False)

assert 1 < spread["exact AR(1)"] < spread["white noise"] - 0.1
plt.show()
