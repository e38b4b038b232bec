"""Every public name and every command is in the reference."""

import argparse
import inspect
import pkgutil
from importlib import import_module

import pytest
from tests.contracts.test_signatures import DOORS as DOORS_OF_NILEARN

import boldglm
from boldglm.cli import _parser
from public_names import (
    DOORS,
    PublicName,
    core_modules,
    link_targets,
    public_names,
)
from reference import COMMANDS, command_page, pages, write_pages

#: Rooms that nobody imports from: what is inside of them, and the command line
NO_DOORS = {"_base", "cli", "core"}


@pytest.fixture(scope="module")
def written():
    return pages()


def behind(door):
    """Names of a door that are no modules, without the help of what is tested."""
    module = import_module(f"boldglm.{door}")
    return {
        name for name in module.__all__ if not inspect.ismodule(getattr(module, name))
    }


def test_every_door_has_a_page(written):
    packages = {
        info.name.removeprefix("boldglm.")
        for info in pkgutil.walk_packages(boldglm.__path__, "boldglm.")
        if info.ispkg
    }
    public = {name for name in packages if name.split(".")[0] not in NO_DOORS}
    # one has nothing behind it, and says only where else to ask
    public = {door for door in public if import_module(f"boldglm.{door}").__all__}
    listed = set(boldglm.__all__) - {"__version__"} - NO_DOORS
    assert set(DOORS) >= public | listed | set(DOORS_OF_NILEARN)
    for door in DOORS:
        assert f".. automodule:: boldglm.{door}\n" in written[door]
        assert f"boldglm.{door} <{door}>`" in written["index"]
        assert f"   {door} <{door}>\n" in written["index"]


@pytest.mark.parametrize("door", DOORS)
def test_every_public_name_is_listed_and_has_a_page(written, door):
    names = public_names()[door]
    assert {one.name for one in names} == behind(door)
    assert "   * - " in written[door]
    for one in names:
        assert f":py:obj:`{one.name} <{one.target}>`" in written[door]
        assert one.first_line in written[door]
        text = written[f"{one.home}.{one.name}"]
        assert f":: boldglm.{one.home}.{one.name}\n" in text
        assert getattr(import_module(f"boldglm.{one.home}"), one.name) is one.value


def test_every_public_name_says_what_it_is():
    for names in public_names().values():
        for one in names:
            assert one.first_line.endswith("."), one.target


def test_a_name_behind_two_doors_has_one_page(written):
    assert "glm.threshold_stats_img" in written
    assert "glm.thresholding.threshold_stats_img" not in written


@pytest.mark.parametrize("module", core_modules())
def test_every_module_of_arrays_has_a_page(written, module):
    assert f"<{module}>`" in written["core"]
    assert f".. automodule:: boldglm.{module}\n   :members:" in written[module]
    assert not module.endswith("_kernels")


def options(parser):
    """Options, arguments and commands of a program that are not hidden, by program."""
    found = {parser.prog: []}
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for command in action.choices.values():
                found |= options(command)
        elif action.help is not argparse.SUPPRESS:
            found[parser.prog] += action.option_strings or [action.metavar]
    return found


def test_every_command_and_option_is_described(written):
    text = command_page()
    assert written[COMMANDS] == text
    assert COMMANDS in written["index"]
    parts = dict(
        part.split("\n", 1) for part in text.split(".. program:: ") if "\n" in part
    )
    known = options(_parser())
    assert {"boldglm", "boldglm demo"} <= set(known)
    for program, strings in known.items():
        described = parts[program]
        lines = [
            line.removeprefix(".. option:: ")
            for line in described.splitlines()
            if line.startswith(".. option:: ")
        ]
        shown = [option.split()[0] for line in lines for option in line.split(", ")]
        assert shown == strings


def test_defaults_of_options_are_told_and_hidden_options_are_not():
    text = command_page()
    assert "(default: boldglm-demo)" in text
    assert "--size" not in text
    assert "SUPPRESS" not in text


def test_what_is_written_in_texts_leads_to_the_page_of_the_name():
    targets = link_targets()
    model = "boldglm.glm.first_level.FirstLevelModel"
    assert targets["FirstLevelModel"] == model
    assert targets[model] == model
    assert targets["FirstLevelModel.fit"] == f"{model}.fit"
    assert targets["boldglm.glm.thresholding.threshold_stats_img"] == (
        "boldglm.glm.threshold_stats_img"
    )
    assert targets["boldglm.core.gls.fit_glm"] == "boldglm.core.gls.fit_glm"
    assert targets["boldglm.exceptions"] == "boldglm.exceptions"
    assert not {"fit", "events", "image", "core.noise.NOISE_MODELS"} & set(targets)


def test_a_name_that_means_two_things_leads_nowhere(monkeypatch):
    one, two = (
        PublicName(door, "same", door, function)
        for door, function in (("glm", len), ("image", print))
    )
    other = PublicName("image", "other", "image", print)
    doors = {"glm": [one], "image": [two, other]}
    monkeypatch.setattr("public_names.public_names", lambda: doors)
    targets = link_targets.__wrapped__()
    assert "same" not in targets
    assert targets["glm.same"] == "boldglm.glm.same"
    assert targets["other"] == "boldglm.image.other"


def test_pages_are_rewritten_only_if_they_change_and_old_ones_go(tmp_path):
    write_pages(tmp_path)
    page, old = tmp_path / "reporting.rst", tmp_path / "gone.rst"
    before = page.stat().st_mtime_ns
    old.write_text("once a name")
    (tmp_path / "image.rst").write_text("not what it should be")
    write_pages(tmp_path)
    assert page.stat().st_mtime_ns == before
    assert not old.exists()
    assert "boldglm.image" in (tmp_path / "image.rst").read_text()
