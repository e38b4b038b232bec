"""The data sets as they lie on disk and on their servers, with simulated content.

`FOLDERS` are functions that write a folder as it is after fetching; `remote` makes of
it the files by their addresses, from which it can be fetched.
"""

import io
import json
import tarfile
import zipfile
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import nibabel as nib
import numpy as np
from tests.pages import fiac, spm

__all__ = ["FOLDERS", "MAP", "SUBJECTS", "URLS", "files_of", "remote", "write"]

AFFINE = np.diag([3.0, 3.0, 3.0, 1.0])
SUBJECTS = ("S01", "S02", "S03")
# of "left vs right button press"
MAP = "LeftAuditory&VisualClickVsRightAuditory&VisualClick"
CALCULATION = "Auditory&VisualCalculation"
DS = "ds000030/ds000030_R1.0.4/uncompressed"
URLS = [
    f"https://s3.amazonaws.com/openneuro/{DS}/{name}"
    for name in (
        "derivatives/fmriprep/sub-1/func/sub-1_task-rest_bold_confounds.tsv",
        "sub-1/func/sub-1_task-rest_bold.nii.gz",
        "sub-2/func/sub-2_task-rest_bold.nii.gz",
        "task-rest_bold.json",
    )
]


def _image(seed, shape=(4, 5, 3)):
    data = np.random.default_rng(seed).standard_normal(shape).astype(np.float32)
    return nib.Nifti1Image(data, AFFINE)


def _spm_multimodal_fmri(root):
    spm.write(root, shape=(3, 4, 2))


def _spm_auditory(root):
    home = root / "spm_auditory" / "MoAEpilot"
    for folder in ("anat", "func"):
        (home / "sub-01" / folder).mkdir(parents=True)
    (home / "README").write_text("words")
    func = home / "sub-01" / "func" / "sub-01_task-auditory_bold.nii"
    nib.save(_image(0, (4, 5, 3, 6)), func)
    nib.save(_image(1), home / "sub-01" / "anat" / "sub-01_T1w.nii")
    events = home / "sub-01" / "func" / "sub-01_task-auditory_events.tsv"
    events.write_text("onset\tduration\ttrial_type\n42\t42\tlistening\n")


def _fiac(root):
    fiac.write(root)


def _brainomics_localizer(root):
    home = root / "brainomics_localizer" / "brainomics_data"
    (home / "phenotype").mkdir(parents=True)
    index = {}
    for at, subject in enumerate(SUBJECTS):
        (home / subject).mkdir()
        stem = f"/localizer/derivatives/spm_1st_level/sub-{subject}/sub-{subject}"
        for name in (MAP, CALCULATION):
            for kind in ("cmaps", "tmaps"):
                nib.save(_image(at), home / subject / f"{kind}_{name}.nii.gz")
                key = f"{stem}_task-localizer_acq-{name}_{kind}.nii.gz"
                index[key] = f"/{subject}{kind}{len(name)}"
        nib.save(_image(at), home / subject / "boolean_mask_mask.nii.gz")
        index[f"{stem}_mask.nii.gz"] = f"/{subject}mask"
        nib.save(_image(at), home / subject / "normalized_T1_anat_defaced.nii.gz")
        stem = stem.replace("spm_1st_level", "spm_preprocessing")
        index[f"{stem}_T1w.nii.gz"] = f"/{subject}anat"
    # not in the order of the subjects, and with one of whom nothing is known
    (home / "participants.tsv").write_text(
        "participant_id\tage\tsex\nS02\t24\tF\nS01\t31\tM\nS04\t20\tF\n"
    )
    (home / "phenotype" / "behavioural.tsv").write_text(
        "participant_id\tpseudo\nS01\t12.5\nS02\tn/a\nS04\t3\n"
    )
    index["/localizer/participants.tsv"] = "/people"
    index["/localizer/phenotype/behavioural.tsv"] = "/scores"
    (root / "brainomics_localizer" / "download").write_text(json.dumps(index))


def _localizer_first_level(root):
    home = root / "localizer_first_level" / "localizer_first_level"
    home.mkdir(parents=True)
    stem = "sub-12069_task-localizer"
    nib.save(_image(2, (4, 5, 3, 6)), home / f"{stem}_space-MNI305.nii.gz")
    table = home / f"{stem}_events.tsv"
    table.write_text("onset\tduration\ttrial_type\n0\t1\tsentence_listening\n")


def _language_localizer_demo(root):
    home = root / "fMRI-language-localizer-demo-dataset"
    (home / "sub-01" / "func").mkdir(parents=True)
    (home / "derivatives" / "sub-01" / "func").mkdir(parents=True)
    (home / "dataset_description.json").write_text("{}")
    table = home / "sub-01" / "func" / "sub-01_task-languagelocalizer_events.tsv"
    table.write_text("onset\tduration\ttrial_type\n0\t1\tlanguage\n")
    name = "sub-01_task-languagelocalizer_desc-preproc_bold.nii.gz"
    nib.save(_image(3, (4, 5, 3, 6)), home / "derivatives" / "sub-01" / "func" / name)


def _ds000030(root):
    home = root / DS
    for at, url in enumerate(URLS):
        path = home / url.split(f"{DS}/")[1]
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"file {at}")
    (home / "urls.json").write_text(json.dumps(URLS))


FOLDERS = {
    "spm_multimodal_fmri": _spm_multimodal_fmri,
    "spm_auditory": _spm_auditory,
    "fiac": _fiac,
    "brainomics_localizer": _brainomics_localizer,
    "localizer_first_level": _localizer_first_level,
    "language_localizer_demo": _language_localizer_demo,
    "ds000030": _ds000030,
}


@cache
def _written(name):
    """Files of a data set, by path; made once, as the faces take seconds."""
    with TemporaryDirectory() as root:
        FOLDERS[name](Path(root))
        return files_of(Path(root))


def files_of(folder):
    """Bytes by path."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not path.is_symlink()
    }


def write(name, root):
    """Write a data set as it lies in a data directory."""
    for path, data in _written(name).items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(data)
    return root


@cache
def remote(name):
    """What the servers of a data set have, by address without https://."""
    files = _written(name)
    if name == "brainomics_localizer":
        return _remote_localizer(files)
    if name == "ds000030":
        found = {
            url.removeprefix("https://"): files[url[url.index(DS) :]] for url in URLS
        }
        return found | {"osf.io/86xj7/download": files[f"{DS}/urls.json"]}
    return {
        url: pack(
            {path.removeprefix(root): files[path] for path in files if test(path)}
        )
        for url, pack, root, test in _ARCHIVES[name]
    }


def _remote_localizer(files):
    index = json.loads(files["brainomics_localizer/download"])
    found = {"osf.io/hwbm2/download": files["brainomics_localizer/download"]}
    home = "brainomics_localizer/brainomics_data"
    for path, key in index.items():
        subject = path.split("/")[-1].split("_")[0].removeprefix("sub-")
        if "_acq-" in path:
            name, _, kind = path.split("_acq-")[1].partition("_")
            local = f"{subject}/{kind.removesuffix('.nii.gz')}_{name}.nii.gz"
        elif path.endswith(".tsv"):
            local = path.removeprefix("/localizer/")
        else:
            which = (
                "boolean_mask_mask" if "mask" in path else "normalized_T1_anat_defaced"
            )
            local = f"{subject}/{which}.nii.gz"
        found[f"osf.io/download{key}/"] = files[f"{home}/{local}"]
    return found


def _zip(files):
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return content.getvalue()


def _tar_gz(files):
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w:gz") as archive:
        for name, data in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return content.getvalue()


def _all(path):
    return True


_SPM = "www.fil.ion.ucl.ac.uk/spm/download/data"
_ARCHIVES = {
    "spm_multimodal_fmri": [
        (
            f"{_SPM}/mmfaces/multimodal_fmri.zip",
            _zip,
            "spm_multimodal_fmri/sub001/",
            # the tables are made after the download
            lambda path: "/fMRI/" in path and not path.endswith(".tsv"),
        ),
        (
            f"{_SPM}/mmfaces/multimodal_smri.zip",
            _zip,
            "spm_multimodal_fmri/sub001/",
            lambda path: "/sMRI/" in path,
        ),
    ],
    "spm_auditory": [
        (f"{_SPM}/MoAEpilot/MoAEpilot.bids.zip", _zip, "spm_auditory/", _all)
    ],
    "fiac": [
        (
            "nipy.org/data-packages/nipy-data-0.2.tar.gz",
            _tar_gz,
            "fiac_nilearn.glm/",
            _all,
        )
    ],
    "localizer_first_level": [
        ("osf.io/2bqxn/download", _zip, "localizer_first_level/", _all)
    ],
    "language_localizer_demo": [
        (url, _zip, "fMRI-language-localizer-demo-dataset/", _all)
        for url in ("osf.io/nh987/download", "osf.io/3dj2a/download")
    ],
}
