from pathlib import Path

import pytest

from recpipe.cli.parse import parse_command
from recpipe.cli.recommend import Recommend
from recpipe.cli.run import Run, RunStage
from recpipe.core.errors import ParameterError
from recpipe.params import PipelineParams


def parsed(*arguments: str) -> Run:
    command = parse_command(Run, "run", list(arguments))
    assert isinstance(command, Run)
    return command


def params(*arguments: str) -> PipelineParams:
    return parsed(*arguments).pipeline_params()


def refusal(*arguments: str) -> str:
    with pytest.raises(ParameterError) as caught:
        parsed(*arguments)
    return str(caught.value)


@pytest.fixture
def toml(tmp_path: Path) -> Path:
    path = tmp_path / "shop.toml"
    path.write_text("[train]\nepochs = 7\ndimension = 16\n[schedule]\ncron = '0 3 * * *'\n")
    return path


def test_an_option_beats_the_environment_that_the_toml_and_that_the_default(
    monkeypatch: pytest.MonkeyPatch, toml: Path
) -> None:
    monkeypatch.setenv("RECPIPE_TRAIN__EPOCHS", "8")
    monkeypatch.setenv("RECPIPE_TRAIN__SEED", "5")
    train = params("--params", str(toml), "--train.epochs", "9").train
    assert (train.epochs, train.seed, train.dimension) == (9, 5, 16)
    assert params("--params", str(toml)).train.epochs == 8
    monkeypatch.delenv("RECPIPE_TRAIN__EPOCHS")
    assert params("--params", str(toml)).train.epochs == 7
    assert params().train.epochs == PipelineParams().train.epochs


def test_the_workspace_is_an_option_or_a_variable_or_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("RECPIPE_WORKSPACE", raising=False)
    assert parsed().workspace == "./workspace"
    monkeypatch.setenv("RECPIPE_WORKSPACE", "/srv/shop")
    assert parsed().workspace == "/srv/shop"
    assert parsed("--workspace", "/tmp/w").workspace == "/tmp/w"


def test_short_options_stand_for_those_of_collect() -> None:
    short = params(
        "--source", "files", "--events", "/a.csv", "--items", "/i.csv", "--users", "/u.csv"
    ).collect
    long = params(
        *("--collect.source", "files", "--collect.events", "/a.csv"),
        *("--collect.items", "/i.csv", "--collect.users", "/u.csv"),
    ).collect
    assert short == long
    assert short.source == "files"


def test_columns_are_mapped_by_pairs() -> None:
    assert params("--collect.columns", "user_id=customer").collect.columns == {"user_id": "customer"}


def test_a_relative_path_means_the_folder_of_the_terminal(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    assert params("--events", "data/*.csv").collect.events == str(tmp_path / "data/*.csv")


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--train.epocs", "5"], ["--train.epocs: no such option", "Did you mean --train.epochs?"]),
        (["--train.epoch=5"], ["--train.epoch: no such option", "--train.epochs"]),
        (["--sourc", "files"], ["Did you mean --source?"]),
        (["--train.epochs", "0"], ["--train.epochs:", "greater than or equal to 1", "'0'"]),
        (["--train.epochs", "many"], ["--train.epochs:", "valid integer", "'many'"]),
        (["--source", "shop"], ["--collect.source:", "complete-journey"]),
        (["extra"], ["unexpected argument 'extra'"]),
        (["--workspace"], ["--workspace", "expected one argument"]),
        (["--params", "/nowhere.toml"], ["--params /nowhere.toml: no such file"]),
    ],
)
def test_bad_usage_is_one_clear_message(arguments: list[str], told: list[str]) -> None:
    message = refusal(*arguments)
    assert all(part in message for part in told), message


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("[trian]\nepochs = 5\n", ["unknown table [trian]", "Did you mean train?"]),
        ("[train]\nepocs = 5\n", ["train.epocs: no such parameter", "Did you mean epochs?"]),
        ("[train]\nepochs = 0\n", ["train.epochs:", "greater than or equal to 1"]),
        ("workspace = 'w'\n", ["unknown table [workspace]"]),
        ("[train\n", ["not TOML"]),
        ("schedule = '0 3 * * *'\n", ["schedule must be a table", "'0 3 * * *'"]),
        ("[stages]\nname = 'rerank'\n", ["stages must be an array of tables"]),
    ],
)
def test_a_bad_toml_file_is_named_with_what_is_wrong(tmp_path: Path, content: str, told: list[str]) -> None:
    path = tmp_path / "bad.toml"
    path.write_text(content)
    message = refusal("--params", str(path))
    assert str(path) in message
    assert all(part in message for part in told), message


def test_the_reserved_tables_are_no_error(tmp_path: Path) -> None:
    path = tmp_path / "ok.toml"
    path.write_text("[schedule]\ncron = 'x'\n[notebooks]\ndir = 'n'\n[[stages]]\nname = 'rerank'\n")
    parsed("--params", str(path))


def test_a_misspelt_variable_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RECPIPE_TRAIN__EPOCS", "3")
    assert "RECPIPE_TRAIN__EPOCS: no such parameter" in refusal()
    monkeypatch.delenv("RECPIPE_TRAIN__EPOCS")
    monkeypatch.setenv("RECPIPE_TRIAN__EPOCHS", "3")
    assert "Did you mean TRAIN?" in refusal()


def test_a_bad_value_in_a_variable_names_the_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RECPIPE_TRAIN__EPOCHS", "0")
    assert refusal().startswith("RECPIPE_TRAIN__EPOCHS:")


def test_a_stage_is_one_of_five() -> None:
    command = parse_command(RunStage, "stage", ["train", "--train.epochs", "3"])
    assert isinstance(command, RunStage)
    assert (command.stage, command.train.epochs) == ("train", 3)
    with pytest.raises(ParameterError, match=r"STAGE: .*'train'"):
        parse_command(RunStage, "stage", ["trian"])
    with pytest.raises(ParameterError, match="STAGE"):
        parse_command(RunStage, "stage", [])


def test_the_length_of_a_list_is_a_short_option() -> None:
    command = parse_command(Recommend, "recommend", ["user-7", "-k", "3"])
    assert isinstance(command, Recommend)
    assert (command.user, command.k) == ("user-7", 3)
    with pytest.raises(ParameterError, match=r"^-k: input should be greater than or equal to 1"):
        parse_command(Recommend, "recommend", ["user-7", "-k", "0"])
