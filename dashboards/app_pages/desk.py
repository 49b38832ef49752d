"""The desk: everything a page needs to answer, set up anew in every run by `opening`."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property, lru_cache
from typing import Final
from urllib.parse import quote_plus, urlencode

import streamlit as st

from dashboards import markup, refusals
from dashboards.app_pages.address import BRANCH, DATA_QUALITY, LOAN, LOANS, METRIC, TARGETS
from dashboards.i18n import Language, day_text, say
from dashboards.markup import Style
from dashboards.month import Month
from dashboards.numbers import Format
from dashboards.port.analyses import Analyses
from dashboards.refusals import Names
from dashboards.words import Comparison
from records.access import Scope
from records.ledger.ledger import Ledger
from records.published import Known, Published
from records.readers import Reader
from records.workspace import Workspace
from transforms.catalogue.model import Catalogue
from transforms.errors import BranchmarkError

_DESK: Final = "desk"


@dataclass(frozen=True, eq=False)
class Desk:
    """Whose figures, of which month, told how.

    Attributes:
        reader: whose view is shown: who reads, or as whom an administrator reads.
        signed_in: who reads; entries and the access log bear this name.
        published: pinned, so that whatever a page reads is of one state, and of the version asked for.
        version: `now`, `reported`, or the number of a version of the month, as the address says.
        ledger: what people enter; read anew in every run, so that what was just entered is there.
        analyses: answers beyond the published figures; none where nobody answers.
        data_version: changes whenever something is published or delivered, and differs from version to
            version of a month; part of every cache key.
        family: the family of metrics asked for, or `opening.TARGETS`.
        parameters: period, comparison, version, family, unit and language as the address holds them.
    """

    workspace: Workspace
    reader: Reader
    signed_in: Reader
    published: Published
    version: str
    ledger: Ledger
    analyses: Analyses | None
    scope: Scope
    catalogue: Catalogue
    data_version: str
    month: Month
    form: Format
    comparison: Comparison
    family: str
    style: Style
    parameters: Mapping[str, str]

    @property
    def is_now(self) -> bool:
        """Whether figures are shown as they are known now: only these can be asked further questions."""
        return self.version == Known.NOW

    @property
    def is_viewing_as(self) -> bool:
        """Whether an administrator sees the pages as another reader sees them."""
        return self.reader != self.signed_in

    @property
    def acting_as(self) -> str | None:
        """As whom the access log says that the reader acted; none for their own."""
        return self.reader.name if self.is_viewing_as else None

    @property
    def may_enter(self) -> bool:
        """Whether anything may be entered: not by an auditor, and never in another's place."""
        return self.reader.may_enter and not self.is_viewing_as

    @property
    def language(self) -> Language:
        """The reader's language."""
        return self.form.language

    def say(self, key: str, **values: object) -> str:
        """A message in the reader's language."""
        return say(self.language, key, **values)

    def day(self, day: date) -> str:
        """A date in the reader's language."""
        return day_text(self.language, day)

    def refusal(self, error: BranchmarkError) -> str:
        """What an error says, in the reader's language and with names for codes."""
        pick = self.language.pick
        metrics = self.catalogue.metrics.values()
        names = Names(
            metrics={one.metric_id: pick(one.label.en, one.label.zh) for one in metrics},
            units={one.unit_id: one.name(self.language) for one in self.month.units.all},
        )
        return refusals.told(error, self.language, names)

    @property
    def before(self) -> date:
        """The month end compared with."""
        return self.comparison.before(self.month.as_of)

    @property
    def scope_key(self) -> tuple[str, ...] | None:
        """The reader's branches, as a part of cache keys: a cache without them would be a leak."""
        return None if self.scope.branches is None else tuple(sorted(self.scope.branches))

    def link(self, page: str, **more: str) -> str:
        """The address of a page with the same period, comparison, version, family and language."""
        if self.parameters.keys().isdisjoint(more):
            # A matrix has thousands of links: what all of them share is written once.
            own = "".join(f"&{name}={_quoted(value)}" for name, value in more.items())
            return f"{page or './'}?{self._shared}{own}"
        return markup.address(page, {**self.parameters, **more})

    @cached_property
    def _shared(self) -> str:
        return urlencode(self.parameters)

    def branch_link(self, branch: str, **more: str) -> str:
        """The address of a branch's scorecard."""
        return self.link(BRANCH, branch=branch, **more)

    def metric_link(self, branch: str, metric: str, **more: str) -> str:
        """The address of one figure of a unit: its history, causes, parts and readings."""
        return self.link(METRIC, branch=branch, metric=metric, **more)

    def loans_link(self, branch: str, metric: str, **more: str) -> str:
        """The address of the loans behind a figure of a unit."""
        return self.link(LOANS, branch=branch, metric=metric, **more)

    def loan_link(self, loan: str, **more: str) -> str:
        """The address of one loan's evidence."""
        return self.link(LOAN, loan=loan, **more)

    def quality_link(self, branch: str, **more: str) -> str:
        """The address of what is known about the data of a unit."""
        return self.link(DATA_QUALITY, branch=branch, **more)

    def targets_link(self, branch: str, **more: str) -> str:
        """The address of the targets of a unit."""
        return self.link(TARGETS, branch=branch, **more)


@lru_cache(maxsize=8192)
def _quoted(text: str) -> str:
    return quote_plus(text)


def desk() -> Desk:
    """The desk that `app` has set up for this run."""
    found = st.session_state[_DESK]
    assert isinstance(found, Desk)  # noqa: S101 - `put` puts nothing else there
    return found


def put(made: Desk) -> None:
    """Make it this run's desk."""
    st.session_state[_DESK] = made
