"""A service of ours that the board asks over HTTP: what it answers, and what its not answering means."""

from collections.abc import Mapping
from typing import Any

import httpx

from services.common.errors import CadranError, Conflict, Forbidden, Invalid, Malformed, NotFound, Unavailable
from services.common.problems import read_problem

REFUSALS: Mapping[int, type[CadranError]] = {403: Forbidden, 404: NotFound, 409: Conflict, 422: Invalid}
OURS = (401, 408, 429)
"""Nobody is at fault who asks: the key of the board is, or the service is busy."""
AWAY = (*OURS, 502, 503, 504)
"""It does not answer, or what it reads does not: nothing can be asked now."""


class Remote:
    """`name`: as people are told of it."""

    def __init__(self, client: httpx.AsyncClient, name: str) -> None:
        self._client = client
        self._name = name

    async def get(self, path: str, parameters: Mapping[str, str]) -> Any:
        """What stands at a path.

        :raises Malformed, Forbidden, NotFound, Conflict, Invalid: as the service says.
        :raises Unavailable: when it does not answer, or cannot read.
        :raises CadranError: when it fails at this one.
        """
        return await self._ask("GET", path, params=parameters)

    async def put(self, path: str, content: Mapping[str, object]) -> Any:
        """Have something stand at a path. Raises as `get` does."""
        return await self._ask("PUT", path, json=content)

    async def _ask(self, method: str, path: str, **asked: Any) -> Any:
        try:
            response = await self._client.request(method, path, **asked)
            if response.is_client_error and response.status_code not in OURS:
                raise _refusal(response)
            if response.status_code in AWAY:
                raise self._absence(response)
            if not response.is_success:
                raise CadranError(f"{self._name} fails with {response.status_code} at {path}", mend="see its log")
            return response.json()
        except httpx.InvalidURL:
            raise Malformed("is too long to be asked for", mend="ask for less") from None
        except (httpx.HTTPError, ValueError) as error:
            said = f"{self._name} does not answer: {type(error).__name__}"
            raise Unavailable(said, mend="it is asked again") from error

    def _absence(self, response: httpx.Response) -> Unavailable:
        """Why it cannot answer now, if it says so itself."""
        problem = read_problem(response.content)
        if problem is None:
            return Unavailable(f"{self._name} answers {response.status_code}", mend="it is asked again")
        return Unavailable(problem.detail, mend=problem.mend)


def _refusal(response: httpx.Response) -> CadranError:
    """Why a service does not do what it is asked, which is then at fault by itself."""
    refusal = REFUSALS.get(response.status_code, Malformed)
    problem = read_problem(response.content)
    if problem is None:
        return refusal("cannot be asked for", mend="ask for less, in plain words")
    return refusal(problem.detail, field=problem.field, mend=problem.mend)
