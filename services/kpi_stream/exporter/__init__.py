"""The exporter: `/metrics` for Prometheus and the read API, both from the cells in Redis."""
