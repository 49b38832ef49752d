"""The sentence that a scorecard opens with, on its page and on every file made of it."""

from collections.abc import Sequence

from dashboards import standing
from dashboards.i18n import say
from dashboards.numbers import Format
from dashboards.scorecard_row import ScorecardRow
from transforms.catalogue.model import Kind


def of_unit(card: Sequence[ScorecardRow], form: Format) -> str:
    """How a unit stands: targets met, where it is furthest behind, and what that is in money."""
    told = [tally_text(card, form)]
    furthest = standing.furthest_behind(card)
    if furthest is not None:
        told.append(furthest_text(furthest, form))
        if furthest.money_text:
            told.append(furthest.money_text[0].upper() + furthest.money_text[1:])
    stop = form.language.pick(". ", "。")
    return (stop.join(told) + stop).strip()


def tally_text(card: Sequence[ScorecardRow], form: Format) -> str:
    """How many targets are met, of those there are."""
    judged = standing.judged(card)
    if not judged:
        return say(form.language, "no_targets")
    return say(form.language, "targets_met", met=standing.met(card), judged=judged)


def furthest_text(row: ScorecardRow, form: Format) -> str:
    """Where a unit is furthest behind, as half a sentence."""
    return say(
        form.language,
        "message_furthest_limit" if row.kind is Kind.TOLERANCE else "message_furthest",
        name=row.short_name,
        value=row.value_text,
        gap=row.gap_text,
        target=row.target_text,
    )
