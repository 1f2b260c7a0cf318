"""Tokens of everybody who may come to the API of a running demo, got as people and programs get them."""

import http.cookiejar
import json
import re
import time
import urllib.error
import urllib.parse
import urllib.request


class NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_):
        return None


class Browser:
    """Somebody at the settings pages."""

    def __init__(self, base):
        self.base = base
        self.page = ""
        jar = urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar())
        self.opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), jar, NoRedirect)

    def _exchange(self, request):
        request.add_header("Accept", "text/html")
        try:
            with self.opener.open(request, timeout=20) as answer:
                status, self.page = answer.status, answer.read().decode()
        except urllib.error.HTTPError as answer:
            status, self.page = answer.code, answer.read().decode()
        return status

    def open(self, path):
        status = self._exchange(urllib.request.Request(self.base + path))
        assert status == 200, f"{path}: {status}"

    def send(self, path, **fields):
        fields["csrf"] = re.search(r'name="csrf" value="([^"]+)"', self.page).group(1)
        body = urllib.parse.urlencode(fields).encode()
        status = self._exchange(urllib.request.Request(self.base + path, data=body, headers={"Origin": self.base}))
        assert status in (200, 303), f"{path}: {status} {self.page[:300]}"


def fetched(url, body=None, **headers):
    request = urllib.request.Request(url, data=body, headers=headers)
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(request, timeout=20) as answer:
        return answer.read().decode()


def mailed(base, address, part):
    """The path of the newest link to an address."""
    for _ in range(200):
        for mail in json.loads(fetched(f"{base}/sandbox/mail/messages.json")):
            if address in mail["to"][0]:
                link = re.search(rf"{part}[A-Za-z0-9_-]+", mail["text"])
                if link:
                    return link.group(0)
        time.sleep(0.1)
    raise AssertionError(f"no mail for {address}")


def token(browser):
    browser.open("/admin/settings/my-profile")
    browser.send("/admin/settings/my-profile/api-tokens", name="A check", days=1)
    return re.search(r"msi_[A-Za-z0-9_-]{43}", browser.page).group(0)


def admin(base):
    """The first user of the demo's account, by e-mail link."""
    browser = Browser(base)
    browser.open("/sign-in")
    browser.send("/sign-in/link", email="ops@brightwater.example")
    path = mailed(base, "ops@brightwater.example", "/sign-in/link/")
    browser.open(path)
    browser.send(path)
    return token(browser)


def other_admin(base):
    """The first user of another account, who walks the guide's first step."""
    world = json.loads(fetched(f"{base}/sandbox/_control/world"))["marketo"]
    email = "marketing@brightwater.example"
    browser = Browser(base)
    browser.open("/admin/marketo")
    browser.send("/admin/marketo", munchkin_id="100-TST-100", client_id=world["client_id"], client_secret=world["client_secret"], email=email)
    browser.open("/admin/marketo/actions-config")
    browser.send("/admin/marketo/actions-config/first-invitation", email=email, language="en")
    path = mailed(base, email, "/invitations/")
    browser = Browser(base)
    browser.open(path)
    browser.send(path, first_name="Piet", last_name="de Groot")
    return token(browser)


def package(base):
    """An org's own code, by an assertion."""
    assertion = json.loads(fetched(f"{base}/sandbox/salesforce/apex/assertion", b"{}"))["assertion"]
    form = {"grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer", "assertion": assertion}
    answer = fetched(f"{base}/oauth/token", urllib.parse.urlencode(form).encode())
    return json.loads(answer)["access_token"]


def rep(base):
    """A panel on a lead's page."""
    listed = fetched(f"{base}/sandbox/salesforce/")
    record = re.search(r"/lightning/r/Lead/(\w+)/view", listed).group(1)
    page = fetched(f"{base}/sandbox/salesforce/lightning/r/Lead/{record}/view")
    signed = re.search(r'name="signed_request"[^>]*value="([^"]+)"', page).group(1)
    for entity, letter in (("&#x2B;", "+"), ("&#x3D;", "="), ("&#x2F;", "/"), ("&#43;", "+"), ("&#61;", "="), ("&#47;", "/")):
        signed = signed.replace(entity, letter)
    shell = fetched(f"{base}/canvas", urllib.parse.urlencode({"signed_request": signed}).encode(), Accept="text/html")
    return json.loads(re.search(r'id="panel-config">(.*?)</script>', shell).group(1))["token"]
