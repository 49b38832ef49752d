from dataclasses import replace
from datetime import timedelta

import pytest

from dashboards.exports import formats, paper, press
from dashboards.exports.document import Cell, Column, Face, Heading, Picture
from dashboards.exports.formats import FileKind
from tests.exported import MADE, MADE_ZH, ROWS, SVG, document, faced, table
from tests.pdf_reading import read
from transforms.scorecards import Status

NO_CHINESE = {"Liberation Sans", "DejaVu Sans"}


def written(made=MADE, **changes):
    return read(paper.write(document(**changes), made))


def words(pdf):
    return " ".join(pdf.text().split())


def test_every_page_bears_the_strip_the_filters_the_maker_and_its_number():
    rows = ROWS.head(1).select("branch_id").sample(60, with_replacement=True)
    pdf = written(blocks=(table(columns=(Column("branch_id", "Branch"),), rows=rows),))
    told = words(pdf)
    assert len(pdf.pages) == 2
    for part in (
        "Bank › Harbour (B1)",
        "31 Oct 2026",
        "With targets",
        "Made by li, 2026-11-22 08:30",
    ):
        assert told.count(part) == 2
    assert "Page 1 of 2" in told
    assert "Page 2 of 2" in told


def test_titles_tables_notes_and_definitions_can_be_searched_for():
    told = words(written())
    for part in (
        "Scorecard: Harbour & Sons <b>",
        "2 of 3 targets met.",
        "18.43%",
        "A legend.",
        "Numerator: SEI loans.",
    ):
        assert part in told


def test_text_from_data_is_printed_and_never_set():
    odd = "#let x = 1 *bold* _it_ $y$ @ref [a] \\ `c` <label> // no"
    assert odd in words(written(title=odd, message=odd, blocks=()))


def test_a_status_is_told_by_its_word_beside_its_shape():
    assert "missed" in words(written(blocks=(faced(),)))


@pytest.mark.parametrize("status", Status)
def test_every_status_has_a_shape(status):
    face = Face((Heading("a"), Heading("b", number=True)), ((Cell("x", mark=status),) * 2,))
    assert len(written(blocks=(table(face=face),)).pages) == 1


def test_there_is_a_line_to_sign_on_for_each_who_signs():
    told = words(written())
    assert "Prepared Date" in told
    assert "Approved Date" in told
    assert "Date" not in words(written(signatures=()))


def test_a_table_that_only_repeats_is_not_printed():
    assert "Harbour" not in words(written(title="", strip=(), blocks=(table(aside=True),)))


def test_a_long_table_says_where_its_other_rows_are():
    rows = ROWS.head(1).select("branch_id").sample(61, with_replacement=True)
    told = words(written(blocks=(table(columns=(Column("branch_id", "Branch"),), rows=rows),)))
    assert "The first 60 of 61 rows." in told


def test_drawings_are_vectors():
    data = paper.write(document(blocks=(Picture("Trend", SVG, "words"),)), MADE)
    assert b"/Subtype /Image" not in data


def test_the_same_document_and_moment_give_the_same_bytes_and_another_moment_others():
    data = paper.write(document(), MADE)
    assert data == paper.write(document(), MADE)
    later = replace(MADE, at=MADE.at + timedelta(minutes=1))
    assert data != paper.write(document(), later)


def test_the_moment_is_written_into_the_file():
    assert b"/CreationDate (D:20261122083005Z)" in written().title()


needs_chinese = pytest.mark.skipif(
    not any(name in press.installed() for name in press.CHINESE_FONTS),
    reason="no Chinese font is installed here",
)


@needs_chinese
def test_chinese_is_printed_with_a_glyph_for_every_sign():
    pdf = written(
        MADE_ZH, title="记分卡：港口分行", message="未达标、临近、容忍度余量 ≤ 0.5 百分点。"
    )
    assert pdf.missing() == 0
    told = pdf.text().replace("\n", "")
    assert "记分卡：港口分行" in told
    assert "第1页，共1页" in told.replace(" ", "")


def test_english_is_printed_with_a_glyph_for_every_sign():
    assert written(message="“0.8 pp short” – −3 ≤ 5 × 2 › done…").missing() == 0


def test_a_sign_that_no_font_has_would_be_counted():
    assert written(message="\U000f1234").missing() > 0


def test_chinese_without_a_chinese_font_is_refused_in_one_sentence(monkeypatch):
    monkeypatch.setattr(press, "installed", lambda: frozenset(NO_CHINESE))
    with pytest.raises(press.MissingFontError, match="PDF 需要中文字体"):
        paper.write(document(title="记分卡"), MADE_ZH)
    assert "needs a Chinese font" in formats.refusal(document(title="港口"), MADE, FileKind.PDF)
    assert formats.refusal(document(title="港口"), MADE, FileKind.HTML) == ""


def test_english_needs_no_chinese_font_and_says_where_it_leaves_chinese_sources_out(monkeypatch):
    definitions = (("npl_ratio", "NPL ratio", "Bad loans. 银保监会令〔2023〕第1号; CBRC."),)
    changed = document(definitions=definitions)
    assert "银保监会令" in read(paper.write(changed, MADE)).text()
    monkeypatch.setattr(press, "installed", lambda: frozenset(NO_CHINESE))
    assert formats.refusal(document(), MADE, FileKind.PDF) == ""
    assert formats.refusal(changed, MADE, FileKind.PDF) == ""
    told = words(written(definitions=definitions))
    assert "Bad loans. …2023…1…; CBRC." in told
    assert "Chinese names of sources are left out" in told
    assert "left out" not in words(written())


def test_the_pages_can_be_seen_as_pictures():
    (picture,) = paper.pictures(document(), MADE, ppi=40)
    assert picture.startswith(b"\x89PNG")


@pytest.mark.parametrize("kind", FileKind)
def test_every_kind_of_file_has_a_writer_an_ending_and_a_type(kind):
    assert formats.write(document(), MADE, kind)
    assert formats.file_name(document(), kind).startswith("scorecard_B1.")
    assert "/" in kind.mime
