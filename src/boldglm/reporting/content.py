"""What stands in a report, as data: gathered from a model, laid out by templates."""

from dataclasses import dataclass
from typing import Any

__all__ = [
    "Cluster",
    "ContrastContent",
    "Figure",
    "NoiseContent",
    "ReportContent",
    "RunContent",
    "Table",
    "Volume",
]


@dataclass(frozen=True)
class Figure:
    """A picture, and what it shows for those who cannot see it.

    Attributes
    ----------
    name : str
        Unique in a report: letters, digits and hyphens.
    data : bytes
        The file.
    media_type : str
        ``'image/png'`` or ``'image/svg+xml'``.
    alternative : str
        What is to be seen, in a sentence.
    caption : str
    width, height : int
        CSS pixels at which it is drawn.
    """

    name: str
    data: bytes
    media_type: str
    alternative: str
    caption: str
    width: int
    height: int


@dataclass(frozen=True)
class Table:
    """Rows of numbers and words.

    Attributes
    ----------
    columns : tuple of str
    rows : tuple of tuple
        Numbers as numbers (the page rounds them, the JSON does not), words as words,
        None for what there is not.
    caption : str
    """

    columns: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]
    caption: str = ""


@dataclass(frozen=True)
class Volume:
    """A map for the viewer.

    Attributes
    ----------
    name : str
        Unique in a report: letters, digits and hyphens.
    nifti : bytes
        A gzipped NIfTI file, int16 with a slope.
    largest : float
        Largest absolute value.
    step : float
        Distance of neighbouring values that can be told apart: values in the file are
        those of the map to half of it.
    has_negative : bool
    """

    name: str
    nifti: bytes
    largest: float
    step: float
    has_negative: bool


@dataclass(frozen=True)
class Cluster:
    """A row of a cluster table.

    Attributes
    ----------
    label : str
        ``'1'``, and ``'1a'`` for a further peak in cluster 1.
    x, y, z : float
        Of the peak, mm.
    peak : float
        The map there.
    size : float or None
        mm3; None for further peaks.
    """

    label: str
    x: float
    y: float
    z: float
    peak: float
    size: float | None


@dataclass(frozen=True)
class ContrastContent:
    """A contrast: asked, found, shown.

    Attributes
    ----------
    name : str
        As the user gave it.
    key : str
        Unique in a report: letters, digits and hyphens.
    definition : str
        Weights in words, such as ``'faces - houses'``, per run where they differ; the
        rows of an F are parted by semicolons. A group of first-level models adds
        theirs: ``'intercept [first level: faces - houses]'``.
    kind : str
        ``'t'`` or ``'F'``.
    height : float
        The z that is passed by what is shown; a little more than the largest of the
        map where nothing may be shown.
    threshold_words : str
        How it was found, whole sentences.
    two_sided : bool
    n_voxels, n_tested, n_above : int
        In the mask; with a statistic; above the threshold, after the cluster
        threshold.
    conclusion : str
        What survives, in a sentence; "No voxel survives …" where none does.
    volume : Volume
        The z map, not thresholded.
    slices, glass, histogram, weights : Figure or None
        A glass brain where the space is known to be MNI's, or where it was asked for.
    clusters : tuple of Cluster
    table_words : str
        Connectivity, minimal distance of peaks, and so on.
    cluster_size : int
        Voxels of equal sign that share faces and are fewer than this are left out of
        all but `volume`; the viewer leaves them out too.
    largest : float or None
        Largest z on the side that is shown, of |z| where both are; None where no
        voxel has a statistic.
    """

    name: str
    key: str
    definition: str
    kind: str
    height: float
    threshold_words: str
    two_sided: bool
    n_voxels: int
    n_tested: int
    n_above: int
    conclusion: str
    volume: Volume
    slices: Figure | None
    glass: Figure | None
    histogram: Figure | None
    weights: Figure | None
    clusters: tuple[Cluster, ...]
    table_words: str
    cluster_size: int = 0
    largest: float | None = None


@dataclass(frozen=True)
class RunContent:
    """A run, or the design of a group.

    Attributes
    ----------
    name : str
    key : str
        Unique in a report: letters, digits and hyphens.
    facts : Table
        Scans, file, repetition time, censored scans, degrees of freedom, …
    design, correlation, events, motion : Figure or None
    regressors : Table
        Name, variance inflation and so on of each.
    efficiency : Table
        Of each contrast.
    """

    name: str
    key: str
    facts: Table
    design: Figure | None
    correlation: Figure | None
    events: Figure | None
    motion: Figure | None
    regressors: Table
    efficiency: Table


@dataclass(frozen=True)
class NoiseContent:
    """The model of the noise, and whether it fits.

    Attributes
    ----------
    words : str
    map, histogram, whiteness : Figure or None
        Of the first coefficient; of the coefficients; of autocorrelations of residuals.
    facts : Table
    second_map : Figure or None
        Of the second coefficient, where a noise model has two of different meaning.
    spectrum : Figure or None
        Of residuals before and after whitening.
    numbers : tuple of Table
        What the figures show, for programs: coefficients, autocorrelations, power.
    """

    words: str
    map: Figure | None
    histogram: Figure | None
    whiteness: Figure | None
    facts: Table
    second_map: Figure | None = None
    spectrum: Figure | None = None
    numbers: tuple[Table, ...] = ()


@dataclass(frozen=True)
class ReportContent:
    """A report.

    Attributes
    ----------
    title : str
    level : str
        ``'first'`` or ``'second'``.
    created : str
        ISO 8601, seconds, with the offset from UTC.
    software : tuple of (name, version)
    methods : tuple of str
        Paragraphs fit for a methods section.
    citations : tuple of str
    parameters, data : Table
    mask : Figure or None
    space : str
        Name of the standard space ("MNI152" where the images say so, "MNI152
        (assumed)" where it seems so), or ``''``.
    background : Volume or None
        An anatomy for the viewer.
    contrasts : tuple of ContrastContent
    runs : tuple of RunContent
    noise : NoiseContent or None
    warnings : tuple of str
        Met during the fit and in making the report.
    """

    title: str
    level: str
    created: str
    software: tuple[tuple[str, str], ...]
    methods: tuple[str, ...]
    citations: tuple[str, ...]
    parameters: Table
    data: Table
    mask: Figure | None
    space: str
    background: Volume | None
    contrasts: tuple[ContrastContent, ...]
    runs: tuple[RunContent, ...]
    noise: NoiseContent | None
    warnings: tuple[str, ...]
