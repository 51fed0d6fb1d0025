import { type ChecksumAlgorithm, type Crc, createCrc } from "./crc.ts";

export interface WorkerRequest {
  readonly blob: Blob;
  readonly algorithm: ChecksumAlgorithm;
  readonly blockBytes: number;
}

export type WorkerResponse = { readonly blocks: readonly Crc[] } | { readonly unreadable: true };

/** The CRCs of the blocks of a blob, read piece by piece. Self-contained, like `createCrc`. */
export async function blocksOf(
  { blob, algorithm, blockBytes }: WorkerRequest,
  newCrc: typeof createCrc,
): Promise<Crc[]> {
  const blocks: Crc[] = [];
  const pieceBytes = 4 * blockBytes;
  for (let start = 0; start < blob.size; start += pieceBytes) {
    const piece = new Uint8Array(await blob.slice(start, start + pieceBytes).arrayBuffer());
    for (let offset = 0; offset < piece.length; offset += blockBytes) {
      const crc = newCrc(algorithm);
      crc.update(piece.subarray(offset, offset + blockBytes));
      blocks.push(crc.digest());
    }
  }
  return blocks;
}

/**
 * Starts a worker from the text of the functions above, so that no bundler has to know of a second file. Undefined where
 * there are no workers, or a Content-Security-Policy allows none from a blob.
 */
export function startWorker(): Worker | undefined {
  if (typeof Worker === "undefined" || typeof URL.createObjectURL !== "function") return undefined;
  const program = `const newCrc = ${createCrc}; const blocksOf = ${blocksOf};
onmessage = ({ data }) => blocksOf(data, newCrc).then((blocks) => postMessage({ blocks }), () => postMessage({ unreadable: true }));`;
  const url = URL.createObjectURL(new Blob([program], { type: "text/javascript" }));
  try {
    return new Worker(url);
  } catch {
    return undefined;
  } finally {
    URL.revokeObjectURL(url);
  }
}
