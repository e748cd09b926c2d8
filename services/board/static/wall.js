// Shows one slide after another; space pauses, arrows turn. Without this script they stand one below the other.

import { written } from "./board.js";

const content = document.getElementById("content");
const [controls, turn, paused, pause, clock] = ["controls", "turn", "paused", "pause", "clock"].map(
  (id) => document.getElementById(id),
);

const STILL = matchMedia("(prefers-reduced-motion: reduce)");

let shown = 0;
let turnedAt = Date.now();

function show() {
  const slides = content.querySelectorAll(".slide");
  if (!slides.length) return;
  shown = (shown + slides.length) % slides.length;
  slides.forEach((slide, i) => slide.classList.toggle("shown", i === shown));
  turn.textContent = `${shown + 1} / ${slides.length}`;
}

function turnBy(step) {
  shown += step;
  turnedAt = Date.now();
  show();
  if (!STILL.matches) content.querySelector(".slide.shown")?.animate({ opacity: [0, 1] }, 400);
}

function togglePause() {
  paused.hidden = !paused.hidden;
  pause.setAttribute("aria-pressed", String(!paused.hidden));
  turnedAt = Date.now();
}

function tick() {
  clock.textContent = written(Date.now(), { timeStyle: "short" });
  const seconds = Number(content.querySelector(".slides")?.dataset.seconds);
  if (paused.hidden && Date.now() - turnedAt >= seconds * 1000) turnBy(1);
}

const KEYS = { ArrowLeft: () => turnBy(-1), ArrowRight: () => turnBy(1), " ": togglePause };

function press(event) {
  const act = KEYS[event.key];
  const isForAButton = event.key === " " && event.target.closest("button");
  if (!act || isForAButton || event.altKey || event.ctrlKey || event.metaKey) return;
  event.preventDefault();
  act();
}

// Where the browser lets a page keep the screen awake; it forgets when the page is hidden.
async function stayAwake() {
  if (document.visibilityState !== "visible") return;
  try {
    await navigator.wakeLock?.request("screen");
  } catch {
    // refused, as with a low battery: the screen's own settings hold
  }
}

document.addEventListener("keydown", press);
document.addEventListener("visibilitychange", stayAwake);
document.getElementById("back").addEventListener("click", () => turnBy(-1));
document.getElementById("on").addEventListener("click", () => turnBy(1));
pause.addEventListener("click", togglePause);
new MutationObserver(show).observe(content, { childList: true, subtree: true }); // what is pushed is not yet turned

document.documentElement.classList.add("turning");
controls.hidden = false;
stayAwake();
show();
tick();
setInterval(tick, 1000);
