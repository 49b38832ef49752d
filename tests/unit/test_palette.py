"""Status is told by glyph, word and colour; text can be read on the ground it stands on."""

import itertools

import pytest

from dashboards.i18n import Language
from dashboards.palette import (
    DARK,
    LIGHT,
    MARKS,
    READ,
    contrast,
    ground,
    mark_of,
)
from transforms.catalogue.model import Better
from transforms.scorecards import Status

SIDEBARS = {False: "#F3F5F7", True: "#12161D"}


def test_contrast_is_measured_as_wcag_defines_it():
    assert contrast("#000000", "#FFFFFF") == pytest.approx(21)
    assert contrast("#777777", "#FFFFFF") == pytest.approx(4.48, abs=0.01)
    assert contrast("#1D5FA8", "#1D5FA8") == 1


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("status", list(Status))
def test_status_words_can_be_read_on_the_page(status, dark):
    assert contrast(MARKS[status].colour(dark=dark), ground(dark=dark).page) >= 4.5


@pytest.mark.parametrize("theme", [LIGHT, DARK])
def test_text_can_be_read_on_the_page_and_under_the_pointer(theme):
    for behind in (theme.page, theme.bands[2]):
        assert contrast(theme.ink, behind) >= 4.5
        assert contrast(theme.quiet, behind) >= 4.5


@pytest.mark.parametrize("theme", [LIGHT, DARK])
def test_bars_and_ticks_stand_out_on_every_band(theme):
    for band in theme.bands:
        assert contrast(theme.ink, band) >= 3


@pytest.mark.parametrize("theme", [LIGHT, DARK])
def test_bands_differ_from_each_other_the_worst_furthest_from_the_page(theme):
    strength = [contrast(band, theme.page) for band in theme.bands]
    assert strength == sorted(strength, reverse=True)
    assert min(a - b for a, b in itertools.pairwise(strength)) > 0.1


def test_every_status_has_a_glyph_and_words_of_its_own():
    assert set(MARKS) == set(Status)
    for language in Language:
        words = [MARKS[status].word(language) for status in Status]
        assert len(set(words)) == len(words)
        assert all(words)
    judged = {MARKS[s].glyph for s in (Status.MET, Status.NEAR, Status.MISSED, Status.NO_TARGET)}
    assert len(judged) == 4


def test_what_points_neither_way_is_said_to_be_read_and_not_to_lack_a_target():
    assert mark_of(Status.NO_TARGET, Better.HIGHER) is MARKS[Status.NO_TARGET]
    for better in (Better.NEUTRAL, Better.BAND):
        assert mark_of(Status.NO_TARGET, better) is READ
        assert mark_of(Status.NOT_COMPARABLE, better) is MARKS[Status.NOT_COMPARABLE]
    assert READ.glyph == MARKS[Status.NO_TARGET].glyph
    assert all(READ.word(language) for language in Language)
