"""Simulated data are told from measured ones: what fetchers say of them, and refuse.

A folder is a simulation where it has ``truth/truth.json``, which says what it is made
of.
"""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from boldglm._base.errors import FetchError
from boldglm._base.log import say
from boldglm.datasets.registry import Dataset

__all__ = ["is_simulated", "refuse_simulated", "told_description"]

_MARK = Path("truth") / "truth.json"
_SETTINGS = ("n_subjects", "voxel_size", "seed")
# Files that an error names
_SHOWN = 3


def is_simulated(folder: Path) -> bool:
    """Whether a folder is a simulation.

    Examples
    --------
    >>> from tempfile import mkdtemp
    >>> is_simulated(Path(mkdtemp()))
    False
    """
    try:
        return (folder / _MARK).exists()
    except OSError:
        # Somebody else's folder may not be looked into
        return False


def refuse_simulated(dataset: Dataset, folder: Path, missing: Sequence[str]) -> None:
    """Keep measured files out of a simulation.

    Parameters
    ----------
    dataset : Dataset
    folder : Path
        Of the data set.
    missing : sequence of str
        What is wanted and not in it. If there is nothing, all is well.

    Raises
    ------
    FetchError
        If the folder is a simulation that lacks files.

    Examples
    --------
    >>> from tempfile import mkdtemp
    >>> from boldglm.datasets.registry import dataset
    >>> home = Path(mkdtemp())
    >>> (home / "truth").mkdir()
    >>> _ = (home / "truth" / "truth.json").write_text('{"n_subjects": 5}')
    >>> refuse_simulated(dataset("brainomics_localizer"), home, ["S06/map.nii.gz"])
    Traceback (most recent call last):
        ...
    boldglm._base.errors.FetchError: .../... is a simulation of 5 subjects...
    """
    if not missing or not is_simulated(folder):
        return
    settings = _settings(folder)
    number = settings.get("n_subjects")
    many = "" if number is None else f" of {number} subjects"
    more = f" and {len(missing) - _SHOWN} more" if len(missing) > _SHOWN else ""
    msg = (
        f"{folder} is a simulation{many} for the data set {dataset.name!r}, by "
        f"{_maker(settings)}. It lacks {', '.join(missing[:_SHOWN])}{more}, and no "
        "measured data are put into it: delete it, or simulate more, or set data_dir "
        "to another folder."
    )
    raise FetchError(msg)


def told_description(dataset: Dataset, folder: Path, verbose: int) -> str:
    """What a fetcher describes its data with; of a simulation it says that it is one.

    Parameters
    ----------
    dataset : Dataset
    folder : Path
        Of the data set.
    verbose : int
        0: say nothing.

    Returns
    -------
    str
        That of the registry; or one that begins with SIMULATED, and asks for no
        citation.

    Examples
    --------
    >>> from tempfile import mkdtemp
    >>> from boldglm.datasets.registry import dataset
    >>> home = Path(mkdtemp())
    >>> told_description(dataset("fiac"), home, 0) == dataset("fiac").description
    True
    >>> (home / "truth").mkdir()
    >>> _ = (home / "truth" / "truth.json").write_text('{"seed": 0}')
    >>> told_description(dataset("fiac"), home, 0)[:39]
    'SIMULATED by boldglm.datasets (seed=0):'
    """
    if not is_simulated(folder):
        return dataset.description
    settings = _settings(folder)
    maker = _maker(settings)
    say(verbose, "%s is simulated by %s: nothing in it was measured", folder, maker)
    given = [f"{name}={settings[name]}" for name in _SETTINGS if name in settings]
    with_settings = f" ({', '.join(given)})" if given else ""
    return (
        f"SIMULATED by {maker}{with_settings}: nothing in it was measured. What an "
        f"analysis should find is in {folder / _MARK.parent}.\n\n"
        f"Its files are named as those of the data set {dataset.name!r}, of which is "
        f"said: {dataset.about.strip()}\n"
        f"More: {dataset.page}\n"
    )


def _settings(folder: Path) -> dict[str, Any]:
    """What a simulation is made of; nothing where that cannot be read."""
    try:
        found = json.loads((folder / _MARK).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _maker(settings: dict[str, Any]) -> str:
    return str(settings.get("simulated_by", "boldglm.datasets"))
