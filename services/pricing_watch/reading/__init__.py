"""From a page to a price: extractors, each giving candidates with where they came from, and the choice among them.

Nothing here does I/O or reads a clock.
"""
