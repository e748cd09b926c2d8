"""The schema of the Compose specification, as check-jsonschema ships it."""

import json
from collections.abc import Iterator
from importlib.resources import files

from jsonschema import Draft202012Validator

from deploy.docker.lint.compose import Compose

SCHEMA = files("check_jsonschema") / "builtin_schemas" / "vendor" / "compose-spec.json"


def faults(compose: Compose) -> Iterator[tuple[str, str]]:
    """What the schema refuses: where, and why."""
    for error in Draft202012Validator(json.loads(SCHEMA.read_text())).iter_errors(compose.whole):
        yield ".".join(map(str, error.absolute_path)), error.message[:300]
