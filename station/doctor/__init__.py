"""``sohoa doctor``: what is wrong with this machine, and the exact line to type."""

from station.doctor import keeping, scanners, software
from station.doctor.model import Check, Patient, Result, Said, Verdict, examine

CHECKS: dict[str, Check] = {
    "packages": software.packages,
    "recognition": software.recognition,
    "fonts": software.fonts,
    "console": software.console,
    "data": keeping.data_folder,
    "disk": keeping.disk,
    "database": keeping.database,
    "clock": keeping.clock,
    "port": keeping.port,
    "scanners": scanners.scanners,
}
"""In the order they are shown."""

__all__ = ["CHECKS", "Check", "Patient", "Result", "Said", "Verdict", "examine"]
