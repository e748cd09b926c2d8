"""Grafana: generated boards, provisioning, and what is checked of them."""
