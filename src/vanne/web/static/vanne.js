// What the server cannot know and htmx leaves out. Nothing here is needed: without scripts the same forms
// are sent by the browser itself, and times are those of the operator's zone.
const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
if (zone) document.cookie = `zone=${zone};path=/;max-age=31536000;samesite=lax`;

// While a form is sent, it says so, and says so only as long as that may last: the answer has the last word.
let slow;
const rest = () => {
  for (const each of document.querySelectorAll("[aria-busy]")) each.removeAttribute("aria-busy");
};
document.addEventListener("submit", ({ target, submitter }) => {
  for (const each of [target, submitter]) each?.setAttribute("aria-busy", "true");
  setTimeout(rest, 15000); // what is downloaded leaves the page as it is
  const status = target.hasAttribute("hx-post") && document.querySelector("[role=status][data-busy]");
  if (status) slow = setTimeout(() => target.ariaBusy && (status.textContent = status.dataset.busy), 300);
});
document.addEventListener("htmx:finally:request", rest);
addEventListener("pageshow", rest);

// Say that a save failed when no page of ours came back to say it. What a page asks for by itself (GET) saves
// nothing: if it fails, the next one may succeed.
const saves = (event) => event.detail.ctx?.request.method !== "GET";
const failed = (event) => {
  const status = document.querySelector("[role=status]");
  if (status && saves(event)) status.textContent = status.dataset.failed;
};
document.addEventListener("htmx:error", failed);
document.addEventListener("htmx:after:request", (event) => {
  clearTimeout(slow);
  const { response, text } = event.detail.ctx;
  const ours = text.includes('id="main"'), here = new URL(response.raw.url).pathname === location.pathname;
  if (ours && here && (saves(event) || response.raw.ok)) return;
  event.preventDefault();
  if (ours && response.raw.ok && saves(event)) location.assign(response.raw.url); // somewhere else now: signed out
  else failed(event);
});
for (const button of document.querySelectorAll("[data-copy]")) {
  button.hidden = false;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(document.getElementById(button.dataset.copy).value);
    button.textContent = button.dataset.done;
  });
}
