from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook, new_output

from recpipe.core.errors import DataError
from recpipe.core.files import write_json
from recpipe.core.workspace import Workspace
from recpipe.params import PipelineParams
from recpipe.run.report import Facts, make_report, read_facts, write_report
from recpipe.run.results import StageResult
from tests.standins import write_notebook

RULES = [
    {"rule": "ahead of popularity", "passed": True, "why": "is ahead"},
    {"rule": "coverage", "passed": False, "why": "has 1|2"},
]
INTERVAL = {"estimate": 0.2, "low": 0.1, "high": 0.3}
METRICS = {f"{name}@10": INTERVAL for name in ("ndcg", "recall", "mrr", "hit_rate")}


def told(facts: Facts) -> str:
    return make_report(facts).markdown(lambda path: path)


def facts(folder: Path, stage: str, **figures: object) -> Facts:
    return Facts(folder, [StageResult(stage, {}, figures, seconds=12.4)])


def test_what_came_in_and_what_was_refused_is_counted(tmp_path: Path) -> None:
    counted = {"read": 1_469_307, "kept": 1_469_300, "duplicate": 4, "quarantined": 3, "late": 2}
    report = told(facts(tmp_path, "collect", **counted, reasons={"no item": 1, "no user": 2}))
    assert "1,469,307 rows read = 1,469,300 kept, 4 duplicate, 3 quarantined." in report
    assert "- 2 of them late" in report
    assert report.index("| no user | 2 |") < report.index("| no item | 1 |"), "the most frequent first"


def test_checks_that_failed_are_told_with_what_was_seen(tmp_path: Path) -> None:
    row = {"suite": "events", "column": "user_id", "severity": "warning", "why": "| matters"}
    checks = [
        row | {"expectation": "has a user", "success": False, "observed": "7 rows"},
        row | {"expectation": "is known", "success": True, "observed": "0"},
    ]
    (tmp_path / "run" / "collect").mkdir(parents=True)
    write_json(tmp_path / "run" / "collect" / "checks.json", checks)
    result = StageResult("collect", {}, folder=str(tmp_path / "run" / "collect"))
    read = read_facts(tmp_path / "run", Workspace.open(tmp_path / "w"), [result])
    assert "1 of 2 expectations are met." in told(read)
    assert "| events | has a user | user_id | warning | 7 rows | \\| matters |" in told(read)
    states = [row["state"] for row in make_report(read).tables["checks"].records()]
    assert states == ["failed", "met"]


def test_the_gate_is_told_rule_by_rule(tmp_path: Path) -> None:
    report = told(facts(tmp_path, "evaluate", rules=RULES, decision="stays: it is ahead"))
    lines = report[report.index("## The gate") :].splitlines()
    assert lines[2] == "stays: it is ahead"
    assert lines[6:8] == ["| ahead of popularity | kept | is ahead |", "| coverage | broken | has 1\\|2 |"]
    assert "## The gate" not in told(facts(tmp_path, "collect"))


def test_the_bench_card_is_a_table_and_a_plot_contestants_before_peers(tmp_path: Path) -> None:
    workspace = Workspace.open(tmp_path / "w")
    bench = {
        "k": 10,
        "metric": "ndcg",
        "users": 5,
        "accuracy": {"ALS": METRICS, "challenger": METRICS, "popularity": METRICS},
        "versions": {"challenger": "mean-1"},
        "left_out": ["EASE: too many items"],
    }
    curve = [{"epoch": 0, "ndcg": 0.1}, {"epoch": 1, "loss": 2.0, "ndcg": 0.2}]
    workspace.models.draft("mean-1").seal({"figures": {"curve": curve}})
    write_json(workspace.models.path("mean-1") / "metrics.json", {"bench": bench})
    trained = StageResult("train", {"model": "mean-1"}, {"model": {"ended": "all epochs", "best_epoch": 1}})
    read = read_facts(tmp_path, workspace, [trained, StageResult("evaluate", {"champion": "mean-1"})])
    report = make_report(read)
    rows = report.tables["bench-card"].records()
    assert [row["contestant"] for row in rows] == ["challenger", "popularity", "ALS"]
    assert rows[0]["NDCG@10"] == "0.2000 [0.1000, 0.3000]"
    assert "- Not fitted: EASE: too many items." in told(read)
    assert "Ended by: all epochs, best after epoch 1." in told(read)
    assert told(read).count("](data:image/png;base64,") == 2, "the curves and the metric"
    without_evaluation = read_facts(tmp_path, workspace, [trained])
    assert "bench-card" not in make_report(without_evaluation).tables


def test_the_second_stage_is_told_and_the_curves_are_of_what_it_stands_upon(tmp_path: Path) -> None:
    workspace = Workspace.open(tmp_path / "w")
    workspace.models.draft("mean-1").seal({"figures": {"curve": [{"epoch": 1, "loss": 2.0, "ndcg": 0.2}]}})
    workspace.models.draft("rank-1").seal({"figures": {}, "base": "mean-1"})
    gain = {"estimate": 0.01, "low": 0.005, "high": 0.015}
    results = [
        StageResult("train", {"model": "mean-1"}, {"model": {"ended": "all epochs"}}),
        StageResult("rank", {"model": "rank-1"}, {"kept": True, "gain": gain, "retrieval_ndcg": 0.05}),
    ]
    report = told(read_facts(tmp_path, workspace, results))
    assert "Kept: a second stage ranks the candidates." in report
    assert "it adds 0.0100 [0.0050, 0.0150] to an NDCG of 0.0500." in report
    assert "![Loss and validation NDCG@10 by epoch]" in report
    assert "None is kept." in told(Facts(tmp_path, [StageResult("rank", {}, {"kept": False})]))


def test_lists_are_told_with_titles_and_their_mix_as_a_picture(tmp_path: Path) -> None:
    sample = {"user_id": "u", "last": [], "recommended": ["Bread", "Milk"]}
    mix = [{"category": "food", "lists": 0.9, "events": 0.5}]
    made = {"users": 2, "rows": 3, "personal": 1, "short": 1, "short_by": {"seen": 1}}
    report = told(facts(tmp_path, "recommend", samples=[sample], mix=mix, **made))
    assert "3 recommendations for 2 users, 1 of them personal." in report
    assert "1 lists are short: seen 1." in report
    assert "| u | nothing | Bread; Milk |" in report
    assert "![Category mix: the lists beside all events](data:image/png;base64," in report


def test_only_parameters_that_differ_from_the_defaults_are_told(tmp_path: Path) -> None:
    params = PipelineParams.model_validate({"train": {"epochs": 3}}).model_dump(mode="json")
    assert '| train.epochs | 3 | "auto" |' in told(Facts(tmp_path, params=params))
    assert told(Facts(tmp_path, params=params)).count("| train.") == 1
    defaults = PipelineParams().model_dump(mode="json")
    assert "All at their defaults." in told(Facts(tmp_path, params=defaults))


def test_figures_of_an_edited_notebook_cost_one_section_not_the_run(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("WARNING", "recpipe.run")
    assert "Cannot be told" in told(Facts(tmp_path, [StageResult("recommend", {}, {"samples": [1]})]))
    assert "cannot tell of 'The lists'" in caplog.text


def test_stages_of_ones_own_tell_their_figures(tmp_path: Path) -> None:
    own = StageResult("rerank", {"publication": "p"}, {"moved": {"up": 1_000}, "rows": [1]})
    assert "| rerank | moved.up | 1,000 |" in told(Facts(tmp_path, [own]))


def failed_run(folder: Path, *outputs: nbformat.NotebookNode) -> Facts:
    """A run whose second cell of `train` failed."""
    (folder / "train").mkdir(parents=True)
    cells = [new_code_cell("fine = 1", id="one"), new_code_cell("1 / 0", id="two", execution_count=2)]
    cells[1].outputs = list(outputs)
    write_notebook(folder / "train" / "3_train.ipynb", cells)
    write_json(folder / "train" / "error.json", {"cell": 2})
    error = DataError("3_train.ipynb, cell 2: ZeroDivisionError", "Read the cell.")
    return read_facts(folder, Workspace.open(folder.parent / "w"), [], "train", error)


def test_a_failed_run_shows_the_cell_its_error_and_the_way_to_it(tmp_path: Path) -> None:
    raised = new_output("error", ename="E", evalue="v", traceback=["\x1b[31mTraceback\x1b[0m", "E: division"])
    report = make_report(failed_run(tmp_path / "run", raised))
    write_report(report, tmp_path / "run")
    told = (tmp_path / "run" / "report.md").read_text()
    assert "Failed in train." in told
    assert "train: 3_train.ipynb, cell 2: ZeroDivisionError\n\nTo do: Read the cell." in told
    assert "[Cell 2 of the executed notebook](train/3_train.html#cell-id=two)" in told
    assert "```\n1 / 0\n```\n\n```\nTraceback\nE: division\n```" in told


def test_a_kernel_that_died_shows_the_cell_that_was_at_work(tmp_path: Path) -> None:
    report = told(failed_run(tmp_path / "run"))
    assert "#cell-id=two" in report
    assert report.count("```") == 2, "the cell alone: there is no traceback"


def test_a_notebook_that_was_cut_off_is_linked_as_a_whole(tmp_path: Path) -> None:
    failed = failed_run(tmp_path / "run")
    (tmp_path / "run" / "train" / "3_train.ipynb").write_text('{"cells": [')
    assert "[The executed notebook]" in told(failed)


def test_a_run_refused_before_its_first_stage_is_told_too(tmp_path: Path) -> None:
    read = read_facts(
        tmp_path, Workspace.open(tmp_path / "w"), [], "", DataError("no such file", "Name one.")
    )
    assert "Failed in its preparation." in told(read)
    assert "The run: no such file\n\nTo do: Name one." in told(read)


def test_the_anchor_of_a_cell_is_where_its_html_has_it(tmp_path: Path) -> None:
    from recpipe.run.notebooks import write_html

    notebook = new_notebook(cells=[new_code_cell("1", id="some-cell")])
    nbformat.write(notebook, tmp_path / "n.ipynb")
    write_html(tmp_path / "n.ipynb")
    assert 'id="cell-id=some-cell"' in (tmp_path / "n.html").read_text()
