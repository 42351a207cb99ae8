"""Secrets that nobody else has, searched for in what is written and shown."""

import base64
from collections.abc import Iterable, Mapping


def found(canaries: Mapping[str, str], *texts: object) -> list[str]:
    """Which of them, by name, stand in texts or bytes: in clear, or somewhere within base64."""
    data = b"\n".join(text if isinstance(text, bytes) else str(text).encode() for text in texts)
    return [name for name, canary in canaries.items() if any(spelled in data for spelled in _spellings(canary))]


def _spellings(canary: str) -> Iterable[bytes]:
    text = canary.encode()
    return [text, *(base64.b64encode(b" " * before + text)[8:-4] for before in (3, 4, 5))]
