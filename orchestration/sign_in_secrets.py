"""The file of secrets that signing in takes: where it is, whether it is safe there, and whether it is whole.

What stands in it is never printed. How people sign in is said in `branchmark.toml`, read by
`records.sign_in_settings`; Streamlit reads the file itself when it serves.
"""

import stat
import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from records.sign_in_settings import SignIn
from transforms.errors import BranchmarkError

_NEEDED: Final = (
    "redirect_uri",
    "cookie_secret",
    "client_id",
    "client_secret",
    "server_metadata_url",
)
_LEAST: Final = 32
_LOOPBACK: Final = ("localhost", "127.0.0.1", "::1")


class SecretsError(BranchmarkError):
    """The file of secrets cannot be used as it is."""


def secrets_of(settings: SignIn, variable: Callable[[str], str | None]) -> Path:
    """The file of secrets, looked at.

    Args:
        settings: how people sign in.
        variable: gives the value of an environment variable.

    Raises:
        SecretsError: if there is none, others may read it, or something is missing in it.
    """
    path = _place(settings, variable)
    try:
        mode, text = path.stat().st_mode, path.read_text(encoding="utf-8")
        given = tomllib.loads(text)
    except OSError as error:
        raise SecretsError(
            f"The file of secrets {path} cannot be read: {error.strerror}. Name another under secrets of "
            "[sign_in], or mend it."
        ) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError):
        # What the parser says may quote a secret.
        raise SecretsError(f"The file of secrets {path} is no TOML. Mend it.") from None
    if mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise SecretsError(
            f"The file of secrets {path} is open to others on this machine. Close it: chmod 600 {path}"
        )
    auth = given.get("auth")
    if not isinstance(auth, Mapping):
        raise SecretsError(f"The file of secrets {path} has no table [auth]. See docs/sign-in.md.")
    missing = [name for name in _NEEDED if not (isinstance(auth.get(name), str) and auth[name])]
    if missing:
        raise SecretsError(f"[auth] of {path} has no {missing[0]}. See docs/sign-in.md.")
    if len(auth["cookie_secret"]) < _LEAST:
        raise SecretsError(
            f"cookie_secret in {path} is shorter than {_LEAST} characters, and could be guessed. Take a "
            "random one: openssl rand -hex 32"
        )
    for name in ("redirect_uri", "server_metadata_url"):
        parts = urlsplit(auth[name])
        if parts.scheme != "https" and (parts.scheme != "http" or parts.hostname not in _LOOPBACK):
            raise SecretsError(
                f"{name} in {path} is no https address, so that what it carries could be read on the way. "
                "Write one that begins with https://."
            )
    if not auth["redirect_uri"].endswith("/oauth2callback"):
        raise SecretsError(
            f"redirect_uri in {path} does not end with /oauth2callback. Write the dashboard's address "
            "and that."
        )
    return path


def _place(settings: SignIn, variable: Callable[[str], str | None]) -> Path:
    name = settings.secrets.removeprefix("env:")
    if name == settings.secrets:
        return Path(name)
    given = variable(name)
    if given is None:
        raise SecretsError(
            f"People sign in to this dashboard, and the environment variable {name} is not set. Set it to "
            "the path of the file of secrets; see docs/sign-in.md."
        )
    if not Path(given).is_absolute():
        raise SecretsError(f"The environment variable {name} holds no whole path. Begin it with /.")
    return Path(given)
