"""Maps in the layout of the localizer data set, as page 003 fetches them.

Beside the maps there are the tables of the subjects and the index of the data set.
"""

import json
from pathlib import Path

import nibabel as nib
import numpy as np
from scipy.ndimage import gaussian_filter

__all__ = ["ACTIVE", "SHAPE", "write"]

SHAPE = (18, 21, 16)
AFFINE = np.array([[-6.0, 0, 0, 54], [0, 6, 0, -70], [0, 0, 6, -40], [0, 0, 0, 1]])
# where the hands are moved from: left positive, right negative
ACTIVE = {1: (12, 10, 11), -1: (5, 10, 11)}
# of "left vs right button press"
NAME = "LeftAuditory&VisualClickVsRightAuditory&VisualClick"
STATISTICS = "/localizer/derivatives/spm_1st_level"


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
    names = [f"S{subject:02}" for subject in range(1, n_subjects + 1)]
    write_tables(folder / "brainomics_localizer", names)
    for name in names:
        home = folder / "brainomics_localizer" / "brainomics_data" / name
        home.mkdir()
        noise = gaussian_filter(rng.standard_normal(SHAPE), 0.8)
        effect_map = np.where(brain, signal + noise / noise.std(), 0)
        for kind, scale in (("cmaps", 1.0), ("tmaps", 3.0)):
            img = nib.Nifti1Image((scale * effect_map).astype(np.float32), AFFINE)
            img.to_filename(home / f"{kind}_{NAME}.nii.gz")
    return folder


def write_tables(home: Path, names: list[str]) -> None:
    """What is known of the subjects, and the index of all files."""
    (home / "brainomics_data" / "phenotype").mkdir(parents=True)
    tables = {
        "participants.tsv": ("age", range(20, 20 + len(names))),
        "phenotype/behavioural.tsv": ("pseudo", range(len(names))),
    }
    index = {f"/localizer/{table}": f"/{table}" for table in tables}
    for table, (column, values) in tables.items():
        rows = [f"{name}\t{value}" for name, value in zip(names, values, strict=True)]
        text = "\n".join([f"participant_id\t{column}", *rows, ""])
        (home / "brainomics_data" / table).write_text(text)
    for name in names:
        for kind in ("cmaps", "tmaps"):
            stem = f"sub-{name}/sub-{name}_task-localizer_acq-{NAME}_{kind}"
            index[f"{STATISTICS}/{stem}.nii.gz"] = f"/{name}{kind}"
    (home / "download").write_text(json.dumps(index))
