"""The picture of the imports, held against the code."""

from docs.imports_picture import COMMON, PLACES, Arrow, arrows, svg


def test_every_arrow_leads_down() -> None:
    drawn = {arrow for arrow in arrows() if arrow.imported != COMMON}
    assert Arrow("kpis", "entities") in drawn
    assert {arrow for arrow in drawn if PLACES[arrow.importer][1] >= PLACES[arrow.imported][1]} == set()
    assert svg().count("marker-end") == len(drawn)


def test_no_service_imports_another() -> None:
    services = {"ingest", "survey", "pricing_watch", "board", "simulator"}
    assert {arrow for arrow in arrows() if arrow.importer in services and arrow.imported != COMMON} == set()
