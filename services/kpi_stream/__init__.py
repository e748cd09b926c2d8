"""The stream processor: events change entities, entities contribute to cells, KPIs read cells."""
