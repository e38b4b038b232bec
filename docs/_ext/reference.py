"""Pages of the reference, written from the package: names, methods, commands."""

import argparse
import inspect
from importlib import import_module
from pathlib import Path

from public_names import DOORS, REPEATS, ROOT, PublicName, core_modules, public_names

__all__ = ["COMMANDS", "command_page", "pages", "write_pages"]

COMMANDS = "command-line"
INTRODUCTION = """\
Every name that users import, by the module they import it from. Names, parameters and
defaults are nilearn's; what differs is :doc:`listed </divergences>`.
"""
CORE = """\
What is computed, on arrays: equations, sources, and what is raised. Images, tables and
files are unknown here. These functions may change between versions; what is meant to
stay is in the modules above it.

"""


def pages() -> dict[str, str]:
    """Make every page of the reference, as reStructuredText.

    Returns
    -------
    dict of str
        Text by name of the page.
    """
    found = {"index": _index(), COMMANDS: command_page(), "core": _core_page()}
    for module in core_modules():
        found[module] = (
            _back("core")
            + _title(f"{ROOT}.{module}")
            + f".. automodule:: {ROOT}.{module}\n   :members:\n"
        )
    for door, names in public_names().items():
        found[door] = _door_page(door, names)
        for one in names:
            if one.home == door:
                found[one.page] = _object_page(one)
    return found


def write_pages(folder: Path) -> None:
    """Write the pages that changed, and remove those of names that are gone."""
    folder.mkdir(parents=True, exist_ok=True)
    written = {f"{name}.rst": text for name, text in pages().items()}
    for path in folder.glob("*.rst"):
        if path.name not in written:
            path.unlink()
    for name, text in written.items():
        path = folder / name
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")


def _title(text: str, line: str = "=") -> str:
    return f"{text}\n{line * len(text)}\n\n"


def _index() -> str:
    main = [door for door in DOORS if door not in REPEATS]
    return (
        _title("Reference")
        + INTRODUCTION
        + "\n"
        + _rows([(f":doc:`{ROOT}.{door} <{door}>`", DOORS[door]) for door in main])
        + f":doc:`The command line <{COMMANDS}>` has a page of its own. The same names "
        "at nilearn's longer paths:\n\n"
        + _rows([(f":doc:`{ROOT}.{door} <{door}>`", DOORS[door]) for door in REPEATS])
        + f"Below them is the arithmetic on arrays: :doc:`{ROOT}.core <core>`.\n\n"
        + ".. toctree::\n   :hidden:\n\n"
        + "".join(f"   {page} <{page}>\n" for page in main)
        + f"   {COMMANDS}\n"
        + "".join(f"   {page} <{page}>\n" for page in (*REPEATS, "core"))
    )


def _rows(cells: list[tuple[str, str]]) -> str:
    text = ".. list-table::\n   :class: names\n   :widths: 40 60\n\n"
    for left, right in cells:
        text += f"   * - {left}\n     - {right}\n"
    return text + "\n"


def _door_page(door: str, names: list[PublicName]) -> str:
    rows = [(f":py:obj:`{one.name} <{one.target}>`", one.first_line) for one in names]
    # A door may lead to others only
    rows = rows or [
        (f":doc:`{ROOT}.{other} <{other}>`", DOORS[other])
        for other in DOORS
        if other.startswith(f"{door}.")
    ]
    return (
        _title(f"{ROOT}.{door}")
        + f".. automodule:: {ROOT}.{door}\n   :no-members:\n\n"
        + _rows(rows)
    )


def _core_page() -> str:
    modules = core_modules()
    rows = []
    for module in modules:
        text = inspect.getdoc(import_module(f"{ROOT}.{module}")) or ""
        rows.append((f":doc:`{ROOT}.{module} <{module}>`", text.partition("\n")[0]))
    return _title(f"{ROOT}.core") + CORE + _rows(rows)


def _object_page(one: PublicName) -> str:
    if inspect.isclass(one.value):
        directive = f".. autoclass:: {one.target}\n   :members:\n"
        if not issubclass(one.value, (BaseException, dict, tuple)):
            directive += "   :inherited-members:\n"
    elif callable(one.value):
        directive = f".. autofunction:: {one.target}\n"
    else:
        directive = f".. autodata:: {one.target}\n"
    gallery = f".. minigallery:: {one.target}\n   :add-heading: In the gallery\n"
    return _back(one.home) + _title(one.name) + directive + "\n" + gallery


def _back(page: str) -> str:
    """Start a page that no menu lists: menus of hundreds are slow to read and build."""
    return f":orphan:\n\n.. rst-class:: back\n\n:doc:`← {ROOT}.{page} <{page}>`\n\n"


def command_page() -> str:
    """Describe every command with its options, as ``--help`` does.

    Returns
    -------
    str
    """
    from boldglm.cli import _parser

    parser = _parser()
    text = _title("Command line") + f"{parser.description}\n\n"
    text += _program(parser)
    for name, command in subcommands(parser).items():
        text += _title(f"{parser.prog} {name}", "-") + f"{command.description}\n\n"
        text += _program(command)
    return text + (
        "Exit codes: 0 if all went well, 1 if a check of the command failed, 2 for an "
        "error, which is told in one line, 130 when stopped by Ctrl-C.\n"
    )


def subcommands(parser: argparse.ArgumentParser) -> dict[str, argparse.ArgumentParser]:
    """Find the commands of a program.

    Returns
    -------
    dict of ArgumentParser
    """
    return {
        name: command
        for action in parser._actions
        if isinstance(action, argparse._SubParsersAction)
        for name, command in action.choices.items()
    }


def _program(parser: argparse.ArgumentParser) -> str:
    usage = " ".join(parser.format_usage().removeprefix("usage:").split())
    text = f".. code-block:: text\n\n   {usage}\n\n.. program:: {parser.prog}\n\n"
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            continue
        if action.help is argparse.SUPPRESS:
            continue
        words = parser._get_formatter()._expand_help(action)
        value = f" {action.metavar or action.dest.upper()}" if action.nargs != 0 else ""
        spelt = ", ".join(f"{option}{value}" for option in action.option_strings)
        spelt = spelt or action.metavar or action.dest
        text += f".. option:: {spelt}\n\n   {words[:1].upper()}{words[1:]}.\n\n"
    return text
