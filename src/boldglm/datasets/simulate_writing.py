"""Simulated runs and their truth as files."""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np

from boldglm.datasets.simulate_brain import Activation
from boldglm.datasets.simulate_noise import NoiseSettings
from boldglm.datasets.simulate_runs import SimulatedRun, Truth
from boldglm.datasets.simulated_folder import write_map

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

__all__ = [
    "UNITS",
    "as_json",
    "effect_file",
    "require_file_names",
    "settings_of_noise",
    "settings_of_places",
    "write_bold",
    "write_json",
    "write_table",
    "write_truth_of_run",
]

UNITS = {"centre": "mm", "fwhm": "mm", "effects": "percent signal change"}


def write_bold(path: Path, run: SimulatedRun, t_r: float) -> None:
    """Write the scans as 16-bit integers, as scanners do."""
    limits = np.iinfo(np.int16)
    stored = np.clip(np.rint(run.bold), limits.min, limits.max).astype(np.int16)
    write_map(path, stored, run.brain.affine, t_r)


def write_table(path: Path, table: "pd.DataFrame") -> None:
    """Write a table as BIDS wants it: tabs, and n/a for what is not there."""
    text = table.to_csv(
        sep="\t", index=False, na_rep="n/a", float_format="%.6g", lineterminator="\n"
    )
    _write_text(path, text)


def write_json(path: Path, content: Mapping[str, Any]) -> None:
    """Write a side car."""
    _write_text(path, as_json(content))


def as_json(content: Mapping[str, Any]) -> str:
    """The text of a side car."""
    return json.dumps(content, indent=2) + "\n"


def write_truth_of_run(
    folder: Path, truth: Truth, affine: "NDArray[np.float64]"
) -> dict[str, Any]:
    """Write the maps that runs of a subject share.

    Returns
    -------
    dict
        Paths: effects (a mapping), null, partial and ma (tuples), missing (None if
        nothing is).
    """
    effects = {}
    for name, effect in truth.effects.items():
        effects[name] = folder / effect_file(name)
        write_map(effects[name], effect, affine)
    null = folder / "null.nii.gz"
    write_map(null, truth.null.astype(np.uint8), affine)
    missing = folder / "missing.nii.gz" if truth.missing.any() else None
    if missing is not None:
        write_map(missing, truth.missing.astype(np.uint8), affine)
    return {
        "effects": MappingProxyType(effects),
        "null": null,
        "partial": _write_lags(folder, "partial", truth.partial, affine),
        "ma": _write_lags(folder, "ma", truth.ma, affine),
        "missing": missing,
    }


def effect_file(condition: str) -> str:
    """Name of the file of a true effect."""
    return f"effect-{condition}.nii.gz"


def require_file_names(activations: Iterable[Activation]) -> None:
    """Refuse conditions after which no file can be named, before work begins.

    Raises
    ------
    ValueError
        With the name.
    """
    for name in (name for place in activations for name in place.effects):
        if not re.fullmatch(r"[\w.+-]+", name):
            msg = (
                f"A condition is called {name!r}; expected letters, digits and - _ . + "
                "only, because files are named after it."
            )
            raise ValueError(msg)


def settings_of_noise(noise: NoiseSettings) -> dict[str, Any]:
    """The settings for a truth file; without parts that are off by default."""
    return {
        name: value
        for name, value in asdict(noise).items()
        if value or name not in {"ma", "missing"}
    }


def settings_of_places(activations: Iterable[Activation]) -> list[dict[str, Any]]:
    """The places for a truth file; `between` where the subject is one of many."""
    return [
        {
            name: dict(value) if name == "effects" else value
            for name, value in vars(place).items()
            if value or name != "between"
        }
        for place in activations
    ]


def _write_lags(
    folder: Path,
    name: str,
    maps: "NDArray[np.float32]",
    affine: "NDArray[np.float64]",
) -> tuple[Path, ...]:
    paths = [folder / f"{name}-{lag}.nii.gz" for lag in range(1, len(maps) + 1)]
    for path, values in zip(paths, maps, strict=True):
        write_map(path, values, affine)
    return tuple(paths)


def _write_text(path: Path, text: str) -> None:
    partial = path.with_name(f".{path.name}")
    with partial.open("w", encoding="utf-8", newline="\n") as file:
        file.write(text)
    partial.replace(path)
