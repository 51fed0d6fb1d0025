import { type ChecksumAlgorithm, type Crc, createCrc } from "./crc.ts";

export interface WorkerRequest {
  readonly blob: Blob;
  readonly algorithm: ChecksumAlgorithm;
}

export type WorkerResponse = { readonly crc: Crc } | { readonly unreadable: true };

/** The CRC of a blob, read piece by piece. Self-contained, like `createCrc`. */
export async function crcOfBlob({ blob, algorithm }: WorkerRequest, newCrc: typeof createCrc): Promise<Crc> {
  const pieceBytes = 2 ** 22;
  const crc = newCrc(algorithm);
  for (let start = 0; start < blob.size; start += pieceBytes) {
    crc.update(new Uint8Array(await blob.slice(start, start + pieceBytes).arrayBuffer()));
  }
  return crc.digest();
}

/**
 * Starts a worker from the text of the functions above, so that no bundler has to know of a second file. Undefined where
 * there are no workers, or a Content-Security-Policy allows none from a blob.
 */
export function startWorker(): Worker | undefined {
  if (typeof Worker === "undefined" || typeof URL.createObjectURL !== "function") return undefined;
  const program = `const newCrc = ${createCrc}; const crcOfBlob = ${crcOfBlob};
onmessage = ({ data }) => crcOfBlob(data, newCrc).then((crc) => postMessage({ crc }), () => postMessage({ unreadable: true }));`;
  const url = URL.createObjectURL(new Blob([program], { type: "text/javascript" }));
  try {
    return new Worker(url);
  } catch {
    return undefined;
  } finally {
    URL.revokeObjectURL(url);
  }
}
