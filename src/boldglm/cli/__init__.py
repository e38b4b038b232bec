"""The command line: ``boldglm --help``."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from boldglm import __version__
from boldglm.cli.report import add_report

__all__ = ["main"]

FAILED, WRONG_INPUT, INTERRUPTED = 1, 2, 130


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command, and return its exit code.

    Parameters
    ----------
    argv : sequence of str, optional
        Default: the arguments of the process.

    Returns
    -------
    int
        0 if all went well, 1 if a check of the command failed, 2 for an error
        (told without a traceback), 130 when stopped by Ctrl-C.

    Examples
    --------
    >>> main(["--version"])
    Traceback (most recent call last):
    ...
    SystemExit: 0
    """
    arguments = _parsed(argv)
    try:
        return arguments.run(arguments)
    except KeyboardInterrupt:
        print("Stopped.", file=sys.stderr)
        return INTERRUPTED
    except (ValueError, TypeError, OSError, MemoryError) as error:
        if arguments.debug:
            raise
        # As it is: a message that points at a word needs its lines
        reason = str(error).strip() or type(error).__name__
        print(f"boldglm {arguments.command}: {reason}", file=sys.stderr)
        return WRONG_INPUT


def _parsed(argv: Sequence[str] | None) -> argparse.Namespace:
    """Arguments; contrasts may stand before, between and after the options."""
    parser = _parser()
    arguments, rest = parser.parse_known_args(argv)
    if rest and (arguments.command != "report" or any(one[0] == "-" for one in rest)):
        hint = ""
        if arguments.command == "report":
            hint = " (a contrast that begins with a minus goes to the end, after --)"
        parser.error(f"unrecognized arguments: {' '.join(rest)}{hint}")
    if rest:
        arguments.contrasts += rest
    return arguments


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="boldglm",
        description=(
            "Task-fMRI statistics: from BOLD files and events to maps and a report."
        ),
    )
    parser.add_argument("--version", action="version", version=f"boldglm {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    demo = commands.add_parser(
        "demo",
        help="simulate two runs, analyse their files, compare with the truth",
        description=(
            "Simulate two runs of an experiment with faces and houses, write them as "
            "a scanner and fMRIPrep would, analyse the files, and compare what is "
            "found with what was put in. Exits with 1 if they differ."
        ),
    )
    demo.add_argument(
        "--out",
        type=Path,
        default=Path("boldglm-demo"),
        metavar="DIR",
        help="where to write everything (default: %(default)s)",
    )
    demo.add_argument(
        "--seed",
        type=_seed,
        default=0,
        metavar="N",
        help="another seed, another subject (default: %(default)s)",
    )
    demo.add_argument(
        "--quiet", action="store_true", help="print only where the results are"
    )
    demo.add_argument(
        "--debug", action="store_true", help="show where in the code an error arose"
    )
    demo.add_argument(
        "--size",
        choices=("standard", "small"),
        default="standard",
        help=argparse.SUPPRESS,
    )
    demo.set_defaults(run=_demo)
    add_report(commands)
    return parser


def _seed(text: str) -> int:
    if not text.isdecimal():
        msg = f"{text!r} is not a whole number from 0 up"
        raise argparse.ArgumentTypeError(msg)
    return int(text)


def _demo(arguments: argparse.Namespace) -> int:
    from boldglm.cli.demo import run_demo

    findings = run_demo(
        arguments.out, seed=arguments.seed, size=arguments.size, quiet=arguments.quiet
    )
    return 0 if findings.passed else FAILED
