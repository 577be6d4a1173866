#!/bin/sh
# Runs a script of this folder for a hook of azure.yaml: sh infra/scripts/hook.sh NAME [ARGUMENT ...]
# hook.ps1 is the same for Windows. Both find a supported Python; everything else is in hook.py.
set -eu
root=$(CDPATH='' cd -- "$(dirname -- "$0")/../.." && pwd)
for python in "$root/.venv/bin/python" python3.13 python3.12 python3.11 python3 python; do
  if "$python" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' 2>/dev/null; then
    cd "$root"
    exec "$python" -m infra.scripts.hook "$@"
  fi
done
echo "Python is missing: install Python 3.11, 3.12 or 3.13, then run the command again." >&2
exit 1
