"""Where the pages of files stand: each a sheet, or front and back in turn."""

from dataclasses import dataclass

from station.importing_plan import Entry


@dataclass(frozen=True, slots=True)
class Slot:
    """Where a page stands in the run."""

    sheet: int
    face: str


@dataclass(slots=True)
class Layout:
    """Where the next page goes. ``half``: a front waits for its back in the next file of one page."""

    pairs: bool
    apart: bool
    """every file begins a document, so it begins a sheet too"""
    sheet: int = 1
    half: bool = False

    def place(self, count: int) -> list[Slot]:
        """Slots of a file of ``count`` pages. Files of one page make pairs among themselves; longer ones within themselves."""
        if not self.pairs:
            first, self.sheet = self.sheet, self.sheet + count
            return [Slot(first + step, "front") for step in range(count)]
        if count == 1 and not self.apart:
            return [self._one_of_a_pair()]
        first, self.half = self.sheet, False
        self.sheet += (count + 1) // 2
        return [Slot(first + step // 2, "back" if step % 2 else "front") for step in range(count)]

    def _one_of_a_pair(self) -> Slot:
        if self.half:
            self.half = False
            return Slot(self.sheet - 1, "back")
        self.half = True
        self.sheet += 1
        return Slot(self.sheet - 1, "front")

    def pass_over(self, entry: Entry) -> None:
        """A picture that cannot be read keeps its place, or every later front would stand as a back."""
        if self.pairs and not self.apart and not entry.name.lower().endswith(".pdf"):
            self.place(1)
