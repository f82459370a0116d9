// Uploads one file by tus: some MiB per request, and resumed after a break.

/* global tus */

import { csrf } from "./http.js";

const NO_SPACE = 507;
const LOGGED_OUT = 401;
const TEMPORARY = [LOGGED_OUT, 408, 409, 423, 429];
const RETRY_SECONDS = 15; // while there is no space, or nobody is logged in
export const NOT_YOU = "You're logged out, or logged in as someone else. Log in as the same user to resume.";
const STALL_SECONDS = 180; // without a byte or a response: slow connections and last chunks take long
export const AWAY = "The server can't be reached. The upload will resume automatically.";
const AWAY_SECONDS = 5; // while the server can't be reached

/**
 * Start, or resume, the upload of a file.
 *
 * With onUrl the caller remembers where the upload is, and passes it as url the next time. Without it, this browser
 * remembers it by the file's name, size and time.
 *
 * @param {Blob & { name?: string, lastModified?: number }} file
 * @param {object} options
 * @param {string} options.endpoint
 * @param {string | number} options.chunk bytes of a request
 * @param {Record<string, any>} options.metadata
 * @param {Record<string, string>} [options.headers]
 * @param {string | null} [options.url]
 * @param {(url: string | null) => void} [options.onUrl]
 * @param {(sent: number, total: number) => void} options.onProgress
 * @param {(id: string) => void} options.onDone
 * @param {(text: string, status: number) => void} options.onError
 * @param {(text: string) => void} options.onWaiting it can't continue now, and will do so when it can
 * @returns {Promise<TusUpload>}
 */
export async function startUpload(file, options) {
  const {
    endpoint,
    chunk,
    metadata,
    headers = {},
    url = null,
    onUrl,
    onProgress,
    onDone,
    onError,
    onWaiting,
  } = options;
  let result = "";
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let waiting;
  let isRunning = false;
  let isLeft = false;
  let heard = 0;
  const hear = () => {
    heard = performance.now();
  };
  const start = () => {
    clearTimeout(waiting);
    isRunning = true;
    hear();
    upload.start();
  };
  const rest = () => {
    clearTimeout(waiting);
    isRunning = false;
  };
  /** Start again on a new connection: after a change of networks, the old one can be dead without an error. */
  const again = async () => {
    await stop();
    if (!isLeft) start();
  };
  const watch = setInterval(() => {
    if (isRunning && performance.now() - heard > STALL_SECONDS * 1000) again();
  }, 10_000);
  const leave = () => {
    isLeft = true;
    rest();
    clearInterval(watch);
    removeEventListener("online", again);
  };
  addEventListener("online", again);
  const upload = new tus.Upload(file, {
    endpoint: url ? null : endpoint,
    uploadUrl: url,
    chunkSize: Number(chunk),
    retryDelays: [0, 1000, 3000, 5000],
    metadata: { filename: file.name ?? "", ...metadata },
    headers,
    storeFingerprintForResuming: !onUrl,
    removeFingerprintOnSuccess: true,
    fingerprint: async () =>
      ["haloweb", metadata.purpose, metadata.upscale_of, file.name, file.size, file.lastModified]
        .filter((word) => word !== undefined)
        .join("/"),
    onBeforeRequest: (request) => request.setHeader("X-CSRFToken", csrf()),
    onAfterResponse: (_request, response) => {
      hear();
      result = response.getHeader("X-Result-Id") ?? result;
    },
    onUploadUrlAvailable: () => {
      if (!onUrl) return;
      upload.options.endpoint = null; // or a server that can't be reached for a moment would be asked for a new upload
      onUrl(upload.url);
    },
    onProgress: (sent, total) => {
      hear();
      onProgress(sent, total);
    },
    onSuccess: () => {
      leave();
      onDone(result);
    },
    onShouldRetry: (error) =>
      navigator.onLine && isTemporary(error) && ![NO_SPACE, LOGGED_OUT].includes(statusOf(error)),
    onError: (error) => {
      rest();
      if (isTemporary(error)) {
        onWaiting(messageOf(error));
        waiting = setTimeout(start, (statusOf(error) ? RETRY_SECONDS : AWAY_SECONDS) * 1000);
      } else {
        leave();
        onError(messageOf(error), statusOf(error));
      }
    },
  });
  const stop = upload.abort.bind(upload);
  upload.abort = (...how) => {
    leave();
    return stop(...how);
  };
  const earlier = onUrl ? [] : await upload.findPreviousUploads();
  if (earlier.length) upload.resumeFromPreviousUpload(earlier[earlier.length - 1]);
  start();
  return upload;
}

/** Delete an upload on the server. One that can't be reached now is deleted there after some days. */
export async function deleteUpload(url, headers = {}) {
  await fetch(url, {
    method: "DELETE",
    headers: { ...headers, "Tus-Resumable": "1.0.0", "X-CSRFToken": csrf() },
  }).catch(() => {});
}

const statusOf = (error) => error.originalResponse?.getStatus() ?? 0;

/** Whether an error is temporary, such as a broken connection, a full server or a locked upload. */
function isTemporary(error) {
  const status = statusOf(error);
  return status < 400 || status >= 500 || TEMPORARY.includes(status);
}

/** The server's own sentence, if the response has one. */
function messageOf(error) {
  const response = error.originalResponse;
  if (!response) return AWAY;
  if (response.getStatus() === LOGGED_OUT) return NOT_YOU;
  const text = response.getBody();
  const isSentence = text && text.length < 300 && !text.includes("<");
  return isSentence ? text : `The server returned error ${response.getStatus()}. Try again.`;
}
