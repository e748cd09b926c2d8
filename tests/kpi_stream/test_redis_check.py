import pytest

from services.kpi_stream.redis_check import wrong_settings

GOOD: dict[str, str | None] = {
    "maxmemory-policy": "noeviction",
    "hash-max-listpack-entries": "512",
    "hash-max-listpack-value": "1024",
}


def test_what_the_stack_sets_is_right_and_what_redis_does_not_know_is_passed_over() -> None:
    assert wrong_settings(GOOD) == []
    assert wrong_settings(dict.fromkeys(GOOD)) == []


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("maxmemory-policy", "allkeys-lru"),
        ("hash-max-listpack-entries", "128"),
        ("hash-max-listpack-value", "64"),
    ],
)
def test_a_setting_that_makes_numbers_wrong_or_memory_triple_is_named(name: str, value: str) -> None:
    (fault,) = wrong_settings({**GOOD, name: value})
    assert fault.what.startswith(f"{name} is {value}, it must be")
    assert f"CONFIG SET {name} {GOOD[name]}" in fault.mend
