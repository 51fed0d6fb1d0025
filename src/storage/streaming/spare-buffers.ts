/** Smaller buffers are not worth keeping. Larger ones are multiples of this size, so that they fit the next upload. */
const minSpareBytes = 1024 ** 2;
const keepSpareMs = 10_000;

/**
 * Reuses buffers. If they were left to the garbage collector, they would take several times the memory that uploads may
 * use.
 */
export class SpareBuffers {
  readonly #spares: Buffer[] = [];
  #forgetTimer: NodeJS.Timeout | undefined;

  /** The size of the buffer that is taken for a number of bytes. */
  static roundedSize(bytes: number): number {
    return bytes < minSpareBytes ? bytes : Math.ceil(bytes / minSpareBytes) * minSpareBytes;
  }

  /** @param freeBytes how many bytes spare buffers may take in addition to the new one */
  take(bytes: number, freeBytes: number): Buffer {
    clearTimeout(this.#forgetTimer);
    const index = this.#spares.findIndex(({ length }) => length === bytes);
    if (index >= 0) return this.#spares.splice(index, 1)[0] ?? Buffer.allocUnsafeSlow(bytes);
    let spareBytes = this.#spares.reduce((sum, { length }) => sum + length, 0);
    while (spareBytes > freeBytes && this.#spares.length > 0) {
      spareBytes -= this.#spares.shift()?.length ?? 0;
    }
    return Buffer.allocUnsafeSlow(bytes);
  }

  /** @param isIdle whether no upload holds memory, so that the spare buffers are freed after a while */
  keep(buffer: Buffer, isIdle: boolean): void {
    if (buffer.length < minSpareBytes) return;
    this.#spares.push(buffer);
    if (!isIdle) return;
    clearTimeout(this.#forgetTimer);
    this.#forgetTimer = setTimeout(() => this.#spares.splice(0), keepSpareMs).unref();
  }
}
