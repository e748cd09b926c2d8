"""What the local stack hands to its programs."""

import stat
from configparser import ConfigParser
from pathlib import Path

import pytest
from supervisor.datatypes import dict_of_key_value_pairs

from deploy.local.programs import Layout, Program
from deploy.local.supervisor import Supervisor
from services.common.errors import ConfigurationError

PROGRAM = Program("ingest", "python -m services.ingest.main", 50)


def handed_over(folder: Path, value: str) -> str:
    """A setting as supervisord reads it from its file."""
    layout = Layout(folder)
    layout.make()
    Supervisor(layout).write([PROGRAM], {"CADRAN_SETTING": value, "CADRAN_Z": "last"})
    config = ConfigParser(interpolation=None)
    config.read(layout.supervisor_config)
    read = dict_of_key_value_pairs(config["program:ingest"]["environment"])
    assert read.pop("CADRAN_Z") == "last"
    return str(read["CADRAN_SETTING"]) % {}


@pytest.mark.parametrize(
    "value", ["", "plain", '{"mon": ["09:00-19:00"]}', "l'avis, 50 %", "a=b;c", "redis://:p%40s@h/0"]
)
def test_a_setting_arrives_as_it_was_given(tmp_path: Path, value: str) -> None:
    assert handed_over(tmp_path, value) == value


def test_the_settings_which_hold_passwords_are_readable_by_their_owner_alone(tmp_path: Path) -> None:
    """So is a file that another release wrote for all to read."""
    config = Layout(tmp_path).supervisor_config
    config.parent.mkdir(parents=True)
    config.touch(mode=0o644)
    handed_over(tmp_path, "postgresql://cadran:secret@db/survey")
    assert stat.S_IMODE(config.stat().st_mode) == 0o600


def test_what_cannot_be_handed_over_is_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="CADRAN_SETTING"):
        handed_over(tmp_path, """both " and '""")
