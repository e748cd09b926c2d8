// Keeps a page live: the server pushes what changed. Without this script the page still works.

const content = document.getElementById("content");
const lost = document.getElementById("lost");
const lostSince = document.getElementById("lost-since");
const { live: address, version, zone } = document.body.dataset;
const SILENCE = 20_000; // the server speaks at least every ten seconds

let heardAt = Date.now();
let triedAt;
let source;

export function written(instant, form) {
  const options = { hourCycle: "h23", timeZone: zone, ...form };
  return new Intl.DateTimeFormat(document.documentElement.lang, options).format(instant);
}

function elementOf(html) {
  const template = document.createElement("template");
  template.innerHTML = html;
  return template.content;
}

// What stands where another one stood: by its id, or alike, or at least leading to the same place.
function successorOf(element) {
  if (element.id) return document.getElementById(element.id);
  const kin = [...content.querySelectorAll(element.localName)];
  return kin.find((each) => each.isEqualNode(element)) ?? kin.find((each) => element.href && each.href === element.href);
}

// What somebody has opened or closed, and where they are with the keyboard, stays.
function keeping(place, change) {
  const opened = new Map([...place.querySelectorAll("details[id]")].map((each) => [each.id, each.open]));
  const active = place.contains(document.activeElement) ? document.activeElement : null;
  change();
  for (const [id, open] of opened) document.getElementById(id)?.toggleAttribute("open", open);
  if (active && document.activeElement === document.body) successorOf(active)?.focus();
}

function replace(id, element) {
  const old = document.getElementById(id);
  if (old) keeping(old, () => old.replaceWith(element));
}

// What stands around the content comes with it, and goes to its place.
function replaceAll(html) {
  const made = elementOf(html);
  for (const each of made.querySelectorAll("[data-around]")) {
    each.remove();
    replace(each.id, each);
  }
  keeping(content, () => content.replaceChildren(made));
}

// The element alone: the white space around it is there already, and would grow with every change.
function replaceParts(parts) {
  for (const [id, html] of Object.entries(parts)) replace(id, elementOf(html).firstElementChild);
}

// After an upgrade scripts and styles are others: the page loads itself anew, unless somebody is writing in it.
function compareVersions(current) {
  if (current !== version && !document.activeElement?.matches("input, select, textarea")) location.reload();
}

function heard(handle) {
  return (event) => {
    heardAt = Date.now();
    handle?.(event.data);
  };
}

function connect() {
  source?.close();
  triedAt = Date.now();
  source = new EventSource(address);
  source.addEventListener("version", heard(compareVersions));
  source.addEventListener("content", heard(replaceAll));
  source.addEventListener("parts", heard((data) => replaceParts(JSON.parse(data))));
  source.addEventListener("ping", heard());
  source.addEventListener("signed-out", () => location.reload());
  source.onopen = heard();
}

// The browser tries again by itself when a connection breaks, but not when a server that is starting refuses, and it
// may not notice that the network is gone.
function watch() {
  const isSilent = Date.now() - heardAt > SILENCE;
  const isLost = isSilent || source.readyState !== EventSource.OPEN;
  lost.hidden = !isLost;
  content.classList.toggle("lost", isLost);
  if (isLost) lostSince.textContent = written(heardAt, { dateStyle: "medium", timeStyle: "medium" });
  if (source.readyState === EventSource.CLOSED || (isSilent && Date.now() - triedAt > SILENCE)) connect();
}

if (address) {
  connect();
  setInterval(watch, 1000);
  document.addEventListener("visibilitychange", watch); // back from sleep, what stands there may be hours old
}
