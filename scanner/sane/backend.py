"""The SANE backend as the station sees it: no libsane in this process."""

from pathlib import Path

from scanner.worker.backend import ProcessBackend
from scanner.worker.process import MEMORY_LIMIT
from scanner.worker.timeouts import Timeouts


class SaneBackend(ProcessBackend):
    """``config_dir``: a private SANE_CONFIG_DIR for the children (see ``scanner.sane.config``), None = the system's own.

    ``library_path``: a folder with further SANE backends (``libsane-NAME.so.1``), searched before the system's."""

    def __init__(
        self,
        config_dir: Path | None = None,
        *,
        timeouts: Timeouts | None = None,
        library_path: Path | None = None,
        memory: int = MEMORY_LIMIT,
    ) -> None:
        env = {}
        if config_dir is not None:
            # No trailing colon: libsane then searches this folder only.
            env["SANE_CONFIG_DIR"] = str(config_dir)
        if library_path is not None:
            env["LD_LIBRARY_PATH"] = str(library_path)
        super().__init__("sane", "scanner.sane.child", env=env, timeouts=timeouts, memory=memory)
