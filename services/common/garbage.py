"""The garbage collector of a process that makes many objects at once, hardly any of which is part of a cycle."""

import gc

YOUNG, MIDDLE, OLD = 100_000, 20, 50


def collect_seldom() -> None:
    """Look through new objects after so many of them; through what is there by now, never again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG, MIDDLE, OLD)
