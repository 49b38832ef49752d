"""The folder a bank works in: its settings, definitions, mappings, deliveries and published figures.

Nothing is written outside it. What lies inside the lake belongs in
`records.deliveries` and `records.published`.
"""

import re
import tomllib
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Final

from records.orchestration_settings import Orchestration, orchestration_of
from records.sign_in_settings import SignIn, sign_in_of
from records.spark_settings import SparkSettings, spark_of
from transforms.errors import WorkspaceError

SETTINGS: Final = "branchmark.toml"

_TEMPLATE: Final = """\
# A branchmark workspace. Every figure is in the base currency.
name = "{name}"
base_currency = "{base_currency}"

# Schedules run only where the environment is listed for them.
environment = "local"

# A month of whose loan balance more than this was rejected is not published.
max_rejected_percent = {max_rejected_percent}
# Nor is one of whose loans more than this have a balance that cannot be read or converted.
max_unmeasured_percent = {max_unmeasured_percent}

# Branches deliver until so many working days after the month end.
cut_off_working_days = {cut_off_working_days}

# Targets and check-ins are kept in ledger.db, or in PostgreSQL: the variable then holds its address.
# ledger = "env:BRANCHMARK_LEDGER"

# Months are built by several processes at once, and on several machines; see docs/several-machines.md.
# [orchestration]
# processes = 2
# storage = "env:BRANCHMARK_DAGSTER"

# Without this table the dashboard is for this machine alone. With it people sign in at the bank's own
# provider, and see what access/readers.csv or their claims give them; see docs/sign-in.md.
# [sign_in]
# secrets = "env:BRANCHMARK_SIGN_IN"
"""

MAX_REJECTED_PERCENT: Final = Decimal(5)
"""How much of a month's balance may be rejected, if the bank does not say."""
MAX_UNMEASURED_PERCENT: Final = Decimal(10)
"""How many of a month's loans may have no readable balance, if the bank does not say."""

CUT_OFF_WORKING_DAYS: Final = 10
"""How long after the month end branches may deliver, as a new workspace's settings say."""
_LONGEST_CUT_OFF: Final = 60
_CUT_OFF: Final = "cut_off_working_days"


@dataclass(frozen=True)
class Workspace:
    """One workspace, opened.

    Attributes:
        root: its folder.
        name: how pages and reports call the bank.
        base_currency: ISO 4217 code of the currency of all figures.
        environment: where it stands: local, test, production.
        max_rejected_percent: of how much of its balance a month may be rejected and still be published.
        max_unmeasured_percent: how many of its loans may have a balance that is not known, the same.
        ledger: where targets and check-ins are kept: `env:NAME`, or a server's address without a
            password; nothing means a file of the workspace.
        cut_off_working_days: how many working days after the month end branches may deliver; none if the
            bank has not said.
        sign_in: how people sign in; nothing means that whoever sits at the machine reads all.
        spark: which cluster works for the bank, where it is asked to.
        orchestration: where months are built, and by how many at once.
    """

    root: Path
    name: str
    base_currency: str
    environment: str
    max_rejected_percent: Decimal = MAX_REJECTED_PERCENT
    max_unmeasured_percent: Decimal = MAX_UNMEASURED_PERCENT
    ledger: str | None = None
    sign_in: SignIn | None = None
    cut_off_working_days: int | None = None
    spark: SparkSettings = field(default_factory=SparkSettings)
    orchestration: Orchestration = field(default_factory=Orchestration)

    @property
    def lake(self) -> Path:
        """Delivered tables and published figures."""
        return self.root / "lake"

    @property
    def scratch(self) -> Path:
        """Files that live no longer than a command."""
        return self.root / ".scratch"

    @property
    def dagster_home(self) -> Path:
        """Run history of the orchestrator."""
        return self.root / ".dagster"

    def texts(self, folder: str, suffix: str) -> dict[str, str]:
        """The bank's own files of a folder (catalogue, mappings, reference), by file name.

        Raises:
            WorkspaceError: if one of them is no text in UTF-8.
        """
        paths = sorted((self.root / folder).glob(f"*{suffix}"))
        return {path.name: _text(path) for path in paths}


def create(root: Path, *, name: str, base_currency: str) -> Workspace:
    """Make an empty workspace.

    Raises:
        WorkspaceError: if the folder holds one already, or holds something else.
    """
    if (root / SETTINGS).exists():
        raise WorkspaceError(
            f"{root} is a workspace already. Choose another folder, or use this one."
        )
    if root.exists() and (not root.is_dir() or any(root.iterdir())):
        raise WorkspaceError(f"{root} is not empty. Choose a new or empty folder.")
    if len(base_currency) != 3 or not base_currency.isascii() or not base_currency.isupper():  # noqa: PLR2004
        raise WorkspaceError(
            f"{base_currency!r} is no currency. Give an ISO 4217 code in capitals, such as CNY or USD."
        )
    for folder in ("catalogue", "mappings", "reference", "inbox", "lake"):
        (root / folder).mkdir(parents=True, exist_ok=True)
    text = _TEMPLATE.format(
        name=name.replace('"', "'"),
        base_currency=base_currency,
        max_rejected_percent=MAX_REJECTED_PERCENT,
        max_unmeasured_percent=MAX_UNMEASURED_PERCENT,
        cut_off_working_days=CUT_OFF_WORKING_DAYS,
    )
    (root / SETTINGS).write_text(text, encoding="utf-8")
    return open_workspace(root)


def open_workspace(root: Path) -> Workspace:
    """Open the workspace in a folder.

    Raises:
        WorkspaceError: if there is none, or its settings cannot be read.
    """
    path = root / SETTINGS
    if not path.is_file():
        raise WorkspaceError(
            f"No workspace in {root}: it has no {SETTINGS}. `branchmark init {root}` makes one, or name "
            "another folder with --workspace."
        )
    try:
        settings = tomllib.loads(path.read_text(encoding="utf-8"), parse_float=Decimal)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise WorkspaceError(f"{path} is no TOML ({error}). Mend it and run again.") from None
    percents = {
        "max_rejected_percent": MAX_REJECTED_PERCENT,
        "max_unmeasured_percent": MAX_UNMEASURED_PERCENT,
    }
    known = {
        *("name", "base_currency", "environment", "ledger", "sign_in", "spark", "orchestration"),
        _CUT_OFF,
        *percents,
    }
    unknown = sorted(set(settings) - known)
    if unknown:
        raise WorkspaceError(
            f"{path} has no setting {unknown[0]!r}. It knows {', '.join(sorted(known))}."
        )
    return Workspace(
        root=root,
        name=str(settings.get("name", root.name)),
        base_currency=str(settings.get("base_currency", "CNY")),
        environment=str(settings.get("environment", "local")),
        ledger=_ledger(path, settings.get("ledger")),
        sign_in=sign_in_of(path, settings.get("sign_in")),
        spark=spark_of(path, settings.get("spark")),
        cut_off_working_days=_cut_off(path, settings.get(_CUT_OFF)),
        orchestration=orchestration_of(path, settings.get("orchestration")),
        **{
            name: _percent(path, name, settings.get(name, otherwise))
            for name, otherwise in percents.items()
        },
    )


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise WorkspaceError(
            f"{path} is not written in UTF-8 (byte {error.start + 1}). Save it as UTF-8 and run again."
        ) from None
    except OSError as error:
        raise WorkspaceError(
            f"{path} cannot be read: {error.strerror}. Mend it or take it out of the folder."
        ) from None


def _ledger(path: Path, given: object) -> str | None:
    """Where the ledger is, as the settings state it; a password has no place in a file."""
    if given is None:
        return None
    text = given.strip() if isinstance(given, str) else ""
    if re.fullmatch(r"env:[A-Za-z_][A-Za-z0-9_]*", text):
        return text
    address = re.fullmatch(r"postgresql(?:\+psycopg)?://([^/?#]*)([^?#]*)(.*)", text)
    if address is None:
        raise WorkspaceError(
            f"{path}: ledger leads to no database. Write env:NAME, where the environment variable NAME "
            "holds the address, or leave the setting out."
        )
    if ":" in address[1].rpartition("@")[0] or "password" in address[3]:
        raise WorkspaceError(
            f"{path}: ledger holds a password, which has no place in a file. Put the address into an "
            'environment variable and write ledger = "env:NAME".'
        )
    return text


def _cut_off(path: Path, given: object) -> int | None:
    """A number of working days as the settings state it."""
    if given is None:
        return None
    if type(given) is not int or not 1 <= given <= _LONGEST_CUT_OFF:
        raise WorkspaceError(
            f"{path}: {_CUT_OFF} is {given!r}. Write a whole number of working days from 1 to "
            f"{_LONGEST_CUT_OFF}, or leave it out."
        )
    return given


def _percent(path: Path, name: str, given: object) -> Decimal:
    """A percentage as the settings state it."""
    is_number = isinstance(given, int | Decimal) and not isinstance(given, bool)
    number = Decimal(given) if is_number else None  # type: ignore[arg-type]
    if number is None or not 0 <= number <= 100:  # noqa: PLR2004 - per cent
        raise WorkspaceError(
            f"{path}: {name} is {given!r}. Write a number from 0 to 100, such as 5 or 0.5."
        )
    return number
