"""Ways round a signature: names that look alike, signs that nobody sees, a name or definition exchanged."""

import shutil
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from dashboards.summaries import formats
from orchestration.bank import SYSTEM, Bank
from orchestration.reporting import layouts, preparing, rendering, workflow
from records.definition_store import DefinitionStore
from records.ledger.errors import LedgerUseError
from records.ledger.people import is_same_person, named, told
from records.ledger.returns import Step
from tests.whole.commands import here, one_sentence
from transforms.returns import adjusting
from transforms.returns.adjusting import AdjustmentError
from transforms.returns.package import Package

pytestmark = pytest.mark.whole

AT = datetime(2026, 11, 12, 9, 30, tzinfo=UTC)
OCTOBER = date(2026, 10, 31)


@pytest.fixture(scope="module")
def bank(demo_bank, tmp_path_factory):
    """A copy with a report of B205 that is prepared."""
    root = shutil.copytree(demo_bank.root, tmp_path_factory.mktemp("round") / "bank")
    return Bank.at(root)


@pytest.fixture(scope="module")
def prepared(bank):
    return preparing.prepare(bank, SYSTEM, "branch_scorecard", "B205", OCTOBER, by="LI WEI", at=AT)


@pytest.mark.parametrize("other", ["Ll WEl", "L1 Wei", "Lì Wèi", "l i.wei", "ＬＩ ＷＥＩ"])
def test_a_name_that_looks_like_the_preparers_neither_checks_nor_gives_reasons(
    bank, prepared, other
):
    assert is_same_person("LI WEI", other)
    ledger, head = bank.ledger.returns, prepared.head
    with pytest.raises(LedgerUseError, match="was prepared by LI WEI"):
        ledger.step(
            SYSTEM,
            head.package_id,
            Step.CHECKED,
            content_hash=head.content_hash,
            by=other,
            at=AT,
        )
    with pytest.raises(LedgerUseError, match="who cannot give the reason"):
        ledger.remark(
            SYSTEM, head.package_id, case="C1#1", kind="reason", text="Known.", by=other, at=AT
        )


@pytest.mark.parametrize("other", ["Li Wen", "Wei Li", "李伟", "Li Wei 2"])
def test_names_that_differ_to_the_eye_are_two_people(other):
    assert not is_same_person("Li Wei", other)


@pytest.mark.parametrize("sign", ["\u202e", "\u2066", "\u200f", "\x1b", "\x00", "\udcff", "\u2028"])
def test_nothing_is_written_into_a_report_that_hides_or_turns_what_stands_beside_it(sign):
    with pytest.raises(LedgerUseError, match="cannot be seen"):
        told(f"One client{sign}repaid")
    if sign != "\u2028":  # a line's end in a name is put in order as a space
        with pytest.raises(LedgerUseError, match="cannot be seen"):
            named(f"Wang{sign}Fang")


def test_what_people_write_in_any_script_over_lines_is_kept_and_a_whole_book_is_not():
    said = "一户提前还款，见 2026-118。\n\tÉtat, ریال, =SUM(A1)"
    assert told(f"  {said} ") == said
    with pytest.raises(LedgerUseError, match="4,000 at most"):
        told("x" * 4_001)


@pytest.mark.parametrize("amount", ["1e400", "-1e400", "1e17", "-1e26"])
def test_an_amount_that_no_report_could_hold_is_no_adjustment(bank, amount):
    with pytest.raises(AdjustmentError, match="too large"):
        adjusting.require(bank.catalogue, "loan_balance", "", "numerator", Decimal(amount))
    words = ("--branch", "B205", "--metric", "loan_balance", f"--amount={amount}", "--by", "Li")
    months = ("--reason", "Late.", "--from", "2026-10-31", "--until", "2026-10-31")
    said = here("signoff", "adjust", "enter", *words, *months, "-w", bank.workspace.root)
    assert "too large" in one_sentence(said)


def test_a_branchs_report_is_printed_with_the_unit_of_each_row(bank):
    words = ("report", "branch_scorecard", "--branch", "B205", "--draft", "--format", "json")
    said = here("--as", "branch:B205", *words, "-w", bank.workspace.root)
    units = {cell["data_point"]: cell["unit"] for cell in said.json["cells"]}
    assert units["BS.VOL.010.A"] == "CNY 10k"
    assert "%" in units.values()
    assert "own" not in units.values()


def test_the_banks_name_is_signed_and_another_name_is_another_edition(bank, prepared):
    package, head = prepared.package, prepared.head
    assert replace(package, bank="Other Bank").content_hash != package.content_hash
    again = Package.of(package.text(), run_id="r", fingerprint="f")
    assert again.bank == package.bank == bank.workspace.name
    path = bank.workspace.root / "branchmark.toml"
    kept = path.read_text("utf-8")
    path.write_text(kept.replace(f'name = "{package.bank}"', 'name = "Other Bank"'), "utf-8")
    try:
        other = Bank.at(bank.workspace.root)
        assert other.workspace.name == "Other Bank"
        assert rendering.paper(other, SYSTEM, head).bank_name == package.bank
        with pytest.raises(workflow.OutdatedReportError, match=r"\(units\), though no cell did"):
            workflow.check(other, SYSTEM, head, by="Wang Fang", at=AT)
    finally:
        path.write_text(kept, "utf-8")


def test_what_was_signed_before_the_name_was_keeps_its_hash(prepared):
    unnamed = replace(prepared.package, bank="")
    assert '"bank"' not in unnamed.text()
    assert Package.of(unnamed.text(), run_id="r", fingerprint="f").content_hash == (
        unnamed.content_hash
    )


def test_a_definition_exchanged_in_its_place_is_put_right_by_the_next_to_prepare(bank, prepared):
    store = DefinitionStore.of(bank.workspace)
    hashed = prepared.package.definition_hash
    path = store.path(hashed)
    whole = path.read_bytes()
    path.write_bytes(whole.replace(b"Month end", b"Year end"))
    assert "was altered" in (store.fault(hashed) or "")
    layouts.keep(bank, preparing.returns(bank)["branch_scorecard"])
    assert path.read_bytes() == whole
    assert store.fault(hashed) is None


@pytest.mark.parametrize("unit", ["../../etc", "/root", "..", "A/B", "a\\b", "x\ny", "."])
def test_a_units_number_is_no_way_out_of_the_folder(unit):
    told = formats.plain(unit)
    assert told.isascii()
    assert not {"/", "\\", "."} & set(told)
    assert told != formats.plain(unit.replace("/", "_").replace("\\", "_") + "_")
