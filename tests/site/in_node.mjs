// Inspect archives in Pyodide: PYTHON PYODIDE FOLDER ARCHIVE... prints a list of documents.
import fs from "node:fs";
import { pathToFileURL } from "node:url";

const [parts, pyodide, folder, ...archives] = process.argv.slice(2);
const { loadPyodide } = await import(pathToFileURL(`${pyodide}/pyodide.mjs`).href);
const python = await loadPyodide({ indexURL: pyodide, stdLibURL: `${parts}/stdlib.zip` });
python.unpackArchive(new Uint8Array(fs.readFileSync(`${parts}/program.zip`)), "zip", { extractDir: "/site" });
python.FS.mkdir("/in");
python.FS.mount(python.FS.filesystems.NODEFS, { root: folder }, "/in");
python.runPython(`
import sys
sys.path.insert(0, "/site")
from vanne.site.packs import take_packs
with open("/site/packs.pickle", "rb") as file:
    take_packs(file.read())
from vanne.site import bridge
`);
const bridge = python.globals.get("bridge");
const documents = [];
for (const archive of archives) {
  try {
    const inspection = bridge.read(python.toPy([`/in/${archive}`]), "CH", "2026-11-25");
    for (const lang of ["fr", "en", "de", "it"])
      for (const address of ["/", "/items?q=a", "/guide/linkedin"])
        if (!bridge.page(inspection, address, lang).includes("<main")) throw new Error(address);
    documents.push(JSON.parse(bridge.document(inspection)));
  } catch (error) {
    documents.push(String(error.message).slice(-2000));
  }
}
process.stdout.write(JSON.stringify(documents));
