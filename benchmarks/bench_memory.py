"""Memory: flat in the number of scans, and at most a copy of the run per function."""

from collections.abc import Iterator
from dataclasses import replace

from benchmarks import image_problems
from benchmarks.agreement import correlation, gap, maps_agree, overlap
from benchmarks.measure import (
    OURS,
    PEER,
    Job,
    Measurement,
    WorkloadError,
    measure,
    measure_all,
    measure_in_turn,
    peak,
    read_once,
    seconds,
)
from benchmarks.timing import Ask, Result
from benchmarks.workloads.function import FUNCTIONS

# Copies of the run a function may hold. They are counted in the memory that a run
# twice as long takes more, so that blocks in work, of constant size, do not count;
# the quarter is for how many of those happen to be in work.
COPIES = 1.25
# A function that the peer takes longer for is measured once.
PATIENCE = 15.0
WITHIN = 0.10
# MiB of a whole process that fits a run from a file, however long the run
LARGEST = 600.0


def run_scans(fast: bool, repeats: int) -> Iterator[Result]:
    """The same mask and design with more and more scans: the peer for the fewest."""
    del repeats  # memory does not waver as time does
    lengths = (100, 200, 800) if fast else (850, 1_700, 6_804)
    for noise_model in ("ar1", "auto8"):
        rows = []
        for n_scans in lengths:
            beside = noise_model == "ar1" and n_scans == lengths[0]
            rows.append(_scans_row(noise_model, n_scans, fast, beside))
            yield rows[-1]
        yield _flatness(lengths, rows, "scans" if noise_model == "ar1" else "")


def _scans_row(noise_model: str, n_scans: int, fast: bool, beside: bool) -> Result:
    """A fit from a file, with the peer's beside it or alone."""
    small = image_problems.many_scans(100, True)
    files = image_problems.many_scans(n_scans, fast)
    options = {"fwhm": None, "n_contrasts": 2, "noise_model": noise_model}
    job = Job("one_run", files, small, options)
    read_once(files.values())
    ours = measure(job, OURS)
    peer, agree, text = [], True, "ours alone"
    if beside:
        peer = [measure(job, PEER)]
        agree, text = maps_agree(ours.results, peer[0].results, list(ours.results))
    return Result(
        f"{noise_model} from .nii.gz, {n_scans:,} scans",
        [ours.seconds],
        seconds(peer),
        text,
        agree=agree,
        ours_mib=ours.peak_mib,
        peer_mib=peak(peer),
        limit_mib=LARGEST,
    )


def _flatness(lengths: tuple[int, ...], rows: list[Result], row: str) -> Result:
    """The largest peak of all, and that none is far from the others."""
    peaks = [one.ours_mib or 0.0 for one in rows]
    middle = sum(peaks) / len(peaks)
    apart = max(abs(one - middle) for one in peaks) / middle
    return Result(
        f"  the same memory at {', '.join(f'{n:,}' for n in lengths)} scans",
        [],
        [],
        ", ".join(f"{one:.0f}" for one in peaks) + " MiB",
        agree=all(one.agree for one in rows),
        ours_mib=max(peaks),
        peer_mib=rows[0].peer_mib,
        limit_mib=LARGEST,
        also=[
            Ask(f"within {apart:.0%} <= {WITHIN:.0%} of their mean", apart <= WITHIN)
        ],
        notes={"scans": lengths, "peak_mib": peaks},
        row=row,
    )


def run_functions(fast: bool, repeats: int) -> Iterator[Result]:
    """Every function of images on a compressed run: seconds, copies of the run."""
    files, small = image_problems.functions(fast), image_problems.functions(True)
    jobs = {name: Job("function", files, small, {"name": name}) for name in FUNCTIONS}
    if fast:  # one process for all: quick, and of no use for memory
        both = [measure_all(list(jobs.values()), package) for package in (OURS, PEER)]
        for name, ours, peer in zip(jobs, *both, strict=True):
            yield _function_result(name, [ours], [peer])
        return
    long = image_problems.functions(fast, times=2)
    for name, job in jobs.items():
        ours, peer = _in_turn(job, repeats)
        result = _function_result(name, ours, peer)
        if result.ours:
            (longer,) = measure_all([replace(job, files=long)], OURS)
            result = _with_copies(result, ours, peer, longer, files["copy_mib"])
        yield result


def _in_turn(job: Job, repeats: int) -> tuple[list[Measurement], list[Measurement]]:
    try:
        return measure_in_turn(job, repeats, PATIENCE)
    except WorkloadError as error:
        return [Measurement(0, 0, 0, {}, failed=str(error))], []


def _function_result(
    name: str, ours: list[Measurement], peer: list[Measurement]
) -> Result:
    """Seconds and agreement; or why there are none."""
    failed = next((one.failed for one in (*ours, *peer) if one.failed), "")
    skipped = next((one.skipped for one in (*ours, *peer) if one.skipped), "")
    if failed or skipped:
        text = failed or f"skipped: {skipped}"
        return Result(name, [], [], text, agree=not failed)
    agree, text = _agree(name, ours[-1].results["result"], peer[-1].results["result"])
    return Result(name, seconds(ours), seconds(peer), text, agree=agree)


def _with_copies(
    result: Result,
    ours: list[Measurement],
    peer: list[Measurement],
    longer: Measurement,
    copy_mib: float,
) -> Result:
    """The row with its memory, in copies of the run as float32."""
    rise, peer_rise = (max(m.rise_mib for m in which) for which in (ours, peer))
    copies = max(0.0, longer.rise_mib - rise) / copy_mib
    text = (
        f"in all {rise / copy_mib:.2f} copies above imports, nilearn "
        f"{peer_rise / copy_mib:.2f}; {result.difference}"
    )
    held = Ask(f"{copies:.2f} <= {COPIES} copies held", copies <= COPIES)
    return replace(
        result,
        difference=text,
        agree=result.agree and not longer.failed,
        ours_mib=peak(ours),
        peer_mib=peak(peer),
        also=[held],
        notes={"held": copies, "rise_mib": rise, "peer_rise_mib": peer_rise},
    )


def _agree(name: str, ours, peer) -> tuple[bool, str]:
    """The same numbers: to 1e-4 of the range, masks to .99, components to a sign."""
    if ours.shape != peer.shape:
        return False, f"shape {ours.shape}, nilearn {peer.shape}"
    if name.startswith("compute_"):
        dice = overlap(ours, peer)
        return dice > 0.99, f"masks overlap {dice:.4f}"
    if name == "high_variance_confounds":
        r = min(abs(correlation(a, b)) for a, b in zip(ours.T, peer.T, strict=True))
        return r > 0.999, f"components |r| >= {r:.6f}"
    worst = gap(ours, peer)
    return worst < 1e-4, f"within {worst:.1e} of the range"
