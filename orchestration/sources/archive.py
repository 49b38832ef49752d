"""What a workbook may unpack to: told by the archive's own list, before anything is unpacked."""

import zipfile
from typing import Final

from orchestration.sources.source import Request

ENTRIES: Final = 10_000
UNPACKED: Final = 2 << 30
"""Bytes that all parts of a workbook may have, unpacked."""
STRINGS: Final = 512 << 20
"""Bytes that its table of texts may have: it is kept in memory."""
RATIO: Final = 200
SMALL: Final = 64 << 20
"""Below this many bytes a part may be packed as tightly as it likes."""

AS_XLSX: Final = "Save it as an Excel workbook (xlsx) without a password, or as CSV (UTF-8)."
_AS_TABLE: Final = "Save the sheet as CSV (UTF-8) or Parquet and deliver that."


def must_be_small(request: Request, archive: zipfile.ZipFile) -> None:
    """Refuses, by the archive's own list and before anything is unpacked, what would not fit."""
    parts = archive.infolist()
    if len(parts) > ENTRIES:
        raise request.refusal(
            f"it packs {len(parts):,} parts, and at most {ENTRIES:,} are opened", _AS_TABLE
        )
    if any(part.flag_bits & 1 for part in parts):
        raise request.refusal("its parts have a password", AS_XLSX)
    names = [part.filename for part in parts]
    if "xl/workbook.xml" not in names:
        why = "it is a binary Excel workbook (xlsb)" if "xl/workbook.bin" in names else None
        raise request.refusal(why or "it has no list of sheets (xl/workbook.xml)", AS_XLSX)
    if len(set(names)) < len(names):
        raise request.refusal("it packs two parts of the same name", AS_XLSX)
    whole = sum(part.file_size for part in parts)
    if whole > UNPACKED:
        raise request.refusal(
            f"it unpacks to {whole >> 20:,} MB, and at most {UNPACKED >> 20:,} MB are opened",
            _AS_TABLE,
        )
    for part in parts:
        if part.file_size > SMALL and part.file_size > RATIO * max(part.compress_size, 1):
            raise request.refusal(
                f"{part.filename} in it unpacks to {part.file_size >> 20:,} MB, more than {RATIO} "
                "times its packed size",
                _AS_TABLE,
            )
        if part.filename == "xl/sharedStrings.xml" and part.file_size > STRINGS:
            raise request.refusal(
                f"its texts unpack to {part.file_size >> 20:,} MB, and at most "
                f"{STRINGS >> 20:,} MB are opened",
                _AS_TABLE,
            )
