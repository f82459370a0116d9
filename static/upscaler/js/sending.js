// One file on its way to the server, by tus: 8 MiB at a time, and on from where it was after a break.

/* global tus */

const csrf = () => document.querySelector("[name=csrfmiddlewaretoken]").value;

/**
 * Begin, or go on with, the upload of a file. A file that was begun before, in this browser, goes on.
 *
 * @param {File} file
 * @param {object} options endpoint, chunk, metadata, onProgress(sent, total), onDone(id), onError(text)
 * @returns {Promise<tus.Upload>}
 */
export async function send(file, { endpoint, chunk, metadata, onProgress, onDone, onError }) {
  let result = null;
  const upload = new tus.Upload(file, {
    endpoint,
    chunkSize: Number(chunk),
    retryDelays: [0, 1000, 3000, 5000, 10000, 20000, 30000],
    metadata: { filename: file.name, ...metadata },
    headers: { "X-CSRFToken": csrf() },
    removeFingerprintOnSuccess: true,
    fingerprint: async () => ["haloweb", metadata.purpose, file.name, file.size, file.lastModified].join("/"),
    onAfterResponse: (request, response) => {
      result = response.getHeader("X-Result-Id") ?? result;
    },
    onProgress,
    onSuccess: () => onDone(result),
    onError: (error) => onError(said(error)),
  });
  const earlier = await upload.findPreviousUploads();
  if (earlier.length) upload.resumeFromPreviousUpload(earlier[earlier.length - 1]);
  upload.start();
  return upload;
}

/** The server's own sentence, if it had one. */
function said(error) {
  const response = error.originalResponse;
  if (!response) return "The server can't be reached. Choose the file again later: the upload goes on where it was.";
  const text = response.getBody();
  const isSentence = text && text.length < 300 && !text.includes("<");
  return isSentence ? text : `The server answered ${response.getStatus()}. Try again.`;
}
