"""`robustgen.audit` finds planted faults, names them, and offers what the cells were."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from sklearn.ensemble import IsolationForest

import robustgen
from robustgen import RSRAE, Autoencoder, RobustDetector
from robustgen._checks import UsageError
from robustgen.inference.corruption import Corruption
from robustgen.triage.pages import page_of
from robustgen.triage.removal import ByEstimate, ByRate, ByShare
from robustgen.triage.table_audit import audit_of_scores
from robustgen.triage.verdict import standing_out

N_ROWS = 300
QUICK = {"epochs": 5, "hidden_dims": (8,), "latent_dim": 2, "random_state": 0}


def machines():
    rng = np.random.default_rng(0)
    state = rng.choice(["idle", "running"], N_ROWS)
    heat = np.where(state == "idle", 20, 90) + rng.normal(0, 2, N_ROWS)
    return pd.DataFrame(
        {
            "id": range(5000, 5000 + N_ROWS),
            "heat": heat,
            "flow": 1000 + 3 * heat + rng.normal(0, 5, N_ROWS),
            "state": state,
            "seen": pd.date_range("2024-01-01", periods=N_ROWS).strftime("%Y-%m-%d"),
        }
    )


@pytest.fixture(scope="module")
def faulty():
    """Return a table in which five kinds of faults have three rows each."""
    table = machines()
    table.loc[[40, 41, 42], ["heat", "flow"]] = table.loc[[0, 1, 2], ["heat", "flow"]].to_numpy()  # running
    table.loc[[10, 11, 12], "heat"] *= 1000
    table.loc[[20, 21, 22], "flow"] = -999.0
    table.loc[[30, 31, 32], ["heat", "flow"]] = table.loc[[30, 31, 32], ["flow", "heat"]].to_numpy()
    table.loc[[40, 41, 42], "state"] = ["runing", "Running", "runningg"]
    table.loc[[50, 51, 52], "seen"] = "1900-01-01"
    return table


@pytest.fixture(scope="module")
def audit(faulty):
    return robustgen.audit(faulty, n_folds=3, contamination=0.05)


def test_rows_are_in_the_order_of_the_table(faulty, audit):
    assert len(audit.rows) == N_ROWS
    assert list(audit.rows) == ["verdict", "score", "p_value", "reason", "group"]
    assert (audit.rows["verdict"] == "outlier").sum() == N_ROWS * 0.05
    assert audit.rows["p_value"].between(0, 1).all()


@pytest.mark.parametrize(
    ("rows", "group"),
    [
        ([10, 11, 12], "heat x 1000"),
        ([20, 21, 22], "flow = -999"),
        ([30, 31, 32], "flow and heat swapped"),
        ([40, 41, 42], "state unusual"),
        ([50, 51, 52], "seen early"),
    ],
)
def test_rows_of_a_common_fault_have_one_name_and_are_a_finding(audit, rows, group):
    assert audit.rows.loc[rows, "group"].tolist() == [group] * 3
    found = audit.findings.set_index("sentence")
    assert set(rows) <= set(found.loc[f"3 rows: {group}", "rows"])


def test_a_repair_is_near_to_what_the_cell_was(audit):
    before = machines()
    for row in (10, 11, 12):
        assert abs(float(audit.faults[row].expected["heat"]) - before.at[row, "heat"]) < 15
    for row in (20, 21, 22):
        assert abs(float(audit.faults[row].expected["flow"]) - before.at[row, "flow"]) < 60
    for row in (40, 41, 42):
        assert audit.faults[row].expected["state"] == "running"


def test_a_fault_of_many_columns_is_one_fault():
    """Which column adds most is chance where all are shifted alike: it is no name for a fault."""
    rng = np.random.default_rng(0)
    table = pd.DataFrame(rng.normal(size=(N_ROWS, 5)), columns=list("abcde"))
    table.iloc[:6] -= 5
    audit = robustgen.audit(table, n_folds=0, contamination=6 / N_ROWS)
    assert set(audit.rows["group"][:6]) == {"several columns low"}


def test_an_identifier_is_no_reason_and_changes_no_score(faulty, audit):
    assert not audit.rows["reason"].str.contains("id =").any()
    without = robustgen.audit(faulty.drop(columns="id"), n_folds=0, contamination=0.05)
    np.testing.assert_array_equal(without.rows["score"], audit.rows["score"])


def test_every_category_is_counted(faulty, audit):
    shares = audit.shares.set_index("value")
    assert shares["n_rows"].sum() == N_ROWS
    assert shares.loc["rare values", ["n_rows", "removed", "flag"]].tolist() == [3, 3, ""]
    assert shares["removed"].sum() == audit.outlier.sum()


def test_the_page_and_the_notebook_say_the_same(audit, tmp_path):
    audit.save(tmp_path / "page.html")
    page = (tmp_path / "page.html").read_text()
    assert audit.sentence in page
    assert audit.sentence in audit._repr_html_()
    assert "Row 5010" not in page  # rows are numbered as the table counts them
    assert "Row 11<" in page


@pytest.mark.parametrize(
    "detector",
    [IsolationForest(random_state=0), RSRAE(**QUICK), Autoencoder(**QUICK)],
    ids=lambda one: type(one).__name__,
)
def test_any_detector_judges(faulty, detector):
    audit = robustgen.audit(faulty, detector, n_folds=0, contamination=0.1)
    assert audit.outlier[[10, 11, 12]].all()
    assert audit.rows.loc[10, "group"] == "heat x 1000"


def test_the_index_of_a_table_is_of_no_matter(faulty, audit):
    other = faulty.set_axis(np.arange(N_ROWS)[::-1] * 2, axis=0)
    again = robustgen.audit(other, n_folds=0, contamination=0.05)
    np.testing.assert_array_equal(again.rows["score"], audit.rows["score"])
    assert again.rows["group"].tolist() == audit.rows["group"].tolist()


def test_a_table_of_arrow_is_judged_as_one_of_pandas(faulty, audit):
    again = robustgen.audit(pa.Table.from_pandas(faulty), n_folds=0, contamination=0.05)
    assert again.rows["group"].tolist() == audit.rows["group"].tolist()


def test_rules_choose_the_lowest_scores(faulty, audit):
    for rule in (ByShare(0.02), ByEstimate(), ByRate(0.2)):
        marked = rule.rows(audit, faulty)
        scores = audit.rows["score"]
        assert not marked.any() or rule == ByRate(0.2) or scores[marked].max() < scores[~marked].min()
    assert ByShare(0.02).rows(audit, faulty).sum() == N_ROWS * 0.02


def test_wrong_parameters_are_one_line(faulty):
    with pytest.raises(UsageError, match=r"contamination=0\.7"):
        robustgen.audit(faulty, contamination=0.7)
    with pytest.raises(UsageError, match="n_folds=1"):
        robustgen.audit(faulty, IsolationForest(), n_folds=1)
    with pytest.raises(UsageError, match="expected a DataFrame"):
        robustgen.audit(faulty.to_numpy())


def test_bad_cells_are_findings_and_no_error():
    table = machines().astype({"flow": object})
    table.loc[[7, 8], "flow"] = "broken"
    table["seen"] = pd.to_datetime(table["seen"]).dt.strftime("%d.%m.%Y")
    table.loc[9, "seen"] = "31.02.2024"
    audit = robustgen.audit(table, n_folds=0)
    found = audit.findings.set_index("kind")
    assert found.loc["mixed types", "rows"] == (7, 8)
    assert found.loc["impossible dates", "rows"] == (9,)
    assert any("dates such as" in sentence for sentence in found.loc["reading", "sentence"])


def test_a_boolean_is_expected_as_true_or_false():
    table = machines().assign(on=lambda rows: rows["state"] == "running")
    table.loc[[3, 4], "on"] = ~table.loc[[3, 4], "on"]
    audit = robustgen.audit(table, n_folds=0, contamination=0.02)
    found = [fault.expected.get("on") for fault in audit.faults.values()]
    assert set(filter(None, found)) <= {"true", "false"}


def test_scores_of_a_fitted_model_make_an_audit_with_the_same_faults(faulty, audit):
    p_values = audit.rows["p_value"].to_numpy()
    given = (audit.model, faulty, audit.rows["score"].to_numpy(), audit.outlier)
    again = audit_of_scores(*given, name="new rows", decided_by="a rate", p_values=p_values)
    pd.testing.assert_frame_equal(again.rows, audit.rows)
    assert "rows of new rows look wrong" in again.sentence
    assert "a rate" in page_of(again).facts


def test_the_verdict_counts_what_stands_out_by_the_score_within_the_interval_of_the_detector():
    rng = np.random.default_rng(0)
    scores = -np.r_[rng.normal(5, 1, 970), rng.normal(30, 1, 30)]
    found = standing_out(scores, Corruption(0.2, (0.05, 0.4)))
    assert found.share == pytest.approx(0.03, abs=0.005)
    assert found.interval == (found.share, 0.4)


def test_the_verdict_is_no_more_than_the_models_agree_on():
    rng = np.random.default_rng(0)
    scores = -np.r_[rng.normal(5, 1, 600), rng.normal(30, 1, 400)]
    assert standing_out(scores, Corruption(0.02, (0.0, 0.3))).share == 0.02


def test_a_table_of_one_column_loses_its_outlier_alone():
    table = pd.DataFrame({"heat": np.random.default_rng(0).normal(size=N_ROWS)})
    table.loc[3, "heat"] = 90
    judged = robustgen.audit(table, RobustDetector(contamination="auto", n_members=1, **QUICK), n_folds=0)
    assert judged.outlier[3]
    assert judged.outlier.mean() < 0.05


def test_seldom_values_of_a_number_are_no_outliers_of_a_clean_table():
    rng = np.random.default_rng(0)
    table = pd.DataFrame(rng.normal(size=(N_ROWS, 3)), columns=list("abc"))
    table["discount"] = rng.choice([0, 5, 10, 20], N_ROWS, p=[0.7, 0.15, 0.1, 0.05])
    judged = robustgen.audit(table, RobustDetector(n_members=1, **QUICK), n_folds=0)
    assert judged.outlier.mean() < 0.02
