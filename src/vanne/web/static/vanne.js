// What htmx leaves out: say that a save failed when no page of ours came back to say it.
// Nothing here is needed: without scripts the same forms are sent by the browser itself.
const failed = () => {
  const status = document.querySelector("[role=status]");
  if (status) status.textContent = status.dataset.failed;
};
document.addEventListener("htmx:error", failed);
document.addEventListener("htmx:after:request", (event) => {
  const { response, text } = event.detail.ctx;
  const ours = text.includes('id="main"'), here = new URL(response.raw.url).pathname === location.pathname;
  if (ours && here) return;
  event.preventDefault();
  if (ours && response.raw.ok) location.assign(response.raw.url); // somewhere else now: signed out
  else failed();
});
for (const button of document.querySelectorAll("[data-copy]")) {
  button.hidden = false;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(document.getElementById(button.dataset.copy).value);
    button.textContent = button.dataset.done;
  });
}
