"""``python -m station.cli``: the doors without an installed script."""

import sys

from station.cli.main import main

sys.exit(main())
