"""The demo bank's reports: one month's summary released before that month was restated, the newest prepared.

So its pages show what a reader wants to try: an edition that three people signed and that a later delivery
overtook, and one that waits to be checked.
"""

from datetime import date, datetime
from typing import Final

from orchestration.bank import SYSTEM, Bank
from orchestration.reporting import preparing, workflow
from orchestration.targets.demo import CHECKER, MAKER
from records.ledger.returns import Head, Step

_APPROVER: Final = "president.ho"
_RELEASED: Final = "monthly_structure"
_PREPARED: Final = ("monthly_structure", "review_pack", "branch_scorecard")
_SAID: Final = "A few large clients; no change of definitions. 少数大户所致，口径未变。"


def release(bank: Bank, as_of: date, at: datetime) -> None:
    """Release the summary of a month, all four steps; one that is released already is left alone."""
    head = _prepared(bank, _RELEASED, as_of, at)
    if bank.ledger.returns.released(SYSTEM, _RELEASED, head.unit_id, as_of) is not None:
        return
    asked = workflow.obstacles(bank, SYSTEM, head)
    for row in asked.filter(asked["blocks"]).to_dicts():
        workflow.remark(
            bank, SYSTEM, head, case=row["case"], kind=row["asks"], text=_SAID, by=CHECKER, at=at
        )
    steps = {
        Step.CHECKED: (workflow.check, CHECKER),
        Step.APPROVED: (workflow.approve, _APPROVER),
        Step.RELEASED: (workflow.release, CHECKER),
    }
    done = set(bank.ledger.returns.steps(SYSTEM, package_id=head.package_id)["step"])
    for step, (take, by) in steps.items():
        if step.value not in done:
            take(bank, SYSTEM, head, by=by, at=at)


def prepare(bank: Bank, as_of: date, at: datetime) -> None:
    """Prepare the reports of a month for the whole bank and for each branch."""
    for name in _PREPARED:
        preparing.prepare_many(bank, SYSTEM, name, None, as_of, by=MAKER, at=at)


def _prepared(bank: Bank, name: str, as_of: date, at: datetime) -> Head:
    return preparing.prepare(bank, SYSTEM, name, None, as_of, by=MAKER, at=at).head
