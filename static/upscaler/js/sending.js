// One file on its way to the server, by tus: 8 MiB at a time, and on from where it was after a break.

/* global tus */

const NO_ROOM = 507;
const ROOM_SECONDS = 15; // between two looks whether there is room again

const csrf = () => document.querySelector("[name=csrfmiddlewaretoken]").value;

/**
 * Begin, or go on with, the upload of a file. A file that was begun before, in this browser, goes on.
 *
 * @param {File} file
 * @param {object} options endpoint, chunk, metadata, onProgress(sent, total), onDone(id), onError(text), and
 *   onWaiting(text): the server's disk is full, and the upload goes on by itself when there is room
 * @returns {Promise<tus.Upload>}
 */
export async function send(file, { endpoint, chunk, metadata, onProgress, onDone, onError, onWaiting }) {
  let result = null;
  let waiting = null;
  const upload = new tus.Upload(file, {
    endpoint,
    chunkSize: Number(chunk),
    retryDelays: [0, 1000, 3000, 5000, 10000, 20000, 30000],
    metadata: { filename: file.name, ...metadata },
    headers: { "X-CSRFToken": csrf() },
    removeFingerprintOnSuccess: true,
    fingerprint: async () => ["haloweb", metadata.purpose, metadata.upscale_of, file.name, file.size, file.lastModified].filter((word) => word !== undefined).join("/"),
    onAfterResponse: (request, response) => {
      result = response.getHeader("X-Result-Id") ?? result;
    },
    onProgress,
    onSuccess: () => onDone(result),
    onShouldRetry: (error) => !isFull(error) && mayPass(error),
    onError: (error) => {
      if (!isFull(error)) return onError(said(error));
      onWaiting(said(error));
      clearTimeout(waiting);
      waiting = setTimeout(() => upload.start(), ROOM_SECONDS * 1000);
      return undefined;
    },
  });
  const abort = upload.abort.bind(upload);
  upload.abort = (...how) => {
    clearTimeout(waiting);
    return abort(...how);
  };
  const earlier = await upload.findPreviousUploads();
  if (earlier.length) upload.resumeFromPreviousUpload(earlier[earlier.length - 1]);
  upload.start();
  return upload;
}

const statusOf = (error) => error.originalResponse?.getStatus() ?? 0;
const isFull = (error) => statusOf(error) === NO_ROOM;

/** Is it worth another try soon: the connection broke, the server was away, or somebody else was quicker? */
function mayPass(error) {
  const status = statusOf(error);
  return navigator.onLine && (status < 400 || status >= 500 || status === 409 || status === 423);
}

/** The server's own sentence, if it had one. */
function said(error) {
  const response = error.originalResponse;
  if (!response) return "The server can't be reached. Choose the file again later: the upload goes on where it was.";
  const text = response.getBody();
  const isSentence = text && text.length < 300 && !text.includes("<");
  return isSentence ? text : `The server answered ${response.getStatus()}. Try again.`;
}
