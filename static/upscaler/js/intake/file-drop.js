// Files and folders that are dropped anywhere on a page or selected, as a list of files in order.

const naturally = new Intl.Collator("en", { numeric: true }).compare;

/** Show the veil while files are dragged over the page, and pass on those that are dropped. */
export function takeDrops(veil, onFiles) {
  let isOurs = false; // something of the page itself is being dragged, such as a row or a picture
  let depth = 0;
  const hasFiles = (event) => !isOurs && event.dataTransfer?.types.includes("Files");
  const hide = () => {
    depth = 0;
    veil.hidden = true;
  };
  document.addEventListener("dragstart", () => {
    isOurs = true;
  });
  document.addEventListener("dragend", () => {
    isOurs = false;
  });
  document.addEventListener("dragenter", (event) => {
    if (!hasFiles(event)) return;
    event.preventDefault();
    depth += 1;
    veil.hidden = false;
  });
  document.addEventListener("dragleave", (event) => {
    if (!hasFiles(event)) return;
    depth -= 1;
    if (depth <= 0) hide();
  });
  document.addEventListener("dragover", (event) => {
    if (!hasFiles(event)) return;
    event.preventDefault();
    if (event.dataTransfer) event.dataTransfer.dropEffect = "copy";
  });
  document.addEventListener("drop", async (event) => {
    if (!hasFiles(event)) return;
    event.preventDefault();
    hide();
    const dropped = entriesOf(event.dataTransfer); // before the event is over: then there are none
    const unread = [];
    const files = [];
    for (const entry of dropped) await walk(entry, files, unread);
    onFiles(files, unread);
  });
}

/** The files that are selected in a file or folder field, in order. */
export function selectedFiles(field) {
  const files = [...field.files].map((file) => ({ file, path: file.webkitRelativePath || file.name }));
  field.value = "";
  return files.sort((one, other) => naturally(one.path, other.path));
}

function entriesOf(transfer) {
  const items = [...transfer.items].filter((item) => item.kind === "file");
  return items.map((item) => item.webkitGetAsEntry?.() ?? item.getAsFile()).filter(Boolean);
}

async function walk(entry, files, unread) {
  if (entry instanceof File) {
    files.push({ file: entry, path: entry.name });
    return;
  }
  const path = entry.fullPath.replace(/^\//, "");
  try {
    if (entry.isFile) {
      files.push({ file: await new Promise((resolve, reject) => entry.file(resolve, reject)), path });
      return;
    }
    for (const child of await allIn(entry)) await walk(child, files, unread);
  } catch {
    unread.push(path);
  }
}

/** All entries of a folder. A reader returns about a hundred at a time, and none at the end. */
async function allIn(folder) {
  const reader = folder.createReader();
  const entries = [];
  for (;;) {
    const batch = await new Promise((resolve, reject) => reader.readEntries(resolve, reject));
    if (!batch.length) return entries.sort((one, other) => naturally(one.name, other.name));
    entries.push(...batch);
  }
}
