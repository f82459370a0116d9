// Keeps the cards of what is under way up to date.

const SECONDS = 3;
const main = document.getElementById("main");

async function update() {
  const active = [...document.querySelectorAll(".card[data-active]")];
  if (!active.length) return clearInterval(timer);
  if (document.hidden) return undefined;
  const ids = active.map((card) => card.dataset.video).join(",");
  try {
    const response = await fetch(`${main.dataset.states}?ids=${ids}`);
    if (!response.ok) return undefined;
    const states = await response.json();
    for (const card of active) show(card, states[card.dataset.video]);
  } catch {
    // the server is away: the next round asks again
  }
  return undefined;
}

function show(card, found) {
  if (!found) return card.remove();
  const state = card.querySelector(".state");
  const bar = card.querySelector("progress");
  state.dataset.state = found.state;
  state.querySelector(".label").textContent = found.label;
  const begun = found.state === "rendering" || found.state === "paused";
  bar.hidden = !begun;
  bar.max = found.total || 1;
  bar.value = found.done;
  state.querySelector(".share").textContent = begun ? `${Math.floor((100 * found.done) / found.total)} %` : "";
  const waits = card.querySelector(".waits");
  waits.hidden = !found.waits_for;
  waits.textContent = found.waits_for;
  if (!found.is_active) delete card.dataset.active;
  return undefined;
}

const timer = setInterval(update, SECONDS * 1000);

// parts of a film are being chosen
const choose = document.getElementById("choose");
if (choose) {
  const count = () => {
    const chosen = choose.querySelectorAll("[name=video]:checked").length;
    document.getElementById("join").disabled = chosen < 2;
    if (chosen) document.getElementById("chosen").textContent = `${chosen} chosen`;
  };
  choose.addEventListener("change", count);
  window.addEventListener("pageshow", count);
  count();
}
