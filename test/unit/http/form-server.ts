import { buffer } from "node:stream/consumers";
import Fastify, { type FastifyRequest } from "fastify";
import { GraphQLUpload } from "graphql-upload-minimal";
import { ValetKeyError } from "../../../src/core/errors.ts";
import type { IncomingFile } from "../../../src/core/incoming-file.ts";
import { type FormOptions, readForm } from "../../../src/http/form.ts";
import { type LingeringCloseOptions, lingeringClose } from "../../../src/http/lingering-close.ts";
import { stateOf } from "../../../src/http/request-state.ts";
import { RawConnection } from "../../support/raw-connection.ts";

export const boundary = "boundary";

/** What a resolver would do: `variables` as GraphQL hands them on, promises in the places of files. */
export type Resolve = (variables: Variables) => Promise<unknown>;
export interface Variables {
  file: Promise<IncomingFile>;
  files: Promise<IncomingFile>[];
}

export interface FormServer extends AsyncDisposable {
  readonly url: string;
  readonly port: number;
  resolve: Resolve;
  /** Called with each answer, sent or not. */
  onAnswer: (answer: Answer) => void;
}

export interface Answer {
  status: number;
  data?: unknown;
  error?: { code: string; field?: string; retryable: boolean };
}

export interface FormServerOptions extends Partial<FormOptions> {
  lingeringClose?: Partial<LingeringCloseOptions>;
}

/** A server with nothing but what forms pass through. */
export async function startFormServer(options: FormServerOptions = {}): Promise<FormServer> {
  const limits = { maxFiles: 3, maxFileBytes: 1_000_000, ...options };
  const server = Fastify();
  server.addHook("onSend", lingeringClose({ maxBytes: 3_000_000, ...options.lingeringClose }));
  server.addContentTypeParser("*", (_request, _body, done) => done(null));
  server.post("/", async (request, reply) => {
    const answer = await answerTo(request);
    formServer.onAnswer(answer);
    return reply.code(answer.status).send(answer);
  });

  async function answerTo(request: FastifyRequest): Promise<Answer> {
    try {
      const form = await readForm(request.raw, limits);
      stateOf(request).releaseBody = () => form.release();
      return { status: 200, data: await formServer.resolve(coerce(form.operation.variables)) };
    } catch (error) {
      return toAnswer(error);
    }
  }

  const url = await server.listen({ host: "127.0.0.1", port: 0 });
  const formServer: FormServer = {
    url,
    port: Number(new URL(url).port),
    resolve: readEveryFile,
    onAnswer: () => {},
    [Symbol.asyncDispose]: async () => {
      server.server.closeAllConnections();
      await server.close();
    },
  };
  return formServer;
}

export function toAnswer(error: unknown): Answer {
  if (!(error instanceof ValetKeyError)) return { status: 500, data: String(error) };
  const { code, field, retryable } = error;
  return { status: 400, error: { code, retryable, ...(field === undefined ? {} : { field }) } };
}

function coerce(variables: Record<string, unknown> | null | undefined): Variables {
  const upload = (value: unknown) =>
    value === null || value === undefined ? undefined : GraphQLUpload.parseValue(value);
  const files = Array.isArray(variables?.files) ? variables.files.map(upload) : [];
  return { file: upload(variables?.file), files } as Variables;
}

export interface ReadFile {
  filename?: string;
  contentType: string;
  text: string;
}

export async function readFile(file: IncomingFile): Promise<ReadFile> {
  const text = (await buffer(file.open())).toString("latin1");
  const { filename, contentType } = file;
  return { contentType, text, ...(filename === undefined ? {} : { filename }) };
}

/** One after the other, as the fields of a mutation are executed. */
export async function readEveryFile({ file, files }: Variables): Promise<ReadFile[]> {
  const read: ReadFile[] = [];
  if (file !== undefined) read.push(await readFile(await file));
  for (const next of files) read.push(await readFile(await next));
  return read;
}

export interface Part {
  /** The whole Content-Disposition header's value, or the part's name. */
  name?: string;
  filename?: string;
  type?: string;
  /** Instead of all of the above. */
  headers?: string;
  body?: string | Buffer;
}

/** The bytes of a form. */
export function encodeForm(parts: readonly Part[], ending = `--${boundary}--\r\n`): Buffer {
  const chunks = parts.flatMap((part) => [
    Buffer.from(`--${boundary}\r\n${headersOf(part)}\r\n\r\n`),
    Buffer.from(part.body ?? ""),
    Buffer.from("\r\n"),
  ]);
  return Buffer.concat([...chunks, Buffer.from(ending)]);
}

function headersOf({ headers, name, filename, type }: Part): string {
  if (headers !== undefined) return headers;
  const disposition = `Content-Disposition: form-data; name="${name}"`;
  const withFilename = filename === undefined ? disposition : `${disposition}; filename="${filename}"`;
  return type === undefined ? withFilename : `${withFilename}\r\nContent-Type: ${type}`;
}

/** `operations` and `map` for one file in `variables.file`. */
export function oneFileFields(): Part[] {
  return fields({ file: null }, { 0: ["variables.file"] });
}

/** `operations` and `map` for as many files in `variables.files`, parts named 0, 1, … */
export function fileListFields(count: number): Part[] {
  const indexes = Array.from({ length: count }, (_, index) => index);
  const map = Object.fromEntries(indexes.map((index) => [index, [`variables.files.${index}`]]));
  return fields({ files: indexes.map(() => null) }, map);
}

export function fields(variables: unknown, map: unknown): Part[] {
  return [
    { name: "operations", body: JSON.stringify({ query: "mutation", variables }) },
    { name: "map", body: JSON.stringify(map) },
  ];
}

export function filePart(name: string, body: string | Buffer): Part {
  return { name, filename: `${name}.txt`, type: "text/x-test", body };
}

export function requestHead(body: { length: number }, extraHeaders = ""): string {
  return (
    "POST / HTTP/1.1\r\nHost: localhost\r\n" +
    `Content-Type: multipart/form-data; boundary=${boundary}\r\nContent-Length: ${body.length}\r\n${extraHeaders}\r\n`
  );
}

/** A connection on which a test sends forms by hand. */
export class FormConnection extends RawConnection {
  #saidClose = false;

  sendForm(body: Buffer): this {
    return this.send(requestHead(body), body);
  }

  /** Whether the latest response announced that the connection will be closed. */
  get saidClose(): boolean {
    return this.#saidClose;
  }

  /** The next answer, or undefined if the connection closes without one. */
  async answer(): Promise<Answer | undefined> {
    const response = await this.response();
    if (response === undefined) return undefined;
    this.#saidClose = response.headers.get("connection") === "close";
    return JSON.parse(Buffer.from(response.body, "latin1").toString()) as Answer;
  }
}

/** Sends a form on a connection of its own. */
export async function post(server: FormServer, body: Buffer): Promise<Answer | undefined> {
  using connection = new FormConnection(server.port);
  return await connection.sendForm(body).answer();
}
