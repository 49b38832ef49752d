"""Every page speaks one language: no English on a Chinese page, no Chinese on an English one.

The small bank shows what is designed for what is missing; the whole bank at work is looked at in
`tests/whole/test_languages_of_the_bank.py`.
"""

import re

import pytest

from tests.app.languages import chinese_in, english_in, texts
from tests.app.small_bank import catalogue, small_bank

PLACES = (
    ("overview", {}),
    ("overview", {"family": "green"}),
    ("branch", {"branch": "B101"}),
    ("branch", {"branch": "B201", "metric": "green_share", "family": "green"}),
    ("metric", {"branch": "B101", "metric": "sei_share"}),
    ("metric", {"branch": "B101", "metric": "green_share"}),
    ("loans", {"branch": "B101", "metric": "sei_share"}),
    ("loan", {"loan": "L1"}),
    ("targets", {"branch": "B101"}),
    ("self_check", {"branch": "B101"}),
    ("reports", {"branch": "B101"}),
    *(
        ("data_quality", {"section": section})
        for section in ("readiness", "deliveries", "rejected", "findings", "ledger", "overrides")
    ),
    ("catalogue", {}),
    ("catalogue", {"metric": "green_share", "branch": "B101"}),
    ("catalogue", {"section": "checks"}),
    # What the address asks for and nobody has
    ("overview", {"period": "2026-10-30"}),
    ("overview", {"period": "2030-01-31"}),
    ("overview", {"comparison": "ever"}),
    ("overview", {"family": "none"}),
    ("overview", {"version": "9"}),
    ("branch", {"branch": "B999"}),
    ("branch", {"branch": "B101", "metric": "sei_shar"}),
    ("metric", {"branch": "B101", "metric": "sei_shar"}),
    ("loans", {"branch": "B101", "metric": "sei_shar"}),
    ("data_quality", {"section": "everything"}),
    ("catalogue", {"metric": "sei_shar"}),
)
# The bank's name, what the address asks for, and cells of delivered files as they were delivered.
WRITTEN = ("Harbour Bank", "everything", "ever", "none", "balance", "client", "branch", "note")
# The codes that an address takes are the same in both languages.
CODES = re.compile(r"可选：.*")


@pytest.fixture(scope="module")
def bank(tmp_path_factory):
    return small_bank(tmp_path_factory.mktemp("languages") / "bank")


def name(place):
    return "&".join([place[0], *(f"{key}={value}" for key, value in place[1].items())])


@pytest.mark.parametrize("place", PLACES, ids=name)
def test_a_chinese_page_has_no_english_in_it(opened, bank, place):
    app = opened(bank, place[0], language="zh", **place[1])
    assert not app.exception
    shown = [CODES.sub("", text) for text in texts(app)]
    assert len(shown) > 1
    assert {text: found for text in shown if (found := english_in(text, WRITTEN))} == {}


# What the language is called by its own readers, and documents by those who issued them.
DOCUMENTS = (
    "中文",
    *(one.source.document for one in (*catalogue().metrics.values(), *catalogue().flags.values())),
)


@pytest.mark.parametrize("place", PLACES, ids=name)
def test_an_english_page_has_no_chinese_in_it(opened, bank, place):
    app = opened(bank, place[0], language="en", **place[1])
    assert not app.exception
    assert [text for text in texts(app) if chinese_in(text, DOCUMENTS)] == []
