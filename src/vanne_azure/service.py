"""One Azure OpenAI resource, as its documentation describes it: files, jobs, deployments, answers.

Three interfaces through the openai SDK: the data plane (`/openai/v1/`), the dated data plane that
alone deletes jobs, and the control plane (ARM), which alone knows deployments. `create_*` first
looks whether the thing is there, by the name that only this run has: whoever is killed between a
creation and its note makes nothing twice.
"""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal
from urllib.parse import quote

from vanne.errors import BusyError
from vanne.extras import require
from vanne_azure.calling import Caller, Sleep, Tell, filtered, translated
from vanne_azure.settings import Settings, data_key, management_token

Kind = Literal["deployment", "checkpoint", "model", "job", "file"]


@dataclass(frozen=True, slots=True)
class Answer:
    """What the service said to a deletion: HTTP status, and the id under which it logged it."""

    status: int
    request_id: str


class Service:
    """A resource. `tell` hears why something takes longer; `sleep` waits."""

    def __init__(
        self, settings: Settings, tell: Tell = lambda _line: None, sleep: Sleep = time.sleep
    ) -> None:
        """Open the three interfaces; nothing is sent yet.

        Raises:
            MissingError: the SDK is not installed, or there is no key.
        """
        require("azure")
        import openai

        self.settings, self.sleep = settings, sleep
        self._call = Caller(settings.attempts, tell, sleep)
        common: dict[str, Any] = {"max_retries": 0, "timeout": settings.timeout_seconds}
        endpoint = settings.endpoint.rstrip("/")
        self._data: Any = openai.OpenAI(
            base_url=f"{endpoint}/openai/v1/", api_key=lambda: data_key()[0], **common
        )
        opened: dict[str, Any] = {
            "azure_ad_token_provider" if data_key()[1] else "api_key": lambda: data_key()[0]
        }
        self._dated: Any = openai.AzureOpenAI(
            azure_endpoint=endpoint, api_version=settings.data_version, **opened, **common
        )
        self._arm: Any = openai.OpenAI(
            base_url=settings.management,
            api_key=management_token,
            default_query={"api-version": settings.management_version},
            **common,
        )

    def close(self) -> None:
        """Close what is connected."""
        for client in (self._data, self._dated, self._arm):
            client.close()

    # Training

    def region(self) -> str:
        """Return where the resource lies, such as `swedencentral`."""
        found = self._get(self._arm, self._account, "the resource")
        return str(found.get("location", "")).replace(" ", "").lower()

    def create_file(self, path: Path) -> Any:
        """Upload a training file, unless one of its name is there; return it."""

        def upload() -> Any:
            there = [f for f in self._data.files.list() if f.filename == path.name]
            if there:
                return there[0]
            with path.open("rb") as data:
                return self._data.files.create(file=(path.name, data), purpose="fine-tune")

        return self._call(upload, "the upload", has_text=True)

    def file(self, file_id: str) -> Any:
        """Return a file: its name, size and status."""
        return self._call(lambda: self._data.files.retrieve(file_id), "the file", has_text=True)

    def files_named(self, name: str) -> list[str]:
        """Return the ids of the files of that name."""
        files = self._data.files
        return self._call(lambda: [f.id for f in files.list() if f.filename == name], "the files")

    def create_job(self, file_id: str, suffix: str) -> Any:
        """Start to train on a file, unless a job on it is there; return the job."""
        settings = self.settings

        def start() -> Any:
            there = [j for j in self._data.fine_tuning.jobs.list() if j.training_file == file_id]
            if there:
                return there[0]
            return self._data.fine_tuning.jobs.create(
                model=settings.model,
                training_file=file_id,
                suffix=suffix,
                seed=settings.seed,
                method={
                    "type": "supervised",
                    "supervised": {"hyperparameters": dict(settings.hyperparameters)},
                },
                extra_body={"trainingType": settings.training_type},
            )

        return self._call(start, "the job")

    def job(self, job_id: str) -> Any:
        """Return a job as it is now."""
        return self._call(
            lambda: self._data.fine_tuning.jobs.retrieve(job_id), "the job", has_text=True
        )

    def jobs_on(self, file_ids: list[str]) -> list[Any]:
        """Return the jobs that train, or trained, on one of the files."""
        jobs = self._data.fine_tuning.jobs
        return self._call(
            lambda: [job for job in jobs.list() if job.training_file in file_ids], "the jobs"
        )

    def cancel(self, job_id: str) -> None:
        """Ask a job to stop."""
        self._call(lambda: self._data.fine_tuning.jobs.cancel(job_id), "the job")

    def events(self, job_id: str) -> list[Any]:
        """Return the latest events of a job, the oldest first."""
        jobs = self._data.fine_tuning.jobs
        latest = self._call(
            lambda: jobs.list_events(job_id, limit=20).data, "the job's events", has_text=True
        )
        return sorted(latest, key=lambda event: int(event.created_at))

    def checkpoints(self, job_id: str) -> list[str]:
        """Return the names under which the checkpoints of a job can be deployed."""
        jobs = self._data.fine_tuning.jobs
        return self._call(
            lambda: [c.fine_tuned_model_checkpoint for c in jobs.checkpoints.list(job_id)],
            "the checkpoints",
        )

    # Serving

    def deploy(self, name: str, model: str) -> None:
        """Ask for a deployment in the resource's own region (SKU Standard)."""
        body = {
            "sku": {"name": "Standard", "capacity": self.settings.capacity},
            "properties": {"model": {"format": "OpenAI", "name": model, "version": "1"}},
        }
        self._call(
            lambda: self._arm.put(self._address("deployment", name), cast_to=object, body=body),
            "the deployment",
        )

    def deployment_state(self, name: str) -> str:
        """Return how far a deployment is: `Creating`, `Succeeded`, `Failed`, ..."""
        found = self._get(self._arm, self._address("deployment", name), "the deployment")
        return str(found.get("properties", {}).get("provisioningState", "unknown"))

    def deployments_of(self, models: list[str]) -> list[str]:
        """Return the names of all deployments of some models, whoever made them."""
        found = self._get(self._arm, f"{self._account}/deployments", "the deployments")
        return [
            str(each["name"])
            for each in found.get("value", [])
            if each["properties"]["model"]["name"] in models
        ]

    def stream(self, deployment: str, prompt: str, max_tokens: int | None = None) -> Iterator[str]:
        """Yield an answer as it is written.

        Raises:
            RefusedError: the service's content filter stopped it.
            BusyError: it was cut off.
        """
        import openai

        limit = {} if max_tokens is None else {"max_completion_tokens": max_tokens}
        chunks = self._call(
            lambda: self._data.chat.completions.create(
                model=deployment,
                messages=[{"role": "user", "content": prompt}],
                stream=True,
                **limit,
            ),
            "the answer",
            has_text=True,
        )
        reason = None
        try:
            for chunk in chunks:
                for choice in chunk.choices:  # Azure's first chunk, of its filter, has none
                    reason = choice.finish_reason or reason
                    if choice.delta and choice.delta.content:
                        yield choice.delta.content
        except openai.APIError as error:
            raise translated(error, "the answer", has_text=True) from None
        if reason == "content_filter":
            raise filtered()
        if reason is None:
            raise BusyError("the answer was cut off", todo="ask again")

    # Deleting

    def delete(self, kind: Kind, thing: str) -> Answer:
        """Ask to delete something; return what was said: 2xx, 404 not there, 405 no such way,
        409 still in use."""
        import httpx2
        import openai

        client = self._client(kind)
        try:
            response = self._call(
                lambda: client.delete(self._address(kind, thing), cast_to=httpx2.Response),
                f"the {kind}",
                raw=(404, 405, 409),
            )
        except openai.APIStatusError as error:
            response = error.response
        headers = response.headers
        request_id = headers.get("apim-request-id") or headers.get("x-ms-request-id") or ""
        return Answer(response.status_code, str(request_id))

    def exists(self, kind: Kind, thing: str) -> bool:
        """Ask whether something is still there."""
        import openai

        try:
            self._call(
                lambda: self._client(kind).get(self._address(kind, thing), cast_to=object),
                f"the {kind}",
                raw=(404,),
            )
        except openai.APIStatusError:
            return False
        return True

    # Where things are

    def _get(self, client: Any, path: str, what: str) -> dict[str, Any]:
        found = self._call(lambda: client.get(path, cast_to=object), what)
        return found if isinstance(found, dict) else {}

    def _client(self, kind: Kind) -> Any:
        return {"deployment": self._arm, "job": self._dated}.get(kind, self._data)

    @property
    def _account(self) -> str:
        settings = self.settings
        group = f"/subscriptions/{_part(settings.subscription)}/resourceGroups/"
        group += _part(settings.resource_group)
        return f"{group}/providers/Microsoft.CognitiveServices/accounts/{_part(settings.account)}"

    def _address(self, kind: Kind, thing: str) -> str:
        place = {
            "deployment": f"{self._account}/deployments",
            "job": "/fine_tuning/jobs",
            "file": "/files",
        }.get(kind, "/models")
        return f"{place}/{_part(thing)}"


def _part(text: str) -> str:
    return quote(text, safe="")
