"""What every HTTP service does alike: problem documents, size limits, authentication, health."""

import gc
from collections.abc import AsyncIterator, Awaitable, Callable
from ipaddress import ip_address, ip_network
from typing import Annotated, Any

import msgspec
import uvicorn
from fastapi import Depends, FastAPI, Request, Response, Security
from fastapi.exceptions import RequestValidationError
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp

from services.common.audit import AuditLog
from services.common.auth import ApiKey, KeyRing, Scope
from services.common.errors import CadranError, HeadersTooLarge, Malformed, MethodNotAllowed, NotFound, TooLarge
from services.common.header_limit import MOST_HEADER_BYTES, HeaderLimit
from services.common.logging import get_logger
from services.common.openapi import KEY, PROBLEM_JSON
from services.common.problems import problem_of
from services.common.settings import Port, Settings

log = get_logger(__name__)

KEEP_ALIVE_SECONDS = 75


def json_response(content: Any, status: int = 200, media_type: str = "application/json", **headers: str) -> Response:
    """Encode with msgspec: decimals become JSON numbers, exactly as they are written."""
    return Response(_encoder.encode(content), status_code=status, media_type=media_type, headers=headers)


_encoder = msgspec.json.Encoder(decimal_format="number")


def problem_response(error: CadranError) -> Response:
    headers = {}
    retry_after = getattr(error, "retry_after", None)
    if retry_after is not None:
        headers["Retry-After"] = str(retry_after)
    if error.status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    return json_response(problem_of(error), error.status, PROBLEM_JSON, **headers)


def tellable(path: str, error: Exception) -> CadranError:
    """The error as it may leave: of what was not foreseen nothing is said, but that it was logged."""
    if isinstance(error, CadranError):
        return error
    log.error("unforeseen error", path=path, exc_info=error)
    return CadranError("an internal error; it was logged", mend="try again later")


Tell = Callable[[Request, CadranError], Response]
"""How a service tells an error to who made a request."""


def _as_problem(_: Request, error: CadranError) -> Response:
    return problem_response(error)


def install_error_handlers(app: FastAPI, tell: Tell = _as_problem, mend: str = "see /docs") -> None:
    """Answer errors of endpoints, of parameters and of routing alike. `mend`: where to see what is answered."""

    @app.exception_handler(CadranError)
    @app.exception_handler(Exception)
    async def _raised(request: Request, error: Exception) -> Response:
        return tell(request, tellable(_route(request), error))

    @app.exception_handler(RequestValidationError)
    async def _parameters(request: Request, error: RequestValidationError) -> Response:
        first = error.errors()[0]
        field = ".".join(str(part) for part in first["loc"][1:])
        return tell(request, Malformed(first["msg"], field=field, mend=mend))

    @app.exception_handler(HTTPException)
    async def _routing(request: Request, error: HTTPException) -> Response:
        response = tell(request, routing_error(request, error, mend))
        response.headers.update(error.headers or {})
        return response


def _route(request: Request) -> str:
    """The path as it is declared, without what a request put into it: that may be a key, and no log may hold it."""
    return str(getattr(request.scope.get("route"), "path", "unknown"))


def routing_error(request: Request, error: HTTPException, mend: str) -> CadranError:
    """What the framework refuses before any of our functions is asked."""
    if error.status_code == 404:
        return NotFound(f"nothing is at {request.url.path}", mend=mend)
    if error.status_code == 405:
        return MethodNotAllowed(f"{request.method} is not answered here", mend=mend)
    return Malformed(error.detail, mend=mend)


async def read_body(request: Request, limit: int) -> bytes:
    """The body, unless it is larger than allowed.

    :raises TooLarge: as soon as more than the limit was announced or has arrived.
    """
    announced = request.headers.get("content-length", "0")
    if announced.isdigit() and int(announced) > limit:
        raise TooLarge(f"the body has {announced} bytes, the limit is {limit}", mend="send less at once")
    chunks, size = [], 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > limit:
            raise TooLarge(f"the body has more than {limit} bytes", mend="send less at once")
        chunks.append(chunk)
    return b"".join(chunks)


def require(keys: KeyRing, scope: Scope) -> Callable[..., Awaitable[ApiKey]]:
    """A dependency: the request's key, which must have a scope."""

    async def authenticated(request: Request, _: Annotated[object, Security(KEY)]) -> ApiKey:
        return admit(request, keys, scope)

    return authenticated


def admit(request: Request, keys: KeyRing, scope: Scope) -> ApiKey:
    """The key of a request, which must have a scope, and counts as one of its requests.

    :raises TooManyRequests: when there were too many.
    """
    key = keys.authenticate(request.headers.get("authorization"), scope, address_of(request))
    keys.requests.take(key.id)
    return key


def address_of(request: Request) -> str:
    """Whom a request comes from: an address, or the network where one has many (IPv6), by which they are counted."""
    host = request.client.host if request.client else ""
    try:
        address = ip_address(host)
    except ValueError:
        return host
    return str(ip_network((host, 64), strict=False)) if address.version == 6 else host


def require_recorded(keys: KeyRing, scope: Scope, audit: AuditLog) -> Any:
    """The same of an act of administration: it is in the audit log before it is done, or is not done."""

    async def recorded(request: Request, _: Annotated[object, Security(KEY)]) -> AsyncIterator[ApiKey]:
        key = admit(request, keys, scope)
        what = f"{request.method} {_route(request)}"
        async with audit.acting_meanwhile(f"key:{key.id}", what, " ".join(map(str, request.path_params.values()))):
            yield key

    return Depends(recorded, scope="function")  # it ends before the answer leaves


Check = Callable[[], Awaitable[None]]


def install_health(app: FastAPI, checks: dict[str, Check]) -> None:
    """`/healthz`: the process runs. `/readyz`: what it needs answers."""

    @app.get("/healthz", tags=["health"], summary="The process runs")
    async def healthz() -> dict[str, str]:
        return {"status": "ok"}

    not_ready: dict[int | str, dict[str, Any]] = {
        503: {"description": "What does not, and why", "content": {"application/json": {}}}
    }

    @app.get("/readyz", tags=["health"], summary="What this service needs answers", responses=not_ready)
    async def readyz() -> Response:
        faults = {}
        for name, check in checks.items():
            try:
                await check()
            except Exception as error:
                faults[name] = str(error) or type(error).__name__
        return json_response(
            {"status": "ok"} if not faults else {"status": "not ready", "faults": faults}, 503 if faults else 200
        )


def install_metrics(app: FastAPI, registry: CollectorRegistry) -> None:
    """`/metrics`: what a service tells of itself."""

    @app.get("/metrics", include_in_schema=False)
    async def metrics() -> Response:
        return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)


def serve(app: ASGIApp, settings: Settings, name: Port, *, grace: int) -> None:
    """Serve until told to stop; `grace`: seconds in which what was begun may end.

    Connections are kept longer than clients keep theirs (5 s is usual): otherwise a request meets a connection just as
    it is being closed.

    What is there by now stays to the end: the collector is told not to look through it again and again, which took a
    third of the gateway's time.
    """
    gc.collect()
    gc.freeze()
    port = settings.port(name)
    seconds = settings.https_only_days * 24 * 60 * 60
    log.info("listening", port=port)
    many = HeadersTooLarge(
        f"the headers have more than {MOST_HEADER_BYTES} bytes", mend="send fewer, or less of a cookie"
    )
    uvicorn.run(
        HeaderLimit(app, problem_response(many)),
        host=settings.host,
        port=port,
        forwarded_allow_ips=settings.proxies,
        headers=[("Strict-Transport-Security", f"max-age={seconds}")] if seconds else [],
        log_config=None,
        access_log=False,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=grace,
    )
