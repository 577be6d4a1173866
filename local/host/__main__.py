"""`python -m local.host`."""

import logging
import os
import sys

from local.host.main import main

code = main()
logging.shutdown()
sys.stdout.flush()
sys.stderr.flush()
# A function that still runs on a thread of its own must not keep the process from ending.
os._exit(code)
