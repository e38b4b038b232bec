"""
A run too long for memory
=========================

A film of two hours at a repetition time of a second, or days of resting state from
one subject: as numbers in memory, a run can be larger than the machine. boldglm reads
a run once, block by block, and keeps what the statistics need: products of the scans
with the regressors, and with themselves some scans later. These do not grow with the
number of scans, and the fit is the same as that of the whole, autoregressive noise
included.

This script writes a run of 4,000 scans without ever having it in memory, and fits it
with the memory that a run of 1,000 takes. The files take 1.1 GB of the folder for
temporary files, and go when the script ends.
"""

import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import matplotlib.pyplot as plt
import nibabel as nib
import numpy as np

from boldglm.datasets import NoiseSettings, RunSettings, make_brain, simulate_run
from boldglm.datasets.simulate import block_events
from boldglm.plotting import plot_stat_map

T_R = 1.0
CHUNK = 200
brain = make_brain(voxel_size=4.0)
folder = TemporaryDirectory()  # kept until the script ends
home = Path(folder.name)

# %%
# Write the run piece by piece
# ----------------------------
# A NIfTI file is a header with the volumes after it, one behind the other: a long one
# can be written as the scanner makes it. Only 200 scans are in memory at a time. The
# events are those of the whole session, also where a response goes on into the next
# piece. The shorter runs are the beginnings of the session.
LENGTHS = (1000, 2000, 4000)


def session_file(n_scans):
    """Path of the run with that many scans."""
    return home / f"session-{n_scans}.nii"


def start_file(n_scans):
    """A file that has its header, and waits for its volumes."""
    header = nib.Nifti1Header()
    header.set_data_shape((*brain.shape, n_scans))
    header.set_data_dtype(np.int16)
    header.set_sform(brain.affine, code="mni")
    header.set_zooms((4.0, 4.0, 4.0, T_R))
    header.set_xyzt_units("mm", "sec")
    header["magic"], header["vox_offset"] = b"n+1", 352
    session_file(n_scans).write_bytes(header.binaryblock + bytes(4))


def simulated_piece(events, number):
    """200 scans of the session, and what is true of them."""
    start = (number - 1) * CHUNK * T_R
    shifted = events.assign(onset=events["onset"] - start)
    return simulate_run(
        brain=brain,
        settings=RunSettings(n_scans=CHUNK, t_r=T_R),
        events=shifted[shifted["onset"] < CHUNK * T_R],
        noise=NoiseSettings(drift=0.0, motion=0.0, n_spikes=0),
        run=number,
    )


session = RunSettings(n_scans=LENGTHS[-1], t_r=T_R)
events = block_events(["faces", "houses"], session, np.random.default_rng(0))
events.to_csv(home / "events.tsv", sep="\t", index=False)
nib.Nifti1Image(brain.mask.astype(np.uint8), brain.affine).to_filename(
    home / "mask.nii.gz"
)
for n_scans in LENGTHS:
    start_file(n_scans)
for number, end in enumerate(range(CHUNK, LENGTHS[-1] + 1, CHUNK), start=1):
    piece = simulated_piece(events, number)
    volumes = np.rint(piece.bold).astype(np.int16).tobytes(order="F")
    for n_scans in LENGTHS:
        if end <= n_scans:
            with session_file(n_scans).open("ab") as file:
                file.write(volumes)

in_memory = {n: np.prod((*brain.shape, n)) * 4 / 2**20 for n in LENGTHS}
for n_scans, mebibytes in in_memory.items():
    print(f"{n_scans:,} scans are {mebibytes:,.0f} MiB of 32-bit numbers")

# %%
# Fit each in a process of its own
# --------------------------------
# Memory is measured as the system sees it: the most that the process held from its
# start to its end, Python and the libraries included. Linux keeps it in ``/proc``;
# what it tells by ``getrusage`` counts the parent of a process too.
#
# What does take memory is a regressor, some numbers in every voxel. Cosine drifts come
# with the length of a run, two more for every 100 s. The simulated scanner does not
# drift, and a straight line will do, so that only the number of scans differs.
ANALYSIS = """
import pathlib, sys
from boldglm.glm.first_level import FirstLevelModel

session, events, mask, z_map = sys.argv[1:]
model = FirstLevelModel(t_r=1.0, mask_img=mask, drift_model="polynomial")
model.fit(session, events=events)
model.compute_contrast("faces - houses").to_filename(z_map)
if sys.platform == "linux":
    lines = pathlib.Path("/proc/self/status").read_text().splitlines()
    print(next(int(line.split()[1]) / 2**10 for line in lines if "VmHWM" in line))
else:
    import resource

    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20)
"""


def fit(n_scans):
    """Most memory in MiB while fitting, and the z map."""
    z_map = home / f"z-{n_scans}.nii.gz"
    files = [session_file(n_scans), home / "events.tsv", home / "mask.nii.gz", z_map]
    done = subprocess.run(
        [sys.executable, "-c", ANALYSIS, *map(str, files)],
        capture_output=True,
        text=True,
        check=True,
    )
    return float(done.stdout), nib.load(z_map)


peaks, z_maps = {}, {}
for n_scans in LENGTHS:
    peaks[n_scans], z_maps[n_scans] = fit(n_scans)
    print(f"{n_scans:,} scans fitted in {peaks[n_scans]:,.0f} MiB")

fig, ax = plt.subplots(figsize=(6, 4), layout="constrained")
ax.plot(in_memory.keys(), in_memory.values(), "o--", color="0.6", label="the data")
ax.plot(peaks.keys(), peaks.values(), "o-", color="tab:red", label="the whole process")
ax.set(xlabel="scans", ylabel="MiB", ylim=(0, None), xticks=LENGTHS)
ax.legend(frameon=False)

more_data = in_memory[4000] - in_memory[1000]
assert peaks[4000] - peaks[1000] < 0.1 * more_data
assert peaks[4000] < in_memory[4000]

# %%
# Longer runs see more
# --------------------
# The standard error falls with the square root of the number of scans, so z rises with
# it: four times the scans, twice the z.
for n_scans in (1000, 4000):
    plot_stat_map(
        z_maps[n_scans],
        display_mode="z",
        cut_coords=[-16, -8],
        threshold=5,
        vmax=50,
        title=f"faces - houses, z, {n_scans:,} scans",
    )

truth = piece.truth
effect = truth.effects["faces"] - truth.effects["houses"]
active = np.abs(effect) > 0.5
short, long = (z_maps[n].get_fdata()[active] for n in (1000, 4000))
gain = np.median(long / short)
print(f"z of {active.sum()} active voxels is {gain:.2f} times that of the short run")
assert np.corrcoef(long, effect[active])[0, 1] > 0.9
assert 1.6 < gain < 2.4
plt.show()
folder.cleanup()
