// Python, in a worker: the page sends `start`, `read`, `page` and `document`, one after the other.
// It stands behind Pyodide's own scripts and its LOCK, so that nothing has to be fetched.
"use strict";
const SITE = "/site";
const IN = "/in";
const EIO = 29; // as Emscripten counts
let python, bridge, inspection;
let unreadable = false; // a file was moved or changed since it was chosen

async function start({ parts }) {
  const held = { "pyodide.asm.wasm": ["application/wasm", parts.wasm], "python_stdlib.zip": ["application/zip", parts.stdlib] };
  self.fetch = async (address) => {
    const name = String(address.url ?? address).split("/").pop();
    if (!(name in held)) throw new TypeError("this page fetches nothing");
    const [type, bytes] = held[name];
    return new Response(bytes, { headers: { "Content-Type": type } });
  };
  python = await loadPyodide({
    createPyodideModule: self.createPyodideModule,
    indexURL: "https://nowhere.invalid/",
    lockFileContents: LOCK,
    stdout: () => {},
    stderr: () => {},
  });
  python.unpackArchive(parts.program, "zip", { extractDir: SITE });
  python.FS.mkdir(IN);
  python.runPython(`
import os, sys
sys.path.insert(0, "${SITE}")
os.chdir("${IN}")
from vanne.site.packs import PACKS, take_packs
with open(f"${SITE}/{PACKS}", "rb") as file:
    take_packs(file.read())
from vanne.site import bridge
`);
  bridge = python.globals.get("bridge");
  const operations = python.FS.filesystems.WORKERFS.stream_ops;
  const readPart = operations.read;
  operations.read = (...where) => {
    try {
      return readPart(...where);
    } catch {
      unreadable = true;
      throw new python.FS.ErrnoError(EIO);
    }
  };
  const documents = python.pyimport("vanne.sources.documents");
  postMessage({ kind: "ready", pdfSeconds: documents.PDF_SECONDS });
}

function read({ files, skip, region, asOf, lang }) {
  inspection?.destroy();
  inspection = null;
  try {
    python.FS.unmount(IN);
  } catch {} // nothing was read before
  const blobs = apart(files).map(({ path, file }) => ({ name: path, data: file, at: file.lastModified }));
  python.FS.mount(python.FS.filesystems.WORKERFS, { blobs }, IN);
  for (const { name, at } of blobs) python.FS.utime(`${IN}/${name}`, at, at);
  const archives = files.length ? [...new Set(blobs.map(({ name }) => name.split("/")[0]))] : [`${SITE}/vanne/sources/example`];
  let last = 0;
  const progress = (done, total) => {
    if (performance.now() - last < 100) return;
    last = performance.now();
    postMessage({ kind: "progress", done, total });
  };
  const file = (path) => postMessage({ kind: "file", path });
  try {
    inspection = bridge.read(python.toPy(archives), region, asOf, progress, file, python.toPy(skip));
    postMessage({ kind: "read", region: inspection.member.region ?? null });
  } catch (error) {
    const refusal = bridge.refusal(lang);
    if (!refusal || unreadable || isMemory(error)) throw error;
    postMessage({ kind: "read", refusal });
  }
}

// Memory that WebAssembly has taken is never given back: the page starts another worker.
function isMemory(error) {
  return error.type === "MemoryError" || /out of memory|allocat/i.test(String(error.type ? "" : error));
}

// Two files of one name, from two places, keep apart.
function apart(files) {
  const names = new Set();
  return files.map(({ path, file }) => {
    let name = path;
    for (let n = 2; names.has(name); n++) name = `${n}-${path}`;
    names.add(name);
    return { path: name, file };
  });
}

const ANSWERS = {
  start,
  read,
  page({ address, lang }) {
    postMessage({ kind: "page", address, html: bridge.page(inspection, address, lang, navigator.userAgent) });
  },
  document({ form = "json", lang }) {
    const parts = []; // each a blob: a browser may keep it on the disk
    for (const piece of bridge.pieces(inspection, form, lang)) parts.push(new Blob([piece]));
    const [name, type] = form === "csv" ? ["vanne.csv", "text/csv"] : ["vanne.json", "application/json"];
    postMessage({ kind: "document", name, blob: new Blob(parts, { type }) });
  },
};

self.onmessage = async ({ data }) => {
  try {
    await ANSWERS[data.kind](data);
  } catch (error) {
    // the text of an error may hold words of the person: only what kind it is goes on
    postMessage({ kind: "fault", reason: unreadable ? "unreadable" : isMemory(error) ? "memory" : "fault" });
  }
};
