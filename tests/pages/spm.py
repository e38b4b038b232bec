"""Simulated files in the layout of the SPM multimodal faces data of two pages.

Two runs of one subject as pairs of .hdr and .img, a volume each, int16. The head moves
from scan to scan. As after realignment without reslicing, the movement stands in the
affine of each volume, and the voxels are where the scanner measured them: a world that
stands still is sampled at the voxels of each affine, so that only an analysis that
honours the headers finds it still.

In the world there is a brain, which the outermost slices cut, a place that answers to
faces more than to scrambled faces, and one that answers to both alike.
"""

from pathlib import Path

import nibabel as nib
import numpy as np
import pandas as pd
from scipy.io import savemat
from scipy.spatial.transform import Rotation
from scipy.stats import gamma

T_R = 2.0
SHAPE = (20, 22, 12)  # of a volume of the tests; the real one is (64, 64, 32)
N_SCANS = 390  # of a run: fetchers look for as many
FIELD_OF_VIEW = np.array([192.0, 192.0, 96.0])  # mm, whatever the number of voxels
RADII = np.array([66.0, 82.0, 60.0])  # of the brain, mm, about the origin
FACES = np.array([38.0, -45.0, -10.0])  # where faces have more effect, mm
VISUAL = np.array([0.0, -66.0, 4.0])  # where both conditions have the same
SPREAD = 11.0  # standard deviation of the responses in space, mm
PERCENT = {"faces": (3.0, 2.5), "scrambled": (0.5, 2.5)}  # in FACES, in VISUAL
BASELINE = 700.0  # of the brain


class Files(dict):
    """Names of files, as keys and as attributes, as the fetcher returns them."""

    __getattr__ = dict.__getitem__


def write(folder, shape=SHAPE, n_scans=N_SCANS):
    """Write the data set; return its files by the names of the fetcher."""
    subject = Path(folder) / "spm_multimodal_fmri" / "sub001"
    files = Files(slice_order="descending", t_r=T_R)
    for run in (1, 2):
        rng = np.random.default_rng(run)
        events = trials(rng, n_scans)
        scans = subject / "fMRI" / f"Session{run}"
        scans.mkdir(parents=True)
        volumes = simulate(rng, events, affines(rng, shape, n_scans, run), shape)
        names = []
        for number, image in enumerate(volumes, start=1):
            stem = f"fMETHODS-000{run + 4}-{number:05d}-{number:06d}-01"
            names.append(str(scans / f"{stem}.img"))
            nib.save(image, names[-1])
        files[f"func{run}"] = names
        files |= write_trials(subject / "fMRI", run, events)
    (subject / "sMRI").mkdir()
    files["anat"] = str(subject / "sMRI" / "smri.img")
    nib.save(anatomy(shape), files["anat"])
    return files


def trials(rng, n_scans):
    """Faces and scrambled faces in random order, half a second long, every 6 to 10 s.

    Half of the trials start between two scans.
    """
    starts = np.cumsum(rng.integers(6, 11, n_scans)) / 2.0
    starts = starts[starts < n_scans - 8]
    which = rng.permutation(np.arange(starts.size) % 2)
    return {"faces": starts[which == 0], "scrambled": starts[which == 1]}


def write_trials(folder, run, events):
    """The trials as SPM keeps them, in scans, and as a table, in seconds."""
    onsets, names = np.empty((2, 2), dtype=object)
    onsets[:], names[:] = list(events.values()), list(events)
    matlab = folder / f"trials_ses{run}.mat"
    savemat(matlab, {"onsets": onsets, "names": names})
    table = folder / f"session{run}_events.tsv"
    rows = [(name, start * T_R, 1.0) for name in events for start in events[name]]
    columns = ["trial_type", "onset", "duration"]
    pd.DataFrame(rows, columns=columns).to_csv(table, sep="\t", index=False)
    return {f"trials_ses{run}": str(matlab), f"events{run}": str(table)}


def affines(rng, shape, n_scans, run):
    """One affine per scan: the head drifts by tenths of a millimetre and degree.

    Between the runs it moved by a millimetre and more.
    """
    sizes = FIELD_OF_VIEW / shape
    voxels = np.diag([-sizes[0], sizes[1], sizes[2], 1.0])
    voxels[:3, 3] = -voxels[:3, :3] @ (np.array(shape) - 1) / 2
    pitch = moved([0, 0, 0], [-12, 0, 1])  # no scanner box lies along the axes
    steps = rng.normal(0, 1, (n_scans, 6))
    steps[0] = 0
    walk = np.cumsum(steps, axis=0) * 0.4 / np.sqrt(n_scans)
    walk += [1.2, -0.7, 0.9, 0.8, -0.5, 0.6] if run == 2 else 0
    return [moved(at[:3], at[3:]) @ pitch @ voxels for at in walk]


def moved(millimetres, degrees):
    """A rigid movement, (4, 4)."""
    matrix = np.eye(4)
    matrix[:3, :3] = Rotation.from_euler("xyz", degrees, degrees=True).as_matrix()
    matrix[:3, 3] = millimetres
    return matrix


def simulate(rng, events, places, shape):
    """The volumes of a run, one after the other."""
    times = np.arange(len(places))
    response = {name: haemodynamics(times, starts) for name, starts in events.items()}
    noise = rng.standard_normal(shape)
    for t, affine in enumerate(places):
        noise = 0.35 * noise + np.sqrt(1 - 0.35**2) * rng.standard_normal(shape)
        world = coordinates(shape, affine)
        brain = tissue(world)
        percent = 1.2 * noise + np.cos(np.pi * t / len(places)) * 0.8
        percent += sum(
            size * near(world, centre) * response[name][t]
            for name, sizes in PERCENT.items()
            for size, centre in zip(sizes, (FACES, VISUAL), strict=True)
        )
        data = brain * (1 + percent / 100) + np.abs(4 * rng.standard_normal(shape))
        yield pair(data, affine)


def haemodynamics(times, starts):
    """The sum of the responses to short events, each of peak 1, at the scans.

    `times` and `starts` count scans.
    """
    after = (times[:, np.newaxis] - starts) * T_R
    return (gamma.pdf(after, 6) - gamma.pdf(after, 16) / 6).sum(axis=1) / 0.175


def coordinates(shape, affine):
    """Where the voxels are, (3, x, y, z) mm."""
    voxels = np.indices(shape, dtype=float)
    return (
        np.tensordot(affine[:3, :3], voxels, axes=1) + affine[:3, 3, None, None, None]
    )


def tissue(world):
    """The signal at places of the world: a folded ellipsoid with a soft edge."""
    radius = np.sqrt(((world / RADII[:, None, None, None]) ** 2).sum(axis=0))
    folds = 1 + 0.15 * np.prod(np.cos(world / 13), axis=0)
    return BASELINE * folds / (1 + np.exp((radius - 1) / 0.04))


def near(world, centre):
    """1 at the centre of a response, falling off around it."""
    square = ((world - centre[:, None, None, None]) ** 2).sum(axis=0)
    return np.exp(-square / (2 * SPREAD**2))


def pair(data, affine):
    """An image as SPM writes it."""
    image = nib.Nifti1Pair(np.rint(data).astype(np.int16), affine)
    image.header.set_qform(affine, code="aligned")
    image.header.set_sform(affine, code="aligned")
    image.header.set_xyzt_units("mm", "sec")
    return image


def anatomy(shape):
    """The structural image, of smaller voxels."""
    fine = tuple(3 * n // 2 for n in shape)
    (affine,) = affines(np.random.default_rng(0), fine, 1, 1)
    return pair(tissue(coordinates(fine, affine)), affine)
