#!/usr/bin/env python3
"""Start the Auralis web host with the fingerprint plugin in it."""

import sys

from auralis_fp.cli import main_web

if __name__ == "__main__":
    sys.exit(main_web())
