"""One Azure OpenAI resource, as its documentation describes it: files, jobs, deployments, answers.

Three interfaces through the openai client: the data plane (`/openai/v1/`), the dated data plane
that alone deletes jobs, and the control plane (ARM), which alone knows deployments. The client
tries again what may be repeated. It does not repeat a creation, which may have arrived before the
connection was cut: `upload` and `start_job` first look for what only this run would have made.

An error names the service's status and code. It does not quote the service's message, which may
quote a member's text.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal
from urllib.parse import quote

from vanne.errors import BusyError, InputError, MissingError, RefusedError, VanneError
from vanne.extras import require
from vanne_azure.settings import AzureSettings, data_key, management_token

Kind = Literal["deployment", "checkpoint", "model", "job", "file"]
"""What can be deleted, in the documented order of deletion."""

JOB_ENDED = ("succeeded", "failed", "cancelled")
# The versions whose documentation this was written by.
_DATA_VERSION, _MANAGEMENT_VERSION = "2025-04-01-preview", "2024-10-01"
_DATED_PATHS = {"job": "/fine_tuning/jobs", "file": "/files"}


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
        self._data: Any = openai.OpenAI(
            base_url=f"{settings.endpoint}/openai/v1/", api_key=lambda: data_key()[0], **common
        )
        credential: dict[str, Any] = {
            "azure_ad_token_provider" if data_key()[1] else "api_key": lambda: data_key()[0]
        }
        self._dated: Any = openai.AzureOpenAI(
            azure_endpoint=settings.endpoint,
            api_version=_DATA_VERSION,
            **credential,
            **common,
        )
        self._management: Any = openai.OpenAI(
            base_url=settings.management,
            api_key=management_token,
            default_query={"api-version": _MANAGEMENT_VERSION},
            **common,
        )

    def close(self) -> None:
        """Close what is connected."""
        for client in (self._data, self._dated, self._management):
            client.close()

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

    def file_status(self, file_id: str) -> str:
        """Return how far Azure has read a file: `pending`, `processed`, `error`, ..."""
        with one_line("the file"):
            return str(self._data.files.retrieve(file_id).status)

    def start_job(self, file_id: str) -> str:
        """Start to train on a file, unless a job on it is there; return the job's id.

        Training of the type `Standard` alone keeps data and weights in the resource's region.
        """
        settings = self.settings
        supervised = {"hyperparameters": settings.chosen_hyperparameters}
        with one_line("the job"):
            for job in self._data.fine_tuning.jobs.list():
                if job.training_file == file_id:
                    return str(job.id)
            once = self._data.with_options(max_retries=0)
            job = once.fine_tuning.jobs.create(
                model=settings.model,
                training_file=file_id,
                suffix=settings.deployment,
                seed=settings.seed,
                method={"type": "supervised", "supervised": supervised},
                extra_body={"trainingType": "Standard"},
            )
            return str(job.id)

    def job(self, job_id: str) -> Any:
        """Return a job as it is now."""
        with one_line("the job"):
            return self._data.fine_tuning.jobs.retrieve(job_id)

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

    def deployment_state(self, name: str) -> str:
        """Return how far a deployment is: `Creating`, `Succeeded`, `Failed`, ..."""
        with one_line("the deployment"):
            found: Any = self._management.get(self._address("deployment", name), cast_to=object)
        return str(found.get("properties", {}).get("provisioningState", "unknown"))

    def ask(self, deployment: str, prompt: str, max_tokens: int | None = None) -> str:
        """Return the answer of a deployed model.

        Raises:
            RefusedError: the service's content filter stopped it.
        """
        limit = {} if max_tokens is None else {"max_completion_tokens": max_tokens}
        messages = [{"role": "user", "content": prompt}]
        with one_line("the answer"):
            answer = self._data.chat.completions.create(
                model=deployment, messages=messages, **limit
            )
        choice = answer.choices[0]
        if choice.finish_reason == "content_filter":
            raise _filtered()
        return str(choice.message.content or "")

    # Deleting

    def things_of(self, file_name: str, known: dict[Kind, str | None]) -> list[tuple[Kind, str]]:
        """Return all that Azure has of a run, in the documented order of deletion.

        `known` is what the run noted. What it made without noting it, because it was killed, is
        found by the name of its file. Deployments are found by their model, whoever made them.
        """
        import openai

        files = [known.get("file")]
        models, checkpoints, jobs = [known.get("model")], [], [known.get("job")]
        with one_line("what is there"):
            files += [file.id for file in self._data.files.list() if file.filename == file_name]
            all_jobs = [*self._data.fine_tuning.jobs.list()]
            for job in all_jobs:
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
            address = f"{self._account}/deployments"
            deployments: Any = self._management.get(address, cast_to=object)
        deployed = [
            each["name"]
            for each in deployments.get("value", [])
            if each["properties"]["model"]["name"] in (*models, *checkpoints)
        ]
        things: dict[Kind, list[Any]] = {
            "deployment": [*deployed, known.get("deployment")],
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

        404 is «not there» or «no such way», 405 «no such way», 409 «still in use».
        """
        import httpx2
        import openai

        with one_line(f"the {kind}"):
            try:
                address = self._address(kind, thing)
                response = self._client(kind).delete(address, cast_to=httpx2.Response)
            except openai.APIStatusError as error:
                if error.status_code not in (404, 405, 409):
                    raise
                response = error.response
        headers = response.headers
        request_id = headers.get("apim-request-id") or headers.get("x-ms-request-id") or ""
        return response.status_code, str(request_id)

    def exists(self, kind: Kind, thing: str) -> bool:
        """Ask whether something is still there."""
        import openai

        with one_line(f"the {kind}"):
            try:
                self._client(kind).get(self._address(kind, thing), cast_to=object)
            except openai.NotFoundError:
                return False
        return True

    # Where things are

    def _client(self, kind: Kind) -> Any:
        return {"deployment": self._management, "job": self._dated}.get(kind, self._data)

    @property
    def _account(self) -> str:
        settings = self.settings
        group = f"/subscriptions/{_quoted(settings.subscription)}/resourceGroups/"
        group += _quoted(settings.resource_group)
        account = _quoted(settings.account)
        return f"{group}/providers/Microsoft.CognitiveServices/accounts/{account}"

    def _address(self, kind: Kind, thing: str) -> str:
        if kind == "deployment":
            return f"{self._account}/deployments/{_quoted(thing)}"
        return f"{_DATED_PATHS.get(kind, '/models')}/{_quoted(thing)}"


@contextmanager
def one_line(what: str) -> Iterator[None]:
    """Turn an error of the client into one line: what Azure answers, and what to do about it.

    Raises:
        BusyError: it did not work after several attempts, or a quota is used up.
        RefusedError: the key or the role does not suffice, or the content filter stopped it.
        MissingError: the resource or the route is not there.
        InputError: the service cannot use what it was sent.
    """
    import openai

    try:
        yield
    except openai.APITimeoutError:
        raise _unreachable(what, "no answer in time") from None
    except openai.APIConnectionError:
        raise _unreachable(what, "no connection") from None
    except openai.APIStatusError as error:
        raise _answered(error.status_code, str(error.code or ""), what) from None
    except openai.APIError:
        raise BusyError(f"{what}: Azure broke off", todo="run this again") from None


def _unreachable(what: str, why: str) -> BusyError:
    todo = "check `endpoint` and the network, and run this again"
    return BusyError(f"{what}: Azure cannot be reached ({why})", todo=todo)


def _filtered() -> RefusedError:
    todo = "see the filter of the deployment in the portal"
    return RefusedError("Azure's content filter stopped it", todo=todo)


def _answered(status: int, code: str, what: str) -> VanneError:
    if code == "content_filter":
        return _filtered()
    # A code is a word; what is none may be somebody's text.
    is_word = re.fullmatch(r"[\w.-]{1,60}", code)
    line = f"{what}: Azure answers {status}" + (f" `{code}`" if is_word else "")
    if "quota" in code.lower():
        return BusyError(line, todo="ask for more quota in the portal, or wait, and run this again")
    if status == 401:
        todo = "check the key or the token in the environment: tokens live about an hour"
        return RefusedError(line, todo=todo)
    if status == 403:
        return RefusedError(line, todo="ask for the role Azure AI Owner on this resource")
    if status == 404:
        todo = "check endpoint, account, names and API versions in azure.toml"
        return MissingError(line, todo=todo)
    if status in (408, 409, 429) or status >= 500:
        return BusyError(line, todo="run this again later; nothing is done twice")
    return InputError(line, todo="see the message in the portal")


def _quoted(part: str) -> str:
    return quote(part, safe="")
