// The models page: the owner sends weights; what is being checked shows its verdict when it is there.

import { request } from "./http.js";
import { startUpload } from "./tus-upload.js";

const SECONDS = 1;
const WEIGHTS = /\.(pth|pt|safetensors)$/i; // other files that are dropped here are for the queue of uploads
const main = document.getElementById("main");
const drop = document.getElementById("drop");
const files = document.getElementById("files");

const sending = document.getElementById("sending");
let turn = Promise.resolve();
let left = 0; // files that are not sent yet
let hasFailed = false;

async function look(item) {
  if (left) return;
  const response = await request(item.dataset.status);
  if (response.ok && (await response.json()).state !== "checking") location.reload();
}

const checking = [...document.querySelectorAll(".model[data-status]")];
if (checking.length) {
  setInterval(() => {
    for (const item of checking) look(item).catch(() => {});
  }, SECONDS * 1000);
}

/** A row of its own for each file; they are sent one after the other, and the page is loaded anew behind the last. */
function take(file) {
  const item = sending.cloneNode(true);
  item.removeAttribute("id");
  item.hidden = false;
  item.querySelector(".name").textContent = file.name;
  item.querySelector(".status").textContent = "Queued";
  sending.before(item);
  left += 1;
  turn = turn
    .then(() => begin(file, item))
    .then(() => {
      left -= 1;
      if (!left && !hasFailed) location.reload();
    });
}

/** Is over when the file is sent, or can't be. */
function begin(file, item) {
  const status = item.querySelector(".status");
  status.textContent = "Uploading";
  return new Promise((/** @type {(nothing?: undefined) => void} */ over) => {
    const fail = (text) => {
      status.textContent = text;
      hasFailed = true; // it is to be read: no new page
      over();
    };
    startUpload(file, {
      endpoint: main.dataset.endpoint,
      chunk: main.dataset.chunk,
      metadata: { purpose: "weights" },
      onProgress: (sent, total) => {
        item.querySelector("progress").value = sent / total;
      },
      onDone: () => {
        status.textContent = "Uploaded";
        over();
      },
      onError: fail,
      onWaiting: (text) => {
        status.textContent = text;
      },
    }).catch(({ message }) => fail(message));
  });
}

if (drop) {
  files.addEventListener("change", () => {
    for (const file of files.files) take(file);
    files.value = "";
  });
  for (const kind of ["dragover", "dragleave", "drop"]) {
    document.addEventListener(kind, (event) => {
      const { dataTransfer } = /** @type {DragEvent} */ (event);
      if (!dataTransfer?.types.includes("Files")) return; // such as a text that is dragged into the notes
      event.preventDefault();
      drop.classList.toggle("over", kind === "dragover");
      if (kind !== "drop") return;
      for (const file of dataTransfer.files) if (WEIGHTS.test(file.name)) take(file);
    });
  }
}
