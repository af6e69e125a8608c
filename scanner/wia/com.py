"""The only lines that need Windows."""

from typing import Any


def device_manager() -> Any:
    """Raises ImportError where pywin32 is missing."""
    import win32com.client  # noqa: PLC0415 - Windows only

    return win32com.client.Dispatch("WIA.DeviceManager")
