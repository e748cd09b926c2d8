"""The KPIs. Every module here that defines `KPI` is one; nothing else lists them."""

import importlib
import pkgutil
from collections.abc import Mapping
from functools import cache

from services.kpi_stream.kpis.kpi import Kpi


@cache
def all_kpis() -> Mapping[str, Kpi]:
    """Every KPI by id, in the order of their numbers."""
    modules = (importlib.import_module(f"{__name__}.{info.name}") for info in pkgutil.iter_modules(__path__))
    found = [module.KPI for module in modules if isinstance(getattr(module, "KPI", None), Kpi)]
    return {kpi.id: kpi for kpi in sorted(found, key=lambda kpi: (kpi.number, kpi.id))}
