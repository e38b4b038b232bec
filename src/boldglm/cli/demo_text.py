"""What the demo says."""

import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING

from boldglm import __version__
from boldglm.cli.demo_analysis import ALPHA, CLUSTER_SIZE, F_CONTRAST
from boldglm.datasets import RunSettings

if TYPE_CHECKING:
    from boldglm.cli.demo import ContrastFinding, Findings

__all__ = ["introduce", "mark", "report"]

SHOWN = ("faces - houses", F_CONTRAST)


def introduce(voxel_size: float, settings: RunSettings, seed: int) -> None:
    """Say what is going to be simulated."""
    print(
        f"boldglm {__version__} demo, seed {seed}\n"
        f"Two runs of {settings.n_scans} scans, {voxel_size:g} mm voxels: blocks of "
        "faces and houses,\nwith autoregressive noise, drifts, motion and spoilt "
        "scans. They are written to disk,\nand the analysis reads nothing but the "
        "files. The first fit after installing\ncompiles for about half a minute, once."
        "\n",
        flush=True,
    )


def report(findings: "Findings", *, seconds: float, quiet: bool) -> None:
    """Print what was found, held against the truth, and where everything is.

    Parameters
    ----------
    findings : Findings
    seconds : float
        What it took.
    quiet : bool
        Print only what is wrong, and where everything is.
    """
    if not quiet:
        for finding in findings.contrasts:
            if finding.name in SHOWN:
                print("\n".join(["", *_peak_lines(finding)]))
        print()
    for passed, line in _verdicts(findings):
        if not quiet or not passed:
            print(f"{mark(passed)} {line}")
    if not quiet:
        print(
            '  (noise_model="auto" corrects for what the design takes of the noise.\n'
            '  With "ar1", as in other programs, the SD is above 1.1 here: low\n'
            "  thresholds would find too much.)\n"
        )
    print(f"Data and truth  {findings.folder / 'data'}")
    print(f"Maps of z       {findings.folder / 'maps'}")
    print(f"Table of peaks  {findings.folder / 'peaks.tsv'}")
    for number, path in enumerate(findings.figures):
        print(f"{'' if number else 'Figures':<16}{path}")
    print(f"Report          {findings.report}")
    if not quiet:
        end = "All is as it should be" if findings.passed else "Something is wrong"
        print(f"\n{end}: {seconds:.1f} s.")


def mark(passed: bool) -> str:
    """Tick or cross, in letters where the terminal has no other.

    Examples
    --------
    >>> mark(True) in {"✓", "ok"}
    True
    """
    signs, letters = ("✗", "✓"), ("WRONG", "ok")
    try:
        "".join(signs).encode(sys.stdout.encoding or "ascii")
    except (LookupError, UnicodeEncodeError):
        return letters[passed]
    return signs[passed]


def _peak_lines(finding: "ContrastFinding") -> list[str]:
    """Table of the places that a contrast should show."""
    width = len(mark(False))
    height = "z" if finding.name == F_CONTRAST else "|z|"
    lines = [
        f"{finding.name}: {height} > {finding.threshold:.2f} "
        f"(Bonferroni, p < {ALPHA:g}) in clusters from {CLUSTER_SIZE:g} mm3 up",
        f"  {'':{width}} {'place':<24}{'true, mm':>15}{'found, mm':>17}"
        f"{'off':>9}{'z':>8}",
    ]
    for peak in finding.peaks:
        found = "nothing" if peak.found is None else _point(peak.found)
        off = "" if peak.found is None else f"{peak.distance:.0f} mm"
        lines.append(
            f"  {mark(peak.passed):{width}} {peak.label:<24}{_point(peak.truth):>15}"
            f"{found:>17}{off:>9}{peak.z:>8.1f}"
        )
    return lines


def _point(position: tuple[float, float, float]) -> str:
    return " ".join(f"{coordinate:4.0f}" for coordinate in position)


def _verdicts(findings: "Findings") -> Iterator[tuple[bool, str]]:
    """Whether each check passed, and the sentence that says so."""
    peaks = [peak for finding in findings.contrasts for peak in finding.peaks]
    near = sum(peak.passed for peak in peaks)
    yield (
        near == len(peaks),
        f"{near} of {len(peaks)} responses in {len(findings.contrasts)} contrasts "
        f"found within {peaks[0].tolerance:g} mm (a voxel plus the smoothing)",
    )
    for finding in findings.contrasts:
        null = finding.null
        # An F is never below its expectation, so only t contrasts are standard
        spread = f" (SD of z {null.sd:.2f}, ideal 1)"
        yield (
            null.passed,
            f"{finding.name}: {null.n_false or 'nothing'} found in {null.n_voxels:,} "
            f"voxels without effect{'' if finding.name == F_CONTRAST else spread}",
        )
    yield (
        findings.fixed_effects_agree,
        "one model of both runs gives the fixed effects of one model per run "
        f"(difference {findings.fixed_effects_difference:.0e})",
    )
