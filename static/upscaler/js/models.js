// The models page: the owner uploads weights, and the page is reloaded when a model has been checked.

import { request } from "./http.js";
import { startUpload } from "./tus-upload.js";

const SECONDS = 1;
const WEIGHTS = /\.(pth|pt|safetensors)$/i; // other files that are dropped here go to the upload queue
const main = document.getElementById("main");
const drop = document.getElementById("dropzone");
const files = document.getElementById("files");

const sending = document.getElementById("sending");
let turn = Promise.resolve();
let left = 0; // files that are not uploaded yet
let hasFailed = false;

async function checkStatus(item) {
  if (left) return;
  const response = await request(item.dataset.status);
  if (response.ok && (await response.json()).state !== "checking") location.reload();
}

const checking = [...document.querySelectorAll(".model[data-status]")];
if (checking.length) {
  setInterval(() => {
    for (const item of checking) checkStatus(item).catch(() => {});
  }, SECONDS * 1000);
}

/** Add a row for a file. Files are uploaded one after the other; after the last, the page is reloaded. */
function enqueue(file) {
  const item = sending.cloneNode(true);
  item.removeAttribute("id");
  item.hidden = false;
  item.querySelector(".name").textContent = file.name;
  item.querySelector(".status").textContent = "Queued";
  sending.before(item);
  left += 1;
  turn = turn
    .then(() => upload(file, item))
    .then(() => {
      left -= 1;
      if (!left && !hasFailed) location.reload();
    });
}

/** Upload a file; resolves when it has arrived or failed. */
function upload(file, item) {
  const status = item.querySelector(".status");
  status.textContent = "Uploading";
  return new Promise((/** @type {(nothing?: undefined) => void} */ over) => {
    const fail = (text) => {
      status.textContent = text;
      hasFailed = true; // the message stays readable: no reload
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
    for (const file of files.files) enqueue(file);
    files.value = "";
  });
  for (const kind of ["dragover", "dragleave", "drop"]) {
    document.addEventListener(kind, (event) => {
      const { dataTransfer } = /** @type {DragEvent} */ (event);
      if (!dataTransfer?.types.includes("Files")) return; // text that is dragged into a field
      event.preventDefault();
      drop.classList.toggle("over", kind === "dragover");
      if (kind !== "drop") return;
      for (const file of dataTransfer.files) if (WEIGHTS.test(file.name)) enqueue(file);
    });
  }
}
