"""Gives calls of schemathesis their credentials, and the names of tokens and accounts that exist."""

import json
import os
import urllib.error
import urllib.request

import schemathesis

ACCOUNT = json.loads(os.environ["JETON_ACCOUNT"])
NAMES = {"token": ["fuzzed", "acting"], "username": ["ops", "crew"]}
calls = 0


@schemathesis.hook
def before_call(context, case, kwargs):
    global calls
    calls += 1
    for field, names in NAMES.items():
        if calls % 3 and field in (case.path_parameters or {}):
            case.path_parameters[field] = names[calls % len(names)]
    security = case.operation.definition.raw.get("security", [])
    for name in ("Authorization", "Jeton-Proof"):
        case.headers.pop(name, None)
    if not ACCOUNT or not security:
        return
    if any("token" in scheme for scheme in security):
        case.headers["Authorization"] = "Bearer " + ACCOUNT["token"]
    elif calls % 4:
        case.headers["Jeton-Proof"] = proof()


def proof():
    body = json.dumps({"username": ACCOUNT["username"], "password": ACCOUNT["password"]}).encode()
    request = urllib.request.Request(ACCOUNT["url"] + "/v1/confirm", body, {"Content-Type": "application/json"})
    try:
        with urllib.request.urlopen(request) as answer:
            return json.load(answer)["proof"]
    except urllib.error.HTTPError as error:
        if error.code not in (401, 429):
            raise
        return "none"
