"""Everything that a reader has to look at just now, the gravest first, told before or not.

What is found is said in `figures` and `data`; who was told what, in `telling`.
"""

from datetime import date, datetime
from decimal import Decimal

import polars as pl

from orchestration.bank import SYSTEM, Bank
from orchestration.reporting.alerting.alert import Alert, AlertKind
from orchestration.reporting.alerting.data import Data
from orchestration.reporting.alerting.figures import Figures
from records.access import Scope
from records.published import Published


def look(
    bank: Bank,
    scope: Scope,
    *,
    today: date,
    headroom_percent: Decimal,
    since: datetime | None = None,
) -> tuple[Alert, ...]:
    """What a reader has to look at.

    Args:
        bank: whose.
        scope: the reader's.
        today: by the bank's clock.
        headroom_percent: tolerances with less than this part of their limit left are told of.
        since: statuses are held against what was known then of the same month; against the month before
            if not given.
    """
    published = bank.published.pinned()
    months = published.newest_versions()
    tree = _tree(published, scope)
    names = {
        unit: (en or unit, zh or unit)
        for unit, en, zh in tree.select("node_id", "name_en", "name_zh").iter_rows()
    }
    whole = top(published, scope)
    found = Data(bank, scope, published, names, whole).alerts(today)
    if months:
        figures = Figures(bank, scope, published, max(months), names)
        found += figures.alerts(since, headroom_percent)
    places = {unit: place for place, unit in enumerate(tree["node_id"])}
    metrics = {metric: place for place, metric in enumerate(bank.catalogue.metrics)}

    kinds = {kind: place for place, kind in enumerate(AlertKind)}

    def rank(alert: Alert) -> tuple[int, int, int, int, str]:
        metric = metrics.get(alert.more.get("metric", ""), len(metrics))
        return kinds[alert.kind], alert.gravity, places.get(alert.unit or "", -1), metric, alert.key

    return tuple(sorted(found, key=rank))


def top(published: Published, scope: Scope) -> str:
    """The uppermost unit that a scope sees; the bank's own where nothing is published or seen."""
    seen = _tree(published, scope)
    if seen.is_empty():
        seen = _tree(published, SYSTEM)
    return "" if seen.is_empty() else str(seen["node_id"][0])


def _tree(published: Published, scope: Scope) -> pl.DataFrame:
    """The units of the newest month in a scope, parents first."""
    months = published.newest_versions()
    if not months:
        schema = dict.fromkeys(("node_id", "name_en", "name_zh"), pl.String())
        return pl.DataFrame(schema=schema)
    return published.nodes(scope, as_of=max(months)).collect()
