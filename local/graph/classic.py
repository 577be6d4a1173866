"""The education synchronization API under /beta/education/synchronizationProfiles."""

import asyncio
from collections.abc import Set as AbstractSet

import msgspec
from aiohttp import web

from local.graph.answers import Document, answer, number, page_of
from local.graph.graph_errors import GraphError, bad_request, not_found
from local.graph.identity import Identity
from local.graph.profiles import Profile
from local.graph.uploads import Uploads
from local.graph.verification import verify

PATH = "/beta/education/synchronizationProfiles"
WRITERS = frozenset({"EduAdministration.ReadWrite.All"})
READERS = WRITERS | {"EduAdministration.Read.All"}
_PREFER = "include-unknown-enum-members"


class ClassicApi:
    """The operations that an unattended app may call. The control API creates profiles."""

    def __init__(self, identity: Identity, uploads: Uploads) -> None:
        self.profiles: dict[str, Profile] = {}
        self._identity = identity
        self._uploads = uploads

    def routes(self) -> list[web.RouteDef]:
        """The routes. A route's name is the operation's name in faults and in the journal."""
        one = PATH + "/{id}"
        return [
            web.get(PATH, self.list_profiles, name="list_profiles"),
            web.get(one, self.get_profile, name="get_profile"),
            web.get(one + "/uploadUrl", self.upload_url, name="upload_url"),
            web.post(one + "/start", self.start, name="start"),
            web.get(one + "/profileStatus", self.profile_status, name="profile_status"),
            web.get(one + "/errors", self.errors, name="errors"),
        ]

    async def list_profiles(self, request: web.Request) -> web.Response:
        self._identity.require(request, READERS)
        value = [profile.describe(profile.state.look().word) for profile in self.profiles.values()]
        return answer(request, "education/synchronizationProfiles", {"value": value})

    async def get_profile(self, request: web.Request) -> web.Response:
        profile = self._profile(request, READERS)
        document = profile.describe(profile.state.poll().word)
        return answer(request, "education/synchronizationProfiles/$entity", document)

    async def upload_url(self, request: web.Request) -> web.Response:
        profile = self._provisioned(request)
        settings = profile.settings
        url = await self._uploads.open(
            settings.id, settings.sas_seconds, writes=settings.sas_writes
        )
        return answer(request, "String", {"value": url}, status=settings.upload_url_status)

    async def start(self, request: web.Request) -> web.Response:
        """Start the sync. If the uploaded files have errors, only list them in the answer."""
        profile = self._provisioned(request)
        files = await self._uploads.read(profile.settings.id)
        messages = await asyncio.to_thread(verify, files)
        refused = any(message.type == "Error" for message in messages)
        if not refused:
            profile.start_sync()
        return answer(
            request,
            "education/Collection(microsoft.graph.verificationMessage)",
            {"value": msgspec.to_builtins(messages)},
            status=profile.settings.refusal_status if refused else 200,
            effective=not refused,
        )

    async def profile_status(self, request: web.Request) -> web.Response:
        profile = self._profile(request, READERS)
        if not profile.has_status:
            raise not_found("profileStatus")
        document = profile.describe_status(newer_words=_PREFER in request.headers.get("Prefer", ""))
        context = (
            f"education/synchronizationProfiles('{profile.settings.id}')/profileStatus/$entity"
        )
        return answer(request, context, document)

    async def errors(self, request: web.Request) -> web.Response:
        profile = self._profile(request, READERS)
        errors = profile.errors()
        most = profile.settings.page_size
        size = min(most, number(request.query.get("$top", str(most))))
        page: Document = {"@odata.count": len(errors), **page_of(request, errors, size)}
        context = f"education/synchronizationProfiles('{profile.settings.id}')/errors"
        return answer(request, context, page)

    def _profile(self, request: web.Request, roles: AbstractSet[str]) -> Profile:
        self._identity.require(request, roles)
        profile = self.profiles.get(request.match_info["id"].lower())
        if profile is None:
            raise not_found(request.match_info["id"])
        return profile

    def _provisioned(self, request: web.Request) -> Profile:
        """The profile, if its state is the one that accepts files and starts. Raises GraphError.

        For start this is documented. That uploadUrl requires the state too is an assumption.
        """
        profile = self._profile(request, WRITERS)
        state = profile.state.look().word
        if not profile.takes_files:
            raise bad_request("The data provider of the synchronization profile takes no files.")
        if state != "provisioned":
            raise bad_request(f"The synchronization profile is not provisioned, it is '{state}'.")
        if profile.busy:
            raise GraphError(409, "Conflict", "An earlier request is still being processed.")
        return profile
