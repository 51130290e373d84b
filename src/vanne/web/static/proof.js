// Checks of a receipt, a certificate and a proof of the ledger, with SHA-256 and Ed25519 of the browser (WebCrypto).
// It knows no page, and sends nothing. A check that fails throws its step, by the names of `vanne verify`; a test holds
// both to the same verdicts. Formats: docs/reference/receipts.md, certificates.md, ledger.md (RFC 8785, 9162; C2SP notes).
"use strict";

class Refused extends Error {
  constructor(step) { super(step); this.step = step; }
}
const hold = (step, truth) => { if (!truth) throw new Refused(step); };
const within = async (step, work) => {
  try { return await work(); } catch (error) { throw error instanceof Refused ? error : new Refused(step); }
};

// Bytes

const joined = (...parts) => {
  const bytes = new Uint8Array(parts.reduce((size, part) => size + part.length, 0));
  parts.reduce((at, part) => (bytes.set(part, at), at + part.length), 0);
  return bytes;
};
const utf8 = (text) => new TextEncoder().encode(text);
const sha256 = async (...parts) => new Uint8Array(await crypto.subtle.digest("SHA-256", joined(...parts)));
const hex = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
const base64 = (bytes) => btoa(String.fromCharCode(...bytes));
const bytesOf = (text, length) => { // in the one form that base64 writes
  const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  if (base64(bytes) !== text || bytes.length !== length) throw new TypeError();
  return bytes;
};
const isSigned = async (key, signature, text) => crypto.subtle.verify(
  "Ed25519", await crypto.subtle.importKey("raw", key, "Ed25519", false, ["verify"]), signature, text);

// Whether this browser can check at all: it does not where it is old, or where the page came by plain HTTP.
const canVerify = async () => {
  const key = bytesOf("11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=", 32); // RFC 8032, 7.1, test 1: it signs the empty text
  const signature = "5VZDAMNgrHKQhuLMgG6CioSHfx645dl02HPgZSJJAVVfuIIVkKM7rMYeOXAc+bRr0lv18FlbviRlUUFDjnoQCw==";
  return "isWellFormed" in String.prototype
    && isSigned(key, bytesOf(signature, 64), new Uint8Array()).catch(() => false);
};

// JSON

const canonical = (value) => { // RFC 8785: JavaScript's own order of keys and form of numbers and texts
  if (Array.isArray(value)) return `[${value.map(canonical).join()}]`;
  if (value === null || typeof value !== "object") return JSON.stringify(value);
  return `{${Object.keys(value).sort().map((key) => `${JSON.stringify(key)}:${canonical(value[key])}`).join()}}`;
};
const MOST_BYTES = 1_000_000;
const read = (bytes) => { // of a key that is there twice, readers differ on which one counts
  hold("unreadable", bytes.length <= MOST_BYTES);
  try {
    const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes), open = [];
    const document = JSON.parse(text);
    if (document === null || typeof document !== "object" || Array.isArray(document)) throw new TypeError();
    for (const [token] of text.matchAll(/"(?:[^"\\]|\\.)*"[ \t\n\r]*:?|[{}]|-?\d[\d.eE+-]*/g)) {
      const inner = open.at(-1);
      if (token === "{") open.push(new Set());
      else if (token === "}") open.pop();
      else if (token.endsWith(":")) {
        const name = JSON.parse(token.slice(0, -1));
        if (inner.has(name)) throw new TypeError();
        inner.add(name);
      } else if (/^-?\d.*[.eE]/.test(token) && document.schema === RECEIPT) throw new Refused("form");
    }
    return document;
  } catch (error) { throw error instanceof Refused ? error : new Refused("unreadable"); }
};
const hasFields = (value, names) =>
  value !== null && typeof value === "object" && canonical(Object.keys(value).sort()) === canonical([...names].sort());

// The ledger's key and what it signed

const SPACE = "\\t-\\r\\x1c-\\x20\\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000";
const isName = (name) => name !== "" && !new RegExp(`[+${SPACE}]|\\p{Cc}|\\p{Cs}`, "u").test(name);
const keyOf = async (vkey) => {
  const [, name, id, text] = /^([^+]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/]{44})$/.exec(vkey);
  const key = bytesOf(text, 33), raw = key.slice(1);
  const is = (await sha256(utf8(name), [10, 1], raw)).slice(0, 4);
  if (!isName(name) || key[0] !== 1 || hex(is) !== id) throw new TypeError();
  return { name, id, raw, vkey };
};
const noteOf = (note) => {
  const cut = note.lastIndexOf("\n\n"), lines = note.slice(cut + 2).split("\n");
  if (cut < 0 || lines.pop() !== "" || !lines.length || lines.length > 100 || !note.isWellFormed()) throw new TypeError();
  if (/[\x00-\x09\x0b-\x1f]/.test(note)) throw new TypeError();
  const signatures = lines.map((line) => {
    const [, name, text] = /^— ([^ \n]+) ([A-Za-z0-9+/]+=*)$/.exec(line);
    const signature = bytesOf(text, Math.floor((text.length * 3) / 4) - text.split("=").length + 1);
    if (!isName(name) || signature.length <= 4) throw new TypeError();
    return { name, id: hex(signature.slice(0, 4)), signature: signature.slice(4) };
  });
  return { text: note.slice(0, cut + 1), signatures };
};
const by = (key) => (line) => line.name === key.name && line.id === key.id;
const checkpointOf = (note, key) => within("checkpoint", async () => {
  const { text, signatures } = noteOf(note), mine = signatures.filter(by(key));
  hold("checkpoint", mine.length);
  for (const { signature } of mine) hold("checkpoint", await isSigned(key.raw, signature, utf8(text)));
  const [, origin, size, root] = /^([^\n]+)\n(0|[1-9][0-9]{0,18})\n([A-Za-z0-9+/]{43}=)\n$/.exec(text);
  hold("checkpoint", origin === key.name && Number.isSafeInteger(Number(size)));
  return { origin, size: Number(size), root: bytesOf(root, 32) };
});
const leads = async (leaf, index, size, proof, root) => { // RFC 9162, 2.1.3.2
  let fn = index, sn = size - 1, result = leaf;
  if (!(fn >= 0 && fn <= sn)) return false;
  const up = () => { fn = Math.floor(fn / 2); sn = Math.floor(sn / 2); };
  for (const step of proof) {
    if (sn === 0) return false;
    if (fn % 2 || fn === sn) {
      result = await sha256([1], step, result);
      while (fn && fn % 2 === 0) up();
    } else result = await sha256([1], result, step);
    up();
  }
  return sn === 0 && hex(result) === hex(root);
};

// A receipt

const RECEIPT = "vanne/receipt/1";
const isText = (value) => typeof value === "string" && value.isWellFormed() && !new RegExp(`^[${SPACE}]*$`).test(value);
const isTextOrNone = (value) => value === null || (typeof value === "string" && value.isWellFormed());
const isTime = (value) => {
  if (typeof value !== "string" || !/^(?!0000)\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.(?!0{6})\d{6})?Z$/.test(value)) return false;
  const at = new Date(value);
  return !isNaN(at) && at.toISOString().slice(0, 19) === value.slice(0, 19);
};
const isFlag = (value) => typeof value === "boolean";
const FIELDS = {
  choice: {
    at: isTime, channel: isTextOrNone, claimed_at: (value) => value === null || isTime(value), member_id: isText, notice: isTextOrNone,
    on: isFlag, purpose: isText, scope: (value) => ["all", "category", "item"].includes(value), target: isTextOrNone,
  },
  objection: {
    at: isTime, channel: isTextOrNone, claimed_at: (value) => value === null || isTime(value), name: isText, notice: isTextOrNone,
    on: isFlag, profile: isTextOrNone, purpose: isText,
  },
};
const DPV = { // terms.py, `Category.dpv`
  profile: "pd:IndividualProfile", photo: "pd:Picture", position: "pd:EmploymentHistory", education: "pd:Education",
  skill: "vanne:Skill", cv: "vanne:CurriculumVitae", post: "pd:PubliclyAvailableSocialMedia",
  article: "pd:PubliclyAvailableSocialMedia", comment: "pd:PubliclyAvailableSocialMedia", poll_vote: "pd:Opinion",
  group_post: "pd:GroupMembership", group_message: "pd:SocialMediaCommunication", screening_answer: "vanne:JobApplication",
  ai_prompt: "vanne:AssistantInput", ai_output: "vanne:AssistantOutput", feedback: "vanne:Feedback",
  recommendation: "pd:Reference", reaction: "pd:Like", follow: "pd:Interest", search: "vanne:SearchHistory",
  learning: "pd:EducationalExperience", job_search: "vanne:JobSearch", job_application: "vanne:JobApplication", contact: "pd:Acquaintance", account: "pd:Contact",
  identity: "pd:OfficialID", inference: "pd:Interest", private_message: "pd:Communication", salary: "pd:Salary",
  credential: "pd:Password", payment: "pd:PaymentCard",
};
const isTarget = ({ scope, target }) =>
  ({ all: target === null, category: Object.hasOwn(DPV, target ?? ""), item: isText(target) })[scope];
const forRecordKeepers = async (kind, said, leaf, note) => {
  const who = kind === "choice" ? said.member_id : said.profile || said.name;
  return {
    schema_version: RECEIPT,
    record_id: `urn:vanne:entry:${hex(leaf)}`,
    receipt_id: `urn:vanne:receipt:${hex(await sha256(leaf, utf8(note)))}`,
    pii_principal_id: who,
    privacy_notice: said.notice,
    purpose: said.purpose,
    pii_type: said.scope === "category" ? DPV[said.target] : null,
    event: {
      event_type: kind === "choice" ? "vanne:Choice" : "vanne:Objection",
      event_state: said.on ? "dpv:LegitimateInterestNotObjected" : "dpv:LegitimateInterestObjected",
      event_time: said.at,
      claimed_time: said.claimed_at,
      entity_id: who,
    },
  };
};

// Returns what it proves, as `verify_receipt` does; `known` is the ledger's key if somebody has it from elsewhere.
async function checkReceipt(receipt, known = "") {
  const pinned = known ? await within("key", () => keyOf(known)) : null;
  const { kind, said, salt, proof, leaf } = await within("form", async () => {
    const { entry, index, checkpoint, vkey } = receipt, kind = entry.kind, said = receipt[kind];
    hold("form", receipt.schema === RECEIPT && Object.hasOwn(FIELDS, kind) && entry.v === 1);
    hold("form", hasFields(receipt, ["schema", "salt", "entry", "index", "proof", "checkpoint", "vkey", "record", kind]));
    hold("form", hasFields(entry, ["commitment", "kind", "v"]) && hasFields(said, Object.keys(FIELDS[kind])));
    hold("form", Object.entries(FIELDS[kind]).every(([name, isFit]) => isFit(said[name])));
    hold("form", kind !== "choice" || isTarget(said));
    hold("form", Number.isSafeInteger(index) && index >= 0 && Array.isArray(receipt.proof) && receipt.proof.length <= 63);
    hold("form", typeof checkpoint === "string" && typeof vkey === "string");
    bytesOf(entry.commitment, 32);
    const proof = receipt.proof.map((text) => bytesOf(text, 32)), salt = bytesOf(receipt.salt, 32);
    return { kind, said, salt, proof, leaf: await sha256([0], utf8(canonical(entry))) };
  });
  hold("commitment", base64(await sha256(salt, utf8(canonical(said)))) === receipt.entry.commitment);
  const key = await within("key", () => keyOf(receipt.vkey));
  const isOther = pinned !== null && pinned.vkey !== key.vkey;
  hold("key", !isOther || await within("key", () => noteOf(receipt.checkpoint).signatures.some(by(pinned))));
  const { origin, size, root } = await checkpointOf(receipt.checkpoint, key);
  if (isOther) await checkpointOf(receipt.checkpoint, pinned); // two keys sign while a log changes its key
  hold("inclusion", await leads(leaf, receipt.index, size, proof, root));
  const record = await forRecordKeepers(kind, said, leaf, receipt.checkpoint);
  await within("record", () => hold("record", canonical(receipt.record) === canonical(record)));
  return { kind, said, salt, leaf, index: receipt.index, origin, size, vkey: (pinned ?? key).vkey, pinned: pinned !== null };
}

// A proof that an entry is in the log, whatever the entry is

const PROOF = "vanne/ledger-proof/1";
async function checkProof(document, known = "") {
  return within("ledger", async () => {
    const key = await within("key", () => keyOf(known || document.vkey));
    hold("ledger", document.schema === PROOF && document.kind === "inclusion");
    hold("ledger", Number.isSafeInteger(document.index) && document.proof.length <= 128);
    const { origin, size, root } = await checkpointOf(document.checkpoint, key);
    hold("ledger", document.size === size && document.root === base64(root) && document.entry.isWellFormed());
    const leaf = await sha256([0], utf8(document.entry)), proof = document.proof.map((text) => bytesOf(text, 32));
    hold("inclusion", await leads(leaf, document.index, size, proof, root));
    const { kind, content = null } = JSON.parse(document.entry);
    return { kind, content, leaf, index: document.index, origin, size, vkey: key.vkey, pinned: known !== "" };
  });
}

// A certificate

const CERTIFICATE = "vanne/certificate/3";
const PARTS = ["schema", "phase", "claim", "day", "model", "corpus", "requests", "waiting", "configuration", "keys", "digests",
  "shards", "at_once", "deleted", "signature"];
const isTexts = (value) => Array.isArray(value) && value.every((each) => typeof each === "string");

async function checkCertificate(document) {
  hold("schema", document.schema === CERTIFICATE);
  const { signature, ...body } = document;
  const [key, value] = await within("schema", () => {
    hold("schema", hasFields(signature, ["algorithm", "public_key", "value"]) && signature.algorithm === "Ed25519");
    return [bytesOf(signature.public_key, 32), bytesOf(signature.value, 64)];
  });
  const signed = utf8(await within("schema", () => canonical(body)));
  hold("signature", await isSigned(key, value, signed));
  return within("schema", async () => {
    hold("schema", hasFields({ together: 1, ...document }, [...PARTS, "together"]) && ["at-once", "retrained"].includes(body.phase) && isTime(`${body.day}T00:00:00Z`));
    hold("schema", typeof body.claim === "string" && isTexts(body.requests) && Number.isInteger(body.waiting));
    const lengths = [CERTIFICATE.length, signed.length].map((length) => {
      const bytes = new Uint8Array(8);
      new DataView(bytes.buffer).setBigUint64(0, BigInt(length));
      return bytes;
    });
    const id = hex(await sha256(lengths[0], utf8(CERTIFICATE), lengths[1], signed));
    return { id, key: hex(key), model: body.model.after, corpus: body.corpus.after, requests: body.requests, document };
  });
}

// Whether the entry of a proof is that of this certificate; the log, and not the certificate, makes it the only one.
async function checkEntryOf(certificate, document, known = "") {
  const entry = await within("ledger", () => checkProof(document, known));
  return within("ledger", () => {
    const named = ["certificate", "key", "model", "corpus"].map((name) => entry.content[name]);
    hold("ledger", entry.kind === "certificate");
    hold("ledger", canonical(named) === canonical([certificate.id, certificate.key, certificate.model, certificate.corpus]));
    return entry;
  });
}

// Whether a receipt that holds is among those with which the certificate was asked for.
const asksFor = async (certificate, { salt, leaf }) =>
  certificate.requests.includes(base64(await sha256(utf8("vanne/request/1"), salt, leaf)));
