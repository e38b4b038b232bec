"""Rows of the table of noise models: which noise, which design."""

from benchmarks.null_designs import NullDesign
from benchmarks.null_noise import (
    Arma,
    FieldAr1,
    Fractional,
    Noise,
    gentle_field,
    peak,
    sheets,
    slow,
)
from benchmarks.null_rates import Row

__all__ = ["GROUPS", "ROWS"]

AR = Noise(((Arma((0.4,)), 1.0),))
ARMA = Noise(((Arma((0.9,), (-0.65,)), 1.0),))
# Variances differ tenfold between voxels in all that varies.
SPREAD = 10.0


def varying(t_r: float = 2.0, **others) -> Noise:
    """An AR(1) of 0.1 to 0.6, and with it more of what is remembered for long."""
    parts = ((FieldAr1(0.1, 0.6), 1.0), (slow(28.0, t_r), (0.0, 0.6)))
    return Noise(parts, gentle_field, SPREAD, **others)


def mixture(t_r: float, seconds: float = 10.0) -> Noise:
    """What is forgotten slowly, and from half to as much again of white noise."""
    return Noise(((slow(seconds, t_r), 1.0), (Arma(), (0.5, 1.0))), gentle_field)


def physiological(t_r: float) -> Noise:
    """What is forgotten slowly, white noise, and peaks of breathing and heart beats."""
    parts = (
        (slow(5.0, t_r), 1.0),
        (Arma(), 0.5),
        (peak(0.3, 0.03, t_r), (0.25, 0.5)),
        (peak(1.1, 0.06, t_r), (0.25, 0.5)),
    )
    return Noise(parts, gentle_field)


def patches(low: float, high: float) -> Noise:
    """Two tissues in thin sheets, each with an AR(1) of its own."""
    return Noise(((FieldAr1(low, high), 1.0),), sheets, SPREAD)


def _rows(group: str, asked: bool, *rows: tuple[str, NullDesign, Noise]) -> list[Row]:
    return [Row(group, title, design, noise, asked) for title, design, noise in rows]


# Five to ten minutes of scans each
FAST = {0.7: NullDesign(t_r=0.7, n_scans=860), 0.35: NullDesign(t_r=0.35, n_scans=1200)}
LONG = {
    0.7: NullDesign(30.0, t_r=0.7, n_scans=860),
    0.35: NullDesign(30.0, t_r=0.35, n_scans=1200),
}

#: All rows, group by group
ROWS: list[Row] = [
    *_rows(
        "The same noise everywhere",
        True,
        ("AR(1) 0.4, blocks of 16 s", NullDesign(16.0), AR),
        ("AR(1) 0.4, blocks of 30 s", NullDesign(30.0), AR),
        ("ARMA(1, 1) 0.9, -0.65, blocks of 16 s", NullDesign(16.0), ARMA),
        ("ARMA(1, 1) 0.9, -0.65, blocks of 30 s", NullDesign(30.0), ARMA),
    ),
    *_rows(
        "Noise that differs over the volume",
        True,
        ("varying gently, blocks of 16 s", NullDesign(16.0), varying()),
        ("varying gently, blocks of 30 s", NullDesign(30.0), varying()),
        ("varying gently, events", NullDesign(None), varying()),
    ),
    *_rows(
        "Noise that differs over the volume",
        False,
        (
            "varying gently, smooth (6 mm), blocks of 30 s",
            NullDesign(30.0),
            varying(fwhm=2.0),
        ),
        ("two tissues, AR(1) 0.2 and 0.4", NullDesign(30.0), patches(0.2, 0.4)),
        ("two tissues, AR(1) 0.1 and 0.5", NullDesign(30.0), patches(0.1, 0.5)),
    ),
    *_rows(
        "Long memory, mixtures, other repetition times",
        False,
        (
            "fractional noise, d = 0.3, blocks of 30 s",
            NullDesign(30.0),
            Noise(((Fractional(0.3), 1.0),)),
        ),
        ("slow and white noise, blocks of 30 s", NullDesign(30.0), mixture(2.0)),
        (
            "slow and white noise, TR 3 s",
            NullDesign(30.0, t_r=3.0, n_scans=200),
            mixture(3.0),
        ),
        (
            "slow and white noise, TR 1 s",
            NullDesign(30.0, t_r=1.0, n_scans=500),
            mixture(1.0),
        ),
    ),
    *_rows(
        "Repetition times below a second",
        True,
        ("TR 0.7 s, slow and white noise", LONG[0.7], mixture(0.7)),
        ("TR 0.7 s, breathing and heart beats", FAST[0.7], physiological(0.7)),
        ("TR 0.35 s, slow and white noise", LONG[0.35], mixture(0.35)),
        ("TR 0.35 s, breathing and heart beats", FAST[0.35], physiological(0.35)),
    ),
    *_rows(
        "Other designs, noise varying gently",
        False,
        ("9 regressors", NullDesign(20.0, 9, high_pass=1 / 170), varying()),
        ("28 regressors", NullDesign(20.0, 28), varying()),
        ("60 regressors", NullDesign(20.0, 60), varying()),
        ("blocks of 8 s", NullDesign(8.0), varying()),
        ("blocks of 45 s", NullDesign(45.0), varying()),
        ("events, 28 regressors", NullDesign(None, 28), varying()),
    ),
    *_rows(
        "Scans left out",
        True,
        (
            "a tenth, in clumps, blocks of 30 s",
            NullDesign(30.0, censored=0.1),
            varying(),
        ),
        ("a tenth, in clumps, events", NullDesign(None, censored=0.1), varying()),
        (
            "a fifth, one by one, slow and white noise",
            NullDesign(20.0, censored=0.2, clump=1.0),
            mixture(2.0),
        ),
        (
            "a tenth, one by one, slow and white noise, TR 0.7 s",
            NullDesign(20.0, t_r=0.7, n_scans=600, censored=0.1, clump=1.0),
            mixture(0.7),
        ),
    ),
]

#: Groups in their order
GROUPS = list(dict.fromkeys(row.group for row in ROWS))
