"""Reps by the thousand, from `visits` (scripts/bench-kit/visits.rs)."""

import json
import os
import pathlib
import subprocess
import time

from fleet import SECRET

VISITS = os.environ.get("VISITS", "target/debug/examples/visits")


class Reps:
    def __init__(self, fleet, base, records, api_token, connections):
        folder = pathlib.Path(fleet.folder.name)
        self.files = folder / "envelope.json", folder / "records.txt"
        # As old as it may be: it says nothing of when it was issued, and its number makes it a new one.
        self.files[0].write_text(json.dumps(fleet.envelope("{record}", "{n}", None), separators=(",", ":")))
        leads = [record for _, record in records if record.startswith("00Q")]
        self.files[1].write_text("\n".join(leads))
        self.base, self.api_token, self.connections = base, api_token, connections
        self.calls = 0

    def work(self, seconds, rate=0, meanwhile=None, every=5, call_every=20):
        """Runs them, and `meanwhile` every few seconds; gives their figures."""
        process = subprocess.Popen(
            [VISITS, self.base, SECRET, *map(str, self.files), str(self.connections), str(seconds), f"{rate:.1f}", self.api_token, str(call_every)],
            stdout=subprocess.PIPE, text=True)
        begun = time.time()
        while process.poll() is None:
            if meanwhile and time.time() - begun < seconds:
                meanwhile(time.time() - begun)
            try:
                process.wait(every)
            except subprocess.TimeoutExpired:
                pass
        *failures, line = process.stdout.read().splitlines() or [""]
        if process.returncode:
            raise SystemExit("the reps gave up")
        for failure in failures[:5]:
            print(f"  {failure[:300]}")
        figures = dict(pair.split("=") for pair in line.split())
        figures = {key: value if key == "what" else float(value) for key, value in figures.items()}
        self.calls += int(figures["calls"])
        return figures


def delivered(fleet, member, calls, seconds):
    """Waits until as many calls are in Marketo as were acknowledged; gives (lost, doubled)."""
    until = time.time() + seconds
    while True:
        open_ones = sum(target["open"] for target in fleet.done(member, "GET", "/v1/deliveries?limit=1")["targets"])
        if not open_ones or time.time() > until:
            break
        time.sleep(1)
    written = [one["attributes"]["Sales Call Subject"] for one in fleet.control("GET", "/written")["marketo"]
               if one["type_name"].startswith("Received Sales Call")]
    return calls - len(set(written)), len(written) - len(set(written))
