import { z } from "zod";
import { trustedProxies } from "../trusted-proxies.ts";
import { list, onOff, origin, port } from "../value-parsers.ts";
import { variable } from "../variable.ts";

/** Where the server listens, and who may reach it. */
export const networkVariables = {
  HOST: variable(
    z.string().default("127.0.0.1"),
    "`127.0.0.1`",
    "The address on which the server and the embedded store listen.",
  ),
  PORT: variable(port.default(4000), "`4000`", "The port of the server. `0` takes any free one."),
  VALETKEY_TRUST_PROXY: variable(
    trustedProxies.optional(),
    "none",
    "The addresses and CIDR blocks of proxies whose `X-Forwarded-For` and `X-Forwarded-Host` are believed, separated by commas, or how many proxies there are. A number is safe only if clients cannot reach the server except through them. [Behind a proxy](guides/behind-a-proxy.md) explains it.",
  ),
  VALETKEY_ORIGINS: variable(
    list(origin).optional(),
    "none",
    "The exact origins whose pages may read responses, separated by commas. Outside production, loopback origins and those of Apollo Sandbox are added. A development server on loopback accepts their hosts in the header `Host` too.",
  ),
  VALETKEY_WEB: variable(
    onOff.optional(),
    "`on` outside production, `off` in it",
    "Whether the web client is served at `/`.",
  ),
  VALETKEY_FEDERATION: variable(
    onOff.default(false),
    "`off`",
    "`on` serves the schema as a subgraph of Apollo Federation 2: [In a supergraph](guides/supergraph.md).",
  ),
};
