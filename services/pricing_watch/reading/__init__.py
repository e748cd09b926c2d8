"""From a page to a price: extractors, each giving candidates with where they came from, and the choice among them.

Nothing here does I/O or reads a clock.
"""

VERSION = 3
"""Raised when pages are read otherwise than before: those that have not changed are then read anew."""
