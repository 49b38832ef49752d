"""The desk: everything a page needs to answer, set up anew in every run by `opening`."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

import streamlit as st

from dashboards import markup
from dashboards.analyses import Analyses
from dashboards.app_pages.address import BRANCH, DATA_QUALITY, TARGETS
from dashboards.i18n import Language, day_text, say
from dashboards.markup import Style
from dashboards.month import Month
from dashboards.numbers import Format
from dashboards.words import Comparison
from records.access import Scope
from records.ledger.ledger import Ledger
from records.published import Published
from records.workspace import Workspace
from transforms.catalogue.model import Catalogue

_DESK: Final = "desk"


@dataclass(frozen=True, eq=False)
class Desk:
    """Whose figures, of which month, told how.

    Attributes:
        published: pinned, so that whatever a page reads is of one state.
        ledger: what people enter; read anew in every run, so that what was just entered is there.
        analyses: answers beyond the published figures; none where nobody answers.
        data_version: changes whenever something is published or delivered; part of every cache key.
        family: the family of metrics asked for, or `opening.TARGETS`.
        parameters: period, comparison, family and language as the address holds them.
    """

    workspace: Workspace
    published: Published
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
    def language(self) -> Language:
        """The reader's language."""
        return self.form.language

    def say(self, key: str, **values: object) -> str:
        """A message in the reader's language."""
        return say(self.language, key, **values)

    def day(self, day: date) -> str:
        """A date in the reader's language."""
        return day_text(self.language, day)

    @property
    def before(self) -> date:
        """The month end compared with."""
        return self.comparison.before(self.month.as_of)

    @property
    def scope_key(self) -> tuple[str, ...] | None:
        """The reader's branches, as a part of cache keys: a cache without them would be a leak."""
        return None if self.scope.branches is None else tuple(sorted(self.scope.branches))

    def link(self, page: str, **more: str) -> str:
        """The address of a page with the same period, comparison, family and language."""
        return markup.address(page, {**self.parameters, **more})

    def branch_link(self, branch: str, **more: str) -> str:
        """The address of a branch's scorecard."""
        return self.link(BRANCH, branch=branch, **more)

    def quality_link(self, branch: str, **more: str) -> str:
        """The address of what is known about the data of a unit."""
        return self.link(DATA_QUALITY, branch=branch, **more)

    def targets_link(self, branch: str, **more: str) -> str:
        """The address of the targets of a unit."""
        return self.link(TARGETS, branch=branch, **more)


def desk() -> Desk:
    """The desk that `app` has set up for this run."""
    found = st.session_state[_DESK]
    assert isinstance(found, Desk)  # noqa: S101 - `put` puts nothing else there
    return found


def put(made: Desk) -> None:
    """Make it this run's desk."""
    st.session_state[_DESK] = made
