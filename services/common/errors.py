"""The one tree of errors that Cadran raises on purpose.

Every error says what is wrong, which field holds it, and how to mend it. Over HTTP it becomes an RFC 9457 problem
document with the status given here; on the command line it becomes one line and exit status 1.
"""

from typing import ClassVar


class CadranError(Exception):
    """Base of every deliberate error."""

    status: ClassVar[int] = 500
    code: ClassVar[str] = "internal"

    def __init__(self, message: str, *, mend: str = "", field: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.mend = mend
        self.field = field

    def __str__(self) -> str:
        place = f"{self.field}: " if self.field else ""
        mend = f" - {self.mend}" if self.mend else ""
        return f"{place}{self.message}{mend}"


class Malformed(CadranError):
    """The request cannot be read at all (400)."""

    status = 400
    code = "malformed"


class Unauthenticated(CadranError):
    """No key, or a key that is not known (401)."""

    status = 401
    code = "unauthenticated"


class Forbidden(CadranError):
    """A known key without the scope that is needed, or what is told to nobody (403)."""

    status = 403
    code = "forbidden"


class NotFound(CadranError):
    """No such thing (404)."""

    status = 404
    code = "not_found"


class MethodNotAllowed(CadranError):
    """A path that is there, asked in a way that it does not answer (405)."""

    status = 405
    code = "method_not_allowed"


class Conflict(CadranError):
    """The same name was already given to something else (409)."""

    status = 409
    code = "conflict"


class TooLarge(CadranError):
    """Over a size limit (413)."""

    status = 413
    code = "too_large"


class HeadersTooLarge(CadranError):
    """More headers than any client of ours sends (431)."""

    status = 431
    code = "headers_too_large"


class UnsupportedMedia(CadranError):
    """A content type that is not accepted here (415)."""

    status = 415
    code = "unsupported_media"


class Invalid(CadranError):
    """Readable, but not what the contract asks for (422)."""

    status = 422
    code = "invalid"


class TooManyRequests(CadranError):
    """Over the rate allowed to the key (429)."""

    status = 429
    code = "too_many_requests"

    def __init__(self, message: str, *, retry_after: int, mend: str = "") -> None:
        super().__init__(message, mend=mend)
        self.retry_after = retry_after


class Unavailable(CadranError):
    """Something that this service needs does not answer in time (503)."""

    status = 503
    code = "unavailable"

    def __init__(self, message: str, *, retry_after: int = 2, mend: str = "") -> None:
        super().__init__(message, mend=mend)
        self.retry_after = retry_after


class ConfigurationError(CadranError):
    """A setting, a file or a server is not as this process needs it: a person must act."""

    code = "configuration"
