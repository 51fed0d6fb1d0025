/**
 * Uploads files of any size directly to S3, in parts, and can resume after an interruption. Runs in browsers, where
 * a File is a Blob, and in Node. examples/send-file.mjs calls it.
 */

const beginUpload = `
  mutation ($input: UploadInput!, $size: SafeInt!, $resume: Boolean!) {
    requestUpload(input: $input, size: $size, method: MULTIPART, resume: $resume) {
      ... on MultipartUpload { id }
    }
  }`;
const nextParts = `
  query ($id: ID!) {
    upload(id: $id) {
      partSize
      uploadedParts { number size etag }
      parts(first: 8) { number url headers { name value } }
    }
  }`;
const completeUpload = `
  mutation ($id: ID!, $parts: [CompletedPartInput!]) {
    completeUpload(id: $id, parts: $parts) { key size etag }
  }`;

const parallelParts = 4;
const maxFailures = 6;

/**
 * Works in rounds. Each round asks which parts S3 has not received, and sends the next of them. A part that failed, a
 * URL that expired, a pause and a reload therefore need no code of their own: the next round repeats the part.
 *
 * @param {Blob} file
 * @param {{
 *   ask: (query: string, variables: object) => Promise<any>,
 *   input: { bucket: string, key: string },
 *   resume?: boolean,
 *   onProgress?: (storedBytes: number) => void,
 *   signal?: AbortSignal,
 * }} options `signal` pauses the upload. To continue it, call the function again with `resume: true`, but only for the
 * same file: S3's parts are compared by number and length, not by their bytes.
 */
export async function uploadResumably(file, { ask, input, resume = false, onProgress = () => {}, signal }) {
  const { requestUpload } = await ask(beginUpload, { input, size: file.size, resume });
  const { id } = requestUpload;
  /** All parts, when S3 has received them. With them, the completion can be repeated if its response was lost. */
  let parts;
  for (let failures = 0; ; ) {
    signal?.throwIfAborted();
    try {
      parts ??= await sendRound(file, id, { ask, onProgress, signal });
      if (parts !== undefined) return (await ask(completeUpload, { id, parts })).completeUpload;
      failures = 0;
    } catch (error) {
      failures += 1;
      if (signal?.aborted || error.retryable === false || failures === maxFailures) throw error;
      if (error.code === "UPLOAD_INCOMPLETE") parts = undefined;
      await new Promise((resolve) => setTimeout(resolve, 2 ** failures * 250));
    }
  }
}

/** Sends the next parts that S3 has not received. Returns all parts when none is missing. */
async function sendRound(file, id, { ask, onProgress, signal }) {
  const { upload } = await ask(nextParts, { id });
  if (upload === null)
    throw Object.assign(new Error("The upload has been completed or aborted."), { retryable: false });
  let storedBytes = upload.uploadedParts.reduce((sum, { size }) => sum + size, 0);
  onProgress(storedBytes);
  if (upload.parts.length === 0) return upload.uploadedParts.map(({ number, etag }) => ({ number, etag }));
  await sendParts(file, upload, signal, (bytes) => {
    storedBytes += bytes;
    onProgress(storedBytes);
  });
  return undefined;
}

/** Sends all parts, even if one fails, and then throws the error of the first that failed. */
async function sendParts(file, { partSize, parts }, signal, onSent) {
  const waiting = [...parts];
  const errors = [];
  const sendOneByOne = async () => {
    for (let part = waiting.shift(); part !== undefined; part = waiting.shift()) {
      const start = (part.number - 1) * partSize;
      const slice = file.slice(start, start + partSize);
      await send(part, slice, signal).then(
        () => onSent(slice.size),
        (error) => errors.push(error),
      );
    }
  };
  await Promise.all(Array.from({ length: parallelParts }, sendOneByOne));
  if (errors.length > 0) throw errors[0];
}

async function send({ number, url, headers }, body, signal) {
  const response = await fetch(url, {
    method: "PUT",
    headers: headers.map(({ name, value }) => [name, value]),
    body,
    signal,
  });
  if (!response.ok) throw new Error(`S3 responded with status ${response.status} to part ${number}.`);
}

/** Returns a function that sends an operation. It throws an error with the `code` and `retryable` of the server's error. */
export function graphqlClient(url, token) {
  const headers = { "content-type": "application/json", ...(token && { authorization: `Bearer ${token}` }) };
  return async (query, variables) => {
    const response = await fetch(url, {
      method: "POST",
      headers,
      body: JSON.stringify({ query, variables }),
    });
    const { data, errors } = await response.json();
    if (errors !== undefined) throw Object.assign(new Error(errors[0].message), errors[0].extensions);
    return data;
  };
}
