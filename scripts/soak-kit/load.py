"""Hours of work in short: as much as the machine can do is found out first, then 70 % of it goes on, and memory must stay where it is."""

import argparse
import os
import pathlib
import time

from fleet import Fleet, free_port
from processes import Quota, cpu_seconds, resident_mb, slope
from reps import Reps, delivered

SHARE = 0.7
# What a process may seem to grow in an hour, by the noise of half an hour's samples.
MOST_MB_AN_HOUR = 16
# A program may not ask more than 20 times a second.
CALLS_A_SECOND = 10


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--short", action="store_true")
    parser.add_argument("--minutes", type=float)
    parser.add_argument("--quota", type=int, help="hundredths of a core that each process may have")
    chosen = parser.parse_args()
    seconds = int(60 * chosen.minutes) if chosen.minutes else 20 if chosen.short else 1800
    peak_seconds = 4 if chosen.short else 20
    face = f"127.0.0.1:{free_port()}"
    fleet = Fleet(2000, 6, 4, {"MSI__GATEWAY__LISTEN": face, "MSI__GATEWAY__TRUSTED_PROXIES": "", "MSI__MARKETO__POLL_SECONDS": "5",
                               "MSI__LOG__FILTER": "warn"})
    fleet.logs = fleet.folder.name
    quotas = []
    try:
        fleet.start("account", "account")
        fleet.ready()
        fleet.start("worker", "worker")
        member = fleet.settle_in()
        fleet.start("face", "gateway")
        fleet.ready(f"http://{face}")
        reps = Reps(fleet, f"http://{face}", fleet.records(300), fleet.api_token(member), 32)
        for name, process in fleet.processes.items():
            if chosen.quota:
                quotas.append(Quota(name, chosen.quota))
                quotas[-1].take(process.pid)
        calls, reps.api_token = reps.api_token, ""
        reps.work(peak_seconds // 2)
        peak = reps.work(peak_seconds)
        rate, reps.api_token = SHARE * peak["requests_per_second"], calls
        call_every = max(20, int(rate / 3 / CALLS_A_SECOND))
        print(f"  {peak['requests_per_second']:.0f} requests a second at most, p99 {peak['p99_ms']:.0f} ms; "
              f"{rate:.0f} a second for {seconds} s from now on", flush=True)
        pids = {name: process.pid for name, process in fleet.processes.items()}
        before = {name: cpu_seconds(pid) for name, pid in pids.items()}
        samples = {name: [] for name in pids}

        def look(at):
            for name, pid in pids.items():
                samples[name].append((at, resident_mb(pid)))

        worked = reps.work(seconds, rate, look, 1 if chosen.short else 5, call_every)
        print("  process    first MB   last MB   most MB   MB an hour   CPU")
        steepest = 0.0
        for name, pid in pids.items():
            # Caches fill in the beginning.
            settled = [sample for sample in samples[name] if sample[0] >= seconds / 6]
            grows = slope(settled)
            steepest = max(steepest, grows)
            print(f"  {name:9} {samples[name][0][1]:9.1f} {samples[name][-1][1]:9.1f} {max(value for _, value in samples[name]):9.1f} "
                  f"{grows:12.1f} {100 * (cpu_seconds(pid) - before[name]) / seconds:4.0f} %")
        lost, doubled = delivered(fleet, member, reps.calls, 180)
        print(f"  {worked['visits']:.0f} visits, {worked['requests_per_second']:.0f} requests a second, p50 {worked['p50_ms']:.1f} ms, p99 {worked['p99_ms']:.1f} ms, "
              f"slowest {worked['slowest_ms']:.0f} ms; not well: {worked['what']}; {reps.calls} calls noted, {lost} lost, {doubled} doubled; "
              f"database: {'PostgreSQL' if os.environ.get('POSTGRES_URL') else 'SQLite'}")
        failed = int(worked["bad"] + peak["bad"])
        too_steep = not chosen.short and steepest > MOST_MB_AN_HOUR
        broken = bool(failed or lost or doubled or too_steep)
        for name in fleet.processes if broken else ():
            for line in pathlib.Path(fleet.logs, f"{name}.log").read_text().splitlines()[:20]:
                print(f"  {name}: {line}")
        print(f"requests={worked['requests']:.0f} failed={failed} lost={lost} doubled={doubled} mb_an_hour={steepest:.1f}", flush=True)
        if broken:
            raise SystemExit(1)
    finally:
        fleet.stop()
        time.sleep(0.2)
        for quota in quotas:
            quota.end()


main()
