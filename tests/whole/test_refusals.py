"""Bad use: one clear sentence with the way out, an exit code that is not 0, and nothing written."""

import shutil

import polars as pl
import pytest

from tests.whole.commands import branchmark, contents, here, made, one_sentence, write_csv

pytestmark = pytest.mark.whole

LOAN = {
    "as_of_date": "2026-10-31",
    "loan_id": "L1",
    "borrower_id": "C1",
    "booking_branch_id": "HO",
    "outstanding_principal": "100.00",
}
FOREIGN = """\
name: {name}
title: A book of another shape
base_currency: CNY
tables:
  loan_snapshot:
    columns:
      loan_id: Receipt
      borrower_id: Client
      booking_branch_id: Office
      outstanding_principal: {column}
"""


@pytest.fixture(scope="module")
def bank(demo_bank, tmp_path_factory):
    """A copy of the demo bank, with two mappings of its own: one that fits no file, one broken."""
    root = tmp_path_factory.mktemp("refusals") / "bank"
    shutil.copytree(demo_bank.root, root)
    texts = {
        "foreign": FOREIGN.format(name="foreign", column="Outstandng"),
        "wrong_word": FOREIGN.format(name="wrong_word", column="Outstanding").replace(
            "loan_id:", "loan_ident:"
        ),
        "not_yaml": "name: [",
    }
    for name, text in texts.items():
        (root / "mappings" / f"{name}.yaml").write_text(text, encoding="utf-8")
    return root


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """Files that cannot be taken, by what is wrong with them."""
    folder = tmp_path_factory.mktemp("files")
    header = ",".join(LOAN)
    row = ",".join(LOAN.values())
    texts = {
        "binary": bytes(range(256)) * 64,
        "empty": b"",
        "ragged": f"{header}\n{row}\n{row},surplus\n".encode(),
        "short_line": f"{header}\n{row}\n2026-10-31,L2\n".encode(),
        "nul_bytes": f"{header}\n{row}\n".encode().replace(b"C1", b"C\x001"),
        "twice_the_same_column": f"{header},loan_id\n{row},L1\n".encode(),
        "open_quote": f'{header}\n{row}\n2026-10-31,"L2,C1,HO,1.00\n'.encode(),
        "no_loan_table": b"colour,weight\nred,1\n",
        "column_missing": f"{header}\n{row}\n".replace("borrower_id", "borower_id").encode(),
        "foreign": b"Receipt,Client,Office,Outstanding\nL1,C1,HO,100.00\n",
    }
    for name, content in texts.items():
        stem = "export" if name == "no_loan_table" else "loan_snapshot"
        path = folder / name / f"{stem}.csv"
        path.parent.mkdir()
        path.write_bytes(content)
    whole = folder / "whole.parquet"
    pl.DataFrame({name: [value] * 500 for name, value in LOAN.items()}).write_parquet(whole)
    content = whole.read_bytes()
    (folder / "loan_snapshot_cut.parquet").write_bytes(content[: len(content) // 2])
    (folder / "loan_snapshot_noise.parquet").write_bytes(bytes(range(255, -1, -1)) * 32)
    (folder / "loan_snapshot_folder.csv").mkdir()
    write_csv(folder / "fine" / "loan_snapshot.csv", [LOAN])
    return folder


def refused(bank, *words):
    """The sentence of a refused command; fails if it left anything behind."""
    before = contents(bank)
    sentence = one_sentence(here(*words, "-w", bank))
    assert contents(bank) == before
    return sentence


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("kpis", "--metric", "sei_shar"), "Did you mean sei_share"),
        (("kpis", "--metric", "npl_ratio", "--reading", "strict"), "No reading of npl_ratio"),
        (("kpis", "--reading", "brod"), "Did you mean broad?"),
        (("kpis", "--branch", "B999"), "No branch 'B999'."),
        (
            ("kpis", "--slice", "enterprise_sise"),
            "Did you mean enterprise_size or core_enterprise?",
        ),
        (("kpis", "--as-of", "2019-01-31"), "2019-01-31 is not published"),
        (("kpis", "--as-of", "2026-10-30"), "did you mean 2026-10-31?"),
        (("kpis", "--as-of", "yesterday"), "'yesterday' is not a month end."),
        (("kpis", "--as-of", "2026-02-30"), "is not a month end."),
        (("kpis", "--version", "9"), "no published version 9"),
        (("kpis", "--version", "1", "--as-of", "all"), "--version needs one month"),
        (("build", "--as-of", "2019-01-31"), "2019-01-31 is not delivered"),
        (("build", "--as-of", "2026-10-30"), "did you mean 2026-10-31?"),
        (("build", "--all", "--as-of", "latest"), "exclude each other"),
        (("explain", "L999"), "No loan 'L999'."),
        (("explain", "L999", "--metric", "sei_shar"), "Did you mean sei_share"),
        (("explain", "L999", "--as-of", "2019-01-31"), "2019-01-31 is not delivered"),
        (("catalogue", "sei_shar"), "Did you mean sei_share"),
    ],
    ids=" ".join,
)
def test_an_unknown_name_is_refused_with_the_near_miss_or_the_way_out(bank, words, said):
    assert said in refused(bank, *words)


@pytest.mark.parametrize(
    ("file", "words", "said"),
    [
        ("binary/loan_snapshot.csv", (), "cannot be read"),
        ("empty/loan_snapshot.csv", (), "cannot be read"),
        ("ragged/loan_snapshot.csv", (), "line 3"),
        ("short_line/loan_snapshot.csv", (), "line 3"),
        ("nul_bytes/loan_snapshot.csv", (), "cannot be read"),
        ("twice_the_same_column/loan_snapshot.csv", (), "loan_id"),
        ("open_quote/loan_snapshot.csv", (), "cannot be read"),
        ("loan_snapshot_cut.parquet", (), "cannot be read"),
        ("loan_snapshot_noise.parquet", (), "cannot be read"),
        ("loan_snapshot_folder.csv", (), "cannot be read"),
        ("nowhere.csv", (), "cannot be read"),
        ("no_loan_table/export.csv", (), "fit no table"),
        ("column_missing/loan_snapshot.csv", (), "Did you mean borower_id?"),
        ("fine/loan_snapshot.csv", ("--mapping", "ibdr"), "Did you mean ibrd?"),
        ("fine/loan_snapshot.csv", ("--mapping", "ibrd"), "Mapping ibrd"),
        ("fine/loan_snapshot.csv", ("--mapping", "wrong_word"), "loan_ident"),
        ("fine/loan_snapshot.csv", ("--mapping", "not_yaml"), "not_yaml"),
        ("fine/loan_snapshot.csv", ("--table", "loan_snapshots"), "Did you mean loan_snapshot"),
        ("fine/loan_snapshot.csv", ("--as-of", "2026-10-30"), "did you mean 2026-10-31?"),
        ("fine/loan_snapshot.csv", ("--as-of", "31.10.2026"), "YYYY-MM-DD"),
        ("foreign/loan_snapshot.csv", ("--mapping", "foreign"), "Outstandng"),
    ],
)
def test_a_file_that_cannot_be_taken_is_refused_whole(bank, files, file, words, said):
    month = () if "--as-of" in words or "fine" in file else ("--as-of", "2026-10-31")
    sentence = refused(bank, "ingest", files / file, *month, *words)
    assert said in sentence


def test_one_unreadable_file_keeps_out_the_good_ones_beside_it(bank, files):
    fine, cut = files / "fine" / "loan_snapshot.csv", files / "loan_snapshot_cut.parquet"
    assert str(cut) in refused(bank, "ingest", fine, cut)


def test_a_mapping_in_another_currency_than_the_workspace_is_refused(bank, files):
    sentence = refused(bank, "ingest", files / "fine" / "loan_snapshot.csv", "--mapping", "sba")
    assert "Mapping sba" in sentence


def test_an_unknown_column_names_the_near_miss(bank, files):
    words = ("--mapping", "foreign", "--as-of", "2026-10-31")
    sentence = refused(bank, "ingest", files / "foreign" / "loan_snapshot.csv", *words)
    assert "Did you mean Outstanding?" in sentence


@pytest.mark.parametrize(
    "words",
    [("kpis",), ("build",), ("explain", "L1"), ("dashboard",), ("dagster",), ("catalogue",)],
    ids=" ".join,
)
def test_a_folder_without_a_workspace_is_refused_and_left_alone(tmp_path, words):
    sentence = refused(tmp_path, *words)
    assert "No workspace in" in sentence
    assert "branchmark init" in sentence


def test_ingest_without_a_workspace_is_refused(tmp_path, files):
    refused(tmp_path, "ingest", files / "fine" / "loan_snapshot.csv")


def test_nothing_delivered_and_nothing_published_say_how_to_go_on(tmp_path):
    root = made(tmp_path / "empty")
    for words in (("kpis",), ("build",), ("explain", "L1"), ("kpis", "--as-of", "all")):
        assert "branchmark ingest" in refused(root, *words)


def test_init_takes_only_a_new_or_empty_folder(tmp_path):
    (tmp_path / "letter.txt").write_text("mine", encoding="utf-8")
    before = contents(tmp_path)
    assert "is not empty" in one_sentence(here("init", tmp_path))
    assert contents(tmp_path) == before
    root = made(tmp_path / "bank")
    before = contents(root)
    assert "is a workspace already" in one_sentence(here("init", root))
    assert contents(root) == before


def test_init_refuses_what_is_no_currency_or_no_example(tmp_path):
    for words in (("--base-currency", "yuan"), ("--example", "demo-bnak")):
        one_sentence(here("init", tmp_path / "bank", *words))
        assert not (tmp_path / "bank").exists()


def test_settings_that_cannot_be_read_are_named(tmp_path):
    root = made(tmp_path / "bank")
    for text, said in (
        ("base_curency = 'CNY'\n", "base_curency"),
        ("name = \n", "branchmark.toml"),
        (b"\xff\xfe\x00", "branchmark.toml"),
    ):
        content = text if isinstance(text, bytes) else text.encode()
        (root / "branchmark.toml").write_bytes(content)
        assert said in refused(root, "kpis")


def test_a_definition_of_the_workspaces_own_that_cannot_be_used_is_refused_whole(tmp_path):
    root = made(tmp_path / "bank")
    (root / "catalogue" / "own.yaml").write_text("metrics: {x: {kind: ratoi}}\n", encoding="utf-8")
    assert "own.yaml" in refused(root, "kpis", "--metric", "x")
    assert "own.yaml" in refused(root, "catalogue")


def test_a_refusal_reads_the_same_from_a_process_of_its_own(bank):
    """Everything above ran in this process; once, here, in one of its own."""
    words = ("kpis", "-w", bank, "--metric", "sei_shar")
    apart = branchmark(*words)
    assert one_sentence(apart) == one_sentence(here(*words))
    assert apart.code == 1
