"""One Azure OpenAI resource: its files, fine-tuning jobs, models and deployments.

The openai client reaches three interfaces: the data plane (`/openai/v1/`), the dated data plane,
which alone deletes jobs, and the control plane (ARM), which alone manages deployments. The client
retries what may be repeated. It never retries a creation, which may have arrived before the
connection was cut: `upload` and `start_job` first look for what only this run can have made.

An error names the service's status and code. It does not quote the service's message, which may
quote a member's text.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal
from urllib.parse import quote

from vanne.errors import BusyError, InputError, MissingError, RefusedError, VanneError
from vanne.extras import require
from vanne_azure.settings import KEY, MANAGEMENT_TOKEN, TOKEN, AzureRun, AzureSettings, secret_of

Kind = Literal["deployment", "checkpoint", "model", "job", "file"]
"""What can be deleted, in the documented order of deletion."""

JOB_ENDED = ("succeeded", "failed", "cancelled")
# The versions whose documentation this was written by.
_DATA_VERSION, _MANAGEMENT_VERSION = "2025-04-01-preview", "2024-10-01"
_SUBSCRIPTIONS_VERSION = "2022-12-01"
_PROVIDER = "Microsoft.CognitiveServices"


@dataclass(frozen=True, slots=True)
class VisibleDeployments:
    """All deployments that the management token can see: the address and the model of each.

    A tuned model may be deployed from any account, region and subscription, and from another
    tenant. A token is of one tenant: it sees `subscriptions`. `closed` counts those and accounts in
    which it may list nothing.
    """

    deployments: tuple[tuple[str, str], ...]
    subscriptions: int
    accounts: int
    closed: int


class AzureResource:
    """A resource; nothing is sent before the first call of a method."""

    def __init__(self, settings: AzureSettings) -> None:
        """Open the three interfaces.

        Raises:
            MissingError: the client is not installed, or there is no key.
        """
        require("azure")
        import openai

        self.settings = settings
        common: dict[str, Any] = {
            "max_retries": settings.attempts - 1,
            "timeout": settings.timeout_seconds,
        }
        _, variable = secret_of(TOKEN, KEY)
        name = "azure_ad_token_provider" if variable == TOKEN else "api_key"

        def key() -> str:
            return secret_of(TOKEN, KEY)[0]

        credential: dict[str, Any] = {name: key}
        self._data: Any = openai.OpenAI(
            base_url=f"{settings.endpoint}/openai/v1/", api_key=key, **common
        )
        self._dated: Any = openai.AzureOpenAI(
            azure_endpoint=settings.endpoint,
            api_version=_DATA_VERSION,
            **credential,
            **common,
        )
        self._management: Any = openai.OpenAI(
            base_url=settings.management,
            api_key=lambda: secret_of(MANAGEMENT_TOKEN)[0],
            default_query={"api-version": _MANAGEMENT_VERSION},
            **common,
        )
        account = ("subscriptions", settings.subscription, "resourceGroups",
                   settings.resource_group, "providers", _PROVIDER, "accounts",
                   settings.account)  # fmt: skip
        self._account = "".join(f"/{quote(part, safe='')}" for part in account)

    def close(self) -> None:
        """Close what is connected."""
        for client in (self._data, self._dated, self._management):
            client.close()

    def get(self, kind: Kind, thing: str) -> dict[str, Any] | None:
        """Return something as it is now; None if it is not there."""
        import openai

        with one_line(f"the {kind}"):
            try:
                client: Any = self._client(kind)
                document: dict[str, Any] = client.get(self._address(kind, thing), cast_to=object)
            except openai.NotFoundError:
                return None
        return document

    def status(self, kind: Kind, thing: str) -> str:
        """Return how far something is, in Azure's words.

        Raises:
            MissingError: it is not there.
        """
        document = self.get(kind, thing)
        if document is None:
            raise MissingError(f"the {kind}: Azure does not have it", todo=_CHECK)
        state = document.get("properties", {}).get("provisioningState")  # of a deployment
        return str(state or document.get("status", "unknown"))

    # Training

    def region(self) -> str:
        """Return where the resource lies, such as `swedencentral`."""
        with one_line("the resource"):
            resource: Any = self._management.get(self._account, cast_to=object)
        return str(resource.get("location", "")).replace(" ", "").lower()

    def upload(self, path: Path) -> str:
        """Upload a training file, unless one of its name is there; return its id."""
        with one_line("the upload"):
            for file in self._data.files.list():
                if file.filename == path.name:
                    return str(file.id)
            once = self._data.with_options(max_retries=0)
            with path.open("rb") as data:
                return str(once.files.create(file=(path.name, data), purpose="fine-tune").id)

    def start_job(self, file_id: str) -> str:
        """Start to train on a file, unless a job on it is there; return the job's id.

        Training of the type `Standard` alone keeps data and weights in the resource's region.
        """
        settings = self.settings
        chosen = {"hyperparameters": settings.hyperparameters}
        with one_line("the job"):
            for job in self._data.fine_tuning.jobs.list():
                if job.training_file == file_id:
                    return str(job.id)
            once = self._data.with_options(max_retries=0)
            job = once.fine_tuning.jobs.create(
                model=settings.model,
                training_file=file_id,
                suffix=settings.deployment,
                seed=0,
                method={"type": "supervised", "supervised": chosen},
                extra_body={"trainingType": "Standard"},
            )
            return str(job.id)

    def cancel(self, job_id: str) -> None:
        """Ask a job to stop."""
        with one_line("the job"):
            self._data.fine_tuning.jobs.cancel(job_id)

    # Serving

    def deploy(self, name: str, model: str) -> None:
        """Ask for a deployment in the resource's own region (SKU Standard)."""
        body = {
            "sku": {"name": "Standard", "capacity": self.settings.capacity},
            "properties": {"model": {"format": "OpenAI", "name": model, "version": "1"}},
        }
        with one_line("the deployment"):
            address = self._address("deployment", name)
            self._management.put(address, cast_to=object, body=body)

    # Deleting

    def seen(self) -> VisibleDeployments:
        """Look for deployments in every account that the management token can see."""
        accounts, closed = {self._account.lower(): self._account}, 0
        with one_line("the deployments"):
            found = self._listed("/subscriptions", _SUBSCRIPTIONS_VERSION)
            subscriptions = {self.settings.subscription, *(e["subscriptionId"] for e in found)}
            for subscription in sorted(subscriptions):
                place = f"/subscriptions/{quote(subscription, safe='')}/providers/{_PROVIDER}"
                rows = self._readable(f"{place}/accounts")
                closed += rows is None
                for each in rows or ():
                    accounts.setdefault(each["id"].lower(), each["id"])
            deployments = []
            for account in accounts.values():
                rows = self._readable(f"{account}/deployments")
                closed += rows is None
                own = account == self._account
                for each in rows or ():
                    name = each["name"] if own else f"{account}/deployments/{each['name']}"
                    deployments.append((name, each["properties"]["model"]["name"]))
        return VisibleDeployments(tuple(deployments), len(subscriptions), len(accounts), closed)

    def _readable(self, address: str) -> list[dict[str, Any]] | None:
        """Return what is listed at an address; None if the token may not read it there."""
        import openai

        try:
            return self._listed(address, _MANAGEMENT_VERSION)
        except (openai.PermissionDeniedError, openai.NotFoundError):
            if address == f"{self._account}/deployments":
                raise
            return None

    def _listed(self, address: str, version: str) -> list[dict[str, Any]]:
        """Return what the control plane lists, page by page."""
        rows, query = [], {"api-version": version}
        while address:
            page: Any = self._management.get(address, cast_to=object, options={"params": query})
            rows += page.get("value", [])
            address = page.get("nextLink") or ""
            if address and not address.startswith(f"{self.settings.management}/"):
                raise RefusedError("the next page of a list lies elsewhere", todo=_CHECK)
        return rows

    def things_of(self, run: AzureRun, seen: VisibleDeployments) -> list[tuple[Kind, str]]:
        """Return all that Azure has of a run, in the documented order of deletion.

        What was made without a note, because the process was killed, is found by the name of the
        file. Deployments are found by their model, whoever made them.
        """
        import openai

        files, models, checkpoints, jobs = [run.file], [run.model], [], [run.job]
        with one_line("what is there"):
            files += [file.id for file in self._data.files.list() if file.filename == run.file_name]
            for job in [*self._data.fine_tuning.jobs.list()]:
                if job.id not in jobs and job.training_file not in files:
                    continue
                jobs.append(job.id)
                models.append(job.fine_tuned_model)
                files += [*job.result_files, job.validation_file]
                try:
                    listed = self._data.fine_tuning.jobs.checkpoints.list(job.id)
                    checkpoints += [each.fine_tuned_model_checkpoint for each in listed]
                except openai.NotFoundError:
                    continue  # a job that was stopped early has none
            checkpoints = [name for name in checkpoints if name not in models]
        ours = (*models, *checkpoints)
        deployed = [name for name, model in seen.deployments if model in ours]
        things: dict[Kind, list[Any]] = {
            "deployment": [*deployed, run.model and run.name],
            "checkpoint": checkpoints,
            "model": models,
            "job": jobs,
            "file": files,
        }
        return [
            (kind, str(name))
            for kind, names in things.items()
            for name in dict.fromkeys(names)
            if name
        ]

    def delete(self, kind: Kind, thing: str) -> tuple[int, str]:
        """Ask to delete something; return the HTTP status and the id under which Azure logged it.

        404 is «not there» or «no such way», 405 «no such way», 409 «still in use». 403 is an error
        in the own resource only: in another account somebody else may be the one who deletes.
        """
        import httpx2
        import openai

        with one_line(f"the {kind}"):
            try:
                address = self._address(kind, thing)
                response = self._client(kind).delete(address, cast_to=httpx2.Response)
            except openai.APIStatusError as error:
                if error.status_code not in (404, 405, 409, *((403,) if thing[0] == "/" else ())):
                    raise
                response = error.response
        headers = response.headers
        request_id = headers.get("apim-request-id") or headers.get("x-ms-request-id") or ""
        return response.status_code, str(request_id)

    def _client(self, kind: Kind) -> Any:
        return {"deployment": self._management, "job": self._dated}.get(kind, self._data)

    def _address(self, kind: Kind, thing: str) -> str:
        if thing.startswith("/"):  # a deployment in another account
            return thing
        folder = {
            "deployment": f"{self._account}/deployments",
            "job": "/fine_tuning/jobs",
            "file": "/files",
        }.get(kind, "/models")
        return f"{folder}/{quote(thing, safe='')}"


@contextmanager
def one_line(what: str) -> Iterator[None]:
    """Turn an error of the client into one line: what Azure answers, and what to do about it.

    Raises:
        BusyError: it did not work after several attempts, or a quota is used up.
        RefusedError: the key or the role does not suffice.
        MissingError: the resource or the route is not there.
        InputError: the service cannot use what it was sent.
    """
    import openai

    try:
        yield
    except openai.APIConnectionError as error:
        why = "no answer in time" if isinstance(error, openai.APITimeoutError) else "no connection"
        todo = "check `endpoint` and the network, and run this again"
        raise BusyError(f"{what}: Azure cannot be reached ({why})", todo=todo) from None
    except openai.APIStatusError as error:
        # A code is a word; what is none may be somebody's text.
        status, code = error.status_code, str(error.code or "")
        is_word = re.fullmatch(r"[\w.-]{1,60}", code)
        line = f"{what}: Azure answers {status}" + (f" `{code}`" if is_word else "")
        kind, todo = _BY_STATUS.get(status, (InputError, "see the message in the portal"))
        if status in (408, 409, 429) or status >= 500:
            kind, todo = BusyError, "run this again later; nothing is done twice"
        if "quota" in code.lower():
            kind, todo = BusyError, "ask for more quota in the portal, or wait, and run this again"
        raise kind(line, todo=todo) from None


_CHECK = "check endpoint, account and names in azure.toml, or begin anew with --only-delete"
_BY_STATUS: dict[int, tuple[type[VanneError], str]] = {
    401: (RefusedError, "check the key or the token in the environment: tokens live about an hour"),
    403: (RefusedError, "ask for the role Azure AI Owner on this resource"),
    404: (MissingError, _CHECK),
}
