// The form that starts a job: the description of the format, the size of the result, the filters that are set by hand.
//
// Listens on the document, because the form is replaced while the page is open.

import { targetOf } from "./dom.js";
import { resultSize } from "./result-size.js";

const byId = (id) => document.getElementById(id);

function showPreset(sizes) {
  const preset = sizes.presets[byId("id_preset").value];
  const copy = preset && !preset.plays ? " HaloWeb also makes a copy that browsers can play." : "";
  byId("preset-help").textContent = preset ? `${preset.description}${copy}` : "";
}

/** The size of the result; nothing where the crop or the aspect ratio is set by hand. */
function showSize(sizes) {
  const scale = sizes.models[byId("id_model").value];
  const preset = sizes.presets[byId("id_preset").value];
  const isAutomatic = byId("id_crop").value === "auto" && byId("id_aspect").value === "auto";
  if (!scale || !isAutomatic) {
    byId("size-help").textContent = "";
    return;
  }
  const { width, height, reason } = resultSize(sizes, scale, byId("id_size").value, preset?.height ?? null);
  byId("size-help").textContent = `${width} × ${height}${reason ? `, ${reason}` : ""}`;
}

function showFilters() {
  const changed = [];
  for (const filter of document.querySelectorAll("#filters .filter")) {
    const select = filter.querySelector("select");
    const figures = filter.querySelector(".filter-values");
    if (figures) figures.hidden = select.value !== "figures";
    if (select.selectedIndex > 0) changed.push(filter.querySelector("label").textContent);
  }
  byId("filters-summary").textContent = changed.length ? changed.join(", ") : "All automatic";
}

function show() {
  const data = byId("sizes");
  if (!data) return;
  const sizes = JSON.parse(data.textContent);
  showPreset(sizes);
  showSize(sizes);
  showFilters();
}

document.addEventListener("change", (event) => {
  if (targetOf(event).closest("#upscale")) show();
});

document.addEventListener("click", (event) => {
  const link = targetOf(event).closest("[data-shows]");
  if (!link) return;
  byId("filters").open = true;
  byId(`id_${link.dataset.shows}`)?.focus();
});

/** Again, after the form was replaced. */
export { show };

show();
