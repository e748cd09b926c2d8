"""Reads competitors' prices from their pages, politely, judges each reading, and publishes what it believes."""
