"""What `make check-data` does, on files with the same dirt."""

from pathlib import Path
from random import Random

import pytest

from tests.end_to_end import data_check
from tests.support.dirt import invoice_lines, opportunities, write_gzipped
from tests.support.stack import RunningStack


def test_dirty_files_are_imported_to_the_cent(tmp_path: Path) -> None:
    write_gzipped(tmp_path / "online_retail_2011-02.csv.gz", invoice_lines(Random(3), 3000))
    write_gzipped(tmp_path / "crm_pipeline_small.csv.gz", opportunities(Random(3), 400))
    told = data_check.check_folder(tmp_path)
    assert len(told) == 2
    assert all("numbers equal" in line for line in told)


def test_a_wrong_number_would_be_found(monkeypatch: pytest.MonkeyPatch) -> None:
    day = {"orders": 1, "units": 2, "gross_minor": 3, "returned_minor": 1, "net_minor": 2}
    point = {"at": "2011-02-01", "measures": {**day, "gross_minor": 4}}
    monkeypatch.setattr(data_check, "_series", lambda *_: [point])
    with pytest.raises(data_check.Difference, match="gross_minor: Cadran says 4, the file 3"):
        data_check._compare_days(object.__new__(RunningStack), {"2011-02-01": data_check.Counter(day)})
