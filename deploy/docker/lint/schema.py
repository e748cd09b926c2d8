"""The schema of the Compose specification, as check-jsonschema ships it."""

import json
from collections.abc import Iterator
from importlib.resources import files

from jsonschema.validators import validator_for

from deploy.docker.lint.compose import Compose

SCHEMA = files("check_jsonschema") / "builtin_schemas" / "vendor" / "compose-spec.json"


def faults(compose: Compose) -> Iterator[tuple[str, str]]:
    """What the schema refuses: where, and why."""
    schema = json.loads(SCHEMA.read_text())
    for error in validator_for(schema)(schema).iter_errors(compose.whole):
        yield ".".join(map(str, error.absolute_path)), error.message[:300]
