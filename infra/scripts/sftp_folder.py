# ruff: noqa: INP001 - a script, run by path
"""Create a feed's folder and give it to the SFTP vendor that delivers the feed, and to no one else.

    python3 infra/scripts/sftp_folder.py FEED VENDOR

Only a local user can name another one as the owner of a folder, in an SFTP session and with rights
on the container. So a user of this script's own does it, with a key that lives as long as it runs.
Names come from azd's environment. Repeating it changes nothing.
https://learn.microsoft.com/azure/storage/blobs/secure-file-transfer-protocol-support#access-control-lists-acls
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

HELPER = "sisfolders"
NEEDED = ("az", "azd", "sftp", "ssh-keygen")
RIGHTS = "rwlcdop"
"""Of the helper alone; `o` and `p` change owners and modes."""


class FolderError(Exception):
    """The folder is not ready. The message says why, and what to do next."""


def main() -> int:
    parser = argparse.ArgumentParser(description=str(__doc__).partition("\n")[0])
    parser.add_argument("feed")
    parser.add_argument("vendor", help="the user, as in SIS_SFTP_USERS")
    given = parser.parse_args()
    try:
        _give(given.feed, given.vendor)
    except FolderError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    sys.stdout.write(f"{given.vendor} owns the folder {given.feed} and can sign in now.\n")
    return 0


def _give(feed: str, vendor: str) -> None:
    missing = [name for name in NEEDED if shutil.which(name) is None]
    if missing:
        raise FolderError(
            f"Not on the path: {', '.join(missing)}. Install them, then run this again."
        )
    container = _value("SIS_LANDING_CONTAINER")
    account = ["--account-name", _value("SIS_DATA_STORAGE")]
    account += ["--resource-group", _value("AZURE_RESOURCE_GROUP")]
    owner = _owner(account, vendor)
    with tempfile.TemporaryDirectory() as folder:
        key = Path(folder) / "key"
        _run("ssh-keygen", "-q", "-t", "rsa", "-b", "3072", "-N", "", "-f", str(key))
        public = key.with_suffix(".pub").read_text(encoding="utf-8").strip()
        scope = ["--permission-scope", f"permissions={RIGHTS}", "service=blob"]
        scope += [f"resource-name={container}"]
        home = ["--home-directory", container, "--has-ssh-key", "true"]
        keys = ["--ssh-authorized-key", f"key={public}"]
        try:
            _user("create", *account, "--name", HELPER, *home, *scope, *keys)
            _session(key, _host(account), _lines(feed, owner))
        finally:
            _user("delete", *account, "--name", HELPER)


def _lines(feed: str, owner: int) -> str:
    """An SFTP batch: `-` lets a line fail, since the folder may be there already.

    751 on the container: every user may open its folders, and only its owner may list them.
    """
    lines = [f"-mkdir {feed}", f"chown {owner} {feed}", f"chmod 700 {feed}", "chmod 751 ."]
    return "\n".join([*lines, ""])


def _session(key: Path, host: str, lines: str) -> None:
    batch = key.with_name("batch")
    batch.write_text(lines, encoding="utf-8")
    known = key.with_name("known_hosts")
    options = [
        f"UserKnownHostsFile={known}",
        "StrictHostKeyChecking=accept-new",
        "IdentitiesOnly=yes",
    ]
    given = [part for option in options for part in ("-o", option)]
    user = f"{host.partition('.')[0]}.{HELPER}"
    _run("sftp", "-b", str(batch), "-i", str(key), *given, f"{user}@{host}")


def _owner(account: list[str], vendor: str) -> int:
    users: list[dict[str, Any]] = json.loads(_user("list", *account) or "[]")
    found = {user["name"].rpartition("/")[2]: user.get("userId") for user in users}
    if found.get(vendor) is None:
        raise FolderError(
            f"The storage has no SFTP user {vendor} (it has {', '.join(sorted(found)) or 'none'})."
            " Add it to SIS_SFTP_USERS and run `azd provision platform`."
        )
    return int(str(found[vendor]))


def _host(account: list[str]) -> str:
    show = ["storage", "account", "show", "--name", *account[1:]]
    blob = json.loads(_run("az", *show, "--output", "json"))["primaryEndpoints"]["blob"]
    return str(blob).removeprefix("https://").strip("/")


def _user(verb: str, *arguments: str) -> str:
    command = ["storage", "account", "local-user", verb]
    return _run("az", *command, *arguments, "--output", "json")


def _value(name: str) -> str:
    return os.environ.get(name) or _run("azd", "env", "get-value", name).strip()


def _run(program: str, *arguments: str) -> str:
    # Without its path, `az` is a script that Windows does not find.
    command = [str(shutil.which(program)), *arguments]
    answer = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - the operator's own programs
    if answer.returncode:
        said = answer.stderr.strip() or answer.stdout.strip()
        raise FolderError(f"`{program} {' '.join(arguments[:4])}` failed: {said}")
    return answer.stdout


if __name__ == "__main__":
    sys.exit(main())
