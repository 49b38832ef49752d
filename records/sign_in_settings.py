"""The table `[sign_in]` of a workspace's settings: how a bank's people sign in.

Nothing secret stands there: the provider's address, the client's secret and the secret of cookies are in a
file of its own, which the setting names. Who somebody is by a token is said in `sign_in`.
"""

import ipaddress
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from records.readers import Role
from transforms.errors import WorkspaceError, did_you_mean

EMAIL: Final = "email"
"""A claim that counts only if the provider has verified it."""
SECRETS: Final = "env:BRANCHMARK_SIGN_IN"
"""Where the file of secrets is named, if the bank does not say."""
HOURS: Final = 12
"""For how long somebody stays signed in, if the bank does not say."""
_MONTH: Final = 30 * 24
_SECRET: Final = (
    "client_secret",
    "cookie_secret",
    "client_id",
    "server_metadata_url",
    "redirect_uri",
)


@dataclass(frozen=True)
class SignIn:
    """How people sign in.

    Attributes:
        claim: the claim of a token that says who it is.
        role_claim: the claim that says what the person does; none if the table of readers says all.
        units_claim: the claim that says in which units.
        roles: the role behind each value of `role_claim`; other values mean nothing.
        hours: for how long somebody stays signed in.
        secrets: the file of secrets, or `env:NAME` of a variable that names it.
    """

    claim: str = EMAIL
    role_claim: str | None = None
    units_claim: str | None = None
    roles: tuple[tuple[str, Role], ...] = ()
    hours: int = HOURS
    secrets: str = SECRETS


def sign_in_of(path: Path, given: object) -> SignIn | None:
    """The settings as a file states them; none if it states nothing.

    Raises:
        WorkspaceError: if they cannot be used.
    """
    if given is None:
        return None
    if not isinstance(given, Mapping):
        raise WorkspaceError(f"{path}: sign_in is a table. Write [sign_in] on a line of its own.")
    secret = [name for name in _SECRET if name in given]
    if secret:
        raise WorkspaceError(
            f"{path}: [sign_in] holds {secret[0]}, which has no place in this file. Put it under [auth] "
            "into a file that only you can read, and name that file with secrets."
        )
    known = ("claim", "role_claim", "units_claim", "roles", "hours", "secrets")
    unknown = [name for name in given if name not in known]
    if unknown:
        raise WorkspaceError(
            f"{path}: [sign_in] has no setting {unknown[0]!r}.{did_you_mean(unknown[0], known)} It knows "
            f"{', '.join(known)}."
        )
    roles = _roles(path, given.get("roles"))
    role_claim = _word(path, given, "role_claim")
    if bool(roles) != bool(role_claim):
        raise WorkspaceError(
            f"{path}: role_claim and roles of [sign_in] belong together. Say which claim, and which role "
            "each of its values means."
        )
    units_claim = _word(path, given, "units_claim")
    if units_claim and not role_claim:
        raise WorkspaceError(
            f"{path}: units_claim of [sign_in] says nothing without role_claim. Add it, or leave both out "
            "and write units into the table of readers."
        )
    return SignIn(
        claim=_word(path, given, "claim") or EMAIL,
        role_claim=role_claim,
        units_claim=units_claim,
        roles=roles,
        hours=_hours(path, given.get("hours", HOURS)),
        secrets=_secrets(path, given.get("secrets", SECRETS)),
    )


def is_loopback(given: str) -> bool:
    """Whether an address is this machine's own."""
    if given.strip().casefold() == "localhost":
        return True
    try:
        found = ipaddress.ip_address(given.strip())
    except ValueError:
        return False
    mapped = found.ipv4_mapped if isinstance(found, ipaddress.IPv6Address) else None
    return (mapped or found).is_loopback


def _word(path: Path, given: Mapping[str, object], name: str) -> str | None:
    value = given.get(name)
    if value is None:
        return None
    if not isinstance(value, str) or not value.strip():
        raise WorkspaceError(
            f"{path}: {name} of [sign_in] is {value!r}. Write the name of a claim, such as email or groups."
        )
    return value.strip()


def _roles(path: Path, given: object) -> tuple[tuple[str, Role], ...]:
    if given is None:
        return ()
    if not isinstance(given, Mapping):
        raise WorkspaceError(
            f"{path}: roles of [sign_in] is a table. Write [sign_in.roles], and below it lines such as "
            '"bm-branches" = "branch".'
        )
    found: dict[str, Role] = {}
    for value, role in given.items():
        if role not in tuple(Role):
            near = did_you_mean(str(role), tuple(Role))
            raise WorkspaceError(
                f"{path}: {value} of [sign_in.roles] is {role!r}, which is no role.{near} Roles are "
                f"{', '.join(Role)}."
            )
        found[str(value)] = Role(role)
    return tuple(found.items())


def _hours(path: Path, given: object) -> int:
    if isinstance(given, bool) or not isinstance(given, int) or not 1 <= given <= _MONTH:
        raise WorkspaceError(
            f"{path}: hours of [sign_in] is {given!r}. Write whole hours from 1 to {_MONTH}."
        )
    return given


def _secrets(path: Path, given: object) -> str:
    text = given.strip() if isinstance(given, str) else ""
    if re.fullmatch(r"env:[A-Za-z_][A-Za-z0-9_]*", text) or (text and Path(text).is_absolute()):
        return text
    raise WorkspaceError(
        f"{path}: secrets of [sign_in] is {given!r}. Name a file by its whole path, or write env:NAME, where "
        "the environment variable NAME holds that path."
    )
