// The page behind a capture link: who is sending, and files, which are uploaded one after the other.

import { bytes } from "./format.js";
import { selectedFiles, takeDrops } from "./intake/file-drop.js";
import { startUpload } from "./tus-upload.js";

const main = document.getElementById("main");
const about = document.getElementById("about");
const wrong = document.getElementById("wrong");
const list = document.getElementById("uploads");
const template = document.getElementById("upload-row");
const field = document.getElementById("files");
const dropzone = document.getElementById("dropzone");
let left = Number(main.dataset.left);
let running = 0;
/** @type {Promise<void>} */
let turn = Promise.resolve();

/** Return what was entered about the sender; null, with a message, until everything needed is there. */
function contributor() {
  const values = new FormData(about);
  const missing = [
    [!String(values.get("contributor")).trim(), "Enter your name.", "contributor"],
    [!values.get("agrees"), "Agree to the licence first.", "agrees"],
  ].find(([isMissing]) => isMissing);
  say(missing ? String(missing[1]) : "");
  if (missing) about.querySelector(`[name=${missing[2]}]`).focus();
  if (missing) return null;
  return { contributor: values.get("contributor"), map: values.get("map"), agrees: "on" };
}

function say(text) {
  wrong.textContent = text;
  wrong.hidden = !text;
}

function add(files) {
  const metadata = contributor();
  if (!metadata) return;
  for (const { file } of files) {
    const row = newRow(file);
    if (file.size > Number(main.dataset.most)) {
      fail(row, `The file is too large. This link accepts ${bytes(Number(main.dataset.most))} more.`);
    } else if (left < 1) {
      fail(row, "This link accepts no more captures.");
    } else {
      left -= 1;
      running += 1;
      turn = turn
        .then(() => send(file, row, metadata))
        .then(() => {
          running -= 1;
        });
    }
  }
}

function newRow(file) {
  const row = template.content.firstElementChild.cloneNode(true);
  row.querySelector(".name").textContent = file.name;
  row.querySelector(".figures").textContent = bytes(file.size);
  row.querySelector(".status").textContent = "Queued";
  row.querySelector(".stop").addEventListener("click", () => row.dispatchEvent(new Event("stop")));
  row.addEventListener("stop", () => row.setAttribute("data-stopped", ""));
  list.append(row);
  return row;
}

function fail(row, text) {
  row.classList.add("wrong");
  row.querySelector(".status").textContent = text;
  end(row);
}

function end(row) {
  row.querySelector("progress").hidden = true;
  row.querySelector(".stop").hidden = true;
}

/** Upload a file; resolves when it has arrived, failed or was cancelled. */
function send(file, row, metadata) {
  const status = row.querySelector(".status");
  return new Promise((/** @type {(nothing?: undefined) => void} */ over) => {
    const cancelled = () => {
      status.textContent = "Cancelled";
      end(row);
      left += 1;
      over();
    };
    if ("stopped" in row.dataset) {
      cancelled();
      return;
    }
    status.textContent = "Uploading";
    startUpload(file, {
      endpoint: main.dataset.endpoint,
      chunk: main.dataset.chunk,
      metadata: { purpose: "capture", ...metadata },
      onProgress: (sent, total) => {
        row.querySelector("progress").value = sent / total;
        row.querySelector(".figures").textContent = `${bytes(sent)} of ${bytes(total)}`;
      },
      onDone: () => {
        row.classList.add("whole");
        status.textContent = "Uploaded. Thank you.";
        end(row);
        over();
      },
      onError: (text) => {
        fail(row, text);
        over();
      },
      onWaiting: (text) => {
        status.textContent = text;
      },
    })
      .then((upload) => {
        row.addEventListener(
          "stop",
          () =>
            upload
              .abort(true)
              .catch(() => {})
              .then(cancelled),
          { once: true },
        );
      })
      .catch(({ message }) => {
        fail(row, message);
        over();
      });
  });
}

field.addEventListener("change", () => add(selectedFiles(field)));
dropzone.addEventListener("click", (event) => {
  if (event.target !== field && !contributor()) event.preventDefault(); // before files are chosen in vain
});
for (const kind of ["dragenter", "dragleave"]) {
  document.addEventListener(kind, () => dropzone.classList.toggle("over", kind === "dragenter"));
}
takeDrops(document.createElement("div"), (files) => {
  dropzone.classList.remove("over");
  add(files);
});
addEventListener("beforeunload", (event) => {
  if (running) event.preventDefault();
});
