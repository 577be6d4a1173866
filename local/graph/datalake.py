"""The Data Lake of upload sessions: signed containers, and create, append and flush.

It follows the Azure Data Lake Storage Gen2 REST reference for the calls that an upload needs. The
address is the directory {tenant}/{connector}/{container} with a shared access signature that only
permits to create and write. That the real one permits neither to read nor to delete is an
assumption. Only this process checks the signature, so its format is this module's own.
"""

import base64
import hashlib
import hmac
import secrets
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from urllib.parse import urlencode
from uuid import uuid4

from aiohttp import web
from msgspec import Struct, field

from local.graph.datalake_files import LakeError, LakeFile
from local.graph.journal import ENTRY
from local.graph.movable_clock import MovableClock

TENANT = "7a5c0b1e-51a0-4c1f-9d57-10ca1c10d000"
VERSION = "2023-11-03"
OPERATIONS = frozenset({"lake_create", "lake_append", "lake_flush", "lake_other"})
# Far above the size of one request of the app, and far below the service's limit.
LARGEST_BODY = 256 * 1024 * 1024


def operation(request: web.Request) -> str:
    """The operation's name in faults and in the journal."""
    asked = (request.method, request.query.get("resource"), request.query.get("action"))
    match asked:
        case ("PUT", "file", _):
            return "lake_create"
        case ("PATCH", _, "append"):
            return "lake_append"
        case ("PATCH", _, "flush"):
            return "lake_flush"
    return "lake_other"


class Container(Struct):
    """Files by name. The container no longer exists once it has expired or is `closed`."""

    id: str
    path: str
    expires: datetime
    closed: Callable[[], bool] = lambda: False
    files: dict[str, LakeFile] = field(default_factory=dict)

    def contents(self) -> dict[str, bytes]:
        """The flushed files, in name order."""
        return {name: file.content for name, file in sorted(self.files.items()) if file.flushed}


class DataLake:
    """Serves requests for files in containers that `open` has created."""

    def __init__(self, clock: MovableClock) -> None:
        self.origin = ""
        self._clock = clock
        self._key = secrets.token_bytes(32)
        self._containers: dict[str, Container] = {}

    def forget(self) -> None:
        self._containers.clear()

    def open(self, owner: str, expires: datetime) -> Container:
        """Create an empty container for a data connector."""
        identity = str(uuid4())
        container = Container(identity, f"/{TENANT}/{owner}/{identity}", expires)
        self._containers[container.path] = container
        return container

    def remove(self, container: Container) -> None:
        self._containers.pop(container.path, None)

    def is_gone(self, container: Container) -> bool:
        return container.expires <= self._clock.now() or container.closed()

    def sign(self, container: Container, expires: datetime) -> str:
        """The container's address with a signature that is valid until `expires`. A secret."""
        query = {
            "sv": VERSION,
            "st": _instant(self._clock.now()),
            "se": _instant(expires),
            "sr": "d",
            "sdd": "2",
            "sp": "cw",
        }
        signed = urlencode({**query, "sig": self._signature(container.path, query)})
        return f"{self.origin}{container.path}?{signed}"

    async def serve(self, request: web.Request) -> web.Response:
        request[ENTRY].leak = "Authorization" in request.headers
        try:
            container, name = self._authorized(request)
            response = await _carry_out(request, container, name)
        except LakeError as error:
            return _refusal(request, error)
        request[ENTRY].effective = True
        return response

    def _authorized(self, request: web.Request) -> tuple[Container, str]:
        if "Authorization" in request.headers:
            raise LakeError(400, "InvalidAuthenticationInfo", _MALFORMED)
        path, _, name = request.path.rpartition("/")
        if "sig" not in request.query:
            raise LakeError(401, "NoAuthenticationInformation", _UNAUTHENTICATED)
        expected = self._signature(path, request.query)
        if not hmac.compare_digest(expected.encode(), request.query["sig"].encode()):
            raise LakeError(403, "AuthenticationFailed", _UNAUTHENTICATED)
        if request.query["se"] <= _instant(self._clock.now()):
            raise LakeError(403, "AuthenticationFailed", _UNAUTHENTICATED)
        container = self._containers.get(path)
        if container is None or self.is_gone(container):
            raise LakeError(404, "FilesystemNotFound", "The specified filesystem does not exist.")
        return container, name

    def _signature(self, path: str, query: Mapping[str, str]) -> str:
        signed = [path, *(query.get(name, "") for name in ("sv", "st", "se", "sr", "sdd", "sp"))]
        mac = hmac.new(self._key, "\n".join(signed).encode(), hashlib.sha256)
        return base64.b64encode(mac.digest()).decode()


async def _carry_out(request: web.Request, container: Container, name: str) -> web.Response:
    body = await request.read()
    match operation(request):
        case "lake_create":
            return _create(request, container, name, body)
        case "lake_append":
            return _append(request, _file(container, name), body)
        case "lake_flush":
            return _flush(request, _file(container, name), body)
    if request.method in {"GET", "HEAD", "DELETE"}:
        raise LakeError(403, "AuthorizationPermissionMismatch", _NOT_PERMITTED)
    raise LakeError(400, "MissingRequiredQueryParameter", _PARAMETER_MISSING)


def _create(request: web.Request, container: Container, name: str, body: bytes) -> web.Response:
    _demand_empty(body)
    old = container.files.get(name)
    if old and request.headers.get("If-None-Match") == "*":
        raise LakeError(409, "PathAlreadyExists", "The specified path already exists.")
    _demand_match(request, old)
    file = container.files[name] = LakeFile()
    return _done(request, 201, file)


def _append(request: web.Request, file: LakeFile, piece: bytes) -> web.Response:
    position = _position(request)
    if not piece:
        raise LakeError(400, "InvalidHeaderValue", _HEADER_INVALID)
    digest = base64.b64encode(hashlib.md5(piece, usedforsecurity=False).digest()).decode()
    if request.headers.get("Content-MD5", digest) != digest:
        raise LakeError(400, "Md5Mismatch", "The MD5 value specified did not match the content.")
    file.append(position, piece)
    if request.query.get("flush") == "true":
        file.flush(position + len(piece), retain=False)
    return _done(request, 202)


def _flush(request: web.Request, file: LakeFile, body: bytes) -> web.Response:
    _demand_empty(body)
    _demand_match(request, file)
    retain = request.query.get("retainUncommittedData") == "true"
    file.flush(_position(request), retain=retain)
    return _done(request, 200, file)


def _file(container: Container, name: str) -> LakeFile:
    if name not in container.files:
        raise LakeError(404, "PathNotFound", "The specified path does not exist.")
    return container.files[name]


def _position(request: web.Request) -> int:
    text = request.query.get("position")
    if text is None:
        raise LakeError(400, "MissingRequiredQueryParameter", _PARAMETER_MISSING)
    if not text.isdecimal():
        raise LakeError(400, "InvalidQueryParameterValue", _PARAMETER_INVALID)
    return int(text)


def _demand_empty(body: bytes) -> None:
    if body:
        message = "The Content-Length request header must be zero."
        raise LakeError(400, "ContentLengthMustBeZero", message)


def _demand_match(request: web.Request, file: LakeFile | None) -> None:
    wanted = request.headers.get("If-Match", "*")
    if wanted != "*" and (file is None or wanted != file.etag):
        message = "The condition specified using HTTP conditional header(s) is not met."
        raise LakeError(412, "ConditionNotMet", message)


def _done(request: web.Request, status: int, file: LakeFile | None = None) -> web.Response:
    headers = _headers(request)
    if file:
        modified = file.modified.strftime("%a, %d %b %Y %H:%M:%S GMT")
        headers |= {"ETag": file.etag, "Last-Modified": modified}
    return web.Response(status=status, headers=headers)


def _refusal(request: web.Request, error: LakeError) -> web.Response:
    headers = {**_headers(request), "x-ms-error-code": error.code}
    trace = f"RequestId:{headers['x-ms-request-id']}\nTime:{_instant(datetime.now(UTC))}"
    body = {"error": {"code": error.code, "message": f"{error.message}\n{trace}"}}
    return web.json_response(body, status=error.status, headers=headers)


def _headers(request: web.Request) -> dict[str, str]:
    version = request.headers.get("x-ms-version", VERSION)
    return {"x-ms-request-id": str(uuid4()), "x-ms-version": version}


def _instant(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


_UNAUTHENTICATED = (
    "Server failed to authenticate the request. Make sure the value of Authorization header is"
    " formed correctly including the signature."
)
_MALFORMED = (
    "Authentication information is not given in the correct format. Check the value of"
    " Authorization header."
)
_NOT_PERMITTED = "This request is not authorized to perform this operation using this permission."
_PARAMETER_MISSING = "A query parameter that's mandatory for this request is not specified."
_PARAMETER_INVALID = (
    "Value for one of the query parameters specified in the request URI is invalid."
)
_HEADER_INVALID = "The value for one of the HTTP headers is not in the correct format."
