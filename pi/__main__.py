"""``python -m pi NAME ...``: the command, where it is not installed."""

import sys

from pi.console.dispatch import main

sys.exit(main())
