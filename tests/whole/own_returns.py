"""Small reports of a bank's own, so that tests of signing do not depend on what the product ships."""

HOUSE_BOOK = """
id: house_book
code: HB
version: "1"
label: {en: The book of a branch, zh: 分行贷款簿}
purpose: {en: What a branch lends., zh: 分行放款情况。}
frequency: monthly
audience: head_office
made_for: each
levels: [tier1]
due_working_days: 8
tables:
  T:
    label: {en: Loans, zh: 贷款}
    columns:
      A: {label: {en: Now, zh: 本月}, scale: units}
      B: {label: {en: Month before, zh: 上月}, scale: units, at: previous_month}
      C: {label: {en: Change, zh: 变动}, scale: units, formula: {left: A, sign: "-", right: B}}
    rows:
      "010": {metric: loan_balance}
      "020": {metric: sei_balance, of_which: "010", level: 1}
  U:
    label: {en: By sub-branch, zh: 分支行}
    units: [tier2]
    columns:
      A: {label: {en: Balance, zh: 余额}, metric: loan_balance, scale: units}
checks:
  OPEN: {kind: opening, label: {en: Opening equals closing, zh: 期初等于期末}, left: T.010.B}
"""
"""Of each branch: all of its checks hold."""

BANK_BOOK = """
id: bank_book
code: BB
version: "1"
label: {en: The book of the bank, zh: 全行贷款簿}
purpose: {en: What the bank lends., zh: 全行放款情况。}
frequency: monthly
audience: regulator
made_for: bank
due_working_days: 8
tables:
  T:
    label: {en: Loans, zh: 贷款}
    columns:
      A: {label: {en: Now, zh: 本月}, scale: units}
    rows:
      "010": {metric: loan_balance}
      "020": {metric: sei_balance}
checks:
  HALF: {kind: compare, label: {en: Not below nothing, zh: 不为负}, left: T.010.A, relation: "<=", right: "0"}
  LARGE:
    kind: compare
    severity: comment
    label: {en: Small, zh: 较小}
    left: T.010.A
    relation: "<="
    right: "1"
"""
"""Of the whole bank: one check never holds and blocks, another never holds and asks for a comment."""

OWN_CARD = """
id: own_card
code: OC
version: "1"
label: {en: The card of a branch, zh: 分行成绩单}
purpose: {en: How a branch stands., zh: 分行情况。}
frequency: monthly
audience: branch
made_for: each
levels: [tier1]
due_working_days: 8
tables:
  T:
    label: {en: Loans, zh: 贷款}
    columns:
      A: {label: {en: Now, zh: 本月}, scale: units}
    rows:
      "010": {metric: loan_balance}
"""
"""A branch's own: missed metrics ask for a check-in."""


def bring(root):
    """Put them into a workspace."""
    folder = root / "returns"
    folder.mkdir(exist_ok=True)
    for name, text in (("house", HOUSE_BOOK), ("bank", BANK_BOOK), ("card", OWN_CARD)):
        (folder / f"{name}.yaml").write_text(text, encoding="utf-8")
    return root
