"""A small Azure OpenAI over HTTP: what its documentation describes, and what goes wrong with it.

Files, fine-tuning jobs, models, deployments (ARM), with keys, API versions,
states that need time, and the order in which things can be deleted. `faults` makes it fail as a test
wants: with an answer, late, or by cutting the connection before or after the work was done.
"""

import json
import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

KEY, TOKEN = "the-key-of-the-tests", "the-management-token-of-the-tests"
BASES = ("gpt-4.1-mini-2025-04-14", "gpt-4.1-2025-04-14")
ACCOUNT = (
    "/subscriptions/sub-1/resourceGroups/group-1/providers/Microsoft.CognitiveServices/accounts/acc"
)
Reply = tuple[int, dict[str, Any] | None]


@dataclass
class Fault:
    """What goes wrong with the next `times` requests of a method to a path (a regular expression).

    `how`: an HTTP status, `hang` (answers too late), `cut` (no answer), `cut after` (does it, then
    no answer).
    """

    method: str
    path: str
    how: int | str
    code: str = ""
    message: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    times: int = 1


@dataclass
class Azure:
    """What the resource holds, and what it was asked."""

    url: str = ""
    region: str = "Sweden Central"
    files: dict[str, dict[str, Any]] = field(default_factory=dict)
    content: dict[str, bytes] = field(default_factory=dict)
    jobs: dict[str, dict[str, Any]] = field(default_factory=dict)
    models: set[str] = field(default_factory=set)
    deployments: dict[str, dict[str, Any]] = field(default_factory=dict)
    elsewhere: dict[str, dict[str, Any]] = field(default_factory=dict)
    """Deployments in other accounts, by their whole address."""

    closed: set[str] = field(default_factory=set)
    """Subscriptions in which nothing may be listed."""

    guarded: set[str] = field(default_factory=set)
    """Addresses of `elsewhere` that nobody here may delete."""

    faults: list[Fault] = field(default_factory=list)
    asked: list[tuple[str, str]] = field(default_factory=list)
    bodies: list[dict[str, Any]] = field(default_factory=list)
    ends_as: str = "succeeded"
    job_error: dict[str, str] | None = None
    polls_needed: int = 3
    deletes_models: bool = True
    made: int = 0

    def new_id(self, kind: str) -> str:
        self.made += 1
        return f"{kind}-{self.made:032x}"

    def deletions(self) -> list[str]:
        """What was asked to be deleted, in order: the last two parts of each path."""
        return [
            "/".join(path.split("?")[0].split("/")[-2:])
            for verb, path in self.asked
            if verb == "DELETE"
        ]

    def is_empty(self) -> bool:
        return not (self.files or self.jobs or self.models or self.deployments)


# What each route does: (azure, path's part, query, body) -> (status, document)


def error(status: int, code: str, message: str) -> Reply:
    return status, {"error": {"code": code, "message": message}}


def listed(rows: Any) -> Reply:
    return 200, {"object": "list", "data": list(rows), "has_more": False}


def post_file(azure: Azure, name: str, data: bytes) -> Reply:
    file_id = azure.new_id("file")
    problem = wrong_line(data)
    azure.files[file_id] = {
        "id": file_id, "object": "file", "bytes": len(data), "created_at": int(time.time()),
        "filename": name, "purpose": "fine-tune", "status": "pending", "status_details": problem,
    }  # fmt: skip
    azure.content[file_id] = data
    return 201, azure.files[file_id]


def wrong_line(data: bytes) -> str | None:
    """Look at a file as the service's documentation says, in ways of its own."""
    if data[:3] != b"\xef\xbb\xbf":
        return "The file has no byte-order mark."
    rows = data[3:].decode("utf-8").rstrip("\n").split("\n")
    for number, row in enumerate(rows, 1):
        try:
            roles = [message["role"] for message in json.loads(row)["messages"]]
            if "REFUSED" in row or roles[-1] != "assistant":
                raise ValueError
        except (ValueError, KeyError, TypeError):
            return f"Invalid file. Line {number}: cannot use `{row[:40]}`"
    return None if len(rows) >= 10 else "Fewer than 10 examples."


def get_file(azure: Azure, file_id: str) -> Reply:
    file = azure.files.get(file_id)
    if file is None:
        return error(404, "resourceNotFound", "no such file")
    answer = dict(file)
    file["status"] = "error" if file["status_details"] else "processed"
    return 200, answer


def post_job(azure: Azure, body: dict[str, Any]) -> Reply:
    azure.bodies.append(body)
    if body["model"] not in BASES:
        return error(400, "invalidPayload", f"The model {body['model']} cannot be fine-tuned here.")
    file = azure.files.get(body["training_file"])
    if file is None or file["status"] != "processed":
        return error(400, "invalidPayload", "The training file is not processed.")
    job_id = azure.new_id("ftjob")
    azure.jobs[job_id] = {
        "id": job_id, "object": "fine_tuning.job", "created_at": int(time.time()), "error": None,
        "fine_tuned_model": None, "finished_at": None, "hyperparameters": {}, "model": body["model"],
        "organization_id": "", "result_files": [], "seed": body["seed"], "status": "pending",
        "training_file": body["training_file"], "validation_file": None, "polls": 0,
    }  # fmt: skip
    return 201, azure.jobs[job_id]


def get_job(azure: Azure, job_id: str) -> Reply:
    job = azure.jobs.get(job_id)
    if job is None:
        return error(404, "resourceNotFound", "no such job")
    job["polls"] += 1
    if job["status"] in ("pending", "queued", "running"):
        job["status"] = "running" if job["polls"] > 1 else "queued"
        if job["polls"] >= azure.polls_needed:
            end(azure, job)
    return 200, job


def end(azure: Azure, job: dict[str, Any]) -> None:
    job["status"], job["finished_at"] = azure.ends_as, int(time.time()) + 60
    if azure.ends_as == "failed":
        job["error"] = azure.job_error
        return
    job["fine_tuned_model"] = f"{job['model']}.ft-{job['id'][6:]}"
    azure.models |= {job["fine_tuned_model"], *checkpoint_names(job)}
    result = azure.new_id("file")
    azure.files[result] = {
        "id": result, "object": "file", "bytes": 9, "created_at": 0, "filename": "results.csv",
        "purpose": "fine-tune-results", "status": "processed", "status_details": None,
    }  # fmt: skip
    job["result_files"] = [result]


def checkpoint_names(job: dict[str, Any]) -> list[str]:
    return [f"ftchkpt-{step}-{job['id'][-8:]}" for step in (10, 20)]


def job_checkpoints(azure: Azure, job_id: str) -> Reply:
    job = azure.jobs[job_id]
    names = checkpoint_names(job) if job["fine_tuned_model"] else []
    return listed(
        {
            "id": name, "object": "fine_tuning.job.checkpoint", "created_at": 0, "metrics": {},
            "fine_tuned_model_checkpoint": name, "fine_tuning_job_id": job_id, "step_number": 1,
        }
        for name in names
    )  # fmt: skip


def cancel_job(azure: Azure, job_id: str) -> Reply:
    azure.jobs[job_id]["status"] = "cancelled"
    return 200, azure.jobs[job_id]


def delete_job(azure: Azure, job_id: str) -> Reply:
    if azure.jobs.pop(job_id, None) is None:
        return error(404, "resourceNotFound", "no such job")
    return 204, None


def delete_file(azure: Azure, file_id: str) -> Reply:
    if azure.files.pop(file_id, None) is None:
        return error(404, "resourceNotFound", "no such file")
    return 200, {"id": file_id, "object": "file", "deleted": True}


def get_model(azure: Azure, name: str) -> Reply:
    if name not in azure.models:
        return error(404, "resourceNotFound", "no such model")
    return 200, {"id": name, "object": "model", "created": 0, "owned_by": "me"}


def delete_model(azure: Azure, name: str) -> Reply:
    if not azure.deletes_models:
        return error(405, "methodNotAllowed", "use the portal")
    if name not in azure.models:
        return error(404, "resourceNotFound", "no such model")
    deployed = (*azure.deployments.values(), *azure.elsewhere.values())
    if any(each["properties"]["model"]["name"] == name for each in deployed):
        return error(409, "conflict", "The model is deployed.")
    azure.models.remove(name)
    return 200, {"id": name, "object": "model", "deleted": True}


def put_deployment(azure: Azure, name: str, body: dict[str, Any]) -> Reply:
    azure.bodies.append(body)
    if body["properties"]["model"]["name"] not in azure.models:
        return error(400, "DeploymentModelNotSupported", "no such model")
    state = {"provisioningState": "Creating", "model": body["properties"]["model"]}
    azure.deployments[name] = {"name": name, "sku": body["sku"], "properties": state}
    return 201, azure.deployments[name]


def get_deployment(azure: Azure, name: str) -> Reply:
    found = azure.deployments.get(name)
    if found is None:
        return error(404, "ResourceNotFound", "no such deployment")
    answer = json.loads(json.dumps(found))
    if found["properties"]["provisioningState"] == "Deleting":
        del azure.deployments[name]
    else:
        found["properties"]["provisioningState"] = "Succeeded"
    return 200, answer


def delete_deployment(azure: Azure, name: str) -> Reply:
    if name not in azure.deployments:
        return 204, None
    azure.deployments[name]["properties"]["provisioningState"] = "Deleting"
    return 202, None


def everywhere(azure: Azure, verb: str, path: str, query: dict[str, list[str]]) -> Reply | None:
    """Answer what is asked of subscriptions and other accounts; None: it is another question."""
    accounts = sorted(
        {ACCOUNT, *(place.rpartition("/deployments/")[0] for place in azure.elsewhere)}
    )
    subscriptions = sorted({each.split("/")[2] for each in accounts} | azure.closed)
    if path == "/subscriptions":  # two pages
        start = int(query.get("$skip", ["0"])[0])
        page = {"value": [{"subscriptionId": each} for each in subscriptions[start : start + 1]]}
        if start + 1 < len(subscriptions):
            page["nextLink"] = f"{azure.url}{path}?api-version=2022-12-01&$skip={start + 1}"  # type: ignore[assignment]
        return 200, page
    if listing := re.fullmatch(r"/subscriptions/([^/]+)/providers/[^/]+/accounts", path):
        if listing[1] in azure.closed:
            return error(403, "AuthorizationFailed", "no role")
        return 200, {
            "value": [{"id": each} for each in accounts if each.split("/")[2] == listing[1]]
        }
    account, _, name = path.partition("/deployments")
    if account == ACCOUNT or account not in accounts:
        return None
    if not name:
        rows = [row for place, row in azure.elsewhere.items() if place.startswith(f"{account}/")]
        return 200, {"value": rows}
    if path not in azure.elsewhere:
        return error(404, "ResourceNotFound", "no such deployment")
    if verb == "DELETE" and path in azure.guarded:
        return error(403, "AuthorizationFailed", "no role")
    return (202, azure.elsewhere.pop(path)) if verb == "DELETE" else (200, azure.elsewhere[path])


JOBS = r"/fine_tuning/jobs"
DATA: list[tuple[str, str, Callable[..., Reply]]] = [
    ("GET", r"/files", lambda a: listed(a.files.values())),
    ("GET", r"/files/([^/]+)", get_file),
    ("DELETE", r"/files/([^/]+)", delete_file),
    ("GET", JOBS, lambda a: listed(a.jobs.values())),
    ("GET", rf"{JOBS}/([^/]+)", get_job),
    ("GET", rf"{JOBS}/([^/]+)/checkpoints", job_checkpoints),
    ("POST", rf"{JOBS}/([^/]+)/cancel", cancel_job),
    ("GET", r"/models/([^/]+)", get_model),
    ("DELETE", r"/models/([^/]+)", delete_model),
]
DATED: list[tuple[str, str, Callable[..., Reply]]] = [
    ("GET", rf"{JOBS}/([^/]+)", get_job),
    ("DELETE", rf"{JOBS}/([^/]+)", delete_job),
]
ARM: list[tuple[str, str, Callable[..., Reply]]] = [
    ("GET", "", lambda a: (200, {"location": a.region})),
    ("GET", r"/deployments", lambda a: (200, {"value": list(a.deployments.values())})),
    ("GET", r"/deployments/([^/]+)", get_deployment),
    ("DELETE", r"/deployments/([^/]+)", delete_deployment),
]


class Handler(BaseHTTPRequestHandler):
    """One request."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # else each answer waits 40 ms for an acknowledgement
    azure: Azure

    def log_message(self, *_: object) -> None:
        pass

    def do(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        self.azure.asked.append((self.command, self.path))
        fault = self.fault()
        if fault and fault.how == "hang":
            time.sleep(1.5)
        if fault and isinstance(fault.how, int):
            self.answer(error(fault.how, fault.code, fault.message), fault.headers)
            return
        if fault and fault.how == "cut":
            self.close_connection = True
            return
        reply = self.reply(body)
        if fault and fault.how in ("cut after", "hang"):
            self.close_connection = True
        else:
            self.answer(reply)

    do_GET = do_POST = do_PUT = do_DELETE = do  # noqa: N815

    def fault(self) -> Fault | None:
        for fault in self.azure.faults:
            if fault.times and fault.method == self.command and re.search(fault.path, self.path):
                fault.times -= 1
                return fault
        return None

    def reply(self, body: bytes) -> Reply:
        where, query = urlsplit(self.path), parse_qs(urlsplit(self.path).query)
        bearer = (self.headers.get("authorization") or "").removeprefix("Bearer ")
        is_arm, is_v1 = (
            where.path.startswith("/subscriptions"),
            where.path.startswith("/openai/v1/"),
        )
        if (bearer or self.headers.get("api-key")) != (TOKEN if is_arm else KEY):
            return error(401, "401", "Access denied due to invalid subscription key.")
        if not is_v1 and "api-version" not in query:
            return error(400 if is_arm else 404, "MissingApiVersion", "Resource not found")
        if is_arm:
            if answer := everywhere(self.azure, self.command, where.path, query):
                return answer
            if self.command == "PUT":
                name = where.path.rsplit("/", 1)[1]
                return put_deployment(self.azure, name, json.loads(body))
            return self.routed(ARM, where.path.removeprefix(ACCOUNT))
        if not is_v1:
            return self.routed(DATED, where.path.removeprefix("/openai"))
        path = where.path.removeprefix("/openai/v1")
        if self.command == "POST" and path == "/files":
            return post_file(self.azure, *self.uploaded(body))
        if self.command == "POST" and path == JOBS:
            return post_job(self.azure, json.loads(body))
        return self.routed(DATA, path)

    def routed(self, routes: list[tuple[str, str, Callable[..., Reply]]], path: str) -> Reply:
        for method, pattern, route in routes:
            if method == self.command and (match := re.fullmatch(pattern, path)):
                return route(self.azure, *map(unquote, match.groups()))
        return error(404, "404", "Resource not found")

    def uploaded(self, body: bytes) -> tuple[str, bytes]:
        head = f"Content-Type: {self.headers['content-type']}\r\n\r\n".encode()
        parts = message_from_bytes(head + body).get_payload()
        (file,) = [part for part in parts if part.get_filename()]  # type: ignore[union-attr, str]
        return file.get_filename(), file.get_payload(decode=True)

    def answer(self, reply: Reply, headers: dict[str, str] | None = None) -> None:
        status, document = reply
        data = b"" if document is None else json.dumps(document).encode()
        self.send_response(status)
        self.send_header("apim-request-id", f"request-{len(self.azure.asked)}")
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        if data:
            self.send_header("content-type", "application/json")
        if status != 204:
            self.send_header("content-length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)


@contextmanager
def serving() -> Iterator[Azure]:
    """Serve an Azure for a while."""
    azure = Azure()
    handler = type("Bound", (Handler,), {"azure": azure})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        azure.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        try:
            yield azure
        finally:
            server.shutdown()
            thread.join()
