"""Files that are small and would fill the memory: refused or read within a bound, in a process of its own."""

import os
import subprocess
import zipfile

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.whole import books
from tests.whole.commands import PYTHON, Said, command, made, one_sentence

pytestmark = pytest.mark.whole

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
LINKS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
BOUND = 1_500
"""MB that a process may come to hold."""

WATCHED = """
import resource, subprocess, sys
done = subprocess.run(sys.argv[1:], timeout=90)
peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
sys.stderr.write(f"{peak // 1024}\\n")
sys.exit(done.returncode)
"""


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    return made(tmp_path_factory.mktemp("hostile") / "bank")


def watched(root, path):
    """What `ingest` said of a file, in a process that is given little room."""
    words = command("ingest", path, "-w", root, "--as-of", books.OCTOBER, "--reason", "x")
    done = subprocess.run(
        [PYTHON, "-c", WATCHED, *words, "--format", "json"],
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
        env={**os.environ, "RUST_BACKTRACE": "0"},
    )
    *said, peak = done.stderr.splitlines()
    assert int(peak) < BOUND
    return Said(done.returncode, done.stdout, "\n".join(said))


def workbook(path, sheet, **parts):
    texts = {
        "xl/workbook.xml": f'<workbook xmlns="{MAIN}" xmlns:r="{LINKS}"><sheets>'
        '<sheet name="S" sheetId="1" r:id="r1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": '<Relationships><Relationship Id="r1" '
        'Target="worksheets/one.xml"/></Relationships>',
        "xl/worksheets/one.xml": f'<worksheet xmlns="{MAIN}"><sheetData>{sheet}</sheetData>'
        "</worksheet>",
        **parts,
    }
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in texts.items():
            archive.writestr(name, text)


def named(*names):
    cells = "".join(f'<c t="inlineStr"><is><t>{name}</t></is></c>' for name in names)
    return f"<row>{cells}</row>"


LOAN = ("loan_id", "borrower_id", "booking_branch_id", "outstanding_principal")


def wide_sheet(path):
    """Sixteen thousand names, and forty thousand rows of one cell each."""
    names = (*LOAN, *(f"n{at}" for at in range(16_000)))
    workbook(path, named(*names) + named("a") * 40_000)


def one_long_row(path):
    workbook(path, f"<row>{'<c><v>1</v></c>' * (2 << 20)}</row>")


def styles(path):
    inner = f'<styleSheet xmlns="{MAIN}"><cellXfs>{"<xf/>" * (4 << 20)}</cellXfs></styleSheet>'
    workbook(path, named(*LOAN), **{"xl/styles.xml": inner})


def long_texts_in_a_dictionary(path):
    """A text of 1 MB in each of twenty thousand rows: 20 GB, written out."""
    one = pa.DictionaryArray.from_arrays(pa.array([0] * 20_000, pa.int32()), ["x" * (1 << 20)])
    plain = pa.array([str(at) for at in range(20_000)])
    same = pa.DictionaryArray.from_arrays(pa.array([0] * 20_000, pa.int32()), ["1"])
    table = pa.table({"loan_id": plain, **dict.fromkeys(LOAN[1:], same), "long": one})
    pq.write_table(table, path, compression="zstd")


REFUSED = {
    "a wide sheet.xlsx": (
        wide_sheet,
        "16,004 columns are too many for a sheet of more than 1,834 rows",
    ),
    "a row of two million cells.xlsx": (one_long_row, "row 1 has more than 16,384 cells"),
    "four million styles.xlsx": (styles, "it has more than 131,072 styles of cells"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_bomb_is_refused_within_the_bound(root, tmp_path, name):
    make, words = REFUSED[name]
    path = tmp_path / f"loan_snapshot {name}"
    make(path)
    assert words in one_sentence(watched(root, path))


def test_long_texts_that_are_packed_tightly_are_read_within_the_bound(root, tmp_path):
    path = tmp_path / "loan_snapshot.parquet"
    long_texts_in_a_dictionary(path)
    assert watched(root, path).json["delivered_rows"] == 20_000
