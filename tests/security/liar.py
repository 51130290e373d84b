"""An operator who lies: a home in which somebody has left, and what they sign in place of the truth."""

import re
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from click.testing import CliRunner

from tests.forget.homes import SALT, hours
from vanne.cli import cli
from vanne.config import Home
from vanne.errors import VanneError
from vanne.forget import Certificate, ForgetRequest, forget
from vanne.forget.backlog import Backlog
from vanne.forget.certificate import claim, configuration, shard_digests, sign
from vanne.forget.history import register
from vanne.train.model import Model, current, items_in, lineage_path, publish
from vanne.train.settings import TrainingSettings
from vanne.train.shards import slot
from vanne.train.store import ModelStore
from vanne.train.tokens import read_ground

SCRIPT = Path(__file__).parents[2] / "examples/check_certificate.py"
Json = dict[str, Any]


def leaver(settings: TrainingSettings) -> int:
    """A member whose leaving touches one shard alone, and who is not the only one in it."""
    where = [slot(f"m{n}", SALT, settings)[0] for n in range(6)]
    return next(n for n in range(1, 6) if where[n] == where[n - 1] and where.count(where[n]) > 2)


@dataclass
class Liar:
    """A home in which somebody has just left; the last certificate is not in the ledger yet."""

    home: Home
    honest: Certificate
    touched: int

    @property
    def untouched(self) -> int:
        return 1 - self.touched

    def publishes(self, at: datetime | None = None, **changes: Any) -> Path:
        """Sign something else in the place of the honest certificate, and append it to the log."""
        body = {name: v for name, v in self.honest.document.items() if name != "signature"}
        (self.home.certificates / f"{self.honest.id[:16]}.json").unlink(missing_ok=True)
        path = sign(body | changes, ModelStore(self.home.model)).write(self.home.certificates)
        register(self.home, lambda: at or hours(2))
        return path

    def falsifies(self, shard: int) -> Json:
        """Put noise in the place of a shard's adapter, everywhere consistently; what then fits."""
        import torch
        from safetensors.torch import load

        store, model = ModelStore(self.home.model), current(self.home.model)
        last = model.shards[shard][-1]
        state = load(store.checkpoint(last.key).read_bytes())
        noise = {name: torch.randn_like(tensor) for name, tensor in state.items()}
        false = store.save(noise, last)
        notes = tuple(
            replace(note, sha256=false.sha256) if note.key == last.key else note
            for note in model.shards[shard]
        )
        return self.serves(replace(model, shards={**model.shards, shard: notes}))

    def serves(self, model: Model) -> Json:
        """Let another model serve; return what a certificate must say of it."""
        before = current(self.home.model)
        publish(ModelStore(self.home.model), model, items_in(self.home.model, before))
        if before.version != model.version:
            lineage_path(ModelStore(self.home.model), before.version).unlink()
        keys = self.honest.document["keys"]
        kept = sorted({*keys["kept"]} & model.keys.keys())
        return {
            "keys": keys | {"kept": kept, "made": sorted(model.keys.keys() - {*kept})},
            "model": self.honest.document["model"] | {"after": model.version},
            "digests": model.keys,
            "shards": self.honest.document["shards"] | {"after": shard_digests(model)},
            "configuration": configuration(model),
            "claim": claim(model),
        }


def verify(home: Home, path: Path, *options: str) -> str:
    """Return at which step the certificate does not hold; «holds» if it does."""
    done = CliRunner().invoke(cli, ["verify", str(path), "--home", str(home.root), *options])
    if done.exit_code == 0:
        return "holds"
    assert isinstance(done.exception, VanneError), done.output + repr(done.exception)
    found = re.search(r"does not hold at step `(\w+)`", str(done.exception))
    return found[1] if found else str(done.exception)


def act(home: Home, work: Backlog) -> Certificate:
    """Forget both phases as the command does, and append nothing to the ledger."""
    request = ForgetRequest(
        work.before.version,
        work.after.version,
        lambda: hours(2),
        tuple(work.openings),
        home.certificates,
    )
    return forget(
        work.documents, home.model, request, ground=read_ground(home.ground), at_once_first=True
    )
