"""What the pages about loans ask the bank at work, kept between runs under a key that holds the scope.

Lists may be long, so that few of them are kept; `readings` keeps what all pages ask.
"""

from collections.abc import Callable, Collection, Mapping
from datetime import date
from typing import Any, Final, TypeVar

import polars as pl
import streamlit as st

from dashboards.app_pages.desk import desk
from dashboards.port.loans import ListAsked, LoanFile, LoanList, LoanQuestions, Use
from records.access import Scope

Branches = tuple[str, ...] | None
Answer = TypeVar("Answer")

LISTS: Final = 12
"""Lists that are kept; one of 60,000 rows takes some 10 MB."""


def answers() -> LoanQuestions | None:
    """Who answers questions about loans; nobody where the pages are served without the bank at work."""
    at = desk()
    return None if at.analyses is None else at.analyses.loans


def listed(asked: ListAsked) -> LoanList:
    """The rows behind a figure.

    Raises:
        BranchmarkError: if there is no answer.
    """
    found: LoanList = _list(
        *_key(("list", asked)), _ask=_asking(lambda by, of: by.listed(of, asked))
    )
    return found


def file(loan: str, as_of: date) -> LoanFile | None:
    """Everything known of a loan that the reader may see.

    Raises:
        BranchmarkError: if there is no answer.
    """
    key = _key(("file", loan, as_of))
    found: LoanFile | None = _answer(*key, _ask=_asking(lambda by, of: by.file(of, loan, as_of)))
    return found


def uses(loan: str, as_of: date) -> tuple[Use, ...]:
    """What every metric makes of a loan.

    Raises:
        BranchmarkError: if there is no answer.
    """
    key = _key(("uses", loan, as_of))
    found: tuple[Use, ...] = _answer(*key, _ask=_asking(lambda by, of: by.uses(of, loan, as_of)))
    return found


def starting(branch: str, text: str, as_of: date) -> pl.DataFrame:
    """Loans of a unit whose number begins so.

    Raises:
        BranchmarkError: if there is no answer.
    """
    key = _key(("starting", branch, text, as_of))
    found: pl.DataFrame = _answer(
        *key, _ask=_asking(lambda by, of: by.starting(of, branch, text, as_of))
    )
    return found


def names(borrowers: Collection[str], as_of: date) -> Mapping[str, str]:
    """Names of borrowers; never kept, so that nothing but a log line leads to one.

    Raises:
        BranchmarkError: if there is no answer.
    """
    by = answers()
    return {} if by is None else by.names(desk().scope, borrowers, as_of)


def _asking(question: Callable[[LoanQuestions, Scope], Answer]) -> Callable[[Scope], Answer]:
    by = answers()
    assert by is not None  # noqa: S101 - the pages ask only where somebody answers
    return lambda scope: question(by, scope)


def _key(asked: tuple[object, ...]) -> tuple[str, str, Branches, tuple[object, ...]]:
    at = desk()
    return (
        str(at.workspace.root),
        at.data_version,
        at.scope_key,
        (*asked, at.catalogue.fingerprint),
    )


def _scope(branches: Branches) -> Scope:
    return Scope("page", None if branches is None else frozenset(branches))


@st.cache_resource(max_entries=LISTS, show_spinner=False)
def _list(
    root: str,  # noqa: ARG001 - a part of the key, as are the next one and the last
    data_version: str,  # noqa: ARG001
    branches: Branches,
    asked: tuple[object, ...],  # noqa: ARG001
    *,
    _ask: Callable[[Scope], Any],
) -> Any:  # noqa: ANN401 - whatever was asked for
    return _ask(_scope(branches))


@st.cache_resource(max_entries=128, show_spinner=False)
def _answer(
    root: str,  # noqa: ARG001 - a part of the key, as are the next one and the last
    data_version: str,  # noqa: ARG001
    branches: Branches,
    asked: tuple[object, ...],  # noqa: ARG001
    *,
    _ask: Callable[[Scope], Any],
) -> Any:  # noqa: ANN401 - whatever was asked for
    return _ask(_scope(branches))
