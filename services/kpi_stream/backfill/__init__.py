"""`cadran backfill`: the past into Prometheus, so that curves do not begin with the day on which it was started."""
