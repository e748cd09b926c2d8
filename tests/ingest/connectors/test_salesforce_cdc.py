"""Change events: what is taken of them."""

import subprocess
import sys
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.common.errors import Malformed
from services.ingest.connectors.salesforce_cdc import pubsub_pb2
from services.ingest.connectors.salesforce_cdc.decoding import read_change, read_schema
from tests.ingest.connectors.salesforce_bus import BOB, DEAL, FIELDS, SCHEMA_TEXT, payload


@given(st.sets(st.sampled_from(FIELDS)))
def test_the_bits_of_a_bitmap_are_the_fields_that_changed(names: set[str]) -> None:
    change = read_change(payload(changed=tuple(names)), read_schema(SCHEMA_TEXT))
    assert change is not None
    assert set(change.change_event_header.changed_fields) == names


def test_only_which_when_and_whose_it_is_are_taken() -> None:
    change = read_change(payload(), read_schema(SCHEMA_TEXT))
    assert msgspec.to_builtins(change) == {
        "ChangeEventHeader": {
            "entityName": "Opportunity",
            "changeType": "UPDATE",
            "commitTimestamp": 1793692800000,
            "recordIds": [DEAL],
            "changedFields": ["OwnerId"],
        },
        "OwnerId": BOB,
        "CreatedDate": 1793606400000,
    }


@given(st.binary(max_size=300))
def test_bytes_that_are_no_change_are_refused(body: bytes) -> None:
    with pytest.raises(Malformed):
        read_change(body[:-1] + b"\xff", read_schema(SCHEMA_TEXT))


@pytest.mark.parametrize("text", ["", "{}", '"string"', "[", '{"type": "record"}'])
def test_what_is_no_schema_is_refused(text: str) -> None:
    with pytest.raises(Malformed):
        read_schema(text)


def test_the_python_of_the_protocol_is_that_of_its_file(tmp_path: Path) -> None:
    source = Path(pubsub_pb2.__file__).with_name("pubsub.proto")
    root = source.parents[4]
    run = ["-m", "grpc_tools.protoc", "-I.", f"--python_out={tmp_path}", f"--pyi_out={tmp_path}"]
    subprocess.run([sys.executable, *run, str(source.relative_to(root))], cwd=root, check=True)
    for name in ("pubsub_pb2.py", "pubsub_pb2.pyi"):
        made = tmp_path / source.parent.relative_to(root) / name
        assert made.read_text() == source.with_name(name).read_text()
