"""A fleet to be worked and broken: emulated systems, Redis, an account, workers. And an account with a member and people."""

import base64
import hashlib
import hmac
import http.client
import json
import os
import random
import re
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse

KEY = "2" * 64
BIN = os.environ.get("BIN", "target/debug/msi-gateway")
BACK = "http://127.0.0.1:1/admin/settings/salesforce/callback"
SESSION = "0123456789abcdef0123456789abcdef"
SECRET = "soak-consumer-secret-0123456789abcdef"


def free_port():
    """Below the ports that outgoing connections get, which may take one before whoever is to listen there does."""
    while True:
        with socket.socket() as one:
            try:
                one.bind(("127.0.0.1", random.randrange(20_000, 32_000)))
                return one.getsockname()[1]
            except OSError:
                pass


def call(base, method, path, body=None, headers=None, timeout=15):
    """One request; gives status, headers and JSON (or text)."""
    url = urllib.parse.urlsplit(base)
    connection = http.client.HTTPConnection(url.hostname, url.port, timeout=timeout)
    try:
        headers = dict(headers or {})
        if body is not None:
            headers["Content-Type"] = headers.get("Content-Type", "application/json")
            body = body if isinstance(body, (bytes, str)) else json.dumps(body)
        connection.request(method, url.path.rstrip("/") + path, body, headers)
        answer = connection.getresponse()
        text = answer.read().decode("utf-8", "replace")
        try:
            return answer.status, answer.headers, json.loads(text)
        except ValueError:
            return answer.status, answer.headers, text
    finally:
        connection.close()


def visitor_token(visitor):
    now = int(time.time())
    claims = {"iss": "msi-face", "aud": "msi-account", "iat": now, "exp": now + 30, "rid": "soak", "vis": visitor}
    encode = lambda data: base64.urlsafe_b64encode(data).rstrip(b"=")
    text = encode(b'{"typ":"JWT","alg":"HS256"}') + b"." + encode(json.dumps(claims).encode())
    return (text + b"." + encode(hmac.new(KEY.encode(), text, hashlib.sha256).digest())).decode()


class Fleet:
    def __init__(self, people, settle, lease, extra=None, sandbox=()):
        # Who is asked to stop takes along what was started.
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
        self.folder = tempfile.TemporaryDirectory()
        self.processes = {}
        # What single processes have for themselves, such as an address.
        self.own = {}
        # The folder that logs are written to, if they are.
        self.logs = None
        self.lock = threading.Lock()
        self.redis_port = free_port()
        self.start_redis()
        self.sandbox_process = subprocess.Popen(
            [BIN, "sandbox", "--people", str(people), *(sandbox or ("--port", "0"))],
            env={**os.environ, "MSI__CANVAS__CONSUMER_SECRETS": SECRET, "MSI__LOG__FILTER": "off"},
            stdout=subprocess.PIPE, text=True)
        mail = None
        for line in self.sandbox_process.stdout:
            mail = mail or re.search(r"SMTP on (\S+)  IMAP on (\S+)", line)
            if line.startswith("ready "):
                self.sandbox = line.split()[1]
                break
        threading.Thread(target=self.sandbox_process.stdout.read, daemon=True).start()
        self.world = call(self.sandbox, "GET", "/_control/world")[2]
        # Which may be another one than that of the controls.
        host = urllib.parse.urlsplit(self.world["marketo"]["url"]).netloc
        self.smtp, self.imap = mail.groups()
        self.account_address = f"127.0.0.1:{free_port()}"
        self.account = f"http://{self.account_address}"
        salesforce = self.world["salesforce"]
        self.environment = {
            **os.environ,
            "MSI__CANVAS__CONSUMER_SECRETS": SECRET,
            "MSI__DATABASE__URL": os.environ.get("POSTGRES_URL") or f"sqlite://{self.folder.name}/soak.db",
            "MSI__GATEWAY__PUBLIC_URL": "http://127.0.0.1:1",
            "MSI__GATEWAY__TOKEN_KEY": "1" * 64,
            "MSI__ACCOUNT__LISTEN": self.account_address,
            "MSI__ACCOUNT__URL": self.account,
            "MSI__ACCOUNT__KEY": KEY,
            "MSI__SECRETS__SEALING_KEY": "3" * 64,
            "MSI__REDIS__URL": f"redis://127.0.0.1:{self.redis_port}/",
            "MSI__MAIL__URL": f"smtp://{self.smtp}",
            "MSI__MAIL__EXTRA_HOSTS": f"{self.smtp},{self.imap}",
            "MSI__MARKETO__EXTRA_HOSTS": host,
            "MSI__MARKETO__ENDPOINT": self.world["marketo"]["url"],
            "MSI__MARKETO__BULK_POLL_SECONDS": "1",
            "MSI__MARKETO__CALLS_PER_WINDOW": "2000",
            "MSI__SALESFORCE__EXTRA_HOSTS": host,
            "MSI__SALESFORCE__CLIENT_ID": salesforce["consumer_key"],
            "MSI__SALESFORCE__LOGIN_URL": salesforce["instance_url"],
            "MSI__SALESFORCE__SANDBOX_LOGIN_URL": salesforce["instance_url"],
            "MSI__DELIVERY__SETTLE_SECONDS": str(settle),
            "MSI__DELIVERY__LEASE_SECONDS": str(lease),
            "MSI__DELIVERY__RETRY_SECONDS": "1",
            "MSI__LOG__FILTER": os.environ.get("SOAK_LOG", "off"),
            **(extra or {}),
        }
        self.control("POST", "/limits", {"calls_per_window": 100000, "in_flight": 100, "calls_per_day": 1000000})

    # === processes ===

    def start_redis(self):
        self.redis = subprocess.Popen(
            ["redis-server", "--port", str(self.redis_port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def restart_redis(self):
        self.redis.send_signal(signal.SIGKILL)
        self.redis.wait()
        self.start_redis()

    def restart_postgres(self):
        """As after a loss of power: nobody is asked, and the log of transactions has to do."""
        subprocess.run(
            ["runuser", "-u", "postgres", "--", os.environ["POSTGRES_CTL"], "-D", os.environ["POSTGRES_DATA"], "-m", "immediate", "-w",
             "-l", os.environ["POSTGRES_DATA"] + "/log", "restart"], check=True, stdout=subprocess.DEVNULL, timeout=60)

    def start(self, name, role, own=None):
        if own is not None:
            self.own[name] = own
        environment = {**self.environment, **self.own.get(name, {})}
        log = open(f"{self.logs}/{name}.log", "ab") if self.logs else None
        with self.lock:
            self.processes[name] = subprocess.Popen([BIN, role], env=environment, stdout=subprocess.DEVNULL, stderr=log)
        if log:
            log.close()

    def kill(self, name):
        with self.lock:
            process = self.processes.pop(name)
        process.send_signal(signal.SIGKILL)
        process.wait()

    def terminate(self, name):
        """Asks a process to stop, waits until it did, and gives the seconds that it took."""
        with self.lock:
            process = self.processes.pop(name)
        begun = time.time()
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(60)
        except subprocess.TimeoutExpired:
            process.kill()
            raise SystemExit(f"{name} did not stop")
        return time.time() - begun

    def ready(self, base=None):
        for _ in range(600):
            try:
                if call(base or self.account, "GET", "/readyz", timeout=2)[0] == 200:
                    return
            except OSError:
                pass
            time.sleep(0.05)
        raise SystemExit(f"{base or 'the account'} did not become ready")

    def stop(self):
        for name in list(self.processes):
            self.kill(name)
        for process in (self.sandbox_process, self.redis):
            process.kill()
            process.wait()
        self.folder.cleanup()

    # === the account and the emulated systems ===

    def control(self, method, path, body=None):
        return call(self.sandbox, method, f"/_control{path}", body)[2]

    def ask(self, visitor, method, path, body=None, key=None, timeout=15):
        headers = {"Authorization": f"Bearer {visitor_token(visitor)}"}
        if key:
            headers["Idempotency-Key"] = key
        return call(self.account, method, path, body, headers, timeout)

    def done(self, visitor, method, path, body=None):
        status, _, answer = self.ask(visitor, method, path, body)
        if status >= 300:
            raise SystemExit(f"{method} {path}: {status} {answer}")
        return answer

    def settle_in(self):
        """Enters, accepts the first invitation, connects Salesforce, loads people; gives the member as a visitor."""
        marketo = self.world["marketo"]
        face, email = {"kind": "face"}, "ops@brightwater.example"
        entered = self.done(face, "POST", "/v1/marketo-admins", {
            "munchkin_id": marketo["munchkin_id"], "client_id": marketo["client_id"], "client_secret": marketo["client_secret"], "email": email})
        self.account_id = entered["account_id"]
        admin = {"kind": "marketo_admin", "account": self.account_id, "email": email}
        self.done(admin, "POST", "/v1/actions-config/first-invitation", {"email": email, "language": "en"})
        link = None
        while not link:
            time.sleep(0.2)
            for mail in call(self.sandbox, "GET", "/mail/messages.json")[2]:
                link = link or re.search(r"/invitations/([\w-]+)", mail["text"] or "")
        accepted = self.done(face, "POST", f"/v1/invitations/by-token/{link.group(1)}/accept", {})
        member = {"kind": "member", "account": self.account_id, "member": accepted["member_id"]}
        flow = {"environment": "sandbox", "redirect_uri": BACK, "session": SESSION}
        url = self.done(member, "POST", "/v1/connections/salesforce/flows", flow)["authorize_url"]
        target = urllib.parse.urlsplit(url)
        _, headers, _ = call(f"{target.scheme}://{target.netloc}", "GET", f"{target.path}?{target.query}&login_hint=sam.taylor")
        query = urllib.parse.parse_qs(urllib.parse.urlsplit(headers["location"]).query)
        self.done(member, "POST", "/v1/connections/salesforce/finish", {"state": query["state"][0], "code": query["code"][0], "session": SESSION})
        self.done(member, "POST", "/v1/connections/marketo", {})
        self.done(member, "POST", "/v1/field-sync/start", {})
        deadline = time.time() + 60
        while self.done(member, "GET", "/v1/field-sync")["state"] != "done":
            if time.time() > deadline:
                raise SystemExit("people were not loaded")
            time.sleep(0.3)
        return member

    def use_mailbox(self, member, user):
        """Mails go out by a server of the team's own, and its mailbox is looked into for what comes back."""
        (smtp, smtp_port), (imap, imap_port) = (address.rsplit(":", 1) for address in (self.smtp, self.imap))
        self.done(member, "PUT", "/v1/mail-channels/team", {
            "smtp_host": smtp, "smtp_port": int(smtp_port), "smtp_security": "plain", "imap_host": imap, "imap_port": int(imap_port),
            "imap_security": "plain", "imap_user": user, "imap_password": "soak"})
        while True:
            if self.done(member, "GET", "/v1/mail-channels/team").get("looked_at"):
                return
            time.sleep(0.2)

    def records(self, most):
        """Records of people whom Marketo knows with an owner, from the emulated systems themselves."""
        found = []
        for number in range(1001, 1001 + 4 * most):
            person = self.control("GET", f"/people/{number}")
            if isinstance(person, dict) and person.get("sfdcId") and person.get("sfdcLeadOwnerId"):
                found.append((number, person["sfdcId"]))
            if len(found) == most:
                break
        return found

    def envelope(self, record, salt, issued_at):
        """What Salesforce tells when a rep opens the page of a lead or contact."""
        kind = "Contact" if record and record.startswith("003") else "Lead"
        about = {"record": {"attributes": {"type": kind, "url": "/x"}, "Id": record}} if record else {}
        salesforce = self.world["salesforce"]
        return {
            "algorithm": "HMACSHA256", "issuedAt": issued_at, "userId": "005000000000001EAA", "salt": salt,
            "client": {"oauthToken": "00D!made-up", "refreshToken": None, "instanceId": "_:Msi:1", "instanceUrl": salesforce["instance_url"]},
            "context": {
                "user": {"userId": "005000000000001EAA", "language": "en_US", "timeZone": "Europe/Berlin", "fullName": "A Rep"},
                "organization": {"organizationId": salesforce["org_id"], "name": "Soak"},
                "environment": {"parameters": {} if record else {"page": "desk"}, "dimensions": {"height": "450px"}, **about},
            },
        }

    def signed_request(self, record):
        """What Salesforce posts then."""
        return self.signed(self.envelope(record, os.urandom(9).hex(), int(time.time() * 1000)))

    def signed(self, envelope):
        encoded = base64.b64encode(json.dumps(envelope).encode())
        mac = base64.b64encode(hmac.new(SECRET.encode(), encoded, hashlib.sha256).digest())
        return (mac + b"." + encoded).decode()

    def named_records(self, most):
        """Records with something of the person's that a panel shows: (number in Marketo, id in Salesforce, last name)."""
        found = []
        for number, record in self.records(most):
            person = self.control("GET", f"/people/{number}")
            name = person.get("lastName") or ""
            found.append((number, record, name if name.isalpha() and name.isascii() else ""))
        return found

    def api_token(self, member):
        """A personal token of a member, for programs."""
        return self.done(member, "POST", "/v1/me/api-tokens", {"name": "soak", "days": 1})["token"]

    def lost_calls(self, member, acknowledged, seconds):
        """How many of the calls that were acknowledged never came to be in Marketo."""
        wanted, until = set(acknowledged), time.time() + seconds
        while True:
            written = self.control("GET", "/written")["marketo"]
            there = {(one["lead"], one["attributes"]["Sales Call Subject"]) for one in written if one["type_name"].startswith("Received Sales Call")}
            missing = len(wanted - there)
            if not missing or time.time() > until:
                return missing
            time.sleep(0.5)
