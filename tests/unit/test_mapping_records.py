"""JSON is opened whole, every value the text it was, or refused with line and column."""

import tracemalloc

import pytest

from orchestration.sources import open_source
from orchestration.sources.records_json import BATCH
from transforms.errors import UnreadableFileError
from transforms.mappings.model import SourceRules

FIRE = ("data.loan", "loan", "data")


@pytest.fixture
def opened(tmp_path):
    def _opened(text, *places, **rules):
        path = tmp_path / "book.json"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return open_source(
            path, scratch=tmp_path / "scratch", rules=SourceRules(records=places, **rules)
        )

    return _opened


def rows(source):
    return source.frame.collect().rows()


@pytest.mark.parametrize(
    "text",
    [
        '[{"id": "A"}, {"id": "B"}]',
        ' [ {"id":"A"}\n,\n{"id":"B"} ] ',
        '{"id": "A"}\n{"id": "B"}\n',
        '{"id": "A"}{"id": "B"}',
        '{"name": "x", "data": [{"id": "A"}, {"id": "B"}], "count": 2}',
        '{"title": "x", "data": {"customer": [{"id": 9, "q": 1}], "loan": [{"id": "A"}, {"id": "B"}]}}',
        '\ufeff[{"id": "A"}, {"id": "B"}]',
    ],
    ids=["list", "spaced", "lines", "no-breaks", "batch", "by-kind", "mark"],
)
def test_records_are_found_wherever_the_format_puts_them(opened, text):
    source = opened(text, *FIRE)
    assert (source.format, source.columns, source.rows) == ("json", ("id",), 2)
    assert rows(source) == [("A", 1), ("B", 2)]


def test_values_are_the_text_that_was_written(opened):
    source = opened(
        '[{"a": 1.10, "b": true, "c": null, "d": ""},'
        ' {"a": 12345678901234567890.123, "b": false, "e": {"k": [1.50, "x"]}, "a2": 1E3}]'
    )
    assert source.columns == ("a", "b", "c", "d", "e", "a2")
    assert rows(source) == [
        ("1.10", "true", None, None, None, None, 1),
        ("12345678901234567890.123", "false", None, None, '{"k": [1.50, "x"]}', "1E3", 2),
    ]


def test_chinese_text_comes_in_the_encoding_that_the_mapping_says(opened):
    text = '[{"客户": "北京"}]'
    assert rows(opened(text)) == [("北京", 1)]
    assert rows(opened(text.encode("gb18030"), encoding="gb18030")) == [("北京", 1)]
    assert rows(opened(text.encode("utf-16"))) == [("北京", 1)]


def test_the_files_own_row_number_gives_way(opened):
    source = opened('[{"source_row_no": 7}]')
    assert source.columns == ("delivered_source_row_no",)
    assert rows(source) == [("7", 1)]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[]", "it holds no records"),
        ('[{"a": 1}', "line 1, column 10: the file ends inside a list"),
        ('[{"a": 1},]', "line 1, column 11: a record is missing"),
        ('[{"a": 1} {"a": 2}]', "line 1, column 11: a comma or ] is missing"),
        ('[{"a": 1}] x', "line 1, column 12: something stands after the end"),
        ('[{"a": 1},\n {"a": 1, "b": 2, "a": 3}]', "line 2, column 2: .* a stands twice"),
        ('[{"a": {"k": 1, "k": 2}}]', "k stands twice"),
        ('[{"a": 1},\n {"a": NaN}]', "line 2, column 2: .* NaN, no number"),
        ('[{"a": 1},\n {"a" 2}]', "line 2, column 7: it is no JSON"),
        ('[{"a": 1}, 2]', "line 1, column 12: a record is missing"),
        ('{"a": 1}\n{"a": 2\n{"a": 3}', "line 3, column 1: it is no JSON"),
        ('{"data": [{"a": 1}], "data": []}', "'data' stands in the object twice"),
        ('{"data": [{"a": 1}], "loan": [{"a": 1}]}', "records stand in data and in loan"),
        ('{"data": [{"a": 1}], "count": 2}', "it states a count of 2 records and holds 1"),
        ('{"rows": [{"a": 1}]}', "it is one object, with records in rows.*source: .records"),
        ('{"data": {"loans": [{"a": 1}]}}', "it is one object, with records in data.loans"),
        ('{"loan": 3}', "no list of records was found"),
        ('[{"a": ' + "[" * 100_000 + "]" * 100_000 + "}]", "nested too deeply"),
        ('[{"a": "\\ud800"}]', "half a character"),
    ],
)
def test_what_is_no_json_is_refused_with_its_place(opened, text, said):
    with pytest.raises(UnreadableFileError, match=said):
        opened(text, *FIRE, format="json")


def test_bytes_of_another_encoding_are_refused(opened):
    with pytest.raises(UnreadableFileError, match="at about byte 8 it is not utf-8"):
        opened('[{"a":"é"}]'.encode("latin-1"))


def test_a_text_file_is_no_json_for_beginning_with_a_bracket(opened):
    assert opened("[id],balance\nA,1\n").format == "csv"


def test_records_beyond_a_batch_are_numbered_on_and_may_have_other_keys(opened):
    source = opened(
        "[" + ",".join(f'{{"id": {n}}}' for n in range(BATCH)) + ', {"id": "last", "more": 1}]'
    )
    assert source.columns == ("id", "more")
    assert source.rows == BATCH + 1
    assert source.frame.tail(1).collect().rows() == [("last", "1", BATCH + 1)]


def test_a_long_list_is_not_held_in_memory(opened):
    """Thirty million characters of records; what Python holds of them at a time is less."""
    record = '{"id": "A", "note": "%s"}' % ("x" * 280)
    text = ("[" + ",".join([record] * 100_000) + "]").encode()
    assert len(text) > 30_000_000
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        tracemalloc.reset_peak()
        assert opened(text).rows == 100_000
        peak = tracemalloc.get_traced_memory()[1] - before
    finally:
        tracemalloc.stop()
    assert peak < len(text)
