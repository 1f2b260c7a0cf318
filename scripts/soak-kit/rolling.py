"""Faces and accounts are replaced one after the other while reps work: behind the project's own proxy nobody may notice."""

import argparse
import time

from edge import Edge
from fleet import Fleet, free_port
from visitors import Crowd

# What the proxy needs to notice: two checks, one second apart, and a little.
LEAVING = 3


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--short", action="store_true")
    parser.add_argument("--restarts", type=int)
    parser.add_argument("--rate", type=int)
    chosen = parser.parse_args()
    restarts = chosen.restarts or (4 if chosen.short else 50)
    rate = chosen.rate or (100 if chosen.short else 200)

    fleet = Fleet(240, 6, 4, {
        "MSI__GATEWAY__LEAVING_SECONDS": str(LEAVING), "MSI__ACCOUNT__LEAVING_SECONDS": str(LEAVING), "MSI__GATEWAY__WORKERS": "1",
        "MSI__GATEWAY__FRAGMENT_SECONDS": "1", "MSI__GATEWAY__TRUSTED_PROXIES": "127.0.0.1", "MSI__MARKETO__POLL_SECONDS": "600"})
    edge = None
    try:
        faces = [f"127.0.0.1:{free_port()}" for _ in range(2)]
        accounts = [f"127.0.0.1:{free_port()}" for _ in range(2)]
        edge = Edge(fleet.folder.name, faces, accounts)
        fleet.environment["MSI__ACCOUNT__URL"] = fleet.account = edge.accounts
        addresses = {}
        for number, address in enumerate(accounts, 1):
            fleet.start(f"account-{number}", "account", {"MSI__ACCOUNT__LISTEN": address})
            addresses[f"account-{number}"] = address
            fleet.ready(f"http://{address}")
        fleet.start("worker", "worker")
        fleet.ready()
        member = fleet.settle_in()
        for number, address in enumerate(faces, 1):
            fleet.start(f"face-{number}", "gateway", {"MSI__GATEWAY__LISTEN": address})
            addresses[f"face-{number}"] = address
            fleet.ready(f"http://{address}")
        edge.ready()
        for name in addresses:
            edge.takes(name)

        crowd = Crowd(fleet, edge.base, fleet.named_records(60), rate, api_token=fleet.api_token(member))
        crowd.start()
        time.sleep(2)
        turn, slowest = ["face-1", "account-1", "face-2", "account-2"], 0.0
        for number in range(restarts):
            name = turn[number % len(turn)]
            slowest = max(slowest, fleet.terminate(name))
            fleet.start(name, name.split("-")[0].replace("face", "gateway"))
            fleet.ready(f"http://{addresses[name]}")
            edge.takes(name)
        time.sleep(1)
        crowd.stop()
        unlike, failed = crowd.refused(), sum(crowd.refused().values()) + sum(crowd.odd.values())
        lost = fleet.lost_calls(member, crowd.acknowledged, 60)
        for what, count in list(unlike.items()) + list(crowd.odd.items()):
            print(f"  {what}: {count} {crowd.examples.get(what, '')}")
        print(f"  {rate} requests a second; slowest stop {slowest:.1f} s; p99 {crowd.quantile(0.99) * 1000:.0f} ms; "
              f"{len(crowd.acknowledged)} calls acknowledged, {lost} of them lost")
        print(f"requests={crowd.requests} failed={failed} restarts={restarts} lost={lost}", flush=True)
        if failed or lost:
            raise SystemExit(1)
    finally:
        if edge:
            edge.stop()
        fleet.stop()


main()
