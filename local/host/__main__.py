"""`python -m local.host`."""

import logging
import os
import sys

from local.host.main import main

code = main()
logging.shutdown()
sys.stdout.flush()
sys.stderr.flush()
# A function that still runs on another thread must not keep the process alive.
os._exit(code)
