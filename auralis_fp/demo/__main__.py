"""``python -m auralis_fp.demo``."""

import sys

from .command import main

if __name__ == "__main__":
    sys.exit(main())
