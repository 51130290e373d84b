// Compile Python to what Pyodide runs at once: PYODIDE PROGRAM OUT. A tab compiles nothing then.
import fs from "node:fs";
import { pathToFileURL } from "node:url";

const [pyodide, program, out] = process.argv.slice(2);
const { loadPyodide } = await import(pathToFileURL(`${pyodide}/pyodide.mjs`).href);
const python = await loadPyodide({ indexURL: pyodide });
const load = (path) => new Uint8Array(fs.readFileSync(path));
python.FS.writeFile("/program.zip", load(program));
python.FS.writeFile("/stdlib.zip", load(`${pyodide}/python_stdlib.zip`));
python.runPython(`
import re, zipfile
from importlib._bootstrap_external import _code_to_hash_pyc
from importlib.util import source_hash

# what no inspection asks for: servers, other programs, tools of developers
UNUSED = re.compile(
    "(_aix_support|_android_support|_apple_support|_ios_support|_osx_support|_pyio|antigravity|bdb"
    "|cProfile|cmd|ctypes|curses|dbm|doctest|ensurepip|ftplib|idlelib|imaplib|lib2to3|mailbox"
    "|multiprocessing|optparse|pdb|pickletools|plistlib|poplib|profile|pstats|pydoc_data|rlcompleter"
    "|smtplib|sqlite3|test|this|timeit|tkinter|trace|turtle|unittest|venv|webbrowser|wsgiref|xmlrpc"
    "|zipapp)(/|[.]py$)"
)


def bare(code):
    """Leave out what only tracebacks say: lines, and where the source was."""
    inner = tuple(bare(each) if hasattr(each, "co_code") else each for each in code.co_consts)
    return code.replace(co_consts=inner, co_filename="", co_linetable=b"")


def compiled(source, target):
    with zipfile.ZipFile(source) as files, zipfile.ZipFile(target, "w") as made:
        for name in sorted(files.namelist()):
            if name.endswith("/") or source == "/stdlib.zip" and UNUSED.match(name):
                continue
            data = files.read(name)
            if name.endswith(".py"):
                code = compile(data, name, "exec", dont_inherit=True, optimize=2)
                # checked by nothing: the source is not there
                data, name = _code_to_hash_pyc(bare(code), source_hash(data), False), name + "c"
            made.writestr(zipfile.ZipInfo(name, (2026, 1, 1, 0, 0, 0)), data)


compiled("/program.zip", "/program-compiled.zip")
compiled("/stdlib.zip", "/stdlib-compiled.zip")
`);
for (const part of ["program", "stdlib"])
  fs.writeFileSync(`${out}/${part}.zip`, python.FS.readFile(`/${part}-compiled.zip`));
