"""Runs schemathesis as each visitor; a table for people, and key=value pairs as the last line."""

import os
import re
import subprocess
import sys
import time

import visitors

CHECKS = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance,response_headers_conformance"
FOLDER = "target/check-api"


def demo():
    binary = "target/debug/msi-gateway"
    environment = dict(os.environ, MSI__LOG__FILTER="error")
    arguments = [binary, "demo", "--port", "0", "--people", "200", "--until-stdin-closes"]
    process = subprocess.Popen(arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment)
    for line in process.stdout:
        if line.startswith("ready "):
            return process, line.split()[1]
    sys.exit("the demo did not start")


def run(st, base, name, token, seconds):
    header = ["--header", f"Authorization: Bearer {token}"] if token else []
    log = f"{FOLDER}/{name}.log"
    began = time.monotonic()
    with open(log, "w", encoding="utf-8") as output:
        arguments = [
            st, "run", f"{base}/openapi.json", "--url", base, *header, "--checks", CHECKS, "--phases", "examples,coverage,fuzzing",
            "--max-time", str(seconds), "--max-examples", "1000", "--request-timeout", "20", "--seed", "7", "--suppress-health-check", "all",
            "--generation-database", "none", "--no-color", "--generation-with-security-parameters", "false",
        ]
        code = subprocess.run(arguments, stdout=output, stderr=subprocess.STDOUT, check=False).returncode
    text = open(log, encoding="utf-8").read()
    cases = re.search(r"(\d+) generated", text)
    failures = re.search(r"(\d+) (?:unique )?failures?", text)
    return code, int(cases.group(1)) if cases else 0, int(failures.group(1)) if failures else 0, time.monotonic() - began, log


def found(log):
    """What schemathesis says of the failures, without its advice: whoever reads a run's output has no log."""
    text = open(log, encoding="utf-8").read()
    first, _, rest = text.partition("= FAILURES =")
    told = rest.partition("= WARNINGS =")[0] if rest else first
    return told.strip("=\n")[-6000:]


def main():
    st, seconds = sys.argv[1], int(sys.argv[2])
    os.makedirs(FOLDER, exist_ok=True)
    process, base = demo()
    try:
        tokens = {
            "stranger": "",
            "rep": visitors.rep(base),
            "package": visitors.package(base),
            "other-admin": visitors.other_admin(base),
            "admin": visitors.admin(base),
        }
        wrong = 0
        pairs = []
        print(f"{'visitor':12}  {'cases':>6}  {'failures':>8}  {'seconds':>7}")
        for name, token in tokens.items():
            code, cases, failures, took, log = run(st, base, name, token, seconds)
            print(f"{name:12}  {cases:6}  {failures:8}  {took:7.1f}{'' if code == 0 else '  see ' + log}")
            if code != 0:
                print(found(log))
            wrong += code != 0
            pairs += [f"{name}_cases={cases}", f"{name}_failures={failures}"]
        print(" ".join(pairs), f"wrong={wrong}")
    finally:
        process.stdin.close()
        process.wait(timeout=30)
    sys.exit(1 if wrong else 0)


main()
