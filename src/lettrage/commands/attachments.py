"""What stands beside a file of invoices: attachments, read inside the file's own folder only."""

from collections.abc import Iterable
from pathlib import Path

from lettrage.invoicing.billing.compose import Files
from lettrage.limits import ATTACHMENT_BYTES, ATTACHMENTS_BYTES


def beside(file: str, paths: Iterable[str]) -> Files:
    """The attachments that a file names, by their paths as written: the bytes, or the code that says why not.

    A path leads down from the file's folder: no other root, no way up, no link out of it.
    """
    found: dict[str, bytes | str] = {}
    folder = Path.cwd() if file == "-" else Path(file).parent
    left = ATTACHMENTS_BYTES
    for path in paths:
        found[path] = content = _inside(folder, path, min(left, ATTACHMENT_BYTES))
        left -= len(content) if isinstance(content, bytes) else 0
    return found


def _inside(folder: Path, path: str, most: int) -> bytes | str:
    try:
        place = (folder / path.replace("\\", "/")).resolve()
        if Path(path).is_absolute() or not place.is_relative_to(folder.resolve()):
            return "attachment_outside"
        if not place.is_file():  # a pipe or a device would never end
            return "attachment_not_found"
        with place.open("rb") as opened:
            content = opened.read(most + 1)
    except (OSError, ValueError, RuntimeError):
        return "attachment_not_found"
    return content if len(content) <= most else "attachment_too_large"
