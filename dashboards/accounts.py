"""The account of a delivered table in words: accepted + rejected = delivered, in rows and in money.

The sums come from `transforms.accounting`; here they become a sentence and an equation.
"""

from decimal import Decimal

from dashboards.i18n import say
from dashboards.numbers import NOTHING, Format, fixed
from transforms.accounting import Account


def sentence(account: Account, form: Format) -> str:
    """The account of a loan book: "59,990 of 60,000 loans accepted, CNY 12.30 bn of CNY 12.31 bn; …".

    Rows whose money is not known are in no sum and are told.
    """
    accepted, rejected, delivered = (_told(part, form) for part in money(account))
    told = say(
        form.language,
        "account_some" if account.rejected_rows else "account_all",
        accepted=form.count(account.accepted_rows),
        delivered=form.count(account.delivered_rows),
        rejected=form.count(account.rejected_rows),
        accepted_money=accepted,
        delivered_money=delivered,
        rejected_money=rejected,
    )
    if account.unmeasured_rows:
        count = form.count(account.unmeasured_rows)
        told += say(form.language, "account_unmeasured", count=count)
    return told


def short(account: Account, form: Format) -> str:
    """The same in a few words, rows only: "59,990 of 60,000 loans accepted"."""
    return say(
        form.language,
        "account_short_some" if account.rejected_rows else "account_short_all",
        accepted=form.count(account.accepted_rows),
        delivered=form.count(account.delivered_rows),
    )


def equation(account: Account, form: Format) -> str:
    """Both sums to the cent: "59,990 + 10 = 60,000; CNY 12,306.00 + 4.10 = 12,310.10"."""
    rows = say(
        form.language,
        "account_rows",
        accepted=form.count(account.accepted_rows),
        rejected=form.count(account.rejected_rows),
        delivered=form.count(account.delivered_rows),
    )
    if account.delivered is None:
        return rows
    accepted, rejected, delivered = (to_the_cent(part) for part in money(account))
    return f"{rows}; {form.currency} {accepted} + {rejected} = {delivered}"


def to_the_cent(amount: Decimal | None) -> str:
    """An amount whose currency a heading names, exact; a dash where there is none."""
    return NOTHING if amount is None else fixed(amount, 2)


def money(account: Account) -> tuple[Decimal | None, Decimal | None, Decimal | None]:
    """Accepted, rejected and delivered money; nothing, never a zero, where none of it is known."""
    if account.delivered_rows and account.unmeasured_rows >= account.delivered_rows:
        return (None, None, None)
    unknown = account.unmeasured_rows >= account.rejected_rows > 0
    rejected = None if unknown and not account.rejected else account.rejected
    return (account.accepted, rejected, account.delivered)


def _told(amount: Decimal | None, form: Format) -> str:
    return say(form.language, "money_unknown") if amount is None else form.amount(amount)


def rejected_share(account: Account, form: Format) -> str:
    """How many of the rows were rejected, in per cent; a trace is not called zero."""
    if not account.delivered_rows:
        return NOTHING
    share = Decimal(account.rejected_rows) / account.delivered_rows
    return small_share(share, form)


def small_share(share: Decimal, form: Format) -> str:
    """A share with two decimals; below a hundredth of a per cent it says so."""
    if 0 < share < Decimal("0.0001"):
        return f"<{form.share(Decimal('0.0001'), 2)}"
    return form.share(share, 2)
