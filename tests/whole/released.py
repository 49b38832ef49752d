"""A bank with three released reports, made once for all test processes: sending is tried on copies of it.

A copy shares the lake, which nobody writes to, and has a ledger of its own.
"""

import shutil
from datetime import UTC, date, datetime, timedelta

from filelock import FileLock

from orchestration.bank import SYSTEM, Bank
from orchestration.reporting import preparing
from orchestration.reporting.settings import reporting_settings
from records.ledger.returns import Step

AS_OF = date(2026, 10, 31)
AT = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)
"""When everything was released; the cut-off of October was on 13 November."""
REPORTS = (("branch_scorecard", "B205"), ("branch_scorecard", "B303"), ("monthly_structure", "HO"))
_OWN = (".dagster", "lake", "archive", "access")


def release(bank, name, unit, at=AT):
    """Prepare a report, and take it through all hands."""
    made = preparing.prepare(bank, SYSTEM, name, unit, AS_OF, by="Wang Fang", at=at)
    return stepped(bank, made.head, at)


def stepped(bank, head, at=AT):
    """Take an edition through all hands."""
    steps = ((Step.CHECKED, "Li Wei"), (Step.APPROVED, "Zhao Lei"), (Step.RELEASED, "Li Wei"))
    for step, who in steps:
        bank.ledger.returns.step(
            SYSTEM, head.package_id, step, content_hash=head.content_hash, by=who, at=at
        )
    return head


def shared(demo, tmp_path_factory, worker_id):
    """The bank, made by whichever process asks first."""
    base = tmp_path_factory.getbasetemp()
    root = (base if worker_id == "master" else base.parent) / "released-bank"
    with FileLock(root.with_name("released-bank.lock")):
        if not (root / "done").exists():
            shutil.rmtree(root, ignore_errors=True)
            shutil.copytree(demo, root, ignore=shutil.ignore_patterns(*_OWN))
            (root / "lake").symlink_to(demo / "lake")
            bank = Bank.at(root)
            for name, unit in REPORTS:
                release(bank, name, unit)
            (root / "done").touch()
    return root


class Sending:
    """A copy of the bank with its own settings, ledger and clock."""

    def __init__(self, shared_root, root, settings=""):
        shutil.copytree(shared_root, root, symlinks=True)
        self.root, self.at = root, AT + timedelta(hours=1)
        self.says(settings)

    def says(self, settings):
        (self.root / "reporting.toml").write_text(settings, encoding="utf-8")

    @property
    def bank(self):
        return Bank.at(self.root)

    @property
    def settings(self):
        return reporting_settings(self.bank.workspace)

    def clock(self):
        return self.at

    def later(self, **what):
        self.at += timedelta(**what)

    def book(self):
        """State, attempts and detail by recipient and unit, as the receipt book has them."""
        rows = self.bank.ledger.dispatches.all(SYSTEM).to_dicts()
        return {
            (row["recipient"], row["unit_id"]): (row["state"], row["attempts"], row["detail"])
            for row in rows
        }
