// One key chooses a score: 0 to 9, and 10 as a 1 with a 0 soon after. Without this script the arrows do.
const SOON = 800;
const scores = [...document.querySelectorAll('input[name="score"]')];
let one = 0;

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.altKey || event.metaKey || event.target.matches("textarea")) return;
  if (!/^[0-9]$/.test(event.key)) return;
  const isTen = event.key === "0" && Date.now() - one < SOON;
  one = event.key === "1" ? Date.now() : 0;
  const chosen = scores[isTen ? 10 : Number(event.key)];
  if (!chosen) return;
  chosen.checked = true;
  chosen.focus();
});
