"""``boldglm demo``: simulate, analyse the files, compare with the truth."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from boldglm._base.atomic import written_whole
from boldglm.cli.demo_analysis import CONTRASTS, SMOOTHING, Analysis, analyse
from boldglm.cli.demo_checks import NullCheck, PeakCheck, check_null, check_peaks
from boldglm.cli.progress import Progress
from boldglm.datasets import (
    NoiseSettings,
    RunSettings,
    SimulatedDataset,
    make_brain,
    simulate_dataset,
)

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["SIZES", "ContrastFinding", "Findings", "run_demo"]

#: Voxel size (mm), length of a run and noise; the small one is for the tests
SIZES = {
    "standard": (4.0, RunSettings(), NoiseSettings()),
    "small": (6.0, RunSettings(n_scans=120), NoiseSettings(sd=0.6)),
}
N_RUNS = 2
#: Two simulations, two fits, both, contrasts, thresholds, maps, report, figures
N_STEPS = 2 * N_RUNS + 6


@dataclass(frozen=True)
class ContrastFinding:
    """One contrast: the height that counts, and how true the findings are."""

    name: str
    threshold: float
    peaks: tuple[PeakCheck, ...]
    null: NullCheck


@dataclass(frozen=True)
class Findings:
    """What the demo has found out, and where it is.

    Attributes
    ----------
    folder : Path
    contrasts : tuple of ContrastFinding
    fixed_effects_difference : float
        See `Analysis`.
    figures : tuple of Path
    report : Path
    """

    folder: Path
    contrasts: tuple[ContrastFinding, ...]
    fixed_effects_difference: float
    figures: tuple[Path, ...]
    report: Path

    @property
    def fixed_effects_agree(self) -> bool:
        """Whether one model of both runs is the fixed effect of two models."""
        return self.fixed_effects_difference < 1e-5

    @property
    def passed(self) -> bool:
        """Whether all that is true was found, and nothing else."""
        return self.fixed_effects_agree and all(
            finding.null.passed and all(peak.passed for peak in finding.peaks)
            for finding in self.contrasts
        )


def run_demo(
    folder: str | Path, *, seed: int = 0, size: str = "standard", quiet: bool = False
) -> Findings:
    """Simulate two runs, analyse the files, print what was found and where it is.

    Parameters
    ----------
    folder : path
        Gets data/, maps/, figures/, peaks.tsv and report.html.
    seed : int
    size : 'standard' or 'small'
    quiet : bool
        Print only where the results are, and what is wrong with them.

    Returns
    -------
    Findings
    """
    from boldglm.cli.demo_text import introduce, report

    folder = Path(folder).resolve()
    voxel_size, settings, noise = SIZES[size]
    if not quiet:
        introduce(voxel_size, settings, seed)
    with Progress(N_STEPS, quiet=quiet) as progress:
        data = simulate_dataset(
            folder / "data",
            n_runs=N_RUNS,
            brain=make_brain(voxel_size),
            settings=settings,
            noise=noise,
            seed=seed,
            on_step=progress.step,
        )
        analysis = analyse(data, folder, progress.step)
    findings = compare(analysis, data, folder, tolerance=voxel_size + SMOOTHING)
    with written_whole(folder / "peaks.tsv") as draft:
        table = _peaks_table(findings)
        table.to_csv(draft, sep="\t", index=False, float_format="%.4g")
    report(findings, seconds=progress.elapsed, quiet=quiet)
    return findings


def compare(
    analysis: Analysis, data: SimulatedDataset, folder: Path, tolerance: float
) -> Findings:
    """Hold what was found against what was put in.

    Parameters
    ----------
    analysis : Analysis
    data : SimulatedDataset
    folder : Path
    tolerance : float
        Largest distance of a peak from the truth, mm.

    Returns
    -------
    Findings
    """
    from boldglm.image import get_data, load_img

    null = get_data(load_img(str(data.null)))
    contrasts = tuple(
        ContrastFinding(
            name=name,
            threshold=analysis.thresholds[name],
            peaks=tuple(
                check_peaks(analysis.tables[name], data.activations, weights, tolerance)
            ),
            null=check_null(
                get_data(analysis.z_maps[name]),
                get_data(analysis.thresholded[name]),
                null,
            ),
        )
        for name, weights in CONTRASTS.items()
    )
    return Findings(
        folder=folder,
        contrasts=contrasts,
        fixed_effects_difference=analysis.fixed_effects_difference,
        figures=analysis.figures,
        report=analysis.report,
    )


def _peaks_table(findings: Findings) -> "pd.DataFrame":
    """Every peak that was looked for, one a row."""
    import pandas as pd

    rows = [
        {
            "contrast": finding.name,
            "place": peak.label,
            **dict(zip(("true_x", "true_y", "true_z"), peak.truth, strict=True)),
            **dict(zip("xyz", peak.found or (None,) * 3, strict=True)),
            "distance": peak.distance,
            "z_score": peak.z,
            "found": peak.passed,
        }
        for finding in findings.contrasts
        for peak in finding.peaks
    ]
    return pd.DataFrame(rows)
