"""Progress is seen without any set-up, and left to the program that has one."""

import logging

from boldglm._base.log import say


def test_progress_is_printed_where_nothing_handles_it(monkeypatch, capsys):
    logger = logging.getLogger("boldglm")
    level = logger.level
    monkeypatch.setattr(logger, "handlers", [])
    monkeypatch.setattr(logger, "propagate", False)
    say(1, "run %d", 3)
    say(1, "done")
    say(0, "details")
    logger.setLevel(level)
    assert capsys.readouterr().out == "run 3\ndone\n"
    assert len(logger.handlers) == 1


def test_a_program_that_handles_logs_gets_them_unprinted(caplog, capsys):
    with caplog.at_level(logging.INFO, logger="boldglm"):
        say(1, "run %d", 3)
    assert caplog.messages == ["run 3"]
    assert not capsys.readouterr().out
