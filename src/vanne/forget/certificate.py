"""The certificate of forgetting: which checkpoints were deleted and kept, and its signature.

A certificate is a JSON document (`vanne/certificate/3`) in canonical form (RFC 8785), signed with
Ed25519 (RFC 8032); its digest is an entry of the ledger. Every member may read it. It names keys
and digests of checkpoints, and no member and no item; its times are days. For each request it holds
a value that only the requester's receipt opens (`opening_of`), mixed with decoys that no receipt
opens, so the number of requests stays hidden. `docs/reference/certificates.md` explains each field.
`vanne.forget.verifying` derives everything again and trusts no field.

The statement is made from the models before and after and from the requests.
"""

import base64
import json
import secrets
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any, Self

import rfc8785
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from vanne.errors import VerificationError, storing
from vanne.files import write_whole
from vanne.ledger.encoding import from_base64
from vanne.train.digests import digest
from vanne.train.environment import environment_digest
from vanne.train.model import Model
from vanne.train.private import facts_of
from vanne.train.store import ModelStore

SCHEMA = "vanne/certificate/3"
FIELDS = frozenset(
    "schema phase claim day model corpus requests waiting configuration keys digests shards "
    "at_once deleted signature".split()
)
TOGETHER = "together"
"""The one field that may be missing: then perhaps one person alone left."""
PUBLIC_KEY = "certificate.pub"
"""Where in a store the key lies with which anyone can check its certificates."""

AT_ONCE, RETRAINED = "at-once", "retrained"
"""The phases. A certificate of the first whose model holds all of its corpus needs no second."""
_FEWEST = 16  # requests that a certificate seems to have


@dataclass(frozen=True, slots=True)
class Cost:
    """What a forgetting took: for who did it, and in no file that others read.

    Tokens count as often as they were trained on. From the sizes of two certificates could be told
    whose texts left.
    """

    shards: tuple[int, ...]
    tokens: int
    tokens_full: int
    seconds_full: float
    seconds: float = 0.0
    cpu_seconds: float = 0.0
    seconds_at_once: float = 0.0

    @property
    def share(self) -> float:
        """Tokens that were trained again as a share of a full training on the same documents."""
        return self.tokens / max(self.tokens_full, 1)


@dataclass(frozen=True, slots=True)
class Certificate:
    """A signed statement that a model forgot. `document` is the whole of it, as it is written.

    `cost` is known to who has just made it.
    """

    document: Mapping[str, Any]
    cost: Cost | None = field(default=None, compare=False)

    @property
    def id(self) -> str:
        """The digest of what is signed."""
        return digest(str(self.document["schema"]), signed_part(self.document))

    @property
    def day(self) -> date:
        """When it was done (UTC): from then on the model that forgot has served."""
        return date.fromisoformat(self.document["day"])

    @property
    def before(self) -> str:
        """The version of the model that was replaced."""
        return str(self.document["model"]["before"])

    @property
    def after(self) -> str:
        """The version of the model that forgot."""
        return str(self.document["model"]["after"])

    @property
    def replaced(self) -> frozenset[str]:
        """The versions of all models whose place it took."""
        return frozenset(self.document["model"]["replaced"])

    @property
    def phase(self) -> str:
        """Which phase it certifies."""
        return str(self.document["phase"])

    @property
    def waiting(self) -> int:
        """How many documents of the corpus its model does not hold yet."""
        return int(self.document["waiting"])

    @property
    def together(self) -> int:
        """At least how many people left together, as it says."""
        return int(self.document.get(TOGETHER, 1))

    @property
    def steps(self) -> tuple[str, ...]:
        """The ids of the certificates of the first phase that led to it."""
        return tuple(step["certificate"] for step in self.document["at_once"])

    @property
    def requests(self) -> frozenset[str]:
        """What the receipts of those who asked open, and what opens to nothing."""
        return frozenset(self.document["requests"])

    @property
    def corpus_after(self) -> str:
        """The version of the corpus that its model was trained on."""
        return str(self.document["corpus"]["after"])

    @property
    def corpus_before(self) -> str:
        """The version of the corpus that the replaced model was trained on."""
        return str(self.document["corpus"]["before"])

    @property
    def changed(self) -> frozenset[int]:
        """The shards that, as it says, end in another checkpoint than before."""
        before, after = (self.document["shards"][name] for name in ("before", "after"))
        return frozenset(int(shard) for shard in after if before.get(shard) != after[shard])

    @property
    def key(self) -> bytes:
        """The public key that signed it."""
        return base64.b64decode(self.document["signature"]["public_key"], validate=True)

    def read(self) -> Self:
        """Read every field, so that a document that lacks one or has one too many is none.

        Raises:
            KeyError, TypeError, ValueError, AttributeError: a field is missing or has not its type.
        """
        document = self.document
        if set(document) - {TOGETHER} != FIELDS or self.phase not in (AT_ONCE, RETRAINED):
            raise ValueError
        _ = self.day, self.before, self.corpus_before, self.corpus_after
        _ = self.replaced, self.waiting, self.steps, self.changed, self.together
        _ = dict(document["digests"]), list(document["keys"]["dropped"])
        _ = list(document["configuration"]["facts"])
        _ = [list(document["deleted"][kind]) for kind in document["deleted"]]
        if not all(isinstance(each, str) for each in (document["claim"], *self.requests)):
            raise TypeError
        return self

    def write(self, folder: Path) -> Path:
        """Write the certificate into a folder, named by its id; return the path."""
        path = folder / f"{self.id[:16]}.json"
        write_whole(path, json.dumps(self.document, indent=1).encode())
        return path


def opening_of(salt: bytes, leaf: bytes) -> str:
    """Return what a certificate holds of who asked, in base64: their receipt alone opens it.

    `salt` is the secret of their entry and `leaf` the hash of its leaf (RFC 9162).
    """
    return base64.b64encode(sha256(b"vanne/request/1" + salt + leaf).digest()).decode()


def hidden(requests: Collection[str]) -> list[str]:
    """Return requests among others that open to nothing: how many there are cannot be told."""
    wanted = max(_FEWEST, 1 << (len(requests) - 1).bit_length() if requests else 0)
    others = (base64.b64encode(secrets.token_bytes(32)).decode() for _ in range(wanted))
    return sorted([*requests, *others][:wanted])


def signed_part(document: Mapping[str, Any]) -> bytes:
    """Return the bytes that are signed: everything but the signature, in canonical JSON."""
    return rfc8785.dumps({name: value for name, value in document.items() if name != "signature"})


def sign(body: Mapping[str, Any], store: ModelStore) -> Certificate:
    """Sign a statement with the store's key, making one on first use (mode 0600)."""
    key = signing_key(store)
    signature = {
        "algorithm": "Ed25519",
        "public_key": base64.b64encode(key.public_key().public_bytes_raw()).decode(),
        "value": base64.b64encode(key.sign(signed_part(body))).decode(),
    }
    return Certificate({**body, "signature": signature})


def check_signature(document: Mapping[str, Any]) -> bytes:
    """Return the public key that signed a certificate.

    Raises:
        VerificationError: it was changed after it was signed.
        KeyError, TypeError, ValueError: a part is missing, or is not in its one form.
    """
    signature = document["signature"]
    if (
        set(signature) != {"algorithm", "public_key", "value"}
        or signature["algorithm"] != "Ed25519"
    ):
        raise ValueError("it does not have the parts of a signature")
    public, value = from_base64(signature["public_key"], 32), from_base64(signature["value"], 64)
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(value, signed_part(document))
    except InvalidSignature:
        raise failed("signature", "it was changed after it was signed") from None
    return public


def public_key(store: ModelStore) -> bytes | None:
    """Return the key with which this store signs; None if it has signed nothing yet."""
    try:
        return base64.b64decode((store.root / PUBLIC_KEY).read_bytes())
    except (OSError, ValueError):
        return None


def signing_key(store: ModelStore) -> Ed25519PrivateKey:
    """Return the key with which a store signs, making it on first use, and its public half."""
    path = store.root / "certificate.key"
    if not path.exists():
        write_whole(path, Ed25519PrivateKey.generate().private_bytes_raw(), mode=0o600)
    with storing("the key that signs certificates"):
        data = path.read_bytes()
    try:
        key = Ed25519PrivateKey.from_private_bytes(data)
    except ValueError:
        raise VerificationError(f"`{path}` is damaged", todo="restore it from a backup") from None
    public = base64.b64encode(key.public_key().public_bytes_raw()) + b"\n"
    write_whole(store.root / PUBLIC_KEY, public)
    return key


@dataclass(frozen=True, slots=True)
class Check:
    """One step: `is_checked` is false where what it is about is not there any more."""

    step: str
    told: str
    is_checked: bool = True

    def as_json(self) -> dict[str, str]:
        """Return it for a JSON document."""
        outcome = "holds" if self.is_checked else "not-checked"
        return {"step": self.step, "outcome": outcome, "told": self.told}


def failed(step: str, what: str) -> VerificationError:
    """Return the error that names the step at which a certificate does not hold."""
    return VerificationError(f"the certificate does not hold at step `{step}`: {what}")


Json = dict[str, Any]

DELETED = ("optimiser_states", "item_lists", "curves", "exports")
"""What is deleted besides checkpoints; `curves` is empty, since losses lie in the lineage alone."""


@dataclass(frozen=True, slots=True)
class ForgetRequest:
    """What is to be done: from which corpus to which, for whom, and where its certificate goes.

    `openings` are what the receipts open (`opening_of`) of all who asked since the last whole
    model. `clock` says when each phase is done. Certificates are written into `certificates` (the
    store's own folder of that name if it is None). At least `together` people leave.
    """

    corpus_before: str
    corpus_after: str
    clock: Callable[[], datetime]
    openings: tuple[str, ...] = ()
    certificates: Path | None = None
    together: int = 1

    def folder(self, store: Path) -> Path:
        """Return where the certificate of a store goes."""
        return self.certificates or store / "certificates"


def statement(
    after: Model,
    before: Model,
    replaced: Sequence[Model],
    request: ForgetRequest,
    earlier: Certificate | None,
    *,
    phase: str,
) -> Json:
    """Say what became of every checkpoint when `after` took the place of the others.

    `before` is the model that served, `replaced` are all that go. `earlier` is the certificate of
    the first phase that led to a fallback model among them: this one then speaks of all that
    happened since the last whole model.
    """
    first: Mapping[str, Any] = {  # what a certificate would say of a model that none has replaced
        "model": {"before": before.version},
        "corpus": {"before": before.corpus_version},
        "keys": {"dropped": []},
        "at_once": [],
        "deleted": dict.fromkeys(DELETED, ()),
        "shards": {"before": shard_digests(before)},
    }
    at_once = []
    if earlier:
        first = earlier.document
        step = {"certificate": earlier.id, "model": earlier.after, "day": first["day"]}
        at_once = [*first["at_once"], step]
    old = {key for model in replaced for key in model.keys}
    gone = old.union(first["keys"]["dropped"])
    new = after.keys.keys()
    return {
        "schema": SCHEMA,
        "phase": phase,
        "claim": claim(after),
        "day": request.clock().date().isoformat(),
        "model": {
            "before": first["model"]["before"],
            "after": after.version,
            "replaced": sorted({each.version for each in replaced} - {after.version}),
        },
        "corpus": {"before": first["corpus"]["before"], "after": request.corpus_after},
        "requests": hidden(request.openings),
        "waiting": after.waiting,
        "configuration": configuration(after),
        "keys": {
            "dropped": sorted(gone - new),
            "kept": sorted(old & new),
            "made": sorted(new - old),
        },
        "digests": after.keys,
        "shards": {"before": first["shards"]["before"], "after": shard_digests(after)},
        "at_once": at_once,
        "deleted": {kind: list(first["deleted"][kind]) for kind in DELETED},
        **({TOGETHER: request.together} if request.together > 1 else {}),
    }


def shard_digests(model: Model) -> dict[str, str]:
    """Return the digest of each shard's last checkpoint, as a certificate says them."""
    return {str(shard): sha for shard, sha in model.digests.items()}


def configuration(model: Model) -> Json:
    """Return what a model's bits depend on besides its documents, as a certificate says it."""
    return {
        "settings": model.settings.digest(),
        "environment": environment_digest(model.environment),
        "facts": [dict(facts) for facts in model.environments],
        "base": model.environment["base"],
        "ground": model.ground.key,
        "placement": model.placement,
        **({"privacy": facts_of(model.settings)} if model.settings.noise else {}),
    }


def cost_of(after: Model, body: Json, keys: Collection[str]) -> Cost:
    """Return what the training of these checkpoints took, and what all of them take."""
    anew = [note for note in after.notes if note.key in keys and note.documents]
    changed = tuple(sorted(Certificate(body).changed)) if keys else ()
    seconds = round(after.seconds_total, 3)
    return Cost(changed, sum(note.tokens for note in anew), after.tokens_total, seconds)


def led_to(models: Sequence[Model], known: Collection[Certificate]) -> Certificate | None:
    """Return the last certificate of the first phase that led to one of some fallback models."""
    wanted = {model.version for model in models if model.waiting}
    steps = [each for each in known if each.phase == AT_ONCE and each.after in wanted]
    return max(steps, key=lambda each: (len(each.steps), each.id), default=None)


_SAME_BITS = (
    "The adapters named here have the same bits as if the model had been trained, under the same "
    "configuration (settings, ground, base model, environment, placement of members), on {corpus}; "
    "the checkpoints named as dropped are deleted."
)
_SAME_TRAINING = (
    "The adapters named here were trained on {corpus}, and so was everything that they set out "
    "from. They come from {places} environments (processor, libraries), which the lineage names: "
    "a training in a single one may give other bits, and the same bits are not claimed. The "
    "checkpoints named as dropped are deleted."
)


def claim(model: Model) -> str:
    """Return what is certified: the same bits where all was made in one environment, else less."""
    corpus = "the corpus `after` alone, without the items that left it"
    if model.waiting:
        corpus = (
            "documents of the corpus `after` alone, all of them but those that are counted as "
            "waiting"
        )
    places = len(model.environments)
    return (_SAME_BITS if places == 1 else _SAME_TRAINING).format(corpus=corpus, places=places)
