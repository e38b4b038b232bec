"""Two data sets of SPM: faces and scrambled faces, and words in blocks."""

import atexit
import os
import shutil
import tempfile
from pathlib import Path
from typing import Any

from boldglm._base.atomic import written_whole
from boldglm._base.errors import EventsError
from boldglm._base.log import say
from boldglm.datasets.bunch import Bunch
from boldglm.datasets.fetching import fetch
from boldglm.datasets.folders import is_writable
from boldglm.datasets.registry import dataset
from boldglm.datasets.simulation_mark import told_description

__all__ = ["fetch_spm_auditory", "fetch_spm_multimodal_fmri"]

_T_R = 2.0  # of the faces, s
_CONDITIONS = ("faces", "scrambled")
# What reading a file of another kind, or of another content, ends with
_UNREADABLE = (OSError, ValueError, KeyError, TypeError, AttributeError)


def fetch_spm_multimodal_fmri(
    data_dir: Any = None, data_name: str = "spm_multimodal_fmri", verbose: int = 1
) -> Bunch:
    """The faces data set of SPM: two runs of 390 scans of one subject.

    It is downloaded where it is not there, at most 2500 MB, about 140 MB when last
    seen; see `get_data_dirs`.

    Parameters
    ----------
    data_dir : str or Path, optional
        See `get_data_dirs`.
    data_name : str
        Name of its folder, without a path.
    verbose : int
        0: say nothing.

    Returns
    -------
    Bunch
        ``func1``, ``func2``
            Lists of 390 paths, one volume each.
        ``events1``, ``events2``
            Paths of tables of ``trial_type`` (faces, scrambled), ``onset`` and
            ``duration`` in seconds (1 s each). They are made from ``trials_ses1``
            and ``trials_ses2`` beside them, or, where nothing can be
            written, in a temporary folder that goes at the end of the program.
        ``trials_ses1``, ``trials_ses2``
            Paths of the onsets in scans, as SPM keeps them.
        ``anat``
            Path of the structural image.
        ``slice_order``
            "descending"
        ``t_r``
            2, s.
        ``description``
            Source, licence and citation; begins with SIMULATED for simulated data.

    Raises
    ------
    TypeError, ValueError
        If `data_dir` is no path, or `data_name` no name.
    FetchError
        If it is not there and cannot be downloaded, or is an incomplete simulation.
    EventsError
        If the onsets cannot be read.

    References
    ----------
    Henson RN, Goshen-Gottstein Y, Ganel T, Otten LJ, Quayle A, Rugg MD (2003).
    Electrophysiological and haemodynamic correlates of face perception, recognition
    and priming. Cerebral Cortex 13:793-805.

    Examples
    --------
    >>> from boldglm.datasets.spm import fetch_spm_multimodal_fmri
    >>> data = fetch_spm_multimodal_fmri()  # doctest: +SKIP
    >>> len(data.func1), data.t_r  # doctest: +SKIP
    (390, 2)
    """
    faces = dataset("spm_multimodal_fmri")
    folder = fetch(faces, data_dir, folder_name=data_name, verbose=verbose)
    subject = folder / "sub001"
    data = Bunch(slice_order="descending")
    for run in (1, 2):
        scans = subject.glob(f"fMRI/Session{run}/fMETHODS-000{run + 4}-*-01.img")
        data[f"func{run}"] = sorted(map(str, scans))
        trials = subject / "fMRI" / f"trials_ses{run}.mat"
        data[f"trials_ses{run}"] = str(trials)
        events = subject / "fMRI" / f"session{run}_events.tsv"
        data[f"events{run}"] = str(_events_file(events, trials, verbose))
    data.anat = str(subject / "sMRI" / "smri.img")
    data.description = told_description(faces, folder, verbose)
    data.t_r = 2
    return data


def fetch_spm_auditory(
    data_dir: Any = None, data_name: str = "spm_auditory", verbose: int = 1
) -> Bunch:
    """The auditory data set of SPM: words in blocks, one run of one subject.

    It is downloaded where it is not there, at most 1000 MB; see `get_data_dirs`.

    Parameters
    ----------
    data_dir : str or Path, optional
        See `get_data_dirs`.
    data_name : str
        Name of its folder, without a path.
    verbose : int
        0: say nothing.

    Returns
    -------
    Bunch
        ``func``
            List of one path, a 4-D image.
        ``anat``, ``events``
            Paths of the structural image and of the table of events.
        ``t_r``
            7.0, s.
        ``description``
            Source, licence and citation; begins with SIMULATED for simulated data.

    Raises
    ------
    TypeError, ValueError
        If `data_dir` is no path, or `data_name` no name.
    FetchError
        If it is not there and cannot be downloaded, or is an incomplete simulation.

    References
    ----------
    Rees G, Friston K. Single subject epoch auditory fMRI activation data.
    https://www.fil.ion.ucl.ac.uk/spm/data/auditory/

    Examples
    --------
    >>> from boldglm.datasets.spm import fetch_spm_auditory
    >>> fetch_spm_auditory().t_r  # doctest: +SKIP
    7.0
    """
    words = dataset("spm_auditory")
    folder = fetch(words, data_dir, folder_name=data_name, verbose=verbose)
    subject = folder / "MoAEpilot" / "sub-01"

    def found(pattern: str) -> list[str]:
        return sorted(map(str, subject.glob(pattern)))

    return Bunch(
        anat=found("anat/sub-01*_T1w.nii*")[0],
        func=found("func/sub-01*_bold.nii*"),
        events=found("func/sub-01*_events.tsv")[0],
        description=told_description(words, folder, verbose),
        t_r=7.0,
    )


def _events_file(path: Path, trials: Path, verbose: int) -> Path:
    """The table of events: the one that is there, or a new one."""
    if path.is_file() and path.stat().st_size:
        return path
    table = _events(trials)
    if not is_writable(path.parent):
        own = tempfile.mkdtemp(prefix="boldglm-")
        atexit.register(shutil.rmtree, own, ignore_errors=True)
        path = Path(own) / path.name
        say(verbose, "%s is read-only: events are in %s", trials.parent, path)
    with written_whole(path) as draft:
        draft.write_text(table, encoding="utf-8", newline=os.linesep)
    return path


def _events(trials: Path) -> str:
    """Onsets in scans as a table in seconds."""
    from scipy.io import loadmat
    from scipy.io.matlab import MatReadError

    try:
        onsets = loadmat(trials, squeeze_me=True)["onsets"]
        pairs = [
            (name, float(scan) * _T_R)
            for name, scans in zip(_CONDITIONS, onsets, strict=True)
            for scan in scans.ravel()
        ]
    except (MatReadError, *_UNREADABLE) as error:
        msg = (
            f"The onsets in {trials} cannot be read ({error}); expected those of "
            f"{' and '.join(_CONDITIONS)}, in scans. Delete the file: it is then "
            "fetched again."
        )
        raise EventsError(msg) from error
    rows = [f"{name}\t{onset}\t1.0" for name, onset in pairs]
    return "\n".join(["trial_type\tonset\tduration", *rows, ""])
