"""From a dossier's settings to the platform itself: secrets unsealed, one client for each set of settings."""

import threading
from collections.abc import Sequence
from typing import Any

from lettrage.acts.chorus import SetChorus
from lettrage.adapters.chorus.calls import Calls
from lettrage.adapters.chorus.piste import Piste
from lettrage.adapters.chorus.portal import ChorusPortal
from lettrage.adapters.chorus.probe import gather
from lettrage.adapters.clock import SystemClock
from lettrage.adapters.keys import KeyFile
from lettrage.adapters.logs import log
from lettrage.adapters.store.books import SqlStore
from lettrage.company.dossier import Company
from lettrage.guard.secrets import KeyRing, Place, Secret, unseal
from lettrage.invoicing.connecting.connection import known_of
from lettrage.invoicing.connecting.diagnose import Evidence, Step, diagnose
from lettrage.invoicing.settings import Change, ChorusSettings, Platform, PlatformSettings, Row, settings_of, shape
from lettrage.refusal import Refusal, Stop


class Platforms:
    """The clients of this process, kept with their tokens as long as the settings stay as they are."""

    def __init__(self, keys: KeyFile | None = None) -> None:
        self._keys = keys
        self._lock = threading.Lock()
        self._open: dict[tuple[str, PlatformSettings], Piste] = {}

    @property
    def keys(self) -> KeyFile:
        """The key ring's file, as the environment names it now."""
        return self._keys or KeyFile()

    def settings(self, store: SqlStore, dossier: str) -> ChorusSettings:
        """A dossier's settings, secrets unsealed. Raises Stop where one of them does not open."""
        with store.books(dossier, writing=False) as books:
            rows = books.chorus_rows()
        return opened(dossier, rows, self.keys.ring())

    def portal(self, store: SqlStore, dossier: str, platform: Platform | None = None) -> ChorusPortal:
        """The platform that is on, or the one named. Raises Stop where something that it needs is not set."""
        return ChorusPortal(self.piste(dossier, self.settings(store, dossier), platform))

    def piste(self, dossier: str, settings: ChorusSettings, platform: Platform | None = None) -> Piste:
        """Calls to a platform. Raises Stop where something that they need is not set."""
        wanted = settings.platforms[platform or settings.platform]
        if wanted.missing:
            raise Stop(Refusal("not_connected", "chorus", wanted.platform, ", ".join(wanted.missing)))
        with self._lock:
            held = self._open.get((dossier, wanted))
            if held is None:
                held = self._open[dossier, wanted] = Piste(Calls(wanted, told=log))
            return held

    def set(self, dossier: str, changes: Sequence[Change], by: str) -> SetChorus:
        """The act that gives a dossier these settings."""
        return SetChorus(dossier, tuple(changes), self.keys.seal, by)

    def shape(self, dossier: str, rows: Sequence[Row]) -> dict[str, Any]:
        """The settings as they are shown; without a hint where a secret does not open."""
        ring = self.keys.ring()

        def opened_or_not(row: Row) -> Secret | None:
            try:
                return secret_of(dossier, row, ring)
            except Stop:
                return None

        return shape(dossier, rows, opened_or_not)

    def test(
        self, dossier: str, rows: Sequence[Row], company: Company, platform: Platform | None = None
    ) -> tuple[list[Step], Evidence]:
        """Ask the platform, and say for each step what the answers mean. Raises Stop where a secret does not open."""
        settings = opened(dossier, rows, self.keys.ring())
        wanted = platform or settings.platform
        known = known_of(settings, wanted, company, SystemClock().now())
        evidence = Evidence({})
        if not known.missing:
            sirets = [siret for siret, _ in known.sirets.values()]
            evidence = gather(self.piste(dossier, settings, wanted), sirets)
        return diagnose(evidence, known), evidence

    def close(self) -> None:
        """Close every connection."""
        with self._lock:
            for piste in self._open.values():
                piste.calls.close()
            self._open.clear()


def opened(dossier: str, rows: Sequence[Row], ring: KeyRing) -> ChorusSettings:
    """The settings that rows of the store say. Raises Stop where a secret does not open."""
    return settings_of(dossier, rows, lambda row: secret_of(dossier, row, ring))


def secret_of(dossier: str, row: Row, ring: KeyRing) -> Secret:
    """A secret, opened in its place. Raises Stop."""
    return unseal(row.value, Place(dossier, row.platform, row.establishment, row.name), ring)


platforms = Platforms()


def portal_for(store: SqlStore, dossier: str, platform: Platform | None = None) -> ChorusPortal:
    """Chorus Pro as a dossier's settings reach it: the platform that is on, or the one named. Raises Stop."""
    return platforms.portal(store, dossier, platform)


def settings_for(store: SqlStore, dossier: str) -> ChorusSettings:
    """A dossier's settings of Chorus Pro, secrets unsealed. Raises Stop where one of them does not open."""
    return platforms.settings(store, dossier)
