"""Whatever is delivered is taken to the last row and cent, or refused: of any table and of any bytes.

`BRANCHMARK_FUZZ_EXAMPLES=5000 pytest tests/properties/test_intake_fuzz.py` draws so many new examples;
without it a few dozen, the same ones every time.
"""

import csv
import io
import json
import os
import re
import zipfile
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

import polars as pl
import pytest
import xlsxwriter
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from orchestration import intake
from orchestration.bank import Bank
from tests.whole import books
from tests.whole.commands import made
from transforms.errors import BranchmarkError, UnreadableFileError, visible
from transforms.schema import LOAN_SNAPSHOT, Presence

AS_OF = date(2026, 10, 31)
REQUIRED = [c.name for c in LOAN_SNAPSHOT.columns if c.presence is Presence.REQUIRED]
OTHERS = [c.name for c in LOAN_SNAPSHOT.columns if c.presence is not Presence.REQUIRED]
PLAIN = re.compile(r"-?[0-9]{1,15}(\.[0-9]{1,4})?")

MANY = os.environ.get("BRANCHMARK_FUZZ_EXAMPLES")
fuzzed = settings(
    max_examples=int(MANY or 60),
    derandomize=MANY is None,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


@pytest.fixture(scope="module")
def bank(tmp_path_factory):
    return Bank.at(made(tmp_path_factory.mktemp("fuzz") / "bank"))


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("files")


NASTY = (
    *(
        "",
        " ",
        "\u3000",
        "0",
        "-0.0",
        "1",
        "-1",
        "12.345",
        "1,234.50",
        "1,5",
        "１２３",
        "1e9",
        "0x10",
    ),
    *("9" * 16, "9" * 17, "9" * 40, "1" + "0" * 30, "NaN", "inf", "-inf", "1e308", "3万", "0.5亿"),
    *("2026-10-31", "2026-11-01", "2026-02-31", "0001-01-01", "9999-12-31", "10000-01-01", "60"),
    *("2026/1/2", "20260102", "2026年1月2日", "31.12.2026", "2026-10-31 23:59:59.5", "1899-12-31"),
    *("Y", "N", "是", "否", "TRUE", "maybe", "FQ01", "fq05", "normal", "CNY", "USD", "XXX", "LS01"),
    *(
        "#REF!",
        "#N/A",
        "=1+1",
        "@SUM(A1)",
        "+cmd|' /C calc'!A0",
        "-2+3",
        "'quoted'",
        'a"b',
        "a,b;c|d\te",
    ),
    *(
        "line\nbreak",
        "cr\rhere",
        "\u200b",
        "\u202eabc",
        "😀",
        "é",
        "借据",
        "\ufeff",
        str(2**63),
        "null",
    ),
)
cells = st.sampled_from(NASTY) | st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12
)
likely = {
    "loan_id": st.integers(1, 30).map(lambda n: f"L{n}"),
    "borrower_id": st.integers(1, 5).map(lambda n: f"C{n}"),
    "booking_branch_id": st.sampled_from(["north", "south"]),
    "outstanding_principal": st.decimals(-10, 10**15, places=2).map(str),
}


@st.composite
def tables(draw):
    """Some columns in any order, and rows of cells, of which most are what one would expect."""
    chosen = draw(st.lists(st.sampled_from(OTHERS), max_size=6, unique=True))
    columns = draw(st.permutations([*REQUIRED, *chosen]))
    row = st.fixed_dictionaries(
        {
            name: st.one_of(likely[name], likely[name], cells) if name in likely else cells
            for name in columns
        }
    )
    return columns, draw(st.lists(row, min_size=1, max_size=12))


dialects = st.fixed_dictionaries(
    {
        "delimiter": st.sampled_from(",;\t|"),
        "quoting": st.sampled_from([csv.QUOTE_ALL, csv.QUOTE_MINIMAL]),
        "lineterminator": st.sampled_from(["\n", "\r\n"]),
    }
)
encodings = st.sampled_from(["utf-8", "utf-8-sig", "gb18030", "utf-16", "utf-16-le"])


def written(columns, rows, dialect, encoding):
    out = io.StringIO(newline="")
    if any("\r" in cell for row in rows for cell in row.values()):
        # The module leaves a carriage return bare, where it would be the end of the line.
        dialect = {**dialect, "quoting": csv.QUOTE_ALL}
    writer = csv.DictWriter(out, columns, **dialect)
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue().encode(encoding)


def judged(bank, path):
    """The loans of a draft: receipt, accepted rows, rejected rows."""
    with intake.draft(
        bank, [path], mapping="canonical", as_of=AS_OF, table="loan_snapshot"
    ) as draft:
        split = draft.splits["loan_snapshot"]
        return draft.receipt.main, split.accepted.collect(), split.rejected.collect()


def must_add_up(receipt, accepted, rejected):
    assert receipt.source_rows == receipt.delivered_rows + receipt.outside_rows
    assert receipt.delivered_rows == accepted.height + rejected.height
    assert receipt.accepted_rows == accepted.height
    assert receipt.rejected_rows == rejected.height
    assert receipt.delivered_amount == receipt.accepted_amount + receipt.rejected_amount
    numbers = [*accepted["source_row_no"], *rejected["source_row_no"]]
    assert sorted(numbers) == list(range(1, receipt.source_rows + 1))
    assert accepted["outstanding_principal"].sum() == receipt.accepted_amount
    assert all(rejected["rule_ids"].list.len() > 0)


def must_be_sound(accepted):
    """What no accepted row may be: the rejecting rules, and the types, in other words."""
    assert dict(accepted.drop("source_row_no").schema) == LOAN_SNAPSHOT.dtypes
    assert accepted.select(REQUIRED).null_count().sum_horizontal().item() == 0
    assert accepted["loan_id"].n_unique() == accepted.height
    assert accepted.filter(pl.col("outstanding_principal") < 0).is_empty()
    assert accepted.filter(pl.col("disbursement_date") > AS_OF).is_empty()
    assert set(accepted["currency_code"]) <= {"CNY"}
    for column in LOAN_SNAPSHOT.columns:
        if column.code_list:
            assert set(accepted[column.name].drop_nulls()) <= set(column.code_list.values)


@fuzzed
@given(table=tables(), dialect=dialects, encoding=encodings)
def test_of_any_table_every_row_is_accepted_or_kept_word_for_word(
    bank, folder, table, dialect, encoding
):
    columns, rows = table
    path = folder / "loan_snapshot.csv"
    path.write_bytes(written(columns, rows, dialect, encoding))
    # A text of few Chinese characters, or without a mark, may be taken for no encoding at all.
    may_refuse = UnreadableFileError if encoding in {"gb18030", "utf-16-le"} else ()
    try:
        receipt, accepted, rejected = judged(bank, path)
    except may_refuse:
        return
    assert receipt.source_rows == len(rows)
    must_add_up(receipt, accepted, rejected)
    must_be_sound(accepted)
    for number, words in rejected.select("source_row_no", "as_delivered").iter_rows():
        given_row = rows[number - 1]
        assert json.loads(words) == {name: given_row[name] or None for name in columns}
    for row in accepted.iter_rows(named=True):
        given_row = rows[row["source_row_no"] - 1]
        assert row["loan_id"] == given_row["loan_id"].strip()
        amount = given_row["outstanding_principal"]
        if PLAIN.fullmatch(amount):
            cents = Decimal(amount).quantize(Decimal("0.01"), rounding=ROUND_HALF_UP)
            assert row["outstanding_principal"] == cents


def as_csv(path):
    path.write_bytes(written(books.LOANS, books.october(), {"delimiter": ","}, "utf-8"))


def as_gb(path):
    rows = [{**row, "contract_id": f"合同{row['loan_id']}号"} for row in books.october()]
    path.write_bytes(written(books.LOANS, rows, {"delimiter": ";"}, "gb18030"))


def as_parquet(path):
    frame = pl.DataFrame(books.october() * 20).with_columns(
        pl.col("outstanding_principal").cast(pl.Decimal(18, 2)),
        pl.col("maturity_date").str.to_date(),
        pl.int_range(pl.len()).cast(pl.String).alias("loan_id"),
    )
    frame.write_parquet(path, row_group_size=50, compression="snappy")


def as_plain_parquet(path):
    pl.DataFrame(books.october()).write_parquet(path, compression="uncompressed")


def as_json(path):
    path.write_text(json.dumps(books.october()), encoding="utf-8")


def as_lines(path):
    path.write_text("\n".join(map(json.dumps, books.october())), encoding="utf-8")


def as_xlsx(path):
    rows = books.october()
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet("loans")
        sheet.write_row(0, 0, list(rows[0]))
        for number, row in enumerate(rows, start=1):
            sheet.write_row(number, 0, list(row.values()))
            sheet.write_number(number, 10, float(row["outstanding_principal"]))


def as_stored_xlsx(path):
    """The same, not compressed: damage goes into the XML itself, whose checksums are mended."""
    as_xlsx(path)


WRITERS = {
    "csv": as_csv,
    "gb18030.csv": as_gb,
    "parquet": as_parquet,
    "plain.parquet": as_plain_parquet,
    "json": as_json,
    "lines.json": as_lines,
    "xlsx": as_xlsx,
    "stored.xlsx": as_stored_xlsx,
}


class Bundle(dict):
    """Bytes by kind."""

    __slots__ = ()

    def __repr__(self):
        return "the good files"


@pytest.fixture(scope="module")
def fine(folder):
    """The bytes of a good file of each kind, in a bundle that is not printed when a test fails."""
    found = Bundle()
    for kind, write in WRITERS.items():
        path = folder / f"fine.{kind}"
        write(path)
        found[kind] = path.read_bytes()
    return found


places = st.floats(0, 1, exclude_max=True)
lengths = st.integers(1, 4) | st.integers(1, 400)
damages = st.lists(
    st.one_of(
        st.tuples(st.just("flip"), places, st.integers(0, 7)),
        st.tuples(st.just("set"), places, st.integers(0, 255)),
        st.tuples(st.just("cut"), places, lengths),
        st.tuples(st.just("twice"), places, lengths),
        st.tuples(st.just("insert"), places, st.binary(min_size=1, max_size=8)),
        st.tuples(st.just("end"), places, st.none()),
    ),
    min_size=1,
    max_size=4,
)


def damaged(content, damage):
    """The bytes with each damage done, one after the other."""
    out = bytearray(content)
    for what, place, how in damage:
        at = int(place * len(out))
        match what:
            case "flip" if out:
                out[at] ^= 1 << how
            case "set" if out:
                out[at] = how
            case "cut":
                del out[at : at + how]
            case "twice":
                out[at:at] = out[at : at + how]
            case "insert":
                out[at:at] = how
            case "end":
                del out[at:]
    return bytes(out)


def with_damaged_part(content, damage, part):
    """The workbook with one of its parts damaged and packed anew, so that no checksum tells."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    names = sorted(name for name in parts if name.startswith("xl/"))
    name = names[part % len(names)]
    parts[name] = damaged(parts[name], damage)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for one, inner in parts.items():
            archive.writestr(one, inner)
    return out.getvalue()


@fuzzed
@given(kind=st.sampled_from(list(WRITERS)), damage=damages, part=st.integers(0, 20))
def test_any_damaged_file_is_refused_in_one_line_or_adds_up(bank, folder, fine, kind, damage, part):
    broken = with_damaged_part if kind == "stored.xlsx" else lambda *given: damaged(*given[:2])
    path = folder / f"broken.{kind.rpartition('.')[2]}"
    path.write_bytes(broken(fine[kind], damage, part))
    try:
        receipt, accepted, rejected = judged(bank, path)
    except BranchmarkError as refusal:
        said = str(refusal)
    else:
        said = "it adds up"
        must_add_up(receipt, accepted, rejected)
        must_be_sound(accepted)
    assert len(said) < 4_000
    assert said == visible(said)
