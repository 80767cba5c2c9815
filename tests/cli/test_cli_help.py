import subprocess
import sys
from importlib import import_module

import pytest

from recpipe.cli import COMMANDS, help_text, main
from recpipe.cli.parse import option_names

HEAVY = ("prefect", "duckdb", "pandas", "tensorflow", "pyarrow", "papermill", "great_expectations")


def modules_after(*arguments: str) -> set[str]:
    """Return the top-level modules loaded by a command line in a fresh interpreter."""
    code = (
        "import sys\nfrom recpipe.cli import main\n"
        f"main({list(arguments)!r})\n"
        "print('\\n'.join({name.split('.')[0] for name in sys.modules}))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


@pytest.mark.parametrize(
    "arguments", [("--help",), ("params",), ("run", "--help"), ("run", "--train.epocs", "5")]
)
def test_help_and_typos_load_nothing_heavy(arguments: tuple[str, ...]) -> None:
    assert modules_after(*arguments) & set(HEAVY) == set()


def test_the_help_documents_every_command() -> None:
    for name, (place, text) in COMMANDS.items():
        assert f"{name:<10} {text}" in help_text()
        module, attribute = place.split(":")
        assert getattr(import_module(f"recpipe.cli.{module}"), attribute).__doc__


@pytest.mark.parametrize("name", COMMANDS)
def test_the_help_of_a_command_documents_every_option(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([name, "--help"]) == 0
    shown = capsys.readouterr().out
    module, attribute = COMMANDS[name][0].split(":")
    command = getattr(import_module(f"recpipe.cli.{module}"), attribute)
    assert command.__doc__.split(".")[0] in " ".join(shown.split())
    with_positional = {
        "stage",
        "export",
        "recommend",
        "forget",
        "promote",
        "publish",
        "eject",
        "diff",
        "similar",
        "offline-estimate",
        "export-model",
        "export-vectors",
    }
    positional = (
        {"--stage", "--out", "--user", "--item", "--version", "--clicks"}
        if name in with_positional
        else set()
    )
    for option in set(option_names(command)) - positional - {"--k"}:
        assert option in shown
    assert all(
        field.description for field in command.model_fields.values() if field.annotation in (str, int, bool)
    )


def test_the_names_of_options_are_the_contract() -> None:
    options = option_names(import_module("recpipe.cli.run").Run)
    for option in ("--workspace", "--source", "--events", "--items", "--users", "--params", "--train.epochs"):
        assert option in options


def test_an_unknown_command_suggests_the_nearest(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["exprot"]) == 2
    assert "Did you mean `recpipe export`?" in capsys.readouterr().err


def test_no_command_prints_the_help_and_is_bad_usage(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 2
    assert "commands:" in capsys.readouterr().out


def test_the_version_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == 0
    assert capsys.readouterr().out.startswith("recpipe ")
