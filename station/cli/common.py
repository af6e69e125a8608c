"""What several doors share."""

import argparse
import json
from typing import Any

from station import config
from station.config import Settings
from station.house import House, open_house
from station.words import speak


def settings_of(args: argparse.Namespace) -> Settings:
    """The settings of this call; from here on the commands speak the configured language."""
    settings = config.load(args.config)
    speak(settings.station.language)
    return settings


def house_of(args: argparse.Namespace) -> House:
    """The house of the configuration named on the command line."""
    return open_house(settings_of(args))


def say_json(value: Any) -> None:
    """One JSON object on standard output, nothing else there."""
    print(json.dumps(value, ensure_ascii=False), flush=True)
