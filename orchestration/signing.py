"""The scorecard that is signed: the figures that the card itself judges missed.

Which figures are missed by themselves is said in `transforms.signing`; signatures are kept in
`records.ledger`.
"""

from datetime import date

import polars as pl

from orchestration.bank import Bank
from orchestration.questions import scoring
from records.access import Scope
from records.ledger.sign_offs import Card
from transforms import signing


def card_of(bank: Bank, scope: Scope, branch: str, as_of: date, profile: str | None) -> Card | None:
    """The card of a branch under a profile; none without a profile.

    A profile may judge a metric that points neither way by itself, so that a card has misses that the
    published figures do not.

    Raises:
        UnknownNameError: if there is no such profile.
        BranchmarkError: if the profile is not in force that day.
        AccessError: if the branch is outside the scope.
    """
    if profile is None:
        return None
    scope.require(branch)
    found = scoring.scored(bank, scope, as_of=as_of, profile=profile)
    lines = found.scores.lines.filter(pl.col("branch_id") == branch)
    name = f"{found.profile.profile_id} {found.profile.version}"
    return Card(name, signing.missed_lines(lines))
