"""Why an action has no amount, or a gap no actions, in both languages; answers belong in `answers`."""

from decimal import Decimal
from typing import Final

from transforms.catalogue.model import Label
from transforms.errors import BranchmarkError

UNDECIDED: Final = Label(
    "what it does to this figure does not follow from flags: try it with `branchmark whatif`",
    "无法由标识推算其影响，请用 `branchmark whatif` 试算",
)
NEITHER: Final = Label(
    "neither the catalogue nor the bank's standard scoring profile says whether higher or lower is better: "
    "say which with --better",
    "指标目录与本行标准评分方案均未规定高好还是低好，请用 --better 指明",
)
NONE: Final = Label(
    "how much of an action closes it does not follow from its flags: try one with `branchmark whatif`",
    "所需数额无法由标识推算，请用 `branchmark whatif` 试算",
)
STAYS: Final = Label(
    "what is counted stays counted, so nothing done now uses the headroom up",
    "已计入者不再减少，余量不会因当前操作而减少",
)
NONE_MET: Final = Label(
    "how much uses the headroom up does not follow from its flags: try an action with `branchmark whatif`",
    "余量可承受的数额无法由标识推算，请用 `branchmark whatif` 试算",
)
NO_AMOUNT: Final = Label("no amount does it", "任何数额均无法达标")
NO_EVIDENCE: Final = Label("no loan of the branch lacks only evidence", "本机构没有仅缺依据的贷款")
NOT_COUNTED: Final = Label("none of it would count in this figure", "补齐后仍不计入本指标")


def none_at(branch: str) -> Label:
    """There is nothing at the branch that it could be done to."""
    return Label(f"{branch} has no such loans", f"{branch} 没有此类贷款")


def all_of(there: Decimal) -> Label:
    """There is too little."""
    return Label(
        f"all of it would not do: there is {there:,.2f}", f"全部用上仍不足：现有 {there:,.2f}"
    )


def at_rate(rate: Decimal) -> Label:
    """New lending at such a rate leads nowhere."""
    told = f"{rate.normalize():f}"
    return Label(
        f"no amount at a rate of {told} does it: state a rate beyond the target with --rate",
        f"按利率 {told} 任何数额均无法达标，请用 --rate 指定其他利率",
    )


def sentence(error: BranchmarkError) -> Label:
    """A refusal as a reason, without its full stop; refusals have one language."""
    told = str(error).rstrip(".")
    return Label(told, told)
