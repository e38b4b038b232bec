"""What is public: doors, the names behind them, and where each is documented."""

import inspect
import pkgutil
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from typing import Any

__all__ = [
    "DOORS",
    "REPEATS",
    "ROOT",
    "PublicName",
    "core_modules",
    "link_targets",
    "public_names",
]

ROOT = "boldglm"

#: Modules from which users import, and what is behind them; each name is documented at
#: the first that lists it.
DOORS = {
    "glm.first_level": "One subject",
    "glm.second_level": "Groups",
    "glm": "Contrasts, thresholds, results",
    "mass_univariate": "Permutation tests of arrays",
    "reporting": "Tables and reports",
    "plotting": "Figures",
    "plotting.displays": "Displays",
    "image": "Images",
    "masking": "Masks",
    "maskers": "Maskers",
    "signal": "Signals",
    "datasets": "Data sets",
    "datasets.simulate": "Simulated data",
    "interfaces": "Files of other programs",
    "interfaces.bids": "BIDS files",
    "interfaces.fsl": "Designs of FSL",
    "exceptions": "Errors and warnings",
    "glm.contrasts": "Contrasts",
    "glm.io": "Saved under BIDS names",
    "glm.thresholding": "Thresholds",
    "glm.regression": "Regression",
    "glm.model": "Results of models",
    "image.resampling": "Resampling",
    "datasets.func": "Data sets of functional images",
}

#: Longer paths, kept because scripts written for nilearn use them
REPEATS = (
    "glm.contrasts",
    "glm.io",
    "glm.thresholding",
    "glm.regression",
    "glm.model",
    "image.resampling",
    "datasets.func",
)


@dataclass(frozen=True)
class PublicName:
    """A name behind a door.

    Attributes
    ----------
    door, name : str
    home : str
        Door at which it is documented.
    value : object
    """

    door: str
    name: str
    home: str
    value: Any

    @property
    def page(self) -> str:
        """Name of its page, which is its full name without the root."""
        return f"{self.home}.{self.name}"

    @property
    def target(self) -> str:
        """What references to it point at."""
        return f"{ROOT}.{self.page}"

    @property
    def first_line(self) -> str:
        """What it is, in a line."""
        text = inspect.getdoc(self.value) or ""
        return " ".join(text.partition("\n\n")[0].split())


def public_names() -> dict[str, list[PublicName]]:
    """List what every door offers, modules aside: they are doors themselves.

    Returns
    -------
    dict of list of PublicName

    Examples
    --------
    >>> [one.name for one in public_names()["reporting"]]
    ['get_clusters_table', 'HTMLReport', 'make_glm_report']
    """
    homes: dict[int, str] = {}
    found: dict[str, list[PublicName]] = {}
    for door in DOORS:
        module = import_module(f"{ROOT}.{door}")
        found[door] = []
        for name in sorted(module.__all__, key=str.lower):
            value = getattr(module, name)
            if inspect.ismodule(value):
                continue
            home = homes.setdefault(id(value), door)
            found[door].append(PublicName(door, name, home, value))
    return found


def core_modules() -> list[str]:
    """List the modules of arrays, kernels aside: what boldglm computes, and how.

    Returns
    -------
    list of str
        Without the root.
    """
    core = import_module(f"{ROOT}.core")
    names = sorted(info.name for info in pkgutil.iter_modules(core.__path__))
    return [f"core.{name}" for name in names if not name.endswith("_kernels")]


@cache
def link_targets() -> dict[str, str]:
    """Map what is written in texts to what is meant, where that is certain.

    Returns
    -------
    dict of str
        Names, alone and after their door, with and without ``boldglm.``; methods and
        properties after their class; doors.
    """
    targets: dict[str, set[str]] = {}
    for door, names in public_names().items():
        _add(targets, door, f"{ROOT}.{door}")
        for one in names:
            _add(targets, f"{door}.{one.name}", one.target)
            _add(targets, one.name, one.target)
            if inspect.isclass(one.value):
                for member in _documented_members(one.value):
                    for written in (one.name, f"{door}.{one.name}"):
                        _add(targets, f"{written}.{member}", f"{one.target}.{member}")
    for module in core_modules():
        _add(targets, module, f"{ROOT}.{module}")
        found = import_module(f"{ROOT}.{module}")
        for name in found.__all__:
            if callable(getattr(found, name)):
                _add(targets, f"{module}.{name}", f"{ROOT}.{module}.{name}")
    certain = {key: hit.pop() for key, hit in targets.items() if len(hit) == 1}
    # a single small word is more often a parameter than a module
    return {key: hit for key, hit in certain.items() if key not in DOORS or "." in key}


def _add(targets: dict[str, set[str]], written: str, target: str) -> None:
    for key in (written, f"{ROOT}.{written}"):
        targets.setdefault(key, set()).add(target)


def _documented_members(cls: type) -> list[str]:
    """Methods and properties that the page of a class shows."""
    return [
        name
        for one in cls.__mro__
        if one.__module__.startswith(ROOT)
        for name, value in vars(one).items()
        if not name.startswith("_")
        and (inspect.isroutine(value) or isinstance(value, property))
        and inspect.getdoc(value)
    ]
