"""The house put together: settings, records, folders. Made once at a door and handed in; nothing reaches for a global."""

from dataclasses import dataclass
from pathlib import Path

from batches.database import Store
from batches.words import Role
from station.config import Settings


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts: the journal's name and the role that the rules ask for."""

    login: str
    role: Role


@dataclass(frozen=True, slots=True)
class Folders:
    """Where things lie below the house's data folder. Names are ours; nothing from outside becomes a path."""

    root: Path

    @property
    def masters(self) -> Path:
        return self.root / "masters"

    @property
    def sources(self) -> Path:
        """Files from outside that are no page's master by themselves: multi-page TIFF, PDF."""
        return self.root / "sources"

    @property
    def derived(self) -> Path:
        return self.root / "derived"

    @property
    def packages(self) -> Path:
        return self.root / "packages"

    @property
    def practice(self) -> Path:
        return self.root / "practice"

    @property
    def scanner_config(self) -> Path:
        return self.root / "scanner"

    def master(self, relative: str) -> Path:
        """A master by the path on record."""
        return self.root / relative

    def run(self, batch_uid: str, run_uid: str) -> Path:
        """Where a run's sides are spooled; they stay there: a master is written once."""
        return self.masters / batch_uid / run_uid

    def page(self, batch_uid: str, page_uid: str) -> Path:
        """Where a page's proof, thumbnail and words lie."""
        return self.derived / batch_uid / page_uid

    def package(self, package_uid: str) -> Path:
        return self.packages / package_uid


@dataclass(frozen=True, slots=True)
class House:
    settings: Settings
    store: Store
    folders: Folders

    @property
    def machine(self) -> Actor:
        """The station itself, where no person acts; it decides nothing that needs a supervisor."""
        return Actor("sohoa", Role.OPERATOR)


def open_house(settings: Settings) -> House:
    """The house of these settings; its records must be current. Raises DatabaseOld, DatabaseNewer, DatabaseUnreachable."""
    house = House(settings, Store(settings.database_url), Folders(settings.station.data_dir))
    house.store.require_current()
    house.store.close()  # a process that forks from here on inherits no connection
    return house
