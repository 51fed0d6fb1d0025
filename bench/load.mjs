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
  #sent = 0;

  /**
   * @param {string} origin
   * @param {{ concurrency: number, request: (i: number) => Request, check: (answer: string) => boolean }} options
   */
  constructor(origin, { concurrency, request, check }) {
    this.#pool = new Pool(origin, {
      connections: concurrency,
      pipelining: 1,
      bodyTimeout: 0,
      headersTimeout: 0,
    });
    this.#concurrency = concurrency;
    this.#makeRequest = request;
    this.#check = check;
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
    await Promise.all(Array.from({ length: this.#concurrency }, connection));
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
