"use strict";
// The page: takes files, has Python read them in a worker, and shows the pages that Python makes.
const $ = (id) => document.getElementById(id);
const json = (id) => JSON.parse($(id).textContent);
const WORDS = json("words");
const REGIONS = json("regions");

let lang = (navigator.languages ?? [navigator.language])
  .map((each) => each.slice(0, 2))
  .find((each) => each in WORDS) ?? "en";
let parts; // a promise of what the worker is made of
let worker; // Python
let ready = false;
let job = null; // the files that are read, or were read last, and the PDFs of them to skip
let waiting = false; // the job begins as soon as Python is ready
let clock; // of the PDF that is being read
let pdfSeconds; // what a PDF may take
let answered = false; // there are pages to ask for
let slow; // shows the progress of a page that takes its time
let place = null; // the country that the answer is for, if one is known
let reading = false; // an archive is being read
let wanted = "start"; // the address that was asked for last
let shown = "start"; // the address of the page that is shown

const say = (key) => WORDS[lang][key];

// Python

async function unpacked() {
  const text = $("parts").textContent;
  const packed = Uint8Array.fromBase64
    ? Uint8Array.fromBase64(text)
    : Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"));
  const bytes = await new Response(stream).arrayBuffer();
  $("parts").remove();
  return Object.fromEntries(
    Object.entries(json("places")).map(([name, [from, to]]) => [name, bytes.slice(from, to)]),
  );
}

async function begin() {
  worker?.terminate();
  clearTimeout(clock);
  ready = answered = false;
  let all;
  try {
    parts ??= new Promise((resolve, reject) =>
      document.addEventListener("DOMContentLoaded", () => unpacked().then(resolve, reject)),
    );
    all = await parts;
  } catch {
    return fail("half");
  }
  const code = URL.createObjectURL(new Blob([all.worker], { type: "text/javascript" }));
  const mine = (worker = new Worker(code));
  URL.revokeObjectURL(code);
  worker.onmessage = ({ data }) => {
    if (mine !== worker) return;
    clearTimeout(clock);
    HEARD[data.kind](data);
  };
  worker.onerror = (event) => {
    event.preventDefault();
    if (mine === worker) HEARD.fault({ reason: ready ? "fault" : "start" });
  };
  worker.postMessage({ kind: "start", parts: all }); // copied: another worker may start from them
}

const HEARD = {
  ready(data) {
    ready = true;
    pdfSeconds ??= data.pdfSeconds;
    if (waiting) read();
    else if (shown === "start") tell(say("ready"));
  },
  progress({ done, total }) {
    const tenth = Math.floor((10 * done) / (total || 1));
    $("bar").max = total || 1;
    $("bar").value = done;
    if (tenth > 0 && $("bar").dataset.tenth !== String(tenth)) {
      $("bar").dataset.tenth = tenth; // a screen reader says each tenth and no more
      const part = new Intl.NumberFormat(lang, { style: "percent" }).format(tenth / 10);
      tell(`${say("reading")}: ${part}`);
    }
  },
  file({ path }) {
    clock = setTimeout(() => {
      job.skip.push(path);
      waiting = true;
      begin();
    }, pdfSeconds * 1000);
  },
  read({ refusal, region }) {
    rest();
    if (refusal) {
      start();
      return fail(refusal);
    }
    answered = true;
    place = region;
    go("/");
  },
  page({ address, html }) {
    if (!reading) rest();
    if (address === wanted) show(address, html); // else something else was pressed in the meantime
  },
  document({ name, blob }) {
    rest();
    const link = document.createElement("a");
    link.href = URL.createObjectURL(blob);
    link.download = name;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
    tell(say("saved").replace("%(name)s", name));
  },
  fault({ reason }) {
    const starting = !ready;
    fail(starting ? "start" : reason);
    if (!starting) begin();
  },
};

function take(files) {
  job = { files, skip: [] };
  waiting = true;
  complain("");
  if ($("running").hidden) run(say(ready ? "reading" : "preparing"));
  if (ready) read();
}

function read() {
  answered = false;
  reading = true;
  run(say("reading"));
  waiting = false;
  worker.postMessage({ kind: "read", ...job, region: $("region").value, asOf: new Date().toISOString(), lang });
}

function go(address) {
  wanted = address;
  if (address === "start" || !answered) return start();
  $("main").setAttribute("aria-busy", "true");
  slow = setTimeout(() => run(say("reading")), 400); // items are read again
  worker.postMessage({ kind: "page", address, lang, agent: navigator.userAgent });
}

// What the person sees

function tell(text) {
  $("status").textContent = text;
}

function run(text) {
  $("bar").removeAttribute("value");
  $("bar").dataset.tenth = "0";
  $("running").hidden = false;
  if ($("start").contains(document.activeElement)) $("cancel").focus();
  $("start").inert = true;
  tell(text);
}

function rest() {
  reading = false;
  clearTimeout(slow);
  $("running").hidden = true;
  $("start").inert = false;
  $("main").removeAttribute("aria-busy");
  tell("");
}

function complain(text) {
  const parts = (text && text[0].toUpperCase() + text.slice(1)).split("`"); // names stand between these
  if (text && !text.endsWith(".")) parts.push(parts.pop() + ".");
  const named = (part) => Object.assign(document.createElement("code"), { textContent: part });
  $("fault").replaceChildren(...parts.map((part, n) => (n % 2 ? named(part) : part)));
  $("fault").hidden = !text;
}

function fail(key) {
  rest();
  waiting = false;
  complain(say(key) ?? key);
  if (shown === "start") $("files").focus();
}

function start() {
  wanted = shown = "start";
  clearTimeout(slow);
  $("main").removeAttribute("aria-busy");
  $("result").replaceChildren();
  $("result").hidden = $("after").hidden = true;
  $("start").hidden = false;
  ask("start");
  document.title = `${say("title")} · Vanne`;
  $("main").focus({ preventScroll: true });
  scrollTo(0, 0);
}

function show(address, html) {
  const page = new DOMParser().parseFromString(html, "text/html");
  for (const link of page.querySelectorAll("main a[href]")) {
    const href = link.getAttribute("href");
    if (href.startsWith("/") || href.startsWith("?")) {
      link.dataset.to = href.startsWith("?") ? address.split(/[?#]/)[0] + href : href;
      link.setAttribute("href", "#main"); // no address that holds words of the person
    } else if (href.startsWith("http")) {
      link.target = "_blank";
      link.rel = "noopener noreferrer";
    }
  }
  for (const form of page.querySelectorAll("main form")) {
    form.dataset.to = form.getAttribute("action");
    form.removeAttribute("action");
  }
  if (shown === "start" && history.state?.to !== address) history.pushState({ to: address }, "");
  shown = address;
  document.title = page.title;
  $("result").replaceChildren(...[...page.querySelector("main").childNodes].map((each) => document.adoptNode(each)));
  $("start").hidden = true;
  $("result").hidden = $("after").hidden = false;
  ask(place ? "after" : "before");
  $("main").focus({ preventScroll: true });
  const part = address.split("#")[1];
  if (part && $(part)) $(part).scrollIntoView();
  else scrollTo(0, 0);
}

function ask(slot) {
  const here = document.querySelector(`[data-slot=${slot}]`);
  if (!here.contains($("country"))) here.append($("country"));
}

function label() {
  document.documentElement.lang = lang;
  for (const each of document.querySelectorAll("[data-words]")) each.textContent = say(each.dataset.words);
  for (const each of document.querySelectorAll("[data-label]")) each.setAttribute("aria-label", say(each.dataset.label));
  for (const each of document.querySelectorAll("[data-lang]"))
    each.dataset.lang === lang ? each.setAttribute("aria-current", "true") : each.removeAttribute("aria-current");
  const names = new Intl.DisplayNames(lang, { type: "region" });
  const regions = REGIONS.map((code) => [names.of(code), code]).sort(([a], [b]) => a.localeCompare(b, lang));
  const chosen = $("region").value;
  $("region").replaceChildren(new Option(say("country_of_archive"), ""), ...regions.map(([name, code]) => new Option(name, code)));
  $("region").value = chosen;
  if (shown === "start") document.title = `${say("title")} · Vanne`;
}

// What the person does

document.addEventListener("click", (event) => {
  const target = event.target.closest("[data-to], [data-form], [data-lang]");
  if (!target || target.matches("form") || event.ctrlKey || event.metaKey) return;
  event.preventDefault();
  if (target.dataset.lang) {
    lang = target.dataset.lang;
    label();
    if (shown === "start") tell(ready ? say("ready") : say("preparing"));
    else go(shown);
  } else if (target.dataset.form) {
    slow = setTimeout(() => run(say("reading")), 400);
    worker.postMessage({ kind: "document", form: target.dataset.form, lang });
  } else if (target.dataset.to !== shown) {
    history.pushState({ to: target.dataset.to }, "");
    go(target.dataset.to);
  }
});

document.addEventListener("submit", (event) => {
  event.preventDefault();
  const to = `${event.target.dataset.to}?${new URLSearchParams(new FormData(event.target))}`;
  history.pushState({ to }, "");
  go(to);
});

addEventListener("popstate", ({ state }) => go(state?.to ?? "start"));

addEventListener("beforeunload", (event) => {
  if (!$("running").hidden) event.preventDefault(); // in the middle of reading: ask first
});

for (const id of ["files", "folder"])
  $(id).addEventListener("change", ({ target }) => {
    if (target.files.length)
      take([...target.files].map((file) => ({ path: file.webkitRelativePath || file.name, file })));
    target.value = ""; // the same file may be chosen again
  });

$("example").addEventListener("click", () => take([])); // none: the one that the page brings

$("region").addEventListener("change", () => {
  if (answered && shown !== "start") take(job.files);
});

$("print").addEventListener("click", () => print());

$("cancel").addEventListener("click", () => {
  waiting = false;
  rest();
  start();
  begin();
  tell(say("cancelled"));
});

addEventListener("dragover", (event) => {
  event.preventDefault();
  $("drop").classList.add("over");
});

addEventListener("dragleave", (event) => event.relatedTarget ?? $("drop").classList.remove("over"));

addEventListener("drop", async (event) => {
  event.preventDefault();
  $("drop").classList.remove("over");
  if (!$("running").hidden) return;
  const entries = [...event.dataTransfer.items].map((item) => item.webkitGetAsEntry?.()).filter(Boolean);
  const plain = [...event.dataTransfer.files].map((file) => ({ path: file.name, file }));
  if (!plain.length) return;
  if (!entries.some((entry) => entry.isDirectory)) return take(plain);
  try {
    const files = (await Promise.all(entries.map(within))).flat();
    if (files.length) take(files);
  } catch {
    fail("no_folder"); // Chromium gives no folder to a page that lies on disk
  }
});

async function within(entry) {
  if (entry.isFile) {
    const file = await new Promise((resolve, reject) => entry.file(resolve, reject));
    return [{ path: entry.fullPath.slice(1), file }];
  }
  const reader = entry.createReader();
  const found = [];
  for (;;) {
    const some = await new Promise((resolve, reject) => reader.readEntries(resolve, reject)); // at most 100
    if (!some.length) return (await Promise.all(found.map(within))).flat();
    found.push(...some);
  }
}

if (document.documentElement.classList.contains("is-able")) {
  label();
  tell(say("preparing"));
  begin();
}
