// Keeps the page live: the server pushes its content whenever it changed. Without this script the page still works.

const content = document.getElementById("content");
const lost = document.getElementById("lost");
const SILENCE = 20_000; // the server speaks at least every ten seconds

let heardAt = Date.now();

function replace(html) {
  const fresh = document.createElement("template");
  fresh.innerHTML = html;
  const opened = [...content.querySelectorAll("details[open]")].map((each) => each.closest("article").id);
  const active = content.contains(document.activeElement) ? document.activeElement : null;
  const focused = active?.matches("summary") ? `#${active.closest("article").id} summary`
    : active?.hasAttribute("href") ? `a[href="${CSS.escape(active.getAttribute("href"))}"]` : null;
  content.replaceChildren(fresh.content);
  for (const id of opened) content.querySelector(`#${id} details`)?.setAttribute("open", "");
  if (focused) content.querySelector(focused)?.focus();
}

function connect() {
  const source = new EventSource(document.body.dataset.live);
  source.addEventListener("content", (event) => {
    heardAt = Date.now();
    replace(event.data);
  });
  source.addEventListener("ping", () => { heardAt = Date.now(); });
  source.onopen = () => { heardAt = Date.now(); };
  return source;
}

let source = connect();

setInterval(() => {
  // The browser tries again by itself when a connection breaks, but not when a server that is starting refuses.
  if (source.readyState === EventSource.CLOSED) source = connect();
  const isLost = source.readyState !== EventSource.OPEN || Date.now() - heardAt > SILENCE;
  lost.hidden = !isLost;
  content.classList.toggle("lost", isLost);
}, 1000);
