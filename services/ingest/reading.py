"""From an HTTP request to CloudEvents: structured, binary and batch modes (CloudEvents HTTP binding 1.0.2)."""

from collections.abc import Mapping
from urllib.parse import unquote

import msgspec

from services.common.errors import Malformed, UnsupportedMedia

STRUCTURED = "application/cloudevents+json"
BATCH = "application/cloudevents-batch+json"
NDJSON = ("application/x-ndjson", "application/ndjson", "application/jsonl")
JSON = "application/json"

_items = msgspec.json.Decoder(list[msgspec.Raw])
_raw = msgspec.json.Decoder(msgspec.Raw)


def media_type(headers: Mapping[str, str]) -> str:
    """The content type without its parameters.

    :raises UnsupportedMedia: when the charset is not UTF-8 or the body is compressed.
    """
    encoding = headers.get("content-encoding", "identity")
    if encoding != "identity":
        raise UnsupportedMedia(
            f"content encoding {encoding!r} is not taken", field="Content-Encoding", mend="send it as it is"
        )
    kind, _, parameters = headers.get("content-type", "").partition(";")
    charset = parameters.replace(" ", "").lower().removeprefix("charset=").strip('"')
    if charset not in ("", "utf-8", "utf8"):
        raise UnsupportedMedia(f"charset {charset!r} is not taken", field="Content-Type", mend="send UTF-8")
    return kind.strip().lower()


def single(headers: Mapping[str, str], body: bytes) -> bytes:
    """One event, as structured JSON.

    :raises UnsupportedMedia: when the content type is none of a single event.
    :raises Malformed: when a binary-mode body is no JSON.
    """
    kind = media_type(headers)
    if kind == BATCH or kind in NDJSON:
        raise UnsupportedMedia(f"{kind} is a batch", field="Content-Type", mend="POST it to /v1/events/batch")
    if kind == STRUCTURED or (kind == JSON and "ce-id" not in headers):
        return body
    if kind == JSON:
        return _from_binary(headers, body)
    raise UnsupportedMedia(f"{kind or 'no content type'} is not taken", field="Content-Type", mend=f"send {STRUCTURED}")


def _from_binary(headers: Mapping[str, str], body: bytes) -> bytes:
    attributes = {name[3:]: unquote(value) for name, value in headers.items() if name.startswith("ce-")}
    try:
        data = _raw.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Malformed(f"the body is no JSON: {error}", mend="send the event's data as a JSON object") from None
    return msgspec.json.encode({**attributes, "data": data})


def batch(headers: Mapping[str, str], body: bytes) -> list[bytes]:
    """The events of a batch, each as structured JSON that is not read yet.

    :raises UnsupportedMedia: when the content type is none of a batch.
    :raises Malformed: when the array itself cannot be read.
    """
    kind = media_type(headers)
    if kind in NDJSON:
        return [line for line in body.splitlines() if line.strip()]
    if kind not in (BATCH, JSON):
        mend = f"send {BATCH} (an array) or {NDJSON[0]} (a line each)"
        raise UnsupportedMedia(f"{kind or 'no content type'} is not taken", field="Content-Type", mend=mend)
    try:
        return [bytes(item) for item in _items.decode(body)]
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Malformed(f"no JSON array: {error}", mend="send an array of CloudEvents") from None
