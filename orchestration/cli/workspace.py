"""Making a workspace: an empty one, or the demo bank, built and served."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Final

import typer

from orchestration.cli.options import root_of
from orchestration.cli.output import console
from records import workspace as workspaces
from transforms.errors import UnknownNameError
from transforms.periods import last_complete_month_end
from transforms.sample.bank import BankSpec

DEMO_BANK: Final = "demo-bank"
DEFAULT_MONTHS: Final = 24
DEFAULT_LOANS: Final = 60_000
DEFAULT_SEED: Final = 20260101


def init(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A new or empty folder.")],
    example: Annotated[
        str | None, typer.Option("--example", help=f"Fill it with an example: {DEMO_BANK}.")
    ] = None,
    base_currency: Annotated[
        str, typer.Option("--base-currency", help="ISO 4217 code of all figures.")
    ] = "CNY",
    name: Annotated[str | None, typer.Option("--name", help="The bank's name.")] = None,
) -> None:
    """Make a workspace, empty or with the demo bank's deliveries."""
    if example not in (None, DEMO_BANK):
        raise UnknownNameError("example", example, (DEMO_BANK,), way_out=f"There is {DEMO_BANK}.")
    root = folder.resolve()
    called = name or ("Demo Bank" if example else root.name)
    workspaces.create(root, name=called, base_currency=base_currency)
    out = console()
    if example:
        from orchestration.cli.demo_bank import deliver  # noqa: PLC0415 - numpy only when asked for

        deliver(root_of(root), _spec(DEFAULT_MONTHS, DEFAULT_LOANS, DEFAULT_SEED))
        out.print(f"The demo bank is delivered to {root}. Build it: branchmark build -w {root}")
    else:
        out.print(
            f"A workspace stands in {root}. Deliver a book: branchmark ingest FILE --mapping NAME "
            f"--as-of DATE -w {root}"
        )


def demo(
    workspace: Annotated[
        Path, typer.Option("--workspace", "-w", help="Where the demo bank is built.")
    ] = Path(DEMO_BANK),
    months: Annotated[int, typer.Option(min=1, max=120, help="Month ends.")] = DEFAULT_MONTHS,
    loans: Annotated[int, typer.Option(min=50, help="Loans a month, about.")] = DEFAULT_LOANS,
    seed: Annotated[int, typer.Option(help="Same seed, same bank.")] = DEFAULT_SEED,
    serve: Annotated[bool, typer.Option(help="Serve the dashboard until stopped.")] = True,
    port: Annotated[int, typer.Option(help="Port of the dashboard.")] = 8501,
) -> None:
    """Generate the demo bank, deliver and build it, print the head office's scorecard, serve it."""
    from orchestration.cli.demo_bank import deliver, publish, scorecard  # noqa: PLC0415 - as above

    root = workspace.resolve()
    if not (root / workspaces.SETTINGS).exists():
        workspaces.create(root, name="Demo Bank", base_currency="CNY")
    root_of(root)
    stories = deliver(root, _spec(months, loans, seed))
    publish(root)
    scorecard(root, stories)
    if serve:
        from orchestration.cli.serve import run_dashboard  # noqa: PLC0415 - only when it serves

        run_dashboard(root, port=port, headless=True)


def _spec(months: int, loans: int, seed: int) -> BankSpec:
    last = last_complete_month_end(datetime.now(UTC).date())
    return BankSpec(months=months, loans=loans, seed=seed, last=last)
