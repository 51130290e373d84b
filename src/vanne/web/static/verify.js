// Shows what proof.js finds: on a receipt's or certificate's own page at once, on /verify for the files that are given.
// All words come with the page, in its language (the template #check-lines). Only our own addresses are asked, for papers.
"use strict";
const lang = document.documentElement.lang.replace(/^en$/, "en-GB");
const lines = document.getElementById("check-lines").content;
const number = (n) => new Intl.NumberFormat(lang).format(n);
const time = (at) => new Intl.DateTimeFormat(lang, { day: "numeric", month: "long", year: "numeric", hour: "2-digit",
  minute: "2-digit", timeZoneName: "short" }).format(new Date(at))
  .replace(/0?(\d+):(\d+)/, lang === "fr" ? "$1\u00a0h\u00a0$2" : "$&"); // as the server writes it
const say = (name, values = {}) =>
  lines.querySelector(`[data-line="${name}"]`).textContent.replace(/\{(\w+)\}/g, (_, key) => values[key] ?? "");

// A line is [name, whether it holds or null, values].
const lineOf = ([name, holds, values]) => {
  const item = document.createElement("li"), outcome = { true: "holds", false: "fails", null: "open" }[holds];
  item.className = outcome;
  item.textContent = say(`${name}.${outcome}`, values);
  return item;
};
const show = (place, heading, rows) => {
  const list = document.createElement("ul");
  list.className = "checks";
  list.append(...rows.map(lineOf));
  place.querySelector(".fact").textContent = say(heading, { time: time(Date.now()) });
  place.querySelector(".checks")?.remove();
  place.append(list);
};
const headingOf = (rows) => rows.some(([, holds]) => holds === false) ? "refused" : "verified";
const trying = async (work) => {
  try { return await work(); } catch (error) {
    if (error instanceof Refused) return [[error.step, false, {}]];
    throw error;
  }
};
const keyLine = ({ pinned, vkey }) => ["key", pinned || null, { vkey }];
const placed = ({ index, size }) => ({ index: number(index), size: number(size) });

// Does what stands on a page say what the file says? It is compared as text, or by the code beside it.
const saysTheSame = (said) => [...document.querySelectorAll("[data-says]")].every((place) => {
  const value = said[place.dataset.says];
  return (place.dataset.value ?? place.textContent) === String(value ?? "").replace(/\r\n?/g, "\n"); // as HTML has it
});

const receiptRows = (proven) => [
  ["commitment", true], ["checkpoint", true, placed(proven)], ["inclusion", true, placed(proven)],
];
const certificateRows = async (certificate, proof, receipts, known) => {
  const rows = [["signature", true]], open = [];
  if (!proof) rows.push(["ledger", null]);
  else {
    const entry = await checkEntryOf(certificate, proof, known);
    rows.push(["ledger", true, placed(entry)]);
    open.push(keyLine(entry));
  }
  for (const receipt of receipts) {
    const proven = await checkReceipt(receipt, known);
    rows.push(["receipt", await asksFor(certificate, proven), placed(proven)]);
  }
  return [...rows, ...open];
};

// The page of a receipt or of a certificate

const fetched = async (address) => read(new Uint8Array(await (await fetch(address)).arrayBuffer()));
const checkPaper = async (place) => {
  const { file, proof, receipts = "" } = place.dataset;
  const rows = await trying(async () => {
    const document = await fetched(file);
    if (document.schema === RECEIPT) {
      const proven = await checkReceipt(document);
      return [...receiptRows(proven), ["page", saysTheSame({ ...proven.said, index: proven.index })], keyLine(proven)];
    }
    const others = await Promise.all(receipts.split(" ").filter(Boolean).map(fetched));
    const certificate = await checkCertificate(document);
    const rows = await certificateRows(certificate, proof ? await fetched(proof) : null, others, "");
    const { model, corpus, day } = document;
    const isSame = saysTheSame({ id: certificate.id, day, before: model.before, after: model.after,
      corpus_before: corpus.before, corpus_after: corpus.after });
    return [rows[0], ["page", isSame], ...rows.slice(1)];
  });
  show(place, headingOf(rows), rows);
};

// The page for files

const sayWhat = (said) => { // what a receipt says, for comparison with a paper
  const facts = lines.querySelector(`[data-facts="${"name" in said ? "objection" : "choice"}"]`).cloneNode(true);
  for (const place of facts.querySelectorAll("[data-fact]")) {
    const value = said[place.dataset.fact];
    if (place.dataset.fact === "on") place.textContent = place.dataset[value ? "on" : "off"];
    else if (place.dataset.fact === "at") place.textContent = `${time(value)} (${value})`;
    else if (place.dataset.fact === "scope") place.textContent = said.target === null ? place.dataset.all : `${value}: ${said.target}`;
    else place.textContent = value ?? "–";
  }
  return facts;
};
const onThisPage = () => {
  const form = document.getElementById("verify"), results = document.getElementById("results");
  const { files, text, vkey } = form.elements;
  let paper = null; // what the code on a paper named: { leaf, key }

  const section = () => {
    const place = lines.querySelector("[data-facts=result]").cloneNode(true);
    results.append(place);
    return place;
  };
  const checkAll = async (all) => {
    results.replaceChildren();
    const known = vkey.value.trim(), documents = [];
    for (const [name, bytes] of all) {
      const place = section();
      place.querySelector("h2").textContent = name;
      try { documents.push([place, read(bytes)]); } catch (error) { show(place, "refused", [[error.step, false]]); }
    }
    const of = (schema) => documents.filter(([, document]) => document.schema === schema);
    const receipts = of(RECEIPT).map(([, document]) => document), proofs = of(PROOF);
    for (const [place, document] of documents) {
      const rows = await trying(async () => {
        if (document.schema === RECEIPT) {
          const proven = await checkReceipt(document, known);
          place.append(sayWhat(proven.said));
          const ofPaper = paper ? [["paper", paper.leaf === hex(proven.leaf), placed(proven)]] : [];
          return [...receiptRows(proven), ...ofPaper, keyLine(proven)];
        }
        if (document.schema === CERTIFICATE) {
          const certificate = await checkCertificate(document);
          return certificateRows(certificate, proofs[0]?.[1], receipts, known);
        }
        if (document.schema !== PROOF) throw new Refused("unreadable");
        const proven = await checkProof(document, known);
        return [["checkpoint", true, placed(proven)], ["inclusion", true, placed(proven)], keyLine(proven)];
      });
      show(place, headingOf(rows), rows);
    }
    results.focus();
  };
  const checkFiles = async (list) =>
    checkAll(await Promise.all([...list].map(async (file) => [file.name, new Uint8Array(await file.arrayBuffer())])));

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (text.value.trim()) checkAll([[form.dataset.pasted, utf8(text.value)]]);
    else checkFiles(files.files);
  });
  files.addEventListener("change", () => checkFiles(files.files));
  document.addEventListener("dragover", (event) => event.preventDefault());
  document.addEventListener("drop", (event) => {
    event.preventDefault();
    checkFiles(event.dataTransfer.files);
  });
  form.hidden = false;
  document.getElementById("old").hidden = true;
  if (files.files.length) checkFiles(files.files); // chosen before the script was here

  // The code on a paper: which entry it is, its leaf, and the ledger's key.
  const checkCode = async () => {
    const [, index, leaf, code] = /^#(\d{1,15})\.([0-9a-f]{64})\.([\w-]{43})$/.exec(location.hash) ?? [];
    if (!index || location.protocol === "file:") return;
    const place = section(), key = code.replace(/-/g, "+").replace(/_/g, "/") + "=";
    place.querySelector("h2").textContent = form.dataset.paper;
    paper = { leaf };
    const rows = await trying(async () => {
      const answer = await fetch(`/verify/${index}/${leaf}.json`);
      hold("entry", answer.ok);
      const proven = await checkProof(await answer.json());
      hold("entry", hex(proven.leaf) === leaf && proven.index === Number(index));
      hold("key", proven.vkey.endsWith(`+${base64(joined([1], bytesOf(key, 32)))}`));
      vkey.value = proven.vkey;
      const { certificate, model } = proven.content ?? {};
      const says = certificate ? ["names", true, { certificate, model }] : ["names", null];
      return [["entry", true, placed(proven)], says];
    });
    show(place, headingOf(rows), rows);
  };
  checkCode();
};

(async () => {
  const papers = document.querySelectorAll("[data-file]");
  for (const at of document.querySelectorAll(".paper time[datetime*=T]")) at.textContent = time(at.dateTime);
  if (await canVerify()) {
    papers.forEach(checkPaper);
    if (!papers.length) onThisPage();
  } else for (const place of papers) show(place, "old", []);
})();
