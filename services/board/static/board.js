// Keeps a page live: the server pushes what changed. Without this script the page still works.

const content = document.getElementById("content");
const lost = document.getElementById("lost");
const address = document.body.dataset.live;
const SILENCE = 20_000; // the server speaks at least every ten seconds

let heardAt = Date.now();
let source;

function elementOf(html) {
  const template = document.createElement("template");
  template.innerHTML = html;
  return template.content;
}

// What somebody has opened, and where they are with the keyboard, stays.
function keeping(place, change) {
  const opened = [...place.querySelectorAll("details[open]")].map((each) => each.id).filter(Boolean);
  const active = place.contains(document.activeElement) ? document.activeElement : null;
  const focused = active?.id ? `#${CSS.escape(active.id)}`
    : active?.hasAttribute("href") ? `a[href="${CSS.escape(active.getAttribute("href"))}"]` : null;
  change();
  for (const id of opened) document.getElementById(id)?.setAttribute("open", "");
  if (focused && document.activeElement === document.body) content.querySelector(focused)?.focus();
}

function replaceAll(html) {
  keeping(content, () => content.replaceChildren(elementOf(html)));
}

function replaceParts(parts) {
  for (const [id, html] of Object.entries(parts)) {
    const old = document.getElementById(id);
    if (old) keeping(old, () => old.replaceWith(elementOf(html)));
  }
}

function heard(handle) {
  return (event) => {
    heardAt = Date.now();
    handle?.(event.data);
  };
}

function connect() {
  source = new EventSource(address);
  source.addEventListener("content", heard(replaceAll));
  source.addEventListener("parts", heard((data) => replaceParts(JSON.parse(data))));
  source.addEventListener("ping", heard());
  source.addEventListener("signed-out", () => location.reload());
  source.onopen = heard();
}

function watch() {
  // The browser tries again by itself when a connection breaks, but not when a server that is starting refuses.
  if (source.readyState === EventSource.CLOSED) connect();
  const isLost = source.readyState !== EventSource.OPEN || Date.now() - heardAt > SILENCE;
  lost.hidden = !isLost;
  content.classList.toggle("lost", isLost);
}

if (address) {
  connect();
  setInterval(watch, 1000);
}
