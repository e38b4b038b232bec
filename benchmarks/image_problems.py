"""The files that both programs get: brain-like objects, noise, an effect somewhere.

Every function returns a dictionary of paths, from the cache; `small` ones are for a
smoke test and for warming up.
"""

from pathlib import Path
from typing import Any

import nibabel as nib
import numpy as np
from scipy import ndimage

from benchmarks.cache import cached
from benchmarks.problems import SEED, fiac_like, masked_run
from benchmarks.series_files import series_writer

VERSION = 1


def ellipsoid(shape: tuple[int, ...], n_inside: int) -> np.ndarray:
    """A mask of exactly so many voxels, those nearest to the centre of the box."""
    axes = (np.linspace(-1, 1, n) for n in shape)
    distance = sum(axis**2 for axis in np.meshgrid(*axes, indexing="ij"))
    inside = np.zeros(int(np.prod(shape)), dtype=bool)
    inside[np.argsort(distance, axis=None, kind="stable")[:n_inside]] = True
    return inside.reshape(shape)


def texture(shape: tuple[int, ...], width: float, seed: int) -> np.ndarray:
    """Smooth random float32 of standard deviation 1; `width` in voxels."""
    noise = np.random.default_rng([SEED, seed]).standard_normal(shape, np.float32)
    smooth = ndimage.gaussian_filter(noise, width, truncate=3)
    return smooth / smooth.std()


def anatomy(inside: np.ndarray) -> np.ndarray:
    """A head: a brain with structure in it, in air that is not quite black."""
    head = np.where(inside, 700 + 80 * texture(inside.shape, 2.0, 1), 40)
    return ndimage.gaussian_filter(head.astype(np.float32), 0.7)


def faces(small: bool) -> dict[str, Any]:
    """Two runs of .hdr/.img volumes as realignment leaves them, an affine each."""
    shape, n_scans = ((28, 28, 18), 40) if small else ((64, 64, 32), 390)
    megabytes = 2 * n_scans * np.prod(shape) * 2 / 1e6
    folder = cached(
        f"faces-{_name(shape)}x{n_scans}-v{VERSION}",
        lambda folder: _make_faces(folder, shape, n_scans),
        float(megabytes),
    )
    names = {"events1": "events1.tsv", "events2": "events2.tsv"}
    files: dict[str, Any] = {k: str(folder / name) for k, name in names.items()}
    for run in (1, 2):
        volumes = sorted((folder / f"run{run}").glob("*.img"))
        files[f"func{run}"] = [str(path) for path in volumes]
    return files


def _make_faces(folder: Path, shape: tuple[int, ...], n_scans: int) -> None:
    import pandas as pd

    rng = np.random.default_rng(SEED)
    inside = ellipsoid(shape, int(0.3 * np.prod(shape)))
    head = anatomy(inside)
    spot = tuple(slice(n // 3, n // 2) for n in shape)
    first = np.diag([-3.0, 3.0, 3.0, 1.0])
    first[:3, 3] = [3.0 * shape[0] / 2, -3.0 * shape[1] / 2, -3.0 * shape[2] / 2]
    for run in (1, 2):
        (folder / f"run{run}").mkdir()
        onsets = np.arange(6, 2 * n_scans - 20, 5.3)
        kinds = rng.permutation(np.resize(["faces", "scrambled"], onsets.size))
        pd.DataFrame({"onset": onsets, "duration": 0.0, "trial_type": kinds}).to_csv(
            folder / f"events{run}.tsv", sep="\t", index=False
        )
        response = _responses(onsets[kinds == "faces"], n_scans)
        # millimetres and radians of the head, wandering; the second run starts off
        steps = rng.standard_normal((n_scans, 6)) * ([0.03] * 3 + [0.0006] * 3)
        moved = np.cumsum(steps, axis=0) + (run - 1) * 0.8 * np.array(
            [1, -1, 1, 0.01, 0.01, -0.01]
        )
        for scan in range(n_scans):
            affine = _rigid(moved[scan]) @ first
            to_head = np.linalg.inv(first) @ affine
            truth = head.copy()
            truth[spot] *= 1 + 0.02 * response[scan]
            volume = ndimage.affine_transform(
                truth, to_head[:3, :3], to_head[:3, 3], order=1, mode="nearest"
            )
            volume += 6 * rng.standard_normal(shape, np.float32)
            image = nib.Nifti1Pair(np.rint(volume).astype(np.int16), affine)
            image.header.set_slope_inter(1, 0)
            nib.save(image, folder / f"run{run}" / f"f{run}_{scan:04d}.img")


def _responses(onsets: np.ndarray, n_scans: int, t_r: float = 2.0) -> np.ndarray:
    """A gamma-shaped response after each onset, at the scans."""
    lag = np.maximum(np.arange(n_scans)[:, None] * t_r - onsets, 0)
    return (lag**5 * np.exp(-lag) / 21.1).sum(axis=1)


def _rigid(parameters: np.ndarray) -> np.ndarray:
    from scipy.spatial.transform import Rotation

    motion = np.eye(4)
    motion[:3, :3] = Rotation.from_euler("xyz", parameters[3:]).as_matrix()
    motion[:3, 3] = parameters[:3]
    return motion


def fiac(small: bool) -> dict[str, Any]:
    """Two compressed runs with a mask and designs."""
    shape, n_scans = ((14, 14, 10), 60) if small else ((64, 64, 30), 191)
    folder = cached(
        f"fiac-{_name(shape)}x{n_scans}-v{VERSION}",
        lambda folder: _make_fiac(folder, shape, n_scans),
        float(np.prod(shape) * n_scans / 1e6),
    )
    runs = (1, 2)
    return {
        "mask": str(folder / "mask.nii.gz"),
        "runs": [str(folder / f"run{run}.nii.gz") for run in runs],
        "designs": [str(folder / f"design{run}.csv") for run in runs],
    }


def _make_fiac(folder: Path, shape: tuple[int, ...], n_scans: int) -> None:
    fiac_like(folder, shape, n_scans)


def fmriprep(small: bool) -> dict[str, Any]:
    """A run on a 2 mm grid of MNI space as float32, compressed and not."""
    shape, n_scans, n_inside = (
        ((25, 29, 25), 80, 4000) if small else ((97, 115, 97), 300, 235_375)
    )
    folder = cached(
        f"fmriprep-{_name(shape)}x{n_scans}-v{VERSION}",
        lambda folder: _make_fmriprep(folder, shape, n_scans, n_inside),
        float(np.prod(shape) * n_scans * 7.2 / 1e6),
    )
    names = ["run.nii.gz", "run.nii", "mask.nii.gz", "design.csv"]
    return {name: str(folder / name) for name in names}


def _make_fmriprep(
    folder: Path, shape: tuple[int, ...], n_scans: int, n_inside: int
) -> None:
    rng = np.random.default_rng(SEED)
    affine = _centred(shape, 2.0)
    inside = ellipsoid(shape, n_inside)
    save_mask(inside, affine, folder / "mask.nii.gz")
    X = masked_run(n_scans, 1, 42).X
    _save_design(X, folder / "design.csv")
    mean = anatomy(inside)
    effects = [6 * inside * texture(shape, 5.0, 10 + k) for k in range(5)]
    # outside the scanner's field of view, here the lowest and highest slices, a run
    # that was brought to a standard space is exactly 0
    seen = np.ones(shape, dtype=bool)
    seen[:, :, : shape[2] // 16] = seen[:, :, -(shape[2] // 24) :] = False
    noise = np.zeros(shape, np.float32)
    paths = [folder / "run.nii.gz", folder / "run.nii"]
    with series_writer(paths, (*shape, n_scans), affine, np.float32) as write:
        for scan in range(n_scans):
            white = rng.standard_normal(shape, np.float32)
            # interpolation has made neighbours alike
            new = ndimage.gaussian_filter(white, 0.6, truncate=2)
            noise = np.float32(0.35) * noise + new
            volume = mean * (1 + np.float32(0.02) * noise)
            for weight, effect in zip(X[scan], effects, strict=False):
                if weight:
                    volume += np.float32(weight) * effect
            write(np.where(seen, volume, np.float32(0)))


def many_scans(n_scans: int, small: bool) -> dict[str, Any]:
    """A compressed run of int16 of any length; noise inside the mask only."""
    shape, n_inside = ((20, 24, 20), 3000) if small else ((64, 76, 64), 120_338)
    folder = cached(
        f"scans-{_name(shape)}x{n_scans}-v{VERSION}",
        lambda folder: _make_many_scans(folder, shape, n_scans, n_inside),
        float(n_inside * n_scans * 1.1 / 1e6),
    )
    return {
        "run": str(folder / "run.nii.gz"),
        "mask": str(folder / "mask.nii.gz"),
        "design": str(folder / "design.csv"),
    }


def _make_many_scans(
    folder: Path, shape: tuple[int, ...], n_scans: int, n_inside: int
) -> None:
    rng = np.random.default_rng(SEED)
    affine = _centred(shape, 3.0)
    inside = ellipsoid(shape, n_inside)
    save_mask(inside, affine, folder / "mask.nii.gz")
    X = masked_run(n_scans, 1, 14).X
    _save_design(X, folder / "design.csv")
    mean = anatomy(inside)[inside]
    effect = 5 * texture(shape, 3.0, 2)[inside]
    noise = np.zeros(n_inside, np.float32)
    volume = np.zeros(shape, np.float32)
    paths = [folder / "run.nii.gz"]
    with series_writer(paths, (*shape, n_scans), affine, np.int16, quick=True) as write:
        for scan in range(n_scans):
            noise *= np.float32(0.3)
            noise += rng.standard_normal(n_inside, np.float32)
            volume[inside] = mean + 8 * noise + np.float32(X[scan, 0]) * effect
            write(volume)


def region(small: bool) -> dict[str, Any]:
    """A run of int16 as a scanner gives it, and a mask the size of V1."""
    shape, n_scans, n_inside = (
        ((26, 26, 16), 60, 80) if small else ((104, 104, 66), 390, 4000)
    )
    folder = cached(
        f"region-{_name(shape)}x{n_scans}-v{VERSION}",
        lambda folder: _make_region(folder, shape, n_scans, n_inside),
        float(np.prod(shape) * n_scans * 3.5 / 1e6),
    )
    names = ["run.nii.gz", "run.nii", "mask.nii.gz", "design.csv"]
    return {name: str(folder / name) for name in names}


def _make_region(
    folder: Path, shape: tuple[int, ...], n_scans: int, n_inside: int
) -> None:
    rng = np.random.default_rng(SEED)
    affine = _centred(shape, 2.0)
    # a compact piece at the back of the box
    mask = np.zeros(shape, dtype=bool)
    part = tuple(slice(a, a + n // 4) for n, a in zip(shape, _back(shape), strict=True))
    mask[part] = ellipsoid(mask[part].shape, n_inside)
    save_mask(mask, affine, folder / "mask.nii.gz")
    X = masked_run(n_scans, 1, 20).X
    _save_design(X, folder / "design.csv")
    mean = anatomy(ellipsoid(shape, int(0.3 * np.prod(shape))))
    effect = 8 * mask * texture(shape, 3.0, 2)
    paths = [folder / "run.nii.gz", folder / "run.nii"]
    with series_writer(paths, (*shape, n_scans), affine, np.int16) as write:
        for scan in range(n_scans):
            volume = mean + 8 * rng.standard_normal(shape, np.float32)
            write(volume + np.float32(X[scan, 0]) * effect)


def _back(shape: tuple[int, ...]) -> tuple[int, int, int]:
    return (3 * shape[0] // 8, shape[1] // 8, shape[2] // 3)


def functions(small: bool, times: int = 1) -> dict[str, Any]:
    """A compressed float32 run, its halves, a mask, labels, another grid.

    `times` as long as it usually is.
    """
    shape, n_scans = ((18, 18, 12), 40) if small else ((64, 64, 30), 200)
    n_scans *= times
    folder = cached(
        f"functions-{_name(shape)}x{n_scans}-v{VERSION}",
        lambda folder: _make_functions(folder, shape, n_scans),
        float(np.prod(shape) * n_scans * 7.5 / 1e6),
    )
    names = ["run", "half1", "half2", "mask", "labels", "grid"]
    files: dict[str, Any] = {name: str(folder / f"{name}.nii.gz") for name in names}
    return files | {"copy_mib": float(np.prod(shape) * n_scans * 4 / 2**20)}


def _make_functions(folder: Path, shape: tuple[int, ...], n_scans: int) -> None:
    rng = np.random.default_rng(SEED)
    affine = np.diag([3.0, 3.0, 4.0, 1.0])
    affine[:3, 3] = [-s * n / 2 for s, n in zip((3.0, 3.0, 4.0), shape, strict=True)]
    inside = ellipsoid(shape, int(0.3 * np.prod(shape)))
    save_mask(inside, affine, folder / "mask.nii.gz")
    quarters = np.indices(shape)[0] * 20 // shape[0] + 1
    labels = nib.Nifti1Image((inside * quarters).astype(np.int16), affine)
    nib.save(labels, folder / "labels.nii.gz")
    turned = _rigid(np.array([1.5, -2.0, 1.0, 0.05, -0.03, 0.02])) @ affine
    save_mask(inside, turned, folder / "grid.nii.gz")
    mean = anatomy(inside)
    mean[:2] = mean[-2:] = 0  # something to crop
    half = n_scans // 2
    data = [mean * (1 + 0.01 * rng.standard_normal(shape)) for _ in range(n_scans)]
    for name, scans in (
        ("run", data), ("half1", data[:half]), ("half2", data[half:]),
    ):  # fmt: skip
        path = folder / f"{name}.nii.gz"
        with series_writer([path], (*shape, len(scans)), affine, np.float32) as write:
            for volume in scans:
                write(volume)


def make_all(small: bool) -> None:
    """Make whatever is not in the cache yet."""
    for problem in (faces, fiac, fmriprep, region, functions):
        problem(True)
        problem(small)
    for n_scans in (100, 200, 800) if small else (850, 1_700, 6_804):
        many_scans(n_scans, small)
    many_scans(100, True)
    if not small:
        functions(small, times=2)


def save_mask(inside: np.ndarray, affine: np.ndarray, path: Path) -> None:
    """Write a mask of 0 and 1."""
    nib.save(nib.Nifti1Image(inside.astype(np.uint8), affine), path)


def _save_design(X: np.ndarray, path: Path) -> None:
    import pandas as pd

    columns = [f"c{i}" for i in range(X.shape[1])]
    pd.DataFrame(X, columns=columns).to_csv(path, index=False)


def _centred(shape: tuple[int, ...], size: float) -> np.ndarray:
    affine = np.diag([size, size, size, 1.0])
    affine[:3, 3] = [-size * (n - 1) / 2 for n in shape]
    return affine


def _name(shape: tuple[int, ...]) -> str:
    return "x".join(map(str, shape))
