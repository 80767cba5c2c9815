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


def test_the_logger_is_as_before_afterwards() -> None:
    before = logging.getLogger("recpipe").handlers[:]
    with shown_progress():
        pass
    assert logging.getLogger("recpipe").handlers == before
