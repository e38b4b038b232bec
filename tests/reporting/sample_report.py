"""Reports to lay out, with all that may stand in one; nothing is fitted."""

import gzip
import io
from dataclasses import replace
from functools import lru_cache

import nibabel as nib
import numpy as np
from matplotlib.figure import Figure as Drawing

from boldglm.reporting.content import (
    Cluster,
    ContrastContent,
    Figure,
    NoiseContent,
    ReportContent,
    RunContent,
    Table,
    Volume,
)

__all__ = [
    "AFFINE",
    "HOSTILE",
    "SHAPE",
    "drawn",
    "sample_content",
    "with_everywhere",
]

HOSTILE = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "</script><script>alert(1)</script><!-- <script>",
    "{{ 7 * 7 }} ${7 * 7} &lt;b&gt;",
    "' onmouseover='alert(1)",
)
SHAPE = (32, 38, 32)
AFFINE = np.array(
    [[5, 0, 0, -77.5], [0, 5, 0, -110], [0, 0, 5, -70], [0, 0, 0, 1]], float
)


def sample_content(n_contrasts=4, n_runs=2, hostile=False):
    """A first level with a t, an F, an empty and a one-sided contrast, or many."""
    contrasts = tuple(_contrast(index) for index in range(n_contrasts))
    runs = tuple(_run(index) for index in range(n_runs))
    content = ReportContent(
        title="Faces and houses, subject 01",
        level="first",
        created="2026-01-31T12:34:56+01:00",
        software=(("boldglm", "0.1.0"), ("numpy", "2.3.1"), ("nibabel", "5.3.2")),
        methods=(
            "Statistics were computed with boldglm 0.1.0. The response to each event "
            "was modelled by the haemodynamic response of Glover (1999), slow drifts "
            "by cosines of periods above 128 s.",
            "Noise was modelled by autoregression of order 1, voxel by voxel.",
        ),
        citations=("Glover, G. H. (1999). NeuroImage 9(4), 416-429.",),
        parameters=Table(
            ("Parameter", "Value"),
            (
                ("hrf_model", "glover"),
                ("high_pass", 0.0078125),
                ("smoothing_fwhm", 6.0),
                ("signal_scaling", 0),
                ("minimize_memory", True),
                ("mask_img", None),
            ),
            "Parameters of the model",
        ),
        data=Table(
            ("Run", "Scans", "Shape", "Repetition time (s)", "File"),
            tuple(
                (f"run {i + 1}", 200, "64 x 64 x 30", 2.5, f"/data/sub-01_run-{i}.nii")
                for i in range(n_runs)
            ),
            "Data",
        ),
        mask=drawn("mask", "The mask on the mean image", (4.8, 1.6)),
        space="MNI152",
        background=_background(),
        contrasts=contrasts,
        runs=runs,
        noise=NoiseContent(
            "Autoregression of order 1 in every voxel.",
            drawn("noise-map", "Coefficients of lag 1", (4.8, 1.6)),
            drawn("noise-histogram", "How they are spread", (3, 2)),
            drawn("noise-whiteness", "What is left at lags 1 to 4", (3, 2)),
            Table(("Lag", "Median"), ((1, 0.31), (2, -0.004)), "What is left"),
            drawn("noise-map-2", "Coefficients of lag 2", (4.8, 1.6)),
            drawn("noise-spectrum", "What is left at each frequency", (3, 2)),
            (Table(("frequency (Hz)", "after"), ((0.125, 0.75),), "For programs"),),
        ),
        warnings=("A column of the confounds is nan in its first row.",),
    )
    return with_everywhere(content, HOSTILE) if hostile else content


def with_everywhere(value, texts):
    """The same with a text in every name, title, path, number of a table, and word."""
    kept = {"key", "name", "media_type", "created", "level", "kind"}
    if isinstance(value, str):
        return f"{value} {' '.join(texts)}"
    if isinstance(value, tuple):
        return tuple(with_everywhere(item, texts) for item in value)
    if hasattr(value, "__dataclass_fields__"):
        if isinstance(value, ContrastContent | RunContent):
            kept -= {"name"}
        return replace(
            value,
            **{
                name: with_everywhere(getattr(value, name), texts)
                for name in value.__dataclass_fields__
                if name not in kept
            },
        )
    return value


def drawn(name, words, size, shade=0):
    """A picture of nothing."""
    return Figure(
        name,
        _noise(size, shade % 4),
        "image/png",
        f"{words}, as a picture",
        words,
        int(size[0] * 100),
        int(size[1] * 100),
    )


@lru_cache
def _noise(size, shade):
    figure = Drawing(figsize=size, dpi=100)
    axes = figure.add_axes((0.02, 0.02, 0.96, 0.96))
    axes.imshow(np.random.default_rng(shade).random((8, 20)), cmap="RdBu_r")
    axes.set_axis_off()
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png")
    return buffer.getvalue()


def _millimetres(shape=SHAPE, affine=AFFINE):
    indices = np.indices(shape).reshape(3, -1)
    return (affine[:3, :3] @ indices + affine[:3, 3:]).reshape(3, *shape)


def _inside(x, y, z):
    return (x / 68) ** 2 + ((y + 18) / 85) ** 2 + ((z - 8) / 62) ** 2 < 1


@lru_cache
def _background():
    """Of smaller voxels than the maps, as an anatomy is."""
    affine = np.diag([4.0, 4.0, 4.0, 1.0])
    affine[:3, 3] = [-79, -112, -72]
    x, y, z = _millimetres((40, 48, 40), affine)
    folds = 150 + 40 * np.cos(x / 9) * np.cos(y / 8) * np.cos(z / 9)
    return _volume("anatomy", np.where(_inside(x, y, z), folds, 0.0), affine)


def _volume(name, values, affine=AFFINE):
    largest = float(np.abs(values).max())
    step = largest / 32767 or 1.0
    image = nib.Nifti1Image(np.round(values / step).astype(np.int16), affine)
    image.header.set_slope_inter(step, 0)
    return Volume(
        name,
        gzip.compress(image.to_bytes(), 1, mtime=0),
        largest,
        step,
        bool((values < 0).any()),
    )


_PEAKS = (
    (-42.5, -60.0, -15.0, 7.2),
    (37.5, -55.0, -15.0, 6.1),
    (-2.5, 30.0, 30.0, -5.4),
)


@lru_cache(maxsize=64)
def _contrast(index):
    kind = ("t", "F", "empty", "one")[index % 4]
    rng = np.random.default_rng(index)
    values = rng.standard_normal(SHAPE) * (0.2 if kind == "empty" else 0.9)
    clusters = []
    if kind != "empty":
        mm = _millimetres()
        for number, (x, y, z, signed) in enumerate(_PEAKS, start=1):
            peak = abs(signed) if kind == "F" else signed
            place = np.array([x, y, z]) + 5 * (index // 4)
            apart = ((mm - place[:, None, None, None]) ** 2).sum(0)
            values = np.where(apart < 300, peak * np.exp(-apart / 400), values)
            if kind != "one" or peak > 0:
                clusters.append(Cluster(str(number), *place, peak, 1250.0))
        clusters.insert(1, Cluster("1a", -47.5, -70.0, -5.0, 4.1, None))
    inside = _inside(*_millimetres())
    values = np.where(inside, values, 0.0)
    height = 3.0902
    passes = np.abs(values) if kind == "t" else values
    n_above = int((passes > height).sum()) if kind != "empty" else 0
    name = ("faces - houses", "any effect", "scrambled", "faces")[index % 4]
    if index >= 4:
        name = f"{name}, condition_with_a_long_unbroken_name_{index}"
    return ContrastContent(
        name=name,
        key=f"c{index}",
        definition="faces - houses" if kind != "F" else "[[1, 0, 0], [0, 1, 0]]",
        kind="F" if kind == "F" else "t",
        height=height,
        threshold_words="Voxels with p < 0.001, not corrected for how many they are.",
        two_sided=kind == "t",
        n_voxels=int(inside.sum()) + 7,
        n_tested=int(inside.sum()),
        n_above=n_above,
        conclusion=f"{n_above} voxels survive in {len(clusters)} clusters."
        if n_above
        else "No voxel survives z > 3.09.",
        volume=_volume(f"z-{index}", values),
        slices=drawn(f"slices-{index}", f"Slices of contrast {index}", (6, 2), index),
        glass=None if index % 2 else drawn(f"glass-{index}", "Through glass", (6, 2)),
        histogram=drawn(f"histogram-{index}", "How z is spread", (3, 2)),
        weights=drawn(f"weights-{index}", "Weights", (3, 1)),
        clusters=tuple(clusters),
        table_words="Voxels touch by their faces; peaks are 8 mm apart or more.",
        # of a map without voxels there is none
        largest=None if index == 2 else float(np.max(abs(values))) - 0.5,
    )


def _run(index):
    key = f"run-{index + 1}"
    return RunContent(
        name=f"Run {index + 1}",
        key=key,
        facts=Table(
            ("Fact", "Value"),
            (("Scans", 200), ("Censored scans", 3), ("Degrees of freedom", 183.5)),
            f"Run {index + 1}",
        ),
        design=drawn(f"design-{key}", "Design matrix", (3, 4)),
        correlation=drawn(f"correlation-{key}", "Correlation of regressors", (3, 3)),
        events=drawn(f"events-{key}", "Events", (6, 1.5)),
        motion=drawn(f"motion-{key}", "Motion", (6, 1.5)) if index % 2 == 0 else None,
        regressors=Table(
            ("Regressor", "Variance inflation"),
            (("faces", 1.2345678), ("houses", 1.0), ("drift_1", float("inf"))),
            "Regressors",
        ),
        efficiency=Table(
            ("Contrast", "Efficiency"), (("faces - houses", 12345.678),), "Efficiency"
        ),
    )
