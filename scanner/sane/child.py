"""``python -m scanner.sane.child PARENT``: the only process that loads libsane."""

from scanner.sane.driver import SaneDriver
from scanner.worker.child import main

if __name__ == "__main__":
    main(SaneDriver)
