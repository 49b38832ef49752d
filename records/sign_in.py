"""Signing in: what a bank says about its provider, and who somebody is by the provider's claims.

The provider says who a person is; the bank says what the person may do, by the table of readers or by the
claims themselves. Who was given no role sees nothing. The dance with the provider belongs to the pages.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Final

from records.ledger.errors import LedgerUseError
from records.ledger.people import named
from records.reader_table import ReaderTable, objection
from records.readers import Reader, Role
from records.sign_in_settings import EMAIL, SignIn
from transforms.errors import BranchmarkError


class Why(StrEnum):
    """Why somebody is not let in."""

    NO_NAME = "no_name"
    """The token does not say who it is."""
    UNVERIFIED = "unverified"
    """The provider has not checked that the address is the person's."""
    LOOKS_LIKE = "looks_like"
    """The name cannot be told from another reader's."""
    ODD_NAME = "odd_name"
    """The name is written in letters that look alike."""
    NO_ROLE = "no_role"
    """Nobody gave the person a role."""
    TWO_ROLES = "two_roles"
    """The claims give more than one."""
    NO_UNITS = "no_units"
    """The role needs units, and none are given; or it takes none."""


class NotAdmittedError(BranchmarkError):
    """Somebody has signed in and is not let in."""

    def __init__(self, why: Why, who: str, detail: str) -> None:
        super().__init__(f"{who}: {detail}")
        self.why, self.who, self.detail = why, who, detail


Claims = Mapping[str, object]

_AHEAD: Final = -5 * 60
"""By how many seconds a provider's clock may be ahead of ours."""


def admitted(settings: SignIn, table: ReaderTable, claims: Claims) -> Reader:
    """The reader that a token speaks of.

    The table of readers goes before the claims: a bank may give one person another role than the provider.

    Raises:
        NotAdmittedError: if the token does not say for certain who it is, or the person has no role.
    """
    who = _name(settings, claims)
    alike = table.looks_like(who)
    if alike is not None:
        raise NotAdmittedError(Why.LOOKS_LIKE, who, "the name looks like another reader's")
    found = table.find(who)
    if found is not None:
        return found
    meant = dict(settings.roles)
    roles = {meant[one] for one in _texts(claims, settings.role_claim) if one in meant}
    if not roles:
        raise NotAdmittedError(Why.NO_ROLE, who, "nobody gave this person a role")
    if len(roles) > 1:
        raise NotAdmittedError(Why.TWO_ROLES, who, f"has the roles {', '.join(sorted(roles))}")
    (role,) = roles
    units = _texts(claims, settings.units_claim)
    if role in {Role.HEAD_OFFICE, Role.ADMINISTRATOR}:
        units = ()  # a provider may say where somebody sits; it narrows nothing
    wrong = objection(role, units)
    if wrong:
        raise NotAdmittedError(Why.NO_UNITS, who, wrong)
    return Reader(who, role, tuple(dict.fromkeys(units)))


def has_ended(settings: SignIn, claims: Claims, now: datetime) -> bool:
    """Whether somebody signed in so long ago that it counts no more; a token without a time has ended."""
    issued = claims.get("iat")
    if isinstance(issued, bool) or not isinstance(issued, int | float):
        return True
    age = now.timestamp() - issued
    return not _AHEAD <= age < settings.hours * 3600


def _name(settings: SignIn, claims: Claims) -> str:
    given = _at(claims, settings.claim)
    if not isinstance(given, str) or not given.strip():
        raise NotAdmittedError(Why.NO_NAME, "–", f"the token has no claim {settings.claim!r}")
    who = " ".join(given.split())
    # Some providers write it as text.
    verified = claims.get("email_verified")
    if settings.claim == EMAIL and verified is not True and verified != "true":
        raise NotAdmittedError(Why.UNVERIFIED, who, "the provider has not verified the address")
    try:
        return named(who)
    except LedgerUseError as error:
        raise NotAdmittedError(Why.ODD_NAME, who, str(error)) from None


def _texts(claims: Claims, claim: str | None) -> tuple[str, ...]:
    """The words of a claim: a list, or one text with spaces."""
    given = None if claim is None else _at(claims, claim)
    if isinstance(given, str):
        return tuple(given.split())
    if isinstance(given, Sequence):
        return tuple(one for one in given if isinstance(one, str))
    return ()


def _at(claims: Claims, claim: str) -> object:
    """A claim by its name, or within others by the dots in it: `realm_access.roles`."""
    if claim in claims:
        return claims[claim]
    found: object = claims
    for step in claim.split("."):
        found = found.get(step) if isinstance(found, Mapping) else None
    return found
