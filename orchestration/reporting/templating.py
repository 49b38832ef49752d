"""Reports in templates of the bank's or the regulator's own: what is read, refused and kept.

How a template is filled is said in `dashboards.summaries.template`; the product's own files are written in
`rendering`.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Final

from dashboards.i18n import Language
from dashboards.summaries import formats
from dashboards.summaries.template import Filled, Finding, Kind, fill
from dashboards.summaries.template_bindings import Bindings, bindings_of
from orchestration.bank import Bank
from orchestration.reporting import rendering
from orchestration.reporting.defined import BINDINGS, FOLDER
from orchestration.reporting.rendering import File
from records.access import Scope
from records.ledger.returns import Head
from transforms.errors import BranchmarkError
from transforms.returns.package import Package

_NOT_KEPT: Final = (Kind.LOST, Kind.ALTERED)


@dataclass(frozen=True, eq=False)
class Template:
    """A template with its bindings.

    Attributes:
        path: of the template.
        data: the template.
        bindings: which cells hold what, beyond what the template says itself.
    """

    path: Path
    data: bytes
    bindings: Bindings


@dataclass(frozen=True)
class Demands:
    """What is asked of a filled template before it is written.

    Attributes:
        strict: whether nothing at all may be found.
        accept_loss: whether it may lose what cannot be kept.
    """

    strict: bool = False
    accept_loss: bool = False

    def refusal(self, filled: Filled) -> str:
        """Why it is not written, in a sentence; empty if it is."""
        lost = filled.of(Kind.LOST)
        if lost and not self.accept_loss:
            told = "; ".join(f"{one.why} ({one.place})" for one in lost)
            return (
                f"The template holds what cannot be kept: {told}. Take it out of the template, or say "
                "--accept-loss."
            )
        accepted = _NOT_KEPT if self.accept_loss else ()
        against = [one for one in filled.findings if one.kind not in accepted]
        if self.strict and against:
            kinds = ", ".join(dict.fromkeys(one.kind.value for one in against))
            return (
                f"{len(against)} finding(s) ({kinds}), and --strict allows none. Mend template or "
                "bindings, or leave --strict out."
            )
        return ""


def opened(
    bank: Bank, return_id: str, path: Path, bindings: Path | None = None, missing: str | None = None
) -> Template:
    """A template, with the bindings file named, or else that of the workspace.

    The workspace's is called like the template, or else like the report: `returns/s70.bindings.yaml`.

    Args:
        bank: whose.
        return_id: of which report.
        path: of the template.
        bindings: of the bindings file.
        missing: what a cell without a value holds, whatever the file says.

    Raises:
        BranchmarkError: if a file is not there.
        CatalogueError: if the bindings file cannot be used.
    """
    data = _bytes(path, "template")
    folder = bank.workspace.root / FOLDER
    usual = (folder / f"{one}{BINDINGS}" for one in (path.stem, return_id))
    file = bindings or next((one for one in usual if one.is_file()), None)
    found = Bindings()
    if file is not None:
        try:
            found = bindings_of(file.name, _bytes(file, "bindings file").decode("utf-8-sig"))
        except UnicodeDecodeError:
            raise BranchmarkError(
                f"{file} is no text in UTF-8. Save it as UTF-8 and run again."
            ) from None
    return Template(path, data, found if missing is None else replace(found, missing=missing))


def filled(
    bank: Bank,
    scope: Scope,
    report: Head | Package,
    template: Template,
    language: Language = Language.EN,
) -> tuple[File, Filled]:
    """An edition, or what nobody prepared, in a template; nothing is written.

    Raises:
        AccessError: if the unit, or one below it, lies outside the scope.
        TemplateError: if the template cannot be read.
    """
    paper = rendering.paper(bank, scope, report, language)
    made = fill(paper, template.data, template.path.name, template.bindings)
    name = f"{formats.stem(paper)}-{template.path.stem}{made.suffix}"
    return File(name, made.data), made


def write(  # noqa: PLR0913 - which report, in what, for whom and where
    bank: Bank,
    scope: Scope,
    report: Head | Package,
    template: Template,
    folder: Path,
    *,
    demands: Demands,
    language: Language = Language.EN,
    replace: bool = False,
    at: datetime | None = None,
) -> tuple[Path | None, tuple[Finding, ...], str]:
    """Fill a template and write it, unless what is asked of it is not met.

    Returns:
        The file, what was found, and, where no file was written, why.

    Raises:
        ExistingFileError: if another file of that name is there.
        AccessError: if the unit, or one below it, lies outside the scope.
        TemplateError: if the template cannot be read.
    """
    file, made = filled(bank, scope, report, template, language)
    why = demands.refusal(made)
    if why:
        return None, made.findings, why
    paths = rendering.put(
        bank, scope, report, (file,), folder, language=language, replace=replace, at=at
    )
    return paths[0], made.findings, ""


def _bytes(path: Path, what: str) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise BranchmarkError(f"There is no {what} {path}. Name one that is there.") from None
    except OSError as error:
        raise BranchmarkError(
            f"The {what} {path} cannot be read ({error.strerror}). Name a file that can."
        ) from None
