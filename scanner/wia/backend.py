"""The WIA backend as the station sees it: COM lives in the child process, like libsane does."""

from collections.abc import Mapping

from scanner.worker.backend import ProcessBackend
from scanner.worker.timeouts import Timeouts

WINDOWS = "scanner.wia.com:device_manager"


class WiaBackend(ProcessBackend):
    """``factory``: ``module:function`` that returns a WIA.DeviceManager; the tests hand in one that needs no Windows."""

    def __init__(
        self, factory: str = WINDOWS, *, timeouts: Timeouts | None = None, env: Mapping[str, str] | None = None
    ) -> None:
        super().__init__("wia", "scanner.wia.child", arguments=[factory], env=env, timeouts=timeouts)
