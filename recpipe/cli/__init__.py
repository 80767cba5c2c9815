"""The command line: gathers values, calls the library, prints.

Commands live one a file and are imported when called, so that `recpipe --help` is quick.
"""

import difflib
import sys
from importlib import import_module

COMMANDS: dict[str, tuple[str, str]] = {
    "run": ("run:Run", "Run the pipeline: collect, features, train, rank, evaluate, recommend."),
    "stage": ("run:RunStage", "Run one stage on what the stages before it left."),
    "export": ("export:Export", "Write the current lists to a file, a database, or Redis."),
    "export-model": (
        "export_model:ExportModel",
        "Write the champion as a SavedModel for TensorFlow Serving.",
    ),
    "export-vectors": (
        "export_vectors:ExportVectors",
        "Write the item vectors and a faiss index of them.",
    ),
    "recommend": ("recommend:Recommend", "Show one user's list with titles, and what the user did last."),
    "publications": ("publications:Publications", "List the publications that are kept."),
    "publish": ("publish:Publish", "Let readers see a kept publication again."),
    "similar": ("similar:Similar", "Show the items most like one item, within the filters of the lists."),
    "offline-estimate": (
        "offline_estimate:OfflineEstimate",
        "Tell from clicks on lists that explored what other lists would have got.",
    ),
    "quarantine": (
        "quarantine:Quarantine",
        "Show rows that could not be used, by reason; or read them again.",
    ),
    "forget": ("forget:Forget", "Erase one user, and say what still carries them."),
    "features": ("features:Features", "Show the features of a snapshot: name, type, meaning, SQL."),
    "snapshots": ("snapshots:Snapshots", "List the snapshots and who needs each; remove the others."),
    "models": ("models:Models", "List the model versions: metrics, what the gate said, lineage, state."),
    "promote": ("promote:Promote", "Make a model version the champion by hand, and say why."),
    "rollback": ("promote:Rollback", "Make the champion before this one champion again, and say why."),
    "status": ("status:Status", "Show what is there, what is current, what ran and how it ended."),
    "params": ("params:Params", "List every parameter: name, type, default, meaning."),
    "up": ("up:Up", "Start the Prefect UI and serve the pipeline, by hand or on a schedule."),
    "notify": ("notify:Notify", "Tell that new data have arrived, so that they are collected."),
    "eject": ("notebooks:Eject", "Copy a stage's notebook into a folder of yours, to be edited."),
    "diff": ("notebooks:Diff", "Show what you changed in a stage's notebook."),
    "lab": ("lab:Lab", "Open JupyterLab on the notebooks."),
}
"""Each command: its class, and the line that documents it."""


def main(arguments: list[str] | None = None) -> int:
    """Run the command line and return its exit code.

    0 done, 2 bad usage or data, 1 failure, 130 interrupted.
    """
    arguments = sys.argv[1:] if arguments is None else arguments
    if not arguments or arguments[0] in {"-h", "--help", "help"}:
        print(help_text())
        return 0 if arguments else 2
    if arguments[0] == "--version":
        from importlib.metadata import version

        print(f"recpipe {version('recpipe')}")
        return 0
    if arguments[0] not in COMMANDS:
        near = difflib.get_close_matches(arguments[0], COMMANDS, n=1)
        hint = f"Did you mean `recpipe {near[0]}`?" if near else "`recpipe --help` lists the commands."
        print(f"recpipe: there is no command {arguments[0]!r}\nTo do: {hint}", file=sys.stderr)
        return 2
    return _run_command(arguments[0], arguments[1:])


def help_text() -> str:
    """Return the help: every command in a line."""
    lines = [f"  {name:<10} {text}" for name, (_, text) in COMMANDS.items()]
    return "\n".join(
        [
            "usage: recpipe COMMAND [options]",
            "",
            "A recommender pipeline: from raw events to a personal list for every user.",
            "",
            "commands:",
            *lines,
            "",
            "`recpipe COMMAND --help` shows its options. All work in one folder: --workspace,",
            "else RECPIPE_WORKSPACE, else ./workspace.",
        ]
    )


def _run_command(name: str, arguments: list[str]) -> int:
    from recpipe.cli.parse import parse_command
    from recpipe.core.errors import RecpipeError

    module, attribute = COMMANDS[name][0].split(":")
    try:
        command = parse_command(getattr(import_module(f"recpipe.cli.{module}"), attribute), name, arguments)
        return command.execute() if command else 0
    except RecpipeError as error:
        print(f"recpipe: {error}", file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        print(f"recpipe {name}: interrupted", file=sys.stderr)
        return 130
    except BrokenPipeError:  # the reader of `recpipe … | head` has left
        sys.stderr.close()
        return 0
