# Runs a script of this folder for a hook of azure.yaml: ./infra/scripts/hook.ps1 NAME [ARGUMENT ...]
# hook.sh is the same for Linux and macOS. Both find a supported Python; everything else is in hook.py.
$root = Split-Path -Parent (Split-Path -Parent $PSScriptRoot)
$candidates = @("$root/.venv/Scripts/python.exe", "$root/.venv/bin/python", "python3.13", "python3.12", "python3.11", "python3", "python", "py")
foreach ($python in $candidates) {
    if (-not (Get-Command $python -ErrorAction SilentlyContinue)) { continue }
    & $python -c "import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))"
    if ($LASTEXITCODE -ne 0) { continue }
    Push-Location $root
    try { & $python -m infra.scripts.hook @args } finally { Pop-Location }
    exit $LASTEXITCODE
}
[Console]::Error.WriteLine("Python is missing: install Python 3.11, 3.12 or 3.13, then run the command again.")
exit 1
