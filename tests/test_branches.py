"""What the check of branches reads, and what it finds too few."""

from hypothesis import given
from hypothesis import strategies as st

from tests.branches import LEAST, ROOT, Branches, branches, domain_modules, files_of, too_few, whole


def test_the_domain_is_what_the_contract_names() -> None:
    modules = domain_modules((ROOT / ".importlinter").read_text())
    assert {"services.kpi_stream.kpis", "services.common.windows"} <= set(modules)
    assert [module for module in modules for path in files_of(module) if not (ROOT / path).is_file()] == []
    assert [module for module in modules if not files_of(module)] == []


def test_a_package_is_all_that_it_holds() -> None:
    files = files_of("services.kpi_stream.entities")
    assert "services/kpi_stream/entities/order.py" in files
    assert all(path.startswith("services/kpi_stream/entities/") for path in files)


@given(st.integers(0, 200), st.integers(0, 200))
def test_a_module_of_which_too_few_are_taken_is_told(there: int, taken: int) -> None:
    taken, path = min(there, taken), "services/common/windows.py"
    found = branches({"files": {path: {"summary": {"num_branches": there, "covered_branches": taken}}}})
    assert found == {path: Branches(there, taken)}
    assert bool(too_few(["services.common.windows"], found)) == (taken < LEAST * there)


def test_a_package_is_the_sum_of_its_files() -> None:
    package = "services.kpi_stream.entities"
    files = files_of(package)
    found = {path: Branches(10, 10) for path in files} | {files[0]: Branches(2, 1)}
    assert whole(package, found) == Branches(10 * (len(files) - 1) + 2, 10 * (len(files) - 1) + 1)
    (line,) = too_few([package], {path: Branches(10, 8) for path in files})
    assert line.startswith(package)
