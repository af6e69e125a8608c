"""``python -m scanner.wia.child PARENT MODULE:FUNCTION``: the only process that talks COM."""

import importlib
import sys
from collections.abc import Callable
from typing import Any

from scanner.wia.driver import WiaDriver
from scanner.worker.child import main


def factory(name: str) -> Callable[[], Any]:
    module, _, function = name.partition(":")
    made: Callable[[], Any] = getattr(importlib.import_module(module), function)
    return made


if __name__ == "__main__":
    main(lambda: WiaDriver(factory(sys.argv[2])))
