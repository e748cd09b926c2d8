"""Asking vendors' APIs: for what deliveries merely name, and for what they may have missed."""
