"""A Prometheus's HTTP API."""

from typing import Any

import httpx

from services.common.errors import Unavailable


class PrometheusApi:
    """Asks one Prometheus. `mend`: what to do while it does not answer."""

    def __init__(self, url: str, http: httpx.AsyncClient, mend: str) -> None:
        self.url = url.rstrip("/")
        self._http = http
        self._mend = mend

    async def query(self, expression: str, time: float | None = None) -> list[Any]:
        """The series of an instant query, now or at a time (seconds since 1970), as Prometheus writes them.

        :raises Unavailable: when it does not answer it.
        """
        at = {} if time is None else {"time": time}
        return (await self.ask("POST", "query", query=expression, **at))["result"]  # type: ignore[no-any-return]

    async def ask(self, method: str, path: str, **parameters: Any) -> Any:
        """The data of an answer; nothing where there is none.

        :raises Unavailable: when it does not answer, or not with that.
        """
        body, address = (parameters, None) if method == "POST" else (None, parameters)
        try:
            response = await self._http.request(method, f"{self.url}/api/v1/{path}", data=body, params=address)
            answer = response.json() if response.content else {"status": "success"}
        except (httpx.HTTPError, ValueError) as error:
            said = f"Prometheus does not answer at {self.url}: {error!r}"
            raise Unavailable(said, mend=self._mend) from None
        if answer["status"] != "success":
            raise Unavailable(f"Prometheus at {self.url} says: {answer.get('error')}")
        return answer.get("data")
