"""A virtual eSCL network scanner: real pages, real paper counting, faults on script. For practice, training and tests.

    with VirtualScanner(PageTray.from_folder(Path("pages"))) as scanner:
        print(scanner.url, airscan_conf(scanner))

``tray`` holds the paper, ``script`` the faults, ``machine`` the mechanics (what left the feeder and when), ``render`` makes the
side the client asked for, ``messages`` speaks eSCL's XML, ``server`` HTTP, ``hostile`` lies."""

from scanner.escl.script import Fault, FaultScript, FaultScriptError, VirtualFault
from scanner.escl.tray import PageTray, PageTrayError, Sheet
from scanner.escl.virtual import VirtualScanner, airscan_conf, write_sane_config

__all__ = [
    "Fault",
    "FaultScript",
    "FaultScriptError",
    "PageTray",
    "PageTrayError",
    "Sheet",
    "VirtualFault",
    "VirtualScanner",
    "airscan_conf",
    "write_sane_config",
]
