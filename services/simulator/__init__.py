"""A believable company whose events fill a demonstration: seeded, so that it is the same company every time."""
