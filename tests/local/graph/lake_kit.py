"""File sets, an HTTP client for the Data Lake, and the operation of a 202."""

from collections.abc import Mapping

import httpx

V2 = {
    "orgs.csv": "sourcedId,name,type\nS1,North,school\n",
    "users.csv": "sourcedId,username\nP1,ada\nT1,alan\n",
    "roles.csv": "userSourcedId,orgSourcedId,role\nP1,S1,student\nT1,S1,teacher\n",
    "classes.csv": "sourcedId,orgSourcedId,title\nC1,S1,Maths\n",
    "enrollments.csv": "classSourcedId,userSourcedId,role\nC1,P1,student\nC1,T1,teacher\n",
}
V1 = {
    "school.csv": "SIS ID,Name\nS1,North\n",
    "student.csv": "SIS ID,School SIS ID,Username\nP1,S1,ada\n",
    "teacher.csv": "SIS ID,School SIS ID,Username\nT1,S1,alan\n",
    "section.csv": "SIS ID,School SIS ID,Section Name\nC1,S1,Maths\n",
    "studentenrollment.csv": "Section SIS ID,SIS ID\nC1,P1\n",
    "teacherroster.csv": "Section SIS ID,SIS ID\nC1,T1\n",
}


class LakeCaller:
    """Makes the three calls of an upload to a session's URL, in plain HTTP."""

    def __init__(self, client: httpx.Client) -> None:
        self._client = client

    def create(self, session: str, name: str, **headers: str) -> httpx.Response:
        return self.call("PUT", session, name, "resource=file", headers=headers)

    def append(
        self, session: str, name: str, position: int, piece: bytes, more: str = "", **headers: str
    ) -> httpx.Response:
        query = f"action=append&position={position}{more}"
        return self.call("PATCH", session, name, query, content=piece, headers=headers)

    def flush(
        self, session: str, name: str, position: int, more: str = "", **headers: str
    ) -> httpx.Response:
        query = f"action=flush&position={position}{more}"
        return self.call("PATCH", session, name, query, headers=headers)

    def upload(self, session: str, files: Mapping[str, str]) -> None:
        for name, text in files.items():
            content = text.encode()
            answers = [
                self.create(session, name),
                self.append(session, name, 0, content),
                self.flush(session, name, len(content)),
            ]
            assert [answer.status_code for answer in answers] == [201, 202, 200]

    def call(
        self,
        method: str,
        session: str,
        name: str,
        query: str,
        *,
        content: bytes = b"",
        headers: Mapping[str, str] | None = None,
    ) -> httpx.Response:
        path, _, signature = session.partition("?")
        given = {name.replace("_", "-"): value for name, value in (headers or {}).items()}
        address = f"{path}/{name}?{query}&{signature}"
        return self._client.request(method, address, content=content, headers=given)


def operation_of(answer: httpx.Response) -> str:
    """The path of the accepted operation, relative to the API's root."""
    assert answer.status_code == 202
    assert answer.content == b""
    return "/operations/" + answer.headers["Location"].rsplit("/", 1)[1]
