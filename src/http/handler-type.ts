import type { IncomingMessage, ServerResponse } from "node:http";

/** A request handler of node:http that is also a middleware of Express and Connect. */
export type NodeHandler = (
  request: IncomingMessage,
  response: ServerResponse,
  next?: (error?: unknown) => void,
) => void;
