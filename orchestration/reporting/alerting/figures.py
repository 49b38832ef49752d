"""Alerts about figures: statuses that changed, and tolerances of which little is left.

Events are those of `branchmark changes`, for all units of a scope at once. A status is held against the one
that the last digest knew of the same month, or else against the month before.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Final

import polars as pl

from dashboards.i18n import Language, say
from dashboards.sentences import Teller, Told
from orchestration.bank import Bank
from orchestration.reporting.alerting.alert import Alert, AlertKind, in_both, key_of
from orchestration.reporting.sending import links
from records.access import Scope
from records.published import Published
from transforms.analysis.changed import movements
from transforms.analysis.changed.events import GRAVITY, EventKind, events, metrics_of
from transforms.catalogue.vocabulary import TOTAL
from transforms.schema import WIDE

_READ: Final = (
    *("branch_id", "metric_id", "as_of_date", "value", "target_value", "gap", "limit_value"),
    *("headroom_amount", "status", "reason"),
)
_WHOLE: Final = 100


@dataclass(frozen=True, eq=False)
class Figures:
    """Figures of the newest month that a reader may see.

    Attributes:
        bank: whose.
        scope: the reader's.
        published: everything as published at one moment.
        as_of: the newest published month end.
        names: names of units, English and Chinese.
    """

    bank: Bank
    scope: Scope
    published: Published
    as_of: date
    names: Mapping[str, tuple[str, str]]

    def alerts(self, since: datetime | None, headroom_percent: Decimal) -> list[Alert]:
        """What changed since a moment, or since the month before."""
        metrics = metrics_of(self.bank.definitions.on(self.as_of))
        now = self._uncut(self.published, self.as_of, metrics)
        then = self._before(since, metrics)
        changed = movements.statuses(then, now)
        little = _little_left(self._earlier(metrics), now, headroom_percent).join(
            changed, on=["branch_id", "metric_id"], how="anti"
        )
        return [self._alert(row) for row in pl.concat([changed, little]).to_dicts()]

    def _uncut(self, seen: Published, day: date | None, metrics: pl.DataFrame) -> pl.DataFrame:
        days = [] if day is None else [day]
        return (
            seen.facts_of(self.scope, days)
            .filter(pl.col("slice") == TOTAL)
            .join(metrics.lazy(), on=["metric_id", "reading"], how="semi")
            .select(_READ)
            .collect()
        )

    def _before(self, since: datetime | None, metrics: pl.DataFrame) -> pl.DataFrame:
        """The month as it was known at a moment; the month before where it was not, or is no longer kept."""
        if since is not None:
            history = self.published.publications().filter(pl.col("published_at") <= since)
            known = Published(self.bank.workspace.lake, history)
            then = self._uncut(known, self.as_of, metrics)
            if then.height:
                return then
        return self._earlier(metrics)

    def _earlier(self, metrics: pl.DataFrame) -> pl.DataFrame:
        earlier = [day for day in self.published.newest_versions() if day < self.as_of]
        return self._uncut(self.published, max(earlier, default=None), metrics)

    def _alert(self, event: dict[str, object]) -> Alert:
        unit, metric = str(event["branch_id"]), str(event["metric_id"])
        catalogue = self.bank.definitions.on(self.as_of)
        teller = Teller(catalogue, self.bank.workspace.base_currency, self.names)
        is_headroom = event["kind"] == EventKind.HEADROOM.value
        kind = AlertKind.HEADROOM if is_headroom else AlertKind.STATUS
        # A tolerance of which little is left is told once a month, a status each time it is another.
        what = () if is_headroom else (event["status_before"], event["status_after"])
        return Alert(
            kind=kind,
            unit=unit,
            period=self.as_of,
            told=self._named(unit, teller.tell(event)),
            key=key_of(kind, unit, metric, self.as_of, *what),
            gravity=int(str(event["gravity"])),
            page=links.METRIC,
            unit_of_page=unit,
            opens=self.as_of,
            more={"metric": metric},
        )

    def _named(self, unit: str, told: Told) -> Told:
        """The sentence with the unit before it, unless the reader sees only one."""
        if len(self.names) == 1:
            return told

        def sentence(language: Language) -> str:
            name = language.pick(*self.names.get(unit, (unit, unit)))
            return say(language, "al_at_unit", unit=f"{name} {unit}", sentence=told.text(language))

        return in_both(sentence)


def _little_left(earlier: pl.DataFrame, now: pl.DataFrame, percent: Decimal) -> pl.DataFrame:
    """Tolerances within their limit with less than so many per cent of it left."""
    part = pl.col("value") * _WHOLE < pl.col("limit_value") * pl.lit(percent, dtype=WIDE)
    rows = now.filter(pl.col("limit_value").is_not_null(), pl.col("value") >= 0, part).join(
        earlier.select("branch_id", "metric_id", value_then="value"),
        on=["branch_id", "metric_id"],
        how="left",
    )
    return events(
        rows.with_columns(
            kind=pl.lit(EventKind.HEADROOM.value),
            favourable=pl.lit(value=False),
            gravity=pl.lit(GRAVITY["headroom"]),
            size=pl.lit(1, dtype=WIDE) - pl.col("value") / pl.col("limit_value"),
        ),
        before="value_then",
        after="value",
        status_after="status",
        limit="limit_value",
        headroom="headroom_amount",
        month="as_of_date",
    )
