"""What Schemathesis is told beside the document. It runs in an environment of its own, where nothing of ours is.

Which key a request bears, and which of its parameters name something that is there, is drawn from what the request
says: so that a request which failed fails again.
"""

import atexit
import json
import os
import random
from collections import Counter
from pathlib import Path
from typing import Any

import schemathesis

GIVEN = json.loads(Path(os.environ["CADRAN_FUZZ_GIVEN"]).read_text())
KEYS: list[str] = GIVEN["keys"]
"""Keys of one scope each; beside them goes one of all."""
KNOWN: dict[str, list[str]] = GIVEN["known"]
"""Names of parameters, and what is there under them."""
UNKNOWN = ("cdr_0_0", "nobody", "")
PROBLEM_JSON = "application/problem+json"

statuses: Counter[str] = Counter()
slowest = {"seconds": 0.0, "request": ""}


def drawn(*said: object) -> random.Random:
    return random.Random(repr(said))


def _planted(parameters: dict[str, Any] | None) -> dict[str, Any] | None:
    """Half of the parameters name what is there."""
    if not parameters:
        return parameters
    draw = drawn(sorted(parameters.items()))
    return {
        name: draw.choice(KNOWN[name]) if KNOWN.get(name) and draw.random() < 0.5 else value
        for name, value in parameters.items()
    }


@schemathesis.hook
def map_path_parameters(context: Any, path_parameters: dict[str, Any]) -> dict[str, Any] | None:
    return _planted(path_parameters)


@schemathesis.hook
def map_query(context: Any, query: dict[str, Any]) -> dict[str, Any] | None:
    return _planted(query)


@schemathesis.hook
def before_call(context: Any, case: Any, kwargs: dict[str, Any]) -> None:
    """Four of five requests bear a key that may do all, the others one of one scope, an unknown one, or none."""
    token = token_of(case)
    if token:
        case.headers["Authorization"] = f"Bearer {token}"


def token_of(case: Any) -> str:
    draw = drawn(case.method, case.path_parameters, case.query, case.body)
    return str(GIVEN["key"] if draw.random() < 0.8 else draw.choice([*KEYS, *UNKNOWN]))


@schemathesis.hook
def after_call(context: Any, case: Any, response: Any) -> None:
    statuses[str(response.status_code)] += 1
    if response.elapsed > slowest["seconds"]:
        slowest.update(seconds=response.elapsed, request=f"{case.method} {case.path}")


@schemathesis.hook
def filter_failure(context: Any, failure: Any, case: Any, response: Any) -> bool:
    """A campaign's id may hold anything when it is set up, so that it is told what is wrong with it: no method of the
    addresses below it is refused as such."""
    return not (case.method == "PUT" and case.path.startswith("/v1/campaigns/") and response.status_code == 422)


@schemathesis.check
def key_is_asked_for(ctx: Any, response: Any, case: Any) -> None:
    """Without a known key nothing is told but what is open."""
    if "security" in case.operation.definition.raw and token_of(case) in UNKNOWN:
        assert response.status_code >= 400, f"{response.status_code} without a key"


@schemathesis.check
def problem_document(ctx: Any, response: Any, case: Any) -> None:
    """Whatever is refused to a program is refused by a problem document, which says the same status."""
    if response.status_code < 400 or not case.path.startswith("/v1/") or _is_batch_of_refusals(response):
        return
    kind = response.headers.get("content-type", [""])[0]
    assert kind == PROBLEM_JSON, f"{response.status_code} is told as {kind}"
    problem = json.loads(response.content)
    assert problem["status"] == response.status_code, problem
    assert problem["title"], problem
    assert problem["detail"], problem


def _is_batch_of_refusals(response: Any) -> bool:
    return response.status_code == 422 and b'"results":[' in response.content[:100]


@atexit.register
def _tell() -> None:
    told = {"statuses": statuses, "slowest": slowest}
    Path(os.environ["CADRAN_FUZZ_TOLD"]).write_text(json.dumps(told))
