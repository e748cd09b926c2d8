"""Vendors' webhooks: verified, read into events of ours, written down, and only then acknowledged."""
