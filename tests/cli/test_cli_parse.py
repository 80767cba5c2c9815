from pathlib import Path

import pytest

from recpipe.cli import main
from recpipe.cli.lab import Lab
from recpipe.cli.options import Command
from recpipe.cli.params import Params
from recpipe.cli.parse import parse_command
from recpipe.cli.recommend import Recommend
from recpipe.cli.run import Run, RunStage
from recpipe.cli.up import Up
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


def test_event_weights_are_numbers_by_pairs_or_as_json_and_a_table_in_toml(tmp_path: Path) -> None:
    expected = {"view": 1.0, "return": -1.0}
    assert params("--features.event_weights", "view=1,return=-1").features.event_weights == expected
    assert params("--features.event_weights", '{"view": 1, "return": -1}').features.event_weights == expected
    (tmp_path / "params.toml").write_text("[features.event_weights]\nview = 1\nreturn = -1\n")
    assert params("--params", str(tmp_path / "params.toml")).features.event_weights == expected


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
        (["--train.dropout", "1"], ["--train.dropout: input should be less than 1, or auto (got '1')"]),
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
        ("[schedule]\ncorn = '0 3 * * *'\n", ["schedule.corn: no such parameter", "Did you mean cron?"]),
        ("[schedule]\ncron = 3\n", ["schedule.cron: input should be a valid string (got 3)"]),
        (
            "[schedule]\ntimezone = 'Berlin'\n",
            ["schedule.timezone", "no time zone 'Berlin'", "Europe/Berlin"],
        ),
        ("[notebooks]\ndri = 'n'\n", ["notebooks.dri: no such parameter", "Did you mean dir?"]),
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
    path.write_text(
        "[schedule]\ncron = '0 3 * * *'\nquiet_minutes = 2\n[notebooks]\ndir = 'n'\n"
        "[[stages]]\nname = 'rerank'\nnotebook = 'r.ipynb'\nafter = 'recommend'\n[rerank]\nfirst = 'a'\n"
    )
    parsed("--params", str(path))


def test_a_misspelt_variable_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RECPIPE_TRAIN__EPOCS", "3")
    assert "RECPIPE_TRAIN__EPOCS: no such parameter" in refusal()
    monkeypatch.delenv("RECPIPE_TRAIN__EPOCS")
    monkeypatch.setenv("RECPIPE_TRIAN__EPOCHS", "3")
    assert "Did you mean TRAIN?" in refusal()


@pytest.mark.parametrize(
    ("variable", "near"),
    [("RECPIPE_WORKSPCE", "RECPIPE_WORKSPACE"), ("RECPIPE_USER", "RECPIPE_USERS")],
)
def test_a_variable_that_nobody_reads_is_an_error_everywhere(
    variable: str, near: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, "x")
    assert f"Did you mean {near}?" in refusal()
    with pytest.raises(ParameterError, match=f"^{variable}: there is no such variable"):
        parse_command(Recommend, "recommend", ["user-7"])


def test_variables_for_all_or_for_tests_are_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("RECPIPE_INTERRUPTIONS", "RECPIPE_PORT", "RECPIPE_CRON"):
        monkeypatch.setenv(name, "5")
    parsed()


def test_short_options_are_short_variables_too(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "p.toml").write_text("[collect]\nsource = 'files'\nevents = '/toml.csv'\nsample = 0.5\n")
    monkeypatch.setenv("RECPIPE_EVENTS", "/environment.csv")
    toml = ("--params", str(tmp_path / "p.toml"))
    assert params(*toml).collect.events == "/environment.csv"
    assert (params(*toml).collect.source, params(*toml).collect.sample) == ("files", 0.5)
    assert params(*toml, "--events", "/option.csv").collect.events == "/option.csv"
    monkeypatch.setenv("RECPIPE_SOURCE", "shop")
    assert refusal().startswith("RECPIPE_SOURCE:")


def test_what_is_given_is_known_also_where_it_is_the_default() -> None:
    given = params("--collect.encoding", "auto", "--collect.items", "").collect
    assert given.model_fields_set == {"encoding", "items"}


def test_the_notebooks_are_an_option_a_variable_and_a_table(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "p.toml").write_text("[notebooks]\ndir = 'toml'\n[train]\nepochs = 3\n")
    toml = ("--params", "p.toml")
    assert parsed().notebooks.dir == ""
    assert parsed(*toml).notebooks.dir == str(tmp_path / "toml")
    lab = parse_command(Lab, "lab", list(toml))
    assert isinstance(lab, Lab)
    assert lab.notebooks.dir == str(tmp_path / "toml")
    monkeypatch.setenv("RECPIPE_NOTEBOOKS__DIR", "/environment")
    assert parsed(*toml).notebooks.dir == "/environment"
    assert parsed(*toml, "--notebooks.dir", "/option").notebooks.dir == "/option"


@pytest.mark.parametrize(
    ("command", "name", "arguments"),
    [(Up, "up", ["--port", "0"]), (RunStage, "stage", []), (Recommend, "recommend", ["u", "-k", "0"])],
)
def test_only_errors_in_parameters_send_to_the_list_of_parameters(
    command: type[Command], name: str, arguments: list[str]
) -> None:
    with pytest.raises(ParameterError) as caught:
        parse_command(command, name, arguments)
    assert "recpipe params" not in str(caught.value)
    assert "--help" in str(caught.value)
    assert "recpipe params" in refusal("--train.epochs", "0")


def test_a_list_of_parameters_needs_no_workspace() -> None:
    with pytest.raises(ParameterError, match="--workspace: no such option"):
        parse_command(Params, "params", ["--workspace", "w"])


def test_a_bad_value_in_a_variable_names_the_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RECPIPE_TRAIN__EPOCHS", "0")
    assert refusal().startswith("RECPIPE_TRAIN__EPOCHS:")


def test_a_stage_is_one_of_those_there_are(capsys: pytest.CaptureFixture[str]) -> None:
    command = parse_command(RunStage, "stage", ["train", "--train.epochs", "3"])
    assert isinstance(command, RunStage)
    assert (command.stage, command.train.epochs) == ("train", 3)
    assert main(["stage", "trian"]) == 2
    assert "STAGE: there is no stage 'trian'\nTo do: Did you mean train?" in capsys.readouterr().err
    with pytest.raises(ParameterError, match="STAGE"):
        parse_command(RunStage, "stage", [])


def test_the_length_of_a_list_is_a_short_option() -> None:
    command = parse_command(Recommend, "recommend", ["user-7", "-k", "3"])
    assert isinstance(command, Recommend)
    assert (command.user, command.k) == ("user-7", 3)
    with pytest.raises(ParameterError, match=r"^-k: input should be greater than or equal to 1"):
        parse_command(Recommend, "recommend", ["user-7", "-k", "0"])
