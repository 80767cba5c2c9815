"""`recpipe recommend`."""

import os
from typing import TYPE_CHECKING

from pydantic import Field
from pydantic_settings import CliPositionalArg

from recpipe.cli.options import WorkspaceOptions

if TYPE_CHECKING:
    from recpipe.recommend import UserList


class Recommend(WorkspaceOptions):
    """Show one user's list with titles, and what the user did last."""

    user: CliPositionalArg[str]
    """The user's id, as in the events."""

    k: int = Field(10, ge=1, le=1000)
    """How many recommendations are shown, as far as the published list goes."""

    def execute(self) -> int:
        """Print what the user did last and the list."""
        workspace = self.existing_workspace()
        from recpipe.recommend import lookup

        print("\n".join(user_lines(lookup(workspace, self.user, self.k))))
        return os.EX_OK


def user_lines(user: "UserList") -> list[str]:
    """Return the lines that show a user's last events and recommendations."""
    did = [
        f"  {deed.at:%Y-%m-%d %H:%M}  {deed.event_type:<10} {deed.title}  [{deed.item_id}]"
        for deed in user.did
    ]
    listed = [
        f"  {one.rank:>3}  {one.score:>9.4f}  {one.title}  [{one.item_id}]  {one.because}".rstrip()
        for one in user.recommended
    ]
    return [
        f"user {user.user_id} did last",
        *(did or ["  nothing yet"]),
        "is recommended",
        *(listed or ["  nothing"]),
    ]
