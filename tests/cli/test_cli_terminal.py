import io
import logging

import pytest
from rich.console import Console
from rich.progress import Progress, TextColumn

from recpipe.cli.terminal import StatusLine, shown_progress

logger = logging.getLogger("recpipe.run")


def test_without_a_terminal_lines_have_their_time_and_cells_are_left_out(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with shown_progress():
        logger.info("train: started", extra={"event": "started", "stage": "train"})
        logger.info("train: cell 3 of 7", extra={"event": "cell", "stage": "train"})
        logger.info("epoch 1")
    lines = capsys.readouterr().err.splitlines()
    assert [line.split(" ", 1)[1] for line in lines] == ["train: started", "epoch 1"]
    assert lines[0][2] == lines[0][5] == ":"


def test_on_a_terminal_the_stage_at_work_and_its_cell_are_the_last_line() -> None:
    out = io.StringIO()
    with Progress(
        TextColumn("{task.description}"), console=Console(file=out), auto_refresh=False
    ) as progress:
        handler = StatusLine(progress)
        for text, event in (("train: started", "started"), ("train: cell 3 of 7", "cell"), ("epoch 1", "")):
            record = logger.makeRecord("recpipe.run", logging.INFO, "", 0, text, (), None)
            record.event, record.stage = event, "train"
            handler.emit(record)
        assert [task.description for task in progress.tasks] == ["train · cell 3 of 7"]
        record = logger.makeRecord("recpipe.run", logging.INFO, "", 0, "train: finished in 3 s", (), None)
        record.event, record.stage = "finished", "train"
        handler.emit(record)
        assert progress.tasks == []
    assert "✓ train: finished in 3 s" in out.getvalue()
    assert "epoch 1" in out.getvalue()


def test_a_long_step_is_a_bar_on_a_terminal_until_its_end() -> None:
    out = io.StringIO()
    with Progress(
        TextColumn("{task.description}"), console=Console(file=out), auto_refresh=False
    ) as progress:
        handler = StatusLine(progress)

        def log(text: str) -> None:
            handler.emit(logger.makeRecord("recpipe.run", logging.INFO, "", 0, text, (), None))

        log("training: 100 of 3,000 steps")
        log("epoch 1 of 5: loss 0.5")
        log("training: 1,500 of 3,000 steps")
        (bar,) = progress.tasks
        assert (bar.completed, bar.total) == (1_500, 3_000)
        assert bar.description == "  training: 1,500 of 3,000 steps"
        log("lists: 1 of 2 users")
        (bar,) = progress.tasks
        assert (bar.completed, bar.total) == (1, 2), "another step, another bar"
        log("lists: 2 of 2 users")
        assert progress.tasks == []
    assert "epoch 1 of 5: loss 0.5" in out.getvalue()
    assert "  lists: 2 of 2 users" in out.getvalue()


def test_without_a_terminal_a_long_step_is_plain_lines(capsys: pytest.CaptureFixture[str]) -> None:
    with shown_progress():
        logger.info("training: 100 of 3,000 steps")
    assert capsys.readouterr().err.rstrip().endswith(" training: 100 of 3,000 steps")


def test_the_logger_is_as_before_afterwards() -> None:
    before = logging.getLogger("recpipe").handlers[:]
    with shown_progress():
        pass
    assert logging.getLogger("recpipe").handlers == before
