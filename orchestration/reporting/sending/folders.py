"""Files put into a folder: whole or not at all, the same contents once, other contents never over them."""

from collections.abc import Sequence

from orchestration.reporting.delivery_settings import Folder
from orchestration.reporting.files import replaced
from orchestration.reporting.rendering import File
from orchestration.reporting.sending.answers import Answer, failed, sent


def put(folder: Folder, files: Sequence[File]) -> Answer:
    """Put files into a folder that is there; a share that is not mounted must not be made up."""
    try:
        if not folder.path.is_dir():
            return failed(f"there is no folder {folder.path}; make it, or mount the share")
        paths = {folder.path / one.name: one for one in files}
        there = {path: path.read_bytes() for path in paths if path.exists()}
        other = [path.name for path, data in there.items() if data != paths[path].data]
        if other:
            return failed(
                f"{folder.path} holds a {other[0]} with other contents, which is not written over; move it "
                "away if it may go",
                for_good=True,
            )
        for path, one in paths.items():
            if path not in there:
                replaced(path, one.data)
    except OSError as error:
        return failed(f"{folder.path} cannot be written to: {error.strerror or error}")
    known = "already there" if len(there) == len(paths) else "written"
    return sent(f"{len(paths)} file(s) {known} in {folder.path}", receipt_of(files))


def receipt_of(files: Sequence[File]) -> str:
    """Files by name and hash: what proves which contents were handed over."""
    return "; ".join(f"{one.name} sha256:{one.sha256}" for one in files)
