"""Maps in the layout of the localizer data set, as page 003 fetches them."""

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import nibabel as nib
import numpy as np
from scipy.ndimage import gaussian_filter

__all__ = ["ACTIVE", "SHAPE", "fetch", "write"]

SHAPE = (18, 21, 16)
AFFINE = np.array([[-6.0, 0, 0, 54], [0, 6, 0, -70], [0, 0, 6, -40], [0, 0, 0, 1]])
# where the hands are moved from: left positive, right negative
ACTIVE = {1: (12, 10, 11), -1: (5, 10, 11)}
CONTRAST = "left vs right button press"
NAME = "LeftVsRightButtonPress"


def write(folder: Path, n_subjects: int = 16, effect: float = 3.0) -> Path:
    """Contrast and t maps of subjects, ``brainomics_data/Sxx/cmaps_….nii.gz``."""
    rng = np.random.default_rng(3)
    centred = np.indices(SHAPE).reshape(3, -1).T - (np.array(SHAPE) - 1) / 2
    radius = np.linalg.norm(centred / np.array(SHAPE) * 2.2, axis=1).reshape(SHAPE)
    brain = radius < 1
    signal = np.zeros(SHAPE)
    for sign, place in ACTIVE.items():
        blob = np.zeros(SHAPE)
        blob[place] = 1
        blob = gaussian_filter(blob, 1.2)
        signal += sign * effect * blob / blob.max()
    for subject in range(1, n_subjects + 1):
        home = folder / "brainomics_localizer" / "brainomics_data" / f"S{subject:02}"
        home.mkdir(parents=True, exist_ok=True)
        noise = gaussian_filter(rng.standard_normal(SHAPE), 0.8)
        effect_map = np.where(brain, signal + noise / noise.std(), 0)
        for kind, scale in (("cmaps", 1.0), ("tmaps", 3.0)):
            img = nib.Nifti1Image((scale * effect_map).astype(np.float32), AFFINE)
            img.to_filename(home / f"{kind}_{NAME}.nii.gz")
    return folder


def fetch(folder: Path):
    """A stand-in for the fetcher of the page, on files that are there."""

    def fetch_localizer_contrasts(contrasts, n_subjects=None, get_tmaps=False):
        assert contrasts == [CONTRAST]
        homes = sorted((folder / "brainomics_localizer/brainomics_data").iterdir())
        chosen = homes[:n_subjects]
        names = np.array(
            [(home.name, 25.0) for home in chosen],
            dtype=[("participant_id", "U4"), ("age", "f8")],
        )
        return _Bunch(
            cmaps=[str(home / f"cmaps_{NAME}.nii.gz") for home in chosen],
            tmaps=[str(home / f"tmaps_{NAME}.nii.gz") for home in chosen]
            if get_tmaps
            else None,
            ext_vars=names.view(np.recarray),
        )

    return fetch_localizer_contrasts


class _Bunch(SimpleNamespace):
    def __getitem__(self, name: str):
        return getattr(self, name)

    def __iter__(self) -> Iterator[str]:
        return iter(vars(self))
