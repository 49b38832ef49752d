"""Addresses of pages for those who read elsewhere: a mail's line leads to what it speaks of.

Pages and what their addresses may say are those of `dashboards.app_pages`, which knows Streamlit; here they
are only written down.
"""

from dataclasses import dataclass
from datetime import date
from typing import Final
from urllib.parse import urlencode

from dashboards.i18n import Language
from records.ledger.returns import Head

BRANCH: Final = "branch"
METRIC: Final = "metric"
DATA_QUALITY: Final = "data-quality"
REPORTS: Final = "reports"
"""Pages that are linked."""


@dataclass(frozen=True)
class Links:
    """Addresses as one reader follows them.

    Attributes:
        base: where the dashboard is reached; nothing gives no links.
        language: in which it then speaks.
    """

    base: str
    language: Language

    def to(self, page: str, unit: str, period: date | None, **more: str) -> str:
        """The address of a page about a unit; empty where nobody says where the dashboard is."""
        if not self.base:
            return ""
        asked = {"branch": unit, "language": self.language.value, **more}
        if period is not None:
            asked["period"] = period.isoformat()
        return f"{self.base}/{page}?{urlencode(asked)}"

    def report(self, head: Head) -> str:
        """The address of an edition of a report."""
        of_edition = {"report": head.return_id, "edition": str(head.edition)}
        return self.to(REPORTS, head.unit_id, head.as_of, **of_edition)
