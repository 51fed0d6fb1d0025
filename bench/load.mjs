import { Pool } from "undici";

/**
 * @typedef {object} Request
 * @property {"GET" | "POST"} method
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
 * is answered in full. An answer that is not the one hoped for ends the run: errors are fast.
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
   * @param {(answer: string) => boolean} options.check
   * @param {boolean} [options.staysAwake] polls for answers instead of sleeping until one comes: the one who
   * sends it would pay for the waking, which on a virtual machine is a third of what an answer costs
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

  /** @returns {Promise<number>} answers a second, over at least `seconds` */
  async run(seconds) {
    const startedAt = performance.now();
    const endsAt = startedAt + seconds * 1000;
    let answered = 0;
    const connection = async () => {
      while (performance.now() < endsAt) {
        await this.once();
        answered++;
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
    return answered / ((performance.now() - startedAt) / 1000);
  }

  /** One request. @returns {Promise<string>} the answer */
  async once() {
    const sent = this.#makeRequest(this.#sent++);
    const { statusCode, body } = await this.#pool.request(sent);
    const answer = await body.text();
    if (statusCode !== 200 || !this.#check(answer)) {
      throw new Error(`${sent.method} ${sent.path}: ${statusCode} ${answer.slice(0, 500)}`);
    }
    return answer;
  }

  stop() {
    return this.#pool.close();
  }
}

/** Of a GraphQL answer: data, and no errors. Without parsing, which would cost the generator its processor. */
export const hasData = (answer) => answer.startsWith('{"data":{') && !answer.includes('"errors":[');
