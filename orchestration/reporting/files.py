"""Files that are there whole or not at all, also when a command is killed midway."""

import os
import secrets
from pathlib import Path


def replaced(path: Path, data: bytes) -> Path:
    """Write a file in one step; its folder is made where there is none."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        with beside.open("xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)
    return path
