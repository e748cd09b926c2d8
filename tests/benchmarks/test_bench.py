"""`make bench` in small: every contender ends, and every number is told. Quix Streams needs an environment of its own,
which takes longer to install than all the rest of this to run: it is left out."""

import json
import subprocess
import sys
from pathlib import Path

from deploy.local.programs import ROOT

CONSUMERS = {
    "aiokafka_floor",
    "faust_windowed",
    "cadran",
    "cadran_replay",
    "cadran_two_workers",
    "cadran_sparse",
    "cadran_unnamed",
    "cadran_mix",
    "cadran_mix_orders",
    "cadran_mix_unnamed",
}
SERVERS = {
    f"ingest_{form}{server}" for form in ("single", "single_few", "batch") for server in ("", "_bare", "_ceiling")
}
SNAPSHOTS = {"snapshot_cold", "snapshot_still", "snapshot_today_moved"}
STAGES = {"decode", "read", "fold", "publish", "commit"}


def test_every_contender_is_measured(tmp_path: Path) -> None:
    out = tmp_path / "bench.json"
    small = ["--events", "3000", "--days", "7", "--without", "quix_windowed", "--out", str(out)]
    done = subprocess.run(
        [sys.executable, "-m", "tests.benchmarks.bench", *small], cwd=ROOT, capture_output=True, text=True, timeout=280
    )
    assert done.returncode == 0, done.stdout + done.stderr
    found = json.loads(out.read_text())
    rows = {row["name"]: row for row in found["rows"]}
    assert rows.keys() == CONSUMERS | SERVERS
    assert all(row["events_per_s"] > 0 and row["peak_mb"] > 0 for row in rows.values())
    ours = [row for name, row in rows.items() if name.startswith("cadran")]
    assert all(row["us_per_event"].keys() >= STAGES and row["redis_per_event"]["commands"] > 0 for row in ours)
    assert {
        "cadran/faust_windowed",
        "cadran_mix/cadran_mix_orders",
        "cadran_mix/cadran_mix_unnamed",
        "ingest_single/ingest_single_bare",
    } <= found["ratios"].keys()
    assert {snapshot["name"] for snapshot in found["snapshots"]} == SNAPSHOTS
    assert all(snapshot["series"] > 500 for snapshot in found["snapshots"])
    assert all(name in done.stdout for name in rows)


def test_a_worker_is_watched_while_it_applies_orders(tmp_path: Path) -> None:
    out = tmp_path / "endurance.json"
    small = ["--events", "20000", "--out", str(out)]
    done = subprocess.run(
        [sys.executable, "-m", "tests.benchmarks.endurance", *small],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=280,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    seen = json.loads(out.read_text())
    assert [applied for applied, _ in seen] == [*range(2000, 20001, 2000), 20_000]
    assert all(50 < megabytes < 300 for _, megabytes in seen)
