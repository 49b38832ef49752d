"""The broker that hands months out to workers on other machines: how both ends reach it."""

from collections.abc import Mapping

from orchestration import settings
from transforms.errors import WorkspaceError


def executor_settings(variable: str) -> dict[str, str | Mapping[str, str]]:
    """Where lanes are handed out, and where what became of them is handed back.

    Args:
        variable: the environment variable with the broker's address, which stays there.

    Raises:
        WorkspaceError: if it is not set.
    """
    given = settings.connection(variable)
    if given is None:
        raise WorkspaceError(
            f"The broker's address is to be in the environment variable {variable}, which is not set. Set "
            "it to an address such as redis://host:6379/0."
        )
    there = {"env": variable}
    # Redis keeps results too; RabbitMQ hands them back as messages.
    back = there if given.startswith(("redis:", "rediss:")) else "rpc://"
    return {"broker": there, "backend": back}
