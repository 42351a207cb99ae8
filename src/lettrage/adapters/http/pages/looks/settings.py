"""What the settings' pages ask of the books."""

from collections.abc import Sequence
from typing import Any, Protocol

from lettrage.guard.audited import Audited
from lettrage.invoicing.connecting.tested import Tested


class SettingsLooks(Protocol):
    """People, connection tests, the audit log."""

    def people(self, *, everywhere: bool) -> list[dict[str, Any]]: ...  # noqa: D102
    def audit_page(  # noqa: D102
        self, kind: str, by: str, after: Sequence[int | str], limit: int, *, everywhere: bool
    ) -> tuple[list[Audited], tuple[int | str, ...] | None]: ...
    def tests(self) -> dict[str, Tested]: ...  # noqa: D102
    def chorus_troubles(self) -> list[dict[str, str]]: ...  # noqa: D102
    def keep_test(self, test: Tested) -> None: ...  # noqa: D102
