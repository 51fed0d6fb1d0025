/**
 * Sends files of any size straight to the store, in parts, and goes on where it stopped. Runs in browsers
 * (a File is a Blob) and in Node; examples/send-file.mjs calls it.
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
const failuresToGiveUp = 6;

/**
 * Each round asks which parts the store lacks, and sends those. So a part that failed, a URL that expired,
 * a pause and a reload are all the same case: the next round.
 *
 * @param {Blob} file
 * @param {{
 *   ask: (query: string, variables: object) => Promise<any>,
 *   input: { bucket: string, key: string },
 *   resume?: boolean,
 *   onProgress?: (storedBytes: number) => void,
 *   signal?: AbortSignal,
 * }} options `signal` pauses: call again with `resume` to go on. Say `resume` only when this is the file that
 * the upload was begun with: the store's parts are told by number and length, not by their bytes
 */
export async function uploadResumably(file, { ask, input, resume = false, onProgress = () => {}, signal }) {
  const { requestUpload } = await ask(beginUpload, { input, size: file.size, resume });
  const { id } = requestUpload;
  /** All of them, once the store holds them. With them a completion whose answer got lost may be repeated. */
  let parts;
  for (let failures = 0; ; ) {
    signal?.throwIfAborted();
    try {
      parts ??= await sendRound(file, id, { ask, onProgress, signal });
      if (parts !== undefined) return (await ask(completeUpload, { id, parts })).completeUpload;
      failures = 0;
    } catch (error) {
      failures += 1;
      if (signal?.aborted || error.retryable === false || failures === failuresToGiveUp) throw error;
      if (error.code === "UPLOAD_INCOMPLETE") parts = undefined;
      await new Promise((resolve) => setTimeout(resolve, 2 ** failures * 250));
    }
  }
}

/** Sends the next parts that the store lacks. When it lacks none, returns them all. */
async function sendRound(file, id, { ask, onProgress, signal }) {
  const { upload } = await ask(nextParts, { id });
  if (upload === null) throw Object.assign(new Error("The upload is gone."), { retryable: false });
  let storedBytes = upload.uploadedParts.reduce((sum, { size }) => sum + size, 0);
  onProgress(storedBytes);
  if (upload.parts.length === 0) return upload.uploadedParts.map(({ number, etag }) => ({ number, etag }));
  await sendParts(file, upload, signal, (bytes) => {
    storedBytes += bytes;
    onProgress(storedBytes);
  });
  return undefined;
}

/** A part that fails keeps none of the others from being sent; its error is thrown after them. */
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
  if (!response.ok) throw new Error(`The store answered ${response.status} to part ${number}.`);
}

/** Asks the server; an error carries the `code` and `retryable` of its extensions. */
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
