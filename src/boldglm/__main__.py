"""``python -m boldglm``."""

import sys

from boldglm.cli import main

if __name__ == "__main__":
    sys.exit(main())
