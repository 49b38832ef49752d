"""Until when a month can be delivered, in a sentence: a matter of the bank's setting and of today."""

from datetime import date

from dashboards.app_pages import readings
from dashboards.app_pages.aims.common import now
from dashboards.app_pages.desk import desk


def text(as_of: date) -> str:
    """The cut-off of a month, and how many working days are left; empty where the bank has set none."""
    at = desk()
    days = at.workspace.cut_off_working_days
    if days is None:
        return ""
    worked = readings.reference().calendar
    today, cut_off = now().date(), worked.due(as_of, days).day
    told = {"month": at.day(as_of), "day": at.day(cut_off)}
    if cut_off == today:
        return at.say("ck_cut_off_today", **told)
    if cut_off > today:
        left = worked.between(today, cut_off).count
        return at.say("ck_cut_off_ahead", count=left, **told)
    past = worked.between(cut_off, today).count
    return at.say("ck_cut_off_past", count=past, **told)
