"""`recpipe offline-estimate`."""

import os
from pathlib import Path

from pydantic_settings import CliPositionalArg

from recpipe.cli.options import WorkspaceOptions


class OfflineEstimate(WorkspaceOptions):
    """Estimate what other lists would have got, from the clicks on lists that explored."""

    clicks: CliPositionalArg[str]
    """CSV of user_id, item_id and, if clicks are not worth 1 each, reward."""

    logged: str
    """The publication that was shown when they clicked."""

    target: str = ""
    """The publication whose lists are judged; the current one if none is given."""

    def execute(self) -> int:
        """Print the estimates."""
        workspace = self.existing_workspace()
        from recpipe.recommend import offline_estimate

        found = offline_estimate(workspace, Path(self.clicks).expanduser(), self.logged, self.target)
        print(f"users             {found.users:,} in both publications")
        print(f"clicks            {found.unmatched:,} on no logged list, left out")
        print(f"logged lists got  {found.logged:.4f} a user")
        print(
            f"target lists      {found.snips:.4f} ± {1.96 * found.snips_error:.4f} a user (self-normalised)"
        )
        print(f"                  {found.ips:.4f} by inverse propensity alone")
        print(f"effective sample  {found.effective:,.0f} places")
        print(f"support           {found.support:.3f} (1: every target place could have been drawn)")
        return os.EX_OK
