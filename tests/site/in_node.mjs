// Ask Pyodide what a page asks: PARTS PYODIDE FOLDER CASES prints what Python answers to each case.
// A case is {folder, paths, skip, pages, langs}: paths in a folder, as the page has them.
import fs from "node:fs";
import { pathToFileURL } from "node:url";

const [parts, pyodide, cases] = process.argv.slice(2);
const { loadPyodide } = await import(pathToFileURL(`${pyodide}/pyodide.mjs`).href);
const python = await loadPyodide({ indexURL: pyodide, stdLibURL: `${parts}/stdlib.zip` });
python.unpackArchive(new Uint8Array(fs.readFileSync(`${parts}/program.zip`)), "zip", { extractDir: "/site" });
python.runPython(`
import os, sys
sys.path.insert(0, "/site")
from vanne.site.packs import take_packs
with open("/site/packs.pickle", "rb") as file:
    take_packs(file.read())
from vanne.site import bridge
`);
const bridge = python.globals.get("bridge");
const chdir = python.globals.get("os").chdir;
const megabytes = () => Math.round(python._module.HEAP8.length / 2 ** 20);
const seconds = () => (process.cpuUsage().user + process.cpuUsage().system) / 1e6;
const mounts = new Map();

function answer({ folder, paths, skip = [], pages = [], langs = ["fr", "en", "de", "it"], forms = [] }) {
  if (!mounts.has(folder)) {
    const place = `/in${mounts.size}`;
    python.FS.mkdir(place);
    python.FS.mount(python.FS.filesystems.NODEFS, { root: folder }, place);
    mounts.set(folder, place);
  }
  chdir(mounts.get(folder));
  const told = [];
  const begun = seconds();
  try {
    const inspection = bridge.read(python.toPy(paths), "CH", "2026-11-25", null, (path) => told.push(path), python.toPy(skip));
    const read = seconds() - begun;
    const html = pages.flatMap((page) => langs.map((lang) => bridge.page(inspection, page, lang)));
    const paged = seconds() - begun - read;
    const file = (form) => [...bridge.pieces(inspection, form, "fr")].join("");
    const document = JSON.parse(file("json"));
    const files = forms.map(file);
    inspection.destroy();
    return { document, files, html, told, heap: megabytes(), read, paged };
  } catch (error) {
    const refusals = langs.map((lang) => bridge.refusal(lang));
    return { refusals: refusals.every(Boolean) ? refusals : [String(error.message).slice(-2000)] };
  }
}

process.stdout.write(JSON.stringify(JSON.parse(fs.readFileSync(cases)).map(answer)));
