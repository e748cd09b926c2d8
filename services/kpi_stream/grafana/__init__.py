"""The Grafana boards as code: generated from the KPI modules in English and French, and pushed to a Grafana."""
