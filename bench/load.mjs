import { Pool } from "undici";

/**
 * @typedef {object} Request
 * @property {"GET" | "HEAD" | "POST"} method
 * @property {string} path
 * @property {Record<string, string>} [headers]
 * @property {string} [body]
 */

/** A request of GraphQL over HTTP. */
export function graphql(query, variables, headers = {}) {
  return {
    method: "POST",
    path: "/graphql",
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify({ query, variables }),
  };
}

/**
 * A closed loop: `concurrency` keep-alive connections, each sending its next request when the last one
 * has arrived completely. An unexpected response ends the run, because errors are fast.
 */
export class Load {
  #pool;
  #concurrency;
  #makeRequest;
  #check;
  #staysAwake;
  #sent = 0;

  /**
   * @param {string} origin
   * @param {object} options
   * @param {number} options.concurrency
   * @param {(i: number) => Request} options.request
   * @param {(response: string) => boolean} options.check
   * @param {boolean} [options.staysAwake] polls for responses instead of sleeping until one arrives. The
   * server that sends it would pay for waking this process: on a virtual machine, a third of what a response costs
   */
  constructor(origin, { concurrency, request, check, staysAwake = false }) {
    this.#pool = new Pool(origin, {
      connections: concurrency,
      pipelining: 1,
      bodyTimeout: 0,
      headersTimeout: 0,
    });
    this.#concurrency = concurrency;
    this.#makeRequest = request;
    this.#check = check;
    this.#staysAwake = staysAwake;
  }

  /** @returns {Promise<number>} responses per second, over at least `seconds` */
  async run(seconds) {
    const startedAt = performance.now();
    const endsAt = startedAt + seconds * 1000;
    const completed = await this.#runWhile(() => performance.now() < endsAt);
    return completed / ((performance.now() - startedAt) / 1000);
  }

  /** Sends this many requests. */
  async repeat(count) {
    let left = count;
    await this.#runWhile(() => left-- > 0);
  }

  /** @returns {Promise<number>} the number of responses */
  async #runWhile(isRunning) {
    let completed = 0;
    const connection = async () => {
      while (isRunning()) {
        await this.once();
        completed++;
      }
    };
    let isOver = false;
    const stayAwake = () => {
      if (!isOver) setImmediate(stayAwake);
    };
    if (this.#staysAwake) stayAwake();
    try {
      await Promise.all(Array.from({ length: this.#concurrency }, connection));
    } finally {
      isOver = true;
    }
    return completed;
  }

  /** One request. @returns {Promise<string>} the response */
  async once() {
    const sent = this.#makeRequest(this.#sent++);
    const { statusCode, body } = await this.#pool.request(sent);
    const response = await body.text();
    if (statusCode !== 200 || !this.#check(response)) {
      throw new Error(`${sent.method} ${sent.path}: ${statusCode} ${response.slice(0, 500)}`);
    }
    return response;
  }

  stop() {
    return this.#pool.close();
  }
}

/** Whether a GraphQL response has data and no errors. It is not parsed, because that would take too much processor time. */
export const hasData = (response) => response.startsWith('{"data":{') && !response.includes('"errors":[');
