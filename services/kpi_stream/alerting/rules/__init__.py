"""Thresholds as rules of Prometheus: what is judged, when it fires, and what it says."""
