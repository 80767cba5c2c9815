from pathlib import Path

import pytest

from recpipe.cli import main
from recpipe.cli.options import read_toml
from recpipe.cli.own_stages import own_stages
from recpipe.cli.parse import parse_command
from recpipe.cli.run import Run
from recpipe.core.errors import ParameterError

ROW = "[[stages]]\nname = 'rerank'\nnotebook = 'rerank.ipynb'\nafter = 'recommend'\n"


def write(folder: Path, content: str) -> Path:
    (folder / "shop.toml").write_text(content)
    return folder / "shop.toml"


def test_a_stage_of_ones_own_has_its_notebook_beside_the_file_and_a_table_of_parameters(
    tmp_path: Path,
) -> None:
    path = write(tmp_path, f"{ROW}[rerank]\nfirst = 'b'\n[train]\nepochs = 3\n")
    (stage,) = own_stages(path, read_toml(path))
    assert (stage.name, stage.after, stage.before) == ("rerank", "recommend", "")
    assert stage.notebook == str(tmp_path / "rerank.ipynb")
    assert stage.parameters == {"first": "b"}
    run = parse_command(Run, "run", ["--params", str(path)])
    assert isinstance(run, Run)
    assert (run.own_stages(), run.train.epochs) == ([stage], 3)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("[[stages]]\nname = 'rerank'\nafter = 'train'\n", "stages 1.notebook: missing"),
        ("[[stages]]\nname = 'Re rank'\nnotebook = 'n'\n", "stages 1.name: string should match pattern"),
        (ROW + "befor = 'x'\n", "stages 1.befor: no such parameter"),
        (ROW + "parameters = {}\n", "stages 1.parameters: no such key"),
        (ROW.replace("recommend", "recomend"), "stages, rerank: there is no stage 'recomend'"),
        (ROW + ROW, "stages, rerank: there is such a stage already"),
        (ROW + "[reranc]\nfirst = 'b'\n", "unknown table [reranc]"),
        (
            "[notebooks]\ntimeout_minutes = {train = 0}\n",
            "notebooks.timeout_minutes.train: input should be greater",
        ),
    ],
)
def test_a_bad_row_is_named(content: str, told: str, tmp_path: Path) -> None:
    path = write(tmp_path, content)
    with pytest.raises(ParameterError) as raised:
        read_toml(path)
    assert told in raised.value.message
    assert str(path) in raised.value.message or told.startswith("stages, ")


def test_a_time_for_a_stage_that_is_none_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    options = ("--workspace", str(tmp_path / "w"), "--source", "simulated")
    assert main(["run", *options, "--notebooks.timeout_minutes", "trian=3"]) == 2
    assert "notebooks.timeout_minutes: there is no stage 'trian'" in capsys.readouterr().err


def test_a_stage_of_ones_own_without_its_notebook_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write(tmp_path, ROW)
    assert main(["stage", "rerank", "--workspace", str(tmp_path / "w"), "--params", str(path)]) == 1
    assert "rerank.ipynb: no such notebook" in capsys.readouterr().err
    assert main(["stage", "reranc", "--params", str(path)]) == 2
    assert "Did you mean rerank?" in capsys.readouterr().err
