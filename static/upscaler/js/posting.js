// Clips to post: the start from the player, and the options of each format. htmx sends the form and swaps rows.

const HUNDREDTHS = 100;
const MAX_PICTURE_MB = 10; // MB
const player = document.querySelector("compare-player");

/** 12.4 as "0:12.40": fine enough to name a frame. */
function moment(seconds) {
  const all = Math.round(seconds * HUNDREDTHS);
  const minutes = Math.floor(all / HUNDREDTHS / 60);
  return `${minutes}:${(all / HUNDREDTHS - minutes * 60).toFixed(2).padStart(5, "0")}`;
}

/** Sound and large sizes are only for videos. */
function fit(form) {
  const isVideo = form.elements.format.value === "mp4";
  if (form.elements.with_sound) form.elements.with_sound.disabled = !isVideo;
  const { size } = form.elements;
  for (const option of size.options) option.disabled = !isVideo && Number(option.value) > MAX_PICTURE_MB;
  if (size.selectedOptions[0]?.disabled) size.value = String(MAX_PICTURE_MB);
}

function prepare(form) {
  const here = form.querySelector("#post-here");
  here.hidden = !player;
  here.addEventListener("click", () => {
    form.elements.start.value = moment(player.frame / player.rate);
  });
  form.elements.format.addEventListener("change", () => fit(form));
  fit(form);
}

const form = () => document.getElementById("post-new");
if (form()) prepare(form());

document.addEventListener("htmx:afterSwap", () => {
  if (form()?.querySelector("#post-here").hidden) prepare(form()); // the form was replaced by the server
});

// a form that asks for confirmation is submitted again by js/base.js
document.addEventListener("htmx:confirm", (event) => {
  const { confirm, confirmed } = /** @type {CustomEvent} */ (event).detail.elt.dataset;
  if (confirm && !confirmed) event.preventDefault();
});

document.addEventListener("htmx:afterRequest", (event) => {
  const { requestConfig, failed, xhr } = /** @type {CustomEvent} */ (event).detail;
  const { elt } = requestConfig; // the event's own may be what is left around it
  const row = elt.closest?.(".post");
  if (row && xhr.status === 404) row.remove(); // deleted in another tab
  if (elt.dataset?.confirm && !failed) document.getElementById("post-title").focus();
});
for (const kind of ["htmx:sendError", "htmx:responseError"]) {
  document.addEventListener(kind, (event) => {
    const { elt, xhr } = /** @type {CustomEvent} */ (event).detail;
    const told = document.getElementById("post-status");
    if (elt === form() || (elt.dataset?.confirm && xhr?.status !== 404))
      told.textContent = "The server isn't responding. Try again in a moment.";
  });
}
