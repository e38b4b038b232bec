"""What a simulation is made of, in words and numbers that JSON knows."""

from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from boldglm.datasets.simulate_brain import Activation
from boldglm.datasets.simulate_noise import NoiseSettings

__all__ = [
    "GENERATOR",
    "UNITS",
    "described",
    "settings_of_noise",
    "settings_of_places",
]

#: Raise it when the same settings and seed give other files than before
GENERATOR = 2
UNITS = {"centre": "mm", "fwhm": "mm", "effects": "percent signal change"}


def described(
    maker: str, activations: Iterable[Activation], **more: Any
) -> dict[str, Any]:
    """All that decides on the files of a simulation: equal descriptions, equal data.

    Parameters
    ----------
    maker : str
        The function that simulates.
    activations : iterable of Activation
    **more
        Arguments and settings.

    Returns
    -------
    dict
        With the version of the generator.

    Examples
    --------
    >>> spot = Activation("hand knob", (38.0, -24.0, 58.0), {"left": 2.0})
    >>> described("simulate_this", [spot], seed=0)["activations"][0]["label"]
    'hand knob'
    """
    return {
        "simulated_by": f"boldglm.datasets.{maker}",
        "generator": GENERATOR,
        "units": UNITS,
        **more,
        "activations": settings_of_places(activations),
    }


def settings_of_noise(noise: NoiseSettings) -> dict[str, Any]:
    """The settings for a truth file; without parts that are off by default.

    Examples
    --------
    >>> list(settings_of_noise(NoiseSettings(missing=0.1)))[-2:]
    ['n_spikes', 'missing']
    """
    return {
        name: value
        for name, value in asdict(noise).items()
        if value or name not in {"ma", "missing"}
    }


def settings_of_places(activations: Iterable[Activation]) -> list[dict[str, Any]]:
    """The places for a truth file; `between` where the subject is one of many.

    Examples
    --------
    >>> spot = Activation("hand knob", (38.0, -24.0, 58.0), {"left": 2.0})
    >>> list(settings_of_places([spot])[0])
    ['label', 'centre', 'effects', 'fwhm']
    """
    return [
        {
            name: dict(value) if name == "effects" else value
            for name, value in vars(place).items()
            if value or name != "between"
        }
        for place in activations
    ]
