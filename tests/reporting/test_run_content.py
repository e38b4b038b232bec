"""The runs of a report."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from tests.reporting import simulated_models as sim

from boldglm.core.linear import factorize
from boldglm.reporting.fitted_models import open_model
from boldglm.reporting.run_content import run_contents


def with_doubles(model):
    """A run in which a and b, a motion and a drift all but repeat the one before."""
    fitted = open_model(model)
    rng = np.random.default_rng(0)
    table = fitted.designs[0].copy()
    for name, other in (("b", "a"), ("trans_y", "trans_x"), ("drift_2", "drift_1")):
        noise = 0.01 * table[other].std() * rng.standard_normal(len(table))
        table[name] = table[other] + noise
    factors = (factorize(table.to_numpy()),)
    return replace(fitted, designs=(table,), factors=factors)


def hard_to_tell(fitted):
    (run,) = run_contents(fitted, [])
    return [row[0] for row in run.regressors.rows if row[2].startswith("hard")]


@pytest.mark.parametrize("remembers", [True, False])
def test_drifts_and_motion_may_be_hard_to_tell_apart(remembers):
    fitted = with_doubles(sim.first_level(1, reports=remembers))
    (run,) = run_contents(fitted, [])
    inflated = {row[0] for row in run.regressors.rows if row[1] and row[1] > 5}
    assert {"a", "b", "trans_x", "trans_y", "drift_1", "drift_2"} <= inflated
    assert hard_to_tell(fitted) == ["a", "b"]


def test_confounds_are_known_by_their_number_and_names_of_given_designs():
    model = sim.first_level(1)
    fitted = with_doubles(model)
    odd = {"trans_x": "x", "trans_y": "y"}
    table = fitted.designs[0].rename(columns=odd)
    fitted = replace(fitted, designs=(table,))
    assert hard_to_tell(fitted) == ["a", "b"]
    model._record = None
    assert hard_to_tell(fitted) == ["a", "b", "x", "y"]


def test_all_regressors_of_a_group_are_asked_about():
    fitted = open_model(sim.second_level())
    age = fitted.designs[0]["age"]
    table = pd.DataFrame({"drift_1": age, "age": age + 0.01 * np.cos(9 * age), "c": 1})
    fitted = replace(fitted, designs=(table,), factors=(factorize(table.to_numpy()),))
    assert hard_to_tell(fitted) == ["drift_1", "age"]


def test_a_column_of_notes_is_there_if_there_is_one():
    fitted = open_model(sim.first_level(1))
    weights = np.eye(1, fitted.designs[0].shape[1])
    (run,) = run_contents(fitted, [("a", [weights])])
    assert run.efficiency.columns == ("contrast", "efficiency")
    assert [len(row) for row in run.efficiency.rows] == [2]
    (run,) = run_contents(fitted, [("a", [None])])
    assert run.efficiency.columns == ("contrast", "efficiency", "note")
    assert run.efficiency.rows == (("a", None, "left out of this run"),)


def test_facts_tell_events_and_confounds_that_were_not_files():
    model = sim.first_level(1)
    record = model._record.runs[0]
    told = dict(run_contents(open_model(model), [])[0].facts.rows)
    assert told["events"] == f"{len(record.events['onset'])}, not from a file"
    assert told["confounds"] in {"none", f"{record.n_confounds}, not from a file"}
    named = replace(record, events_file="run_events.tsv", n_confounds=0)
    model._record = replace(model._record, runs=(named,))
    told = dict(run_contents(open_model(model), [])[0].facts.rows)
    assert told["events"] == "run_events.tsv"
    assert told["confounds"] == "none"
