import base64
import re

from dashboards.exports import page
from dashboards.exports.document import Column
from dashboards.palette import DARK, LIGHT
from tests.exported import MADE, MADE_ZH, ROWS, SVG, document, faced, table


def written(made=MADE, **changes):
    return page.write(document(**changes), made).decode()


def words(text):
    return " ".join(re.sub(r"<style>.*?</style>|<[^>]+>", " ", text, flags=re.DOTALL).split())


def test_the_file_names_no_other_place_and_forbids_every_connection():
    text = written()
    without_drawings = re.sub(r"data:image/svg\+xml;base64,[A-Za-z0-9+/=]+", "", text)
    assert "://" not in without_drawings
    assert "<script" not in text
    assert "default-src 'none'; img-src data:; style-src 'unsafe-inline'" in text


def test_it_says_what_the_page_said_with_strip_filters_and_maker():
    told = words(written())
    for part in ("2 of 3 targets met.", "Bank › Harbour (B1)", "With targets", "Made by li"):
        assert part in told


def test_what_comes_from_data_is_no_markup():
    assert "<h1>Scorecard: Harbour &amp; Sons &lt;b&gt;</h1>" in written()


def test_numbers_are_rounded_for_reading_and_missing_ones_are_dashes():
    cells = re.findall(r"<tr>(.*?)</tr>", written(), flags=re.DOTALL)
    assert words(cells[1]) == "Harbour ratio 18.43% 1,200 31 Oct 2026 =1+1 0.8 pp short"
    assert words(cells[3]) == "B3 pp – – – – –"


def test_a_status_has_its_glyph_and_its_word():
    text = written(blocks=(faced(),))
    assert re.search(r'class="m-missed"><span aria-hidden="true">■</span> <b>missed</b>', text)


def test_a_drawing_stands_within_the_file_once_for_light_and_once_for_dark_ground():
    text = written(blocks=(faced(),))
    drawn = [base64.b64decode(one).decode() for one in re.findall(r"base64,([^\"]+)\"", text)]
    assert drawn == [SVG.replace(LIGHT.ink, DARK.ink), SVG]
    assert 'alt="7.3% against 8%"' in text


def test_a_table_that_only_repeats_is_folded_away():
    assert "<details><summary>Figures</summary>" in written(blocks=(table(aside=True),))


def test_only_the_columns_meant_for_people_are_seen_where_a_table_names_them():
    told = words(written(blocks=(table(shown=("branch_id", "count")),)))
    assert "Clients" in told
    assert "Comment" not in told


def test_a_very_long_table_says_where_its_other_rows_are():
    rows = ROWS.head(1).select("branch_id").sample(1001, with_replacement=True)
    long = table(columns=(Column("branch_id", "Branch"),), rows=rows)
    told = words(written(blocks=(long,)))
    assert "The first 1,000 of 1,001 rows." in told


def test_a_table_without_rows_says_so():
    assert "Nothing to list here." in written(blocks=(table(rows=ROWS.clear()),))


def test_it_speaks_the_readers_language():
    text = written(MADE_ZH)
    assert '<html lang="zh-CN">' in text
    assert "li 导出于 2026-11-22 08:30 UTC" in words(text)


def test_the_same_document_and_moment_give_the_same_bytes():
    assert page.write(document(), MADE) == page.write(document(), MADE)
