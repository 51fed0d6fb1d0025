/** Where Redis is, and how to sign in. Servers that speak its protocol, such as Valkey, are reached in the same way. */
export interface RedisAddress {
  readonly kind: "server" | "sentinel" | "cluster";
  readonly tls: boolean;
  /** One server, or the addresses at which Sentinel or some nodes of the cluster are found. */
  readonly hosts: readonly RedisHost[];
  readonly username?: string | undefined;
  readonly password?: string | undefined;
  readonly database: number;
  /** The name of the master that Sentinel watches. */
  readonly master?: string | undefined;
  readonly sentinelUsername?: string | undefined;
  readonly sentinelPassword?: string | undefined;
  /** A PEM file with the authorities that may sign the server's certificate. Default: those that Node trusts. */
  readonly caFile?: string | undefined;
}

export interface RedisHost {
  readonly host: string;
  readonly port: number;
}

const syntax = /^redis(s?)(?:\+(sentinel|cluster))?:\/\/(?:([^@/?]*)@)?([^@/?]+)(?:\/(\d{0,4}))?(?:\?(.*))?$/;
const parameters = {
  server: ["ca"],
  sentinel: ["ca", "master", "sentinelUsername", "sentinelPassword"],
  cluster: ["ca"],
};
const maxHosts = 100;

/**
 * Parses `redis://user:password@host:6379/0`, `redis+sentinel://h1:26379,h2:26379/0?master=name` and
 * `redis+cluster://h1:6379,h2:6379`; with `rediss` for TLS. The URL parser of the platform takes only one host.
 * @returns undefined for anything else
 */
export function parseRedisUrl(text: string): RedisAddress | undefined {
  const match = syntax.exec(text);
  if (match === null) return undefined;
  const [, secure, form, credentials = "", hostList = "", database = "", query = ""] = match;
  const kind = (form ?? "server") as RedisAddress["kind"];
  const hosts = hostList.split(",").map((each) => parseHost(each, kind === "sentinel" ? 26_379 : 6_379));
  const options = new URLSearchParams(query);
  const names = [...options.keys()];
  const isKnown = names.every(
    (name, index) => parameters[kind].includes(name) && names.indexOf(name) === index,
  );
  const signIn = credentials.split(/:(.*)/s).map(decode);
  const [username, password] = signIn;
  const isValid =
    hosts.length <= (kind === "server" ? 1 : maxHosts) &&
    hosts.every((host) => host !== undefined) &&
    isKnown &&
    signIn.every((part) => part !== undefined) &&
    // Redis Cluster has a single database.
    !(kind === "cluster" && Number(database) !== 0) &&
    (kind !== "sentinel" || Boolean(options.get("master"))) &&
    !(options.has("ca") && secure === "");
  if (!isValid) return undefined;
  const option = (name: string) => options.get(name) || undefined;
  return {
    kind,
    tls: secure === "s",
    hosts: hosts.filter((host) => host !== undefined),
    username: username || undefined,
    password: password || undefined,
    database: Number(database),
    master: option("master"),
    sentinelUsername: option("sentinelUsername"),
    sentinelPassword: option("sentinelPassword"),
    caFile: option("ca"),
  };
}

function parseHost(text: string, defaultPort: number): RedisHost | undefined {
  const url = URL.canParse(`redis://${text}`) ? new URL(`redis://${text}`) : undefined;
  if (url === undefined || url.hostname === "" || url.host.toLowerCase() !== text.toLowerCase())
    return undefined;
  const port = url.port === "" ? defaultPort : Number(url.port);
  return port === 0 ? undefined : { host: url.hostname.replace(/^\[(.*)\]$/, "$1"), port };
}

function decode(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
