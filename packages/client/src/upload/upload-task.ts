import type { ChecksumAlgorithm } from "../checksum/crc.ts";
import { FileChecksums } from "../checksum/file-checksums.ts";
import { abortedError, badInput, toMisuse, toValetKeyError, type ValetKeyError } from "../core/errors.ts";
import type { StoredObject } from "../core/objects.ts";
import type { Transport } from "../core/transport.ts";
import { abortUploadOperation } from "../generated/strings.ts";
import { Flow } from "./flow.ts";
import { browserNetwork } from "./network.ts";
import { ProgressMeter } from "./progress-meter.ts";
import { type MultipartUpload, requestUpload } from "./request-upload.ts";
import { sendParts } from "./send-parts.ts";
import { sendWhole } from "./send-whole.ts";
import { StoreSender } from "./store-sender.ts";
import type { Progress, UploadOptions, UploadState, UploadTask } from "./types.ts";
import type { UploadSteps } from "./upload-steps.ts";

/** After these errors the parts at S3 are of no use: the same file cannot be continued. */
const uselessAfter = ["FILE_CHANGED", "OBJECT_EXISTS", "CHECKSUM_MISMATCH"];

/** After these errors of an upload that was resumed, a new one begins. */
const unfitAfter = ["CHECKSUM_MISMATCH", "UPLOAD_NOT_FOUND"];

/** The checksum of a file up to this size is known before the upload begins, so that one PUT request can send it. */
const smallFileBytes = 64 * 2 ** 20;

/** For callers without types. The server checks the other options. */
function assertArguments(file: unknown, { checksum, onProgress }: UploadOptions): void {
  const isValid =
    file instanceof Blob &&
    (!checksum || /^CRC(?:64NVME|32C?)$/.test(checksum)) &&
    (!onProgress || typeof onProgress === "function");
  if (!isValid) throw badInput("upload() takes a Blob or a File, and UploadOptions.");
}

/** One file on its way to S3. Begins at once. */
export class Upload extends EventTarget implements UploadTask {
  readonly done: Promise<StoredObject>;
  readonly #transport: Transport;
  readonly #file: Blob;
  readonly #options: UploadOptions;
  readonly #flow: Flow;
  readonly #meter: ProgressMeter;
  /** How it ended. Undefined: it is under way. */
  #outcome: "done" | "failed" | "aborted" | undefined;
  #state: UploadState = "running";
  #multipart: MultipartUpload | undefined;
  #checksums: FileChecksums | undefined;

  constructor(transport: Transport, file: Blob, options: UploadOptions) {
    super();
    this.#transport = transport;
    this.#file = file;
    this.#options = options;
    const { clock } = transport;
    this.#meter = new ProgressMeter(clock, file?.size ?? 0);
    this.#flow = new Flow({ clock, network: browserNetwork, onChange: () => this.#updateState() });
    this.done = this.#run();
    // Whoever does not look at `done` has no unhandled rejection.
    this.done.catch(() => {});
    this.#updateState();
  }

  get state(): UploadState {
    return this.#state;
  }

  get progress(): Progress {
    return this.#meter.progress;
  }

  async pause(): Promise<void> {
    if (this.#outcome !== undefined) return;
    const paused = this.#flow.pause();
    this.#meter.pause();
    this.#updateState();
    await paused;
  }

  resume(): void {
    this.#flow.resume();
    this.#updateState();
  }

  async abort(): Promise<void> {
    await this.#flow.stop();
    await this.done.catch(() => {});
  }

  async #run(): Promise<StoredObject> {
    try {
      // The caller can listen to events first, and errors of its arguments are rejections.
      await Promise.resolve();
      assertArguments(this.#file, this.#options);
      const { signal, onProgress } = this.#options;
      if (signal?.aborted) throw abortedError();
      signal?.addEventListener("abort", () => void this.abort(), { once: true });
      // Like another listener: what it throws does not end the upload.
      if (onProgress) this.addEventListener("progress", () => onProgress(this.progress));
      const object = await this.#send();
      this.#end("done");
      return object;
    } catch (thrown) {
      const error = this.#flow.signal.aborted ? abortedError() : toMisuse(thrown);
      await this.#cleanUp(error);
      this.#end(error.code === "ABORTED" ? "aborted" : "failed");
      throw error;
    }
  }

  async #send(): Promise<StoredObject> {
    const file = this.#file;
    const options = { ...this.#options, contentType: this.#options.contentType ?? (file.type || undefined) };
    const flow = this.#flow;
    const transport = this.#transport;
    const checksums = await this.#hash();
    const steps: UploadSteps = {
      transport,
      flow,
      sender: new StoreSender(transport.fetch),
      file,
      options,
      checksums,
      reportBytes: (part: number, bytes: number) => {
        this.#meter.set(part, bytes);
        this.dispatchEvent(new Event("progress"));
      },
      reportPresent: (part: number, bytes: number) => {
        this.#meter.addPresent(part, bytes);
        this.dispatchEvent(new Event("progress"));
      },
    };
    // Not interrupted once it was sent: an upload that the server has started must be known, to be aborted.
    const start = (again: UploadSteps) =>
      flow.run(async (signal) => {
        const upload = await requestUpload(again, { signal, untilSent: true });
        if (upload.__typename === "MultipartUpload") this.#multipart = upload;
        return upload;
      });
    const requested = await start(steps);
    if (requested.__typename === "PutUpload") return await sendWhole(steps, requested);
    try {
      return await sendParts(steps, requested);
    } catch (thrown) {
      const { code } = toValetKeyError(thrown);
      if (requested.uploadedParts.length === 0 || !unfitAfter.includes(code)) throw thrown;
    }
    // What was left behind is gone, or was of a file with other bytes.
    await transport.request(abortUploadOperation, { id: requested.id });
    this.#meter.restart();
    const fresh = { ...steps, options: { ...options, resume: false } };
    const another = await start(fresh);
    return another.__typename === "PutUpload"
      ? await sendWhole(fresh, another)
      : await sendParts(fresh, another);
  }

  async #hash(): Promise<FileChecksums | undefined> {
    const algorithm: ChecksumAlgorithm | false = this.#options.checksum ?? "CRC64NVME";
    if (algorithm === false) return undefined;
    const checksums = new FileChecksums(algorithm, this.#file);
    this.#checksums = checksums;
    this.#flow.signal.addEventListener("abort", () => checksums.close(), { once: true });
    if (this.#file.size <= smallFileBytes) await checksums.whole();
    return checksums;
  }

  /** Leaves nothing at S3 that nobody can use. A failed upload stays there, to be continued. */
  async #cleanUp({ code }: ValetKeyError): Promise<void> {
    if (this.#multipart === undefined || (code !== "ABORTED" && !uselessAfter.includes(code))) return;
    await this.#transport.request(abortUploadOperation, { id: this.#multipart.id }).catch(() => {});
  }

  #end(outcome: "done" | "failed" | "aborted"): void {
    this.#outcome = outcome;
    this.#flow.close();
    this.#checksums?.close();
    this.#updateState();
  }

  #updateState(): void {
    const under = this.#flow.paused ? "paused" : this.#flow.offline ? "offline" : "running";
    const state = this.#outcome ?? under;
    if (state === this.#state) return;
    this.#state = state;
    this.dispatchEvent(new Event("statechange"));
  }
}
