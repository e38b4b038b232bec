"""Memory: flat in the number of scans, and at most a copy of the run per function."""

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

# A result of the size of the run is one copy; a quarter more for blocks in work.
COPIES = 1.25
WITHIN = 0.10


def run_scans(fast: bool, repeats: int) -> list[Result]:
    """The same mask and design with more and more scans: the peer for the fewest."""
    del repeats  # memory does not waver as time does
    lengths = (100, 200, 800) if fast else (850, 1_700, 6_804)
    small = image_problems.many_scans(100, True)
    results, peaks = [], []
    for n_scans in lengths:
        files = image_problems.many_scans(n_scans, fast)
        job = Job("one_run", files, small, {"fwhm": None, "n_contrasts": 2})
        read_once(files.values())
        ours = measure(job, OURS)
        peaks.append(ours.peak_mib)
        peer, agree, text = [], True, "ours alone"
        if n_scans == lengths[0]:
            peer = [measure(job, PEER)]
            agree, text = maps_agree(ours.results, peer[0].results, list(ours.results))
        results.append(
            Result(
                f"AR(1) from .nii.gz, {n_scans:,} scans",
                [ours.seconds],
                seconds(peer),
                text,
                agree=agree,
                ours_mib=ours.peak_mib,
                peer_mib=peak(peer),
                limit_mib=600,
            )
        )
    return [*results, _flatness(lengths, peaks)]


def _flatness(lengths: tuple[int, ...], peaks: list[float]) -> Result:
    middle = sum(peaks) / len(peaks)
    apart = max(abs(one - middle) for one in peaks) / middle
    return Result(
        f"  the same memory at {', '.join(f'{n:,}' for n in lengths)} scans",
        [],
        [],
        ", ".join(f"{one:.0f}" for one in peaks) + " MiB",
        also=[
            Ask(f"within {apart:.0%} <= {WITHIN:.0%} of their mean", apart <= WITHIN)
        ],
        notes={"scans": lengths, "peak_mib": peaks},
    )


def run_functions(fast: bool, repeats: int) -> list[Result]:
    """Every function of images on a compressed run: seconds, copies of the run."""
    files, small = image_problems.functions(fast), image_problems.functions(True)
    jobs = {name: Job("function", files, small, {"name": name}) for name in FUNCTIONS}
    if fast:  # one process for all: quick, and of no use for memory
        both = [measure_all(list(jobs.values()), package) for package in (OURS, PEER)]
        pairs = zip(*([[one] for one in measured] for measured in both), strict=True)
        measured = dict(zip(jobs, pairs, strict=True))
    else:
        measured = {name: _in_turn(job, repeats) for name, job in jobs.items()}
    return [
        _unmeasured(name, [*ours, *peer])
        or _function_result(name, ours, peer, files["copy_mib"], fast)
        for name, (ours, peer) in measured.items()
    ]


def _in_turn(job: Job, repeats: int) -> tuple[list[Measurement], list[Measurement]]:
    try:
        return measure_in_turn(job, repeats)
    except WorkloadError as error:
        return [Measurement(0, 0, 0, {}, failed=str(error))], []


def _unmeasured(name: str, measured: list[Measurement]) -> Result | None:
    """The row of a function that is not there, or fails."""
    failed = next((one.failed for one in measured if one.failed), "")
    skipped = next((one.skipped for one in measured if one.skipped), "")
    if skipped or failed:
        text = f"skipped: {skipped}" if skipped else failed
        return Result(name, [], [], text, agree=not failed)
    return None


def _function_result(
    name: str,
    ours: list[Measurement],
    peer: list[Measurement],
    copy_mib: float,
    fast: bool,
) -> Result:
    copies, peer_copies = (
        max(one.rise_mib for one in measured) / copy_mib for measured in (ours, peer)
    )
    agree, text = _agree(name, ours[-1].results["result"], peer[-1].results["result"])
    # in a small run, what a library allocates for itself is more than the data
    asks = [] if fast else [Ask(f"{copies:.2f} <= {COPIES} copies", copies <= COPIES)]
    return Result(
        name,
        seconds(ours),
        seconds(peer),
        text if fast else f"copies {copies:.2f}, nilearn {peer_copies:.2f}; {text}",
        agree=agree,
        ours_mib=peak(ours),
        peer_mib=peak(peer),
        also=asks,
        notes={"copies": copies, "peer_copies": peer_copies},
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
