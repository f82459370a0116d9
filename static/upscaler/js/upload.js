// The upload page: the queue at full width, file fields, and the imports from the watched folder.

import { drawButtons, uploadSelected, uploads, wireButtons } from "./intake/tray.js";
import { showRows } from "./intake/upload-row.js";
import { refresh } from "./live.js";

const WATCHED_SECONDS = 10;
const main = document.getElementById("main");
const list = document.getElementById("uploads");
const buttons = document.getElementById("for-all");
const template = document.getElementById("upload-row");
const offer = document.getElementById("join-offer");

uploadSelected(document.getElementById("files"));
uploadSelected(document.getElementById("folder"));
const chooseFolder = document.getElementById("choose-folder");
chooseFolder.hidden = !("webkitdirectory" in document.getElementById("folder"));
chooseFolder.addEventListener("click", () => document.getElementById("folder").click());

/** Offer to join the files that were added together last. */
function offerJoin() {
  const newest = [...uploads.items].reverse().find((item) => item.state === "done");
  const ids = uploads.items.filter((item) => item.video && item.batch === newest?.batch).map((item) => item.video);
  offer.hidden = ids.length < 2;
  if (!offer.hidden) offer.querySelector("a").href = `${main.dataset.join}?${ids.map((id) => `video=${id}`).join("&")}`;
}

function draw() {
  showRows(list, template, uploads, [...uploads.items].reverse());
  buttons.hidden = !uploads.items.length;
  drawButtons(buttons, uploads.items);
  offerJoin();
}

wireButtons(buttons);
uploads.addEventListener("change", draw);
uploads.isReady.then(draw);

if (document.getElementById("watched")) {
  setInterval(() => {
    const isBusy = document.getElementById("watched").contains(document.activeElement);
    if (!document.hidden && !isBusy) refresh("watched").catch(() => {});
  }, WATCHED_SECONDS * 1000);
}
