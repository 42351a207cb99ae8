"""The real clock. Paris gives the accounting date."""

from datetime import UTC, date, datetime

from lettrage.dates import PARIS


class SystemClock:
    """The machine's clock. Satisfies the port `Clock`."""

    def now(self) -> datetime:
        """Now, in UTC."""
        return datetime.now(UTC)

    def today(self) -> date:
        """Today in Paris."""
        return self.now().astimezone(PARIS).date()
