"""Every connection between the program's parts and what they depend on is delayed, cut and left half open in turn, while reps work."""

import argparse
import collections
import os
import time
import urllib.parse

from fleet import Fleet, free_port
from link import FAULTS, Link
from visitors import Crowd

# What may be said meanwhile: not now (503), not so many at once (429); where sessions are lost, that one has ended (401), and where
# the memory of signed requests is, that one can't be checked (409).
EXCUSES = {429, 503}
OF_MEMORY = {401, 409}


def through(url, link):
    parts = urllib.parse.urlsplit(url)
    user = f"{parts.username}@" if parts.username else ""
    return f"{parts.scheme}://{user}{link.address}{parts.path}"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--short", action="store_true")
    parser.add_argument("--links", default="", help="only these, with commas between them")
    parser.add_argument("--faults", default="", help="only these")
    chosen = parser.parse_args()
    fault_seconds, rest_seconds, rate = (3, 2, 40) if chosen.short else (15, 10, 60)
    database = os.environ["POSTGRES_URL"]
    sandbox_port = free_port()
    upstream = Link("worker-upstream", f"127.0.0.1:{sandbox_port}")
    fleet = Fleet(240, 8, 4, {
        "MSI__GATEWAY__WORKERS": "1", "MSI__GATEWAY__FRAGMENT_SECONDS": "1", "MSI__GATEWAY__TRUSTED_PROXIES": "127.0.0.1",
        "MSI__MARKETO__POLL_SECONDS": "5", "MSI__DELIVERY__CALL_SECONDS": "2", "MSI__SALESFORCE__TIMEOUT_SECONDS": "3",
    }, sandbox=("--port", str(sandbox_port), "--base-url", f"http://{upstream.address}"))
    crowd = None
    try:
        parts = urllib.parse.urlsplit(database)
        redis = f"127.0.0.1:{fleet.redis_port}"
        links = {link.name: link for link in (
            Link("face-account", fleet.account_address),
            Link("face-redis", redis),
            Link("account-database", f"{parts.hostname}:{parts.port}"),
            Link("worker-database", f"{parts.hostname}:{parts.port}"),
            Link("worker-redis", redis),
            upstream,
        )}
        account_own = {"MSI__DATABASE__URL": through(database, links["account-database"])}
        worker_own = {"MSI__DATABASE__URL": through(database, links["worker-database"]),
                      "MSI__REDIS__URL": f"redis://{links['worker-redis'].address}/"}
        face = f"127.0.0.1:{free_port()}"
        face_own = {"MSI__GATEWAY__LISTEN": face, "MSI__ACCOUNT__URL": f"http://{links['face-account'].address}",
                    "MSI__REDIS__URL": f"redis://{links['face-redis'].address}/"}
        fleet.start("account", "account", account_own)
        fleet.ready()
        fleet.start("worker", "worker", worker_own)
        member = fleet.settle_in()
        fleet.start("face", "gateway", face_own)
        fleet.ready(f"http://{face}")
        records = fleet.named_records(60)
        crowd = Crowd(fleet, f"http://{face}", records, rate, size=60, api_token=fleet.api_token(member))
        crowd.start()
        time.sleep(3)
        if crowd.refused() or crowd.odd:
            raise SystemExit(f"before anything was cut: {crowd.refused()} {dict(crowd.odd)} {crowd.examples}")
        requests = late = wrong = stuck = 0
        acknowledged = list(crowd.acknowledged)
        wanted_links, wanted_faults = chosen.links.split(",") if chosen.links else links, chosen.faults.split(",") if chosen.faults else FAULTS
        print("  link               fault       requests   late  wrong  slowest   not now  session  well again after")
        for number, name in enumerate(wanted_links):
            # In short each link suffers two of them, and each fault occurs.
            some = {wanted_faults[(2 * number + step) % len(wanted_faults)] for step in range(2)}
            for fault in sorted(some) if chosen.short and not chosen.faults else wanted_faults:
                crowd.clear()
                links[name].set(fault)
                time.sleep(fault_seconds)
                links[name].set("pass")
                # Well again: nobody is put off any more. Sessions that ended are opened anew on the way.
                begun, healthy = time.time(), 0
                while healthy < 2 and time.time() - begun < 45:
                    before = sum(count for (_, status), count in crowd.refused().items() if status not in OF_MEMORY)
                    time.sleep(1)
                    after = sum(count for (_, status), count in crowd.refused().items() if status not in OF_MEMORY)
                    healthy = healthy + 1 if after == before else 0
                again = time.time() - begun - 2
                stuck += healthy < 2
                time.sleep(rest_seconds)
                allowed = EXCUSES | OF_MEMORY if "redis" in name else EXCUSES
                bad = {key: count for key, count in crowd.refused().items() if key[1] not in allowed}
                here_wrong = sum(bad.values()) + sum(count for (_, what), count in crowd.odd.items() if what in ("another person", "nobody says when to try again"))
                by_status = collections.Counter()
                for (_, status), count in crowd.refused().items():
                    by_status[status] += count
                print(f"  {name:18} {fault:10} {crowd.requests:9} {crowd.late:6} {here_wrong:6} {crowd.quantile(1) * 1000:6.0f} ms "
                      f"{sum(by_status[code] for code in EXCUSES):8} {sum(by_status[code] for code in OF_MEMORY):8}  {again:.0f} s"
                      + (f"  {bad} {[crowd.examples.get(key) for key in bad]} {dict(crowd.odd)}" if here_wrong else ""), flush=True)
                requests, late, wrong = requests + crowd.requests, late + crowd.late, wrong + here_wrong
                acknowledged += crowd.acknowledged
        crowd.stop()
        acknowledged += crowd.acknowledged
        lost = fleet.lost_calls(member, acknowledged, 120)
        written = collections.Counter(
            one["attributes"]["Sales Call Subject"] for one in fleet.control("GET", "/written")["marketo"]
            if one["type_name"].startswith("Received Sales Call"))
        doubled = sum(count - 1 for count in written.values())
        print(f"  {len(set(acknowledged))} calls were acknowledged: {lost} lost, {doubled} doubled; not well again: {stuck}")
        print(f"requests={requests} late={late} wrong={wrong + lost + doubled + stuck}", flush=True)
        if late or wrong or lost or doubled or stuck:
            raise SystemExit(1)
    finally:
        if crowd:
            crowd.over.set()
        fleet.stop()


main()
