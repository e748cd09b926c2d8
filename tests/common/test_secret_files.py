from pathlib import Path

import pytest

from services.common.errors import ConfigurationError
from services.common.secret_files import read_secret


def test_a_secret_is_read_without_the_end_of_its_line(tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_text("pass word\n")
    assert read_secret(file) == "pass word"


@pytest.mark.parametrize(("content", "reason"), [(None, "No such file"), (b"\xff\xfe", "no text")])
def test_what_cannot_be_read_is_told_with_its_setting(tmp_path: Path, content: bytes | None, reason: str) -> None:
    file = tmp_path / "key"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(ConfigurationError, match=reason) as told:
        read_secret(file, "CADRAN_X", "write it there")
    assert (told.value.field, told.value.mend) == ("CADRAN_X", "write it there")
