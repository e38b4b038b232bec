"""From files to maps: whole analyses, each in processes of its own."""

from collections.abc import Callable, Iterator
from statistics import median

from benchmarks import image_problems
from benchmarks.agreement import gap, maps_agree, overlap
from benchmarks.baseline import asked
from benchmarks.measure import (
    OURS,
    PEER,
    Job,
    Measurement,
    WorkloadError,
    measure_all,
    measure_in_turn,
    peak,
    read_once,
    seconds,
)
from benchmarks.timing import Ask, Result

Verdict = Callable[[dict, dict], tuple[bool, str]]


def run_faces(fast: bool, repeats: int) -> list[Result]:
    """Two runs of realigned .hdr/.img volumes to three contrasts and figures."""
    job = Job("faces", image_problems.faces(fast), image_problems.faces(True))
    return [
        _compared(
            f"faces: 2 x {len(job.files['func1'])} .hdr/.img volumes, 3 figures",
            job,
            repeats,
            _faces_agree,
            "faces",
        )
    ]


def _faces_agree(ours: dict, peer: dict) -> tuple[bool, str]:
    names = ["faces-scrambled", "scrambled-faces", "effects_of_interest"]
    agree, text = maps_agree(ours, peer, names)
    inside = (peer["mask"] != 0) & (ours["mask"] != 0)
    dice = overlap(ours["mask"], peer["mask"])
    images = {
        name: gap(ours[name][inside], peer[name][inside])
        for name in ("mean", "run1", "run2")
    }
    worst = max(images.values())
    text += f", masks overlap {dice:.4f}, volumes within {worst:.1e} of their range"
    return agree and dice > 0.99 and worst < 1e-4, text


def run_fiac(fast: bool, repeats: int) -> list[Result]:
    """Two compressed runs, smoothed: each, both, fixed effects, eight maps saved."""
    job = Job("fiac", image_problems.fiac(fast), image_problems.fiac(True))
    return [
        _compared(
            "FIAC: 2 runs .nii.gz, fwhm 5, 8 maps, 3 figures",
            job,
            repeats,
            _fiac_agree,
            "fiac",
        )
    ]


def _fiac_agree(ours: dict, peer: dict) -> tuple[bool, str]:
    names = [name for name in ours if name != "mean"]
    agree, text = maps_agree(ours, peer, names)
    worst = gap(ours["mean"], peer["mean"])
    return agree and worst < 1e-5, f"{text}, mean within {worst:.1e} of its range"


def run_fmriprep(fast: bool, repeats: int) -> Iterator[Result]:
    """A run on a 2 mm grid with 42 regressors, compressed and not."""
    files, small = image_problems.fmriprep(fast), image_problems.fmriprep(True)
    for name, row in (("run.nii.gz", "2 mm .nii.gz"), ("run.nii", "2 mm .nii")):
        full, warm = (
            {"run": f[name], "mask": f["mask.nii.gz"], "design": f["design.csv"]}
            for f in (files, small)
        )
        job = Job("one_run", full, warm, {"fwhm": 6, "n_contrasts": 5})
        yield _compared(
            f"2 mm {name}, fwhm 6, X 42, AR(1), 5 contrasts",
            job,
            repeats,
            _all_maps_agree,
            row,
        )


def _all_maps_agree(ours: dict, peer: dict) -> tuple[bool, str]:
    return maps_agree(ours, peer, list(ours))


def _compared(name: str, job: Job, repeats: int, verdict: Verdict, row: str) -> Result:
    """Both programs in turn, and whether their results agree."""
    ours, peer = measure_in_turn(job, repeats)
    agree, difference = verdict(ours[-1].results, peer[-1].results)
    return Result(
        name,
        seconds(ours),
        seconds(peer),
        difference,
        agree=agree,
        ours_mib=peak(ours),
        peer_mib=peak(peer),
        **asked(row),
    )


REGION = [
    ("raw", None),
    ("blocks", None),
    ("masker", None),
    ("masker", 4),
    ("fit", None),
    ("fit", 4),
]


def run_region(fast: bool, repeats: int) -> list[Result]:
    """A small mask in a large run, beside merely reading the file.

    What is asked: at most 1.3 times the seconds of reading, which is all bytes through
    one buffer for .nii.gz, and our reader's blocks of float32 for .nii (bytes of a
    .nii in the page cache cost next to nothing).
    """
    files, small = image_problems.region(fast), image_problems.region(True)
    read_once(files.values())
    results = []
    for run in ("run.nii.gz", "run.nii"):
        cases = [{"what": what, "run": run, "fwhm": fwhm} for what, fwhm in REGION]
        jobs = [Job("region", files, small, case) for case in cases]
        turns = [_all_done(jobs, OURS) for _ in range(repeats)]
        readers, ours = {}, list(zip(*turns, strict=True))
        for case in cases[:2]:
            readers[case["what"]] = list(ours.pop(0))
        peers = _all_done(jobs[2:], PEER)
        results += [
            _region_result(run, case, list(measured), peer, readers)
            for case, measured, peer in zip(cases[2:], ours, peers, strict=True)
        ]
    return results


def _all_done(jobs: list[Job], package: str) -> list[Measurement]:
    measured = measure_all(jobs, package)
    trouble = [one.failed or one.skipped for one in measured]
    if any(trouble):
        msg = f"{package}: {'; '.join(filter(None, trouble))}"
        raise WorkloadError(msg)
    return measured


def _region_result(
    run: str,
    options: dict,
    ours: list[Measurement],
    peer: Measurement,
    readers: dict[str, list[Measurement]],
) -> Result:
    times = {
        what: [m / r for m, r in zip(seconds(ours), seconds(read), strict=True)]
        for what, read in readers.items()
    }
    yardstick = "raw" if run.endswith(".gz") else "blocks"
    factor = median(times[yardstick])
    agree, text = _all_maps_agree(ours[-1].results, peer.results)
    if "series" in peer.results:
        worst = gap(ours[-1].results["series"], peer.results["series"])
        agree, text = worst < 1e-5, f"series within {worst:.1e} of their range"
    beside = ", ".join(
        f"{median(times[what]):.2f}x {label} ({median(seconds(readers[what])):.3f} s)"
        for what, label in (("raw", "all bytes"), ("blocks", "our blocks of float32"))
    )
    what, fwhm = options["what"], options["fwhm"]
    smooth = "" if fwhm is None else f", fwhm {fwhm}"
    return Result(
        f"V1-sized mask, {run}: {what}{smooth}",
        seconds(ours),
        [peer.seconds],
        f"{beside}; {text}",
        agree=agree,
        also=[Ask(f"{factor:.2f} <= 1.3x reading", factor <= 1.3)],
        notes={"times_reading": times},
    )
