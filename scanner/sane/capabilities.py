"""From an option table to what a source can do, over all vendors' spellings."""

import re
from dataclasses import dataclass
from typing import Any

from scanner.model import ColorMode, DeviceCapabilities, Source, SourceCapabilities
from scanner.sane.options import BOOL, INT, STRING, UNIT_MM, Option, OptionTable
from scanner.sane.vocabulary import AUTO_LENGTH, DOUBLE_FEED, mode_of, second_choice, sensor_of, source_of

MM_PER_INCH = 25.4
OURS = ("source", "mode", "resolution", "x-resolution", "y-resolution", "depth", "tl-x", "tl-y", "br-x", "br-y", "page-width",
        "page-height", "adf-mode", "duplex", "batch-scan")  # fmt: skip
"""Options this layer sets from ScanSettings itself; the rest of the settable ones may be asked for by name."""


@dataclass(frozen=True, slots=True)
class SourcePlan:
    """The option values that choose a source, in the order they must be set."""

    source: Source
    values: tuple[tuple[str, Any], ...]


def source_plans(table: OptionTable) -> list[SourcePlan]:
    """Every paper source of the device. A device without any such option has one: a flatbed, if it is not a feeder only."""
    option = table.settable("source", "doc-source")
    if option is None or not option.choices:
        return [SourcePlan(Source.FLATBED, ())]
    plans: dict[Source, SourcePlan] = {}
    for word in option.choices:
        source = source_of(word)
        if source is not None and source not in plans:
            plans[source] = SourcePlan(source, ((option.name, word), *_companions(table, source)))
    switched = _duplex_switch(table, plans)
    return [*plans.values(), *switched]


def _companions(table: OptionTable, source: Source) -> list[tuple[str, Any]]:
    """hpaio feeds one sheet and stops unless told that more will be asked for."""
    batch = table.known("batch-scan")
    return [(batch.name, 1)] if batch is not None and source is not Source.FLATBED else []


def _duplex_switch(table: OptionTable, plans: dict[Source, SourcePlan]) -> list[SourcePlan]:
    """Drivers that choose one or two sides with a second option (epson2, hp5590: adf-mode; utsushi, hpaio: duplex).

    The option may be inactive until the feeder is chosen, and the feeder alone must then mean one side."""
    if Source.DUPLEX in plans or Source.FEEDER not in plans:
        return []
    feeder = plans[Source.FEEDER].values
    option = table.known("adf-mode", "duplex")
    if option is None:
        return []
    words = (next((one for one in option.choices if source_of(one) is Source.DUPLEX), None), _single_side(option))
    one, two = (0, 1) if option.type == BOOL else (words[1], words[0])
    if two is None:
        return []
    if one is not None:
        plans[Source.FEEDER] = SourcePlan(Source.FEEDER, (*feeder, (option.name, one)))
    return [SourcePlan(Source.DUPLEX, (*feeder, (option.name, two)))]


def _single_side(option: Option) -> str | None:
    return next((word for word in option.choices if re.search(r"simplex|single|one", word, re.IGNORECASE)), None)


def mode_words(table: OptionTable) -> dict[ColorMode, str]:
    """Our modes → the driver's first word for each."""
    option = table.settable("mode", "scan-mode")
    words: dict[ColorMode, str] = {}
    for word in sorted(option.choices, key=second_choice) if option else []:
        mode = mode_of(word)
        if mode is not None:
            words.setdefault(mode, word)
    return words


def source_capabilities(table: OptionTable, dpi: int = 300) -> SourceCapabilities:
    """What the source now chosen can do. ``dpi`` is the device's present resolution, for areas given in pixels."""
    modes = tuple(mode_words(table)) or (ColorMode.COLOR, ColorMode.GRAY, ColorMode.BITONAL)
    resolutions, span = _resolutions(table.find("resolution", "x-resolution"))
    return SourceCapabilities(
        modes=modes,
        resolutions=resolutions,
        resolution_range=span,
        max_width=_length(table.find("page-width"), dpi) or _length(table.find("br-x"), dpi),
        max_height=_length(table.find("page-height"), dpi) or _length(table.find("br-y"), dpi),
        auto_length=table.settable(*AUTO_LENGTH) is not None,
        double_feed=table.settable(*DOUBLE_FEED) is not None,
    )


def device_capabilities(sources: dict[Source, SourceCapabilities], table: OptionTable) -> DeviceCapabilities:
    """Join the sources with the device's sensors and its further options."""
    sensors = tuple(sorted({sensor_of(option.name) for option in table if option.sensor}))
    options = further_options(table)
    return DeviceCapabilities(sources, sensors, options, _values(table, options))


def _values(table: OptionTable, names: tuple[str, ...]) -> dict[str, dict[str, Any]]:
    """What each of these options takes, where its table says."""
    found: dict[str, dict[str, Any]] = {}
    for name in names:
        option = table.settable(name)
        if option is None:
            continue
        if option.choices or option.type == BOOL:
            found[name] = {"choices": list(option.choices) or [0, 1]}
        elif option.span:
            found[name] = {"span": [_plain(option, one) for one in option.span]}
    return found


def _plain(option: Option, number: float) -> float:
    return int(number) if option.type == INT else number


def further_options(table: OptionTable) -> tuple[str, ...]:
    """Normalised names of what ``ScanSettings.extra`` may ask for."""
    names = (option.name for option in table if option.settable and option.name not in OURS)
    return tuple(sorted(name.lower().replace("-", "_") for name in names))


def _resolutions(option: Option | None) -> tuple[tuple[int, ...], tuple[int, int, int] | None]:
    if option is None:
        return (), None
    if option.type == STRING:
        return tuple(sorted(int(word) for word in option.choices if word.isdigit())), None
    if option.choices:
        return tuple(sorted(round(value) for value in option.choices)), None
    if option.span:
        low, high, step = option.span
        return (), (max(1, round(low)), round(high), max(1, round(step)))
    return (), None


def _length(option: Option | None, dpi: int) -> float:
    """The largest length in mm, 0 when there is no limit known."""
    if option is None:
        return 0.0
    in_mm = option.unit == UNIT_MM or option.type != INT
    return round(option.highest if in_mm else option.highest / dpi * MM_PER_INCH, 2)
