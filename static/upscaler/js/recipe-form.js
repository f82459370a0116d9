// The form that starts a job: what the chosen format is, how large the result will be, which filters are not automatic.
//
// Listens on the document: the form is put in its place anew while the page lives.

const byId = (id) => document.getElementById(id);

function showPreset(sizes) {
  const preset = sizes.presets[byId("id_preset").value];
  const copy = preset && !preset.plays ? " HaloWeb also makes a copy that browsers can play." : "";
  byId("preset-says").textContent = preset ? `${preset.description}${copy}` : "";
}

/** What the result measures, as pipeline/plan.py works it out; nothing where the shape is chosen by hand. */
function showSize(sizes) {
  const [chosen, scale] = [byId("id_size").value, sizes.models[byId("id_model").value]];
  const preset = sizes.presets[byId("id_preset").value];
  const isPlain = byId("id_crop").value === "auto" && byId("id_aspect").value === "auto";
  if (!scale || !isPlain) {
    byId("size-says").textContent = "";
    return;
  }
  const even = (side) => side + (side % 2);
  let [width, height] = [even(sizes.width * scale), even(sizes.height * scale)];
  const lines = chosen.endsWith("p") ? Number.parseInt(chosen, 10) : chosen ? null : preset?.height;
  const factor = chosen.endsWith("x") ? Number.parseInt(chosen, 10) : scale;
  if (lines) [width, height] = [2 * Math.max(1, Math.round((sizes.width * lines) / sizes.height / 2)), lines];
  else if (factor !== scale) [width, height] = [even(sizes.width * factor), even(sizes.height * factor)];
  const from = chosen ? "" : lines ? ", the format's height" : `, ${scale}× the source`;
  byId("size-says").textContent = `${width} × ${height}${from}`;
}

function showFilters() {
  const changed = [];
  for (const filter of document.querySelectorAll("#filters .filter")) {
    const select = filter.querySelector("select");
    const figures = filter.querySelector(".figures-of");
    if (figures) figures.hidden = select.value !== "figures";
    if (select.selectedIndex > 0) changed.push(filter.querySelector("label").textContent);
  }
  byId("filters-say").textContent = changed.length ? changed.join(", ") : "All automatic";
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
  if (event.target.closest("#upscale")) show();
});

document.addEventListener("click", (event) => {
  const link = event.target.closest("[data-shows]");
  if (!link) return;
  byId("filters").open = true;
  byId(`id_${link.dataset.shows}`)?.focus();
});

/** Again, after the form was replaced. */
export { show };

show();
