"""`recpipe params`."""

import os

from recpipe.cli.options import Command
from recpipe.params import describe_params


class Params(Command):
    """List every parameter: name, type, default, meaning."""

    def execute(self) -> int:
        """Print two lines a parameter, grouped by stage."""
        stage = ""
        for row in describe_params():
            if row["name"].split(".")[0] != stage:
                stage = row["name"].split(".")[0]
                print(f"\n[{stage}]")
            kind = f"{row['type']}, {row['bounds']}" if row["bounds"] else row["type"]
            default = row["default"] if row["default"] != "" else '""'
            print(f"{row['name']}  ({kind})  default {default}\n    {row['meaning']}")
        print("\nOn the command line --train.epochs 5, in the environment RECPIPE_TRAIN__EPOCHS=5,")
        print("in a TOML file (--params) [train] epochs = 5; the first of these that is given counts.")
        return os.EX_OK
