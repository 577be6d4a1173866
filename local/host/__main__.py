"""`python -m local.host`."""

import sys

from local.host.main import main

sys.exit(main())
