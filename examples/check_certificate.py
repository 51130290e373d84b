"""Check a certificate of forgetting with nothing of Vanne: Python 3.11 and `cryptography` alone.

    python check_certificate.py CERTIFICATE [LOG VKEY HOME TEXTS [WITNESS_VKEY | RECEIPT]...]

LOG is published, and you know VKEY. HOME is the network's folder, TEXTS what `vanne corpus read`
prints. Each witness must have cosigned, each receipt be answered. It ends with 0 if all holds, 1 if
something does not, 2 if it was not used as above. That a checkpoint's bytes come from the texts
that name it, only a training shows (`vanne verify --proof`).
"""

# fmt: off
import hmac
import json
import sys
from base64 import b64decode, b64encode
from datetime import date
from hashlib import sha256
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey as Key


def misused(what):
    sys.stderr.write(f"not checked: {what}\nusage:{__doc__.split(chr(10) * 2)[1][3:]}\n")
    sys.exit(2)

def bytes_of(path):
    try:
        return Path(path).read_bytes()
    except OSError as error:
        misused(f"cannot read `{path}` ({error.strerror})")

def json_of(data, name):
    try:
        return json.loads(data)
    except (ValueError, RecursionError):
        misused(f"`{name}` is no JSON")

sys.excepthook = lambda kind, *_: sys.stderr.write(f"DOES NOT HOLD: {kind.__name__}\n")
def need(holds, what):
    sys.stdout.write(f"{'holds' if holds else 'DOES NOT HOLD'}: {what}\n")
    return holds or sys.exit(1)

def canonical(value):  # RFC 8785, for what has no fractions
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()

def digest(*parts):  # each part after its length in eight bytes
    parts = [part if isinstance(part, bytes) else str(part).encode() for part in parts]
    return sha256(b"".join(len(part).to_bytes(8, "big") + part for part in parts)).hexdigest()

def signatures_on(note, vkey):  # C2SP signed-note and, by keys of kind 4, tlog-cosignature
    try:
        _, key_id, public = vkey.split("+", 2)
        kind, key = (data := b64decode(public))[0], Key.from_public_bytes(data[1:])
    except (ValueError, IndexError):
        misused(f"`{vkey}` is no VKEY")
    text, _, lines = note.rpartition("\n\n")
    for data in (b64decode(line.split(" ")[2]) for line in lines.splitlines()):
        time = f"cosignature/v1\ntime {int.from_bytes(data[4:12], 'big')}\n" * (kind == 4)
        if data[:4].hex() == key_id:
            yield key.verify(data[-64:], f"{time}{text}\n".encode())

def entries_of(log, size):  # C2SP tlog-tiles
    for number in range(-(-size // 256)):
        *groups, last = (group.zfill(3) for group in f"{number:,}".split(","))
        path = Path(log, "tile/entries", *(f"x{group}" for group in groups), last)
        part, at = Path(f"{path}.p/{size - 256 * number}"), 0
        data = bytes_of(part if part.exists() else path)
        for _ in range(min(256, size - 256 * number)):
            at, start = at + 2 + int.from_bytes(data[at : at + 2], "big"), at + 2
            yield data[start:at]

def root(leaves):  # RFC 9162, 2.1.1
    half = 1 << (len(leaves) - 1).bit_length() - 1 if leaves[1:] else 0
    return sha256(b"\1" + root(leaves[:half]) + root(leaves[half:])).digest() if half else leaves[0]

def named(facts):  # the digest of an environment
    return digest("vanne/environment/1", *(part for fact in sorted(facts.items()) for part in fact))

if len(sys.argv) != 2 and len(sys.argv) < 6:
    misused("give one file, or at least five arguments")
certificate, *given = sys.argv[1:]
body = json_of(bytes_of(certificate), certificate)
if not isinstance(body, dict) or body.get("schema") != "vanne/certificate/3":
    misused(f"`{certificate}` is no certificate")
signature, after, made = body.pop("signature"), body["model"]["after"], body["configuration"]
key, name = b64decode(signature["public_key"]), digest(body["schema"], canonical(body))
Key.from_public_bytes(key).verify(b64decode(signature["value"]), canonical(body))
need(True, f"{name[:16]} is signed by {key.hex()}")
if not given:
    sys.exit(not need(True, "of this file alone; log, files and texts are NOT CHECKED"))
log, vkey, home, texts, *others = given
store, note = Path(home, "model"), bytes_of(Path(log, "checkpoint")).decode()
receipts = [each for each in others if each.count("+") < 2 or Path(each).exists()]
for each in [vkey, *(each for each in others if each not in receipts)]:
    need(list(signatures_on(note, each)), f"{each.split('+')[0]} has signed the log's checkpoint")
entries = list(entries_of(log, int(note.split("\n")[1])))
tree = b64encode(root([sha256(b"\0" + entry).digest() for entry in entries])).decode()
need(tree == note.split("\n")[2], "the entries give the root that is signed")
public = [(e["kind"], e.get("content", {})) for e in map(json.loads, entries)]
ours = [n for n, (_, e) in enumerate(public) if "certificate" in e and e["model"] == after]
told = [public[n][1][part] for n in ours for part in ("certificate", "corpus", "key")]
need(told == [name, body["corpus"]["after"], key.hex()], "the log names it, and no other like it")
late = date.fromisoformat(public[ours[0]][1]["at"][:10]) - date.fromisoformat(body["day"])
need(0 <= late.days <= 1, "its day is that of its entry, or the day before")
before = [e for kind, e in public[:ours[0]] if kind == "model" and e["series"] == "texts"][-1]
need(before["key"] == key.hex(), "it is signed by the key of the model before it")
for each in receipts:
    receipt = json_of(bytes_of(each), each)
    data = b64decode(receipt["salt"]) + sha256(b"\0" + canonical(receipt["entry"])).digest()
    opened = b64encode(sha256(b"vanne/request/1" + data).digest()).decode()
    need(opened in body["requests"], f"it answers entry {receipt['index']}")
lineage = json_of(bytes_of(store / f"models/{after}.json"), "the lineage")
secret, ground_texts = before["placement"], Path(home, "ground.jsonl")
if "shards" not in lineage:  # a tombstone: the model that came after it has a certificate too
    sys.exit(not need(True, "what can still be seen of it: its model was replaced"))
salt, shards, rules = bytes_of(store / "salt"), lineage["shards"], lineage["settings"]
need(secret == digest("vanne/placement/1", salt), "the log commits to this secret")
ground, *chain = ([n, note["key"], note["sha256"], note["documents"], note["tokens"]] for n, notes
                  in enumerate([[lineage["ground"]], *shards], -1) for note in notes)
parts = canonical([body["corpus"]["after"], secret, lineage["environment"], ground[1:], chain])
need(digest("vanne/model/1", made["settings"], parts) == after, "and to this lineage")
lines = bytes_of(ground_texts).splitlines() if ground_texts.exists() else []
shas = [sha256(json_of(line, ground_texts).encode()).hexdigest() for line in lines]
scheme = 4 if "batch_tokens" in rules else 3 if "recompute" in rules else 2
start = digest(f"vanne/ground/{scheme}", made["settings"], named(lineage["environment"]), *shas)
need([ground[1], ground[3]] == [start, len(shas)], "the ground is named by the texts that are here")
files = {path.stem: sha256(path.read_bytes()).hexdigest() for path in store.rglob("*.safetensors")}
need(body["digests"] == {e[1]: e[2] for e in [ground, *chain]}, "its checkpoints are certified")
kept_or_made = sorted(body["keys"]["kept"] + body["keys"]["made"])
need(kept_or_made == sorted(body["digests"]), "each was kept or made")
need(body["digests"].items() <= files.items(), "they have the certified bytes")
last = {str(shard): notes[-1]["sha256"] for shard, notes in enumerate(shards)}
need(body["shards"]["after"] == last, "and the last of each shard is the certified one")
need(not files.keys() & set(body["keys"]["dropped"]), "what was dropped is gone")
if body["waiting"]:  # which texts wait is in no file that is published
    sys.exit(not need(True, f"what can be seen while {body['waiting']} texts wait: no slice"))
slots = {}
for line in bytes_of(texts).splitlines():
    row = json_of(line, texts)
    sha = hmac.digest(salt, row["owner"].encode(), "sha256")
    part = -1 if row["shared"] else int.from_bytes(sha[8:16], "big")
    place = int.from_bytes(sha[:8], "big") % rules["shards"], part % rules["slices"]
    slots.setdefault(place, []).append([row["item_id"], sha256(row["text"].encode()).hexdigest()])
sizes = {len(notes) for notes in shards}
need([len(shards), sizes] == [rules["shards"], {rules["slices"]}], "no shard or slice is too many")
for shard, notes in enumerate(shards):
    last = lineage["ground"]
    for part, note in enumerate(notes):
        rows, made_in = sorted(slots.get((shard, part), ())), note.get("environment")
        key, bits, tokens = last["key"], last["sha256"], 0
        if rows:
            content = digest(*(each for row in rows for each in row))
            key = digest(f"vanne/slice/{scheme}", salt, last["key"], shard, part, content)
            key = digest("vanne/elsewhere/1", key, named(made_in)) if made_in else key
            bits, tokens = note["sha256"], note["tokens"]
        same = [note["key"], note["sha256"], note["tokens"]] == [key, bits, tokens]
        need(same, f"shard {shard}, slice {part} is named by these texts alone")
        need(note["documents"] == len(rows), "and counts them")
        last = note
