/** Requests in the order of their times. Each names its caller by a number. */
export interface Load {
  readonly endMs: number;
  readonly requests: readonly TimedRequest[];
}

export interface TimedRequest {
  readonly atMs: number;
  readonly caller: number;
}

/** Callers who come evenly, and whose requests come at random during their visits. */
export function visits(
  options: {
    readonly callersPerHour: number;
    readonly requestsPerCaller: number;
    readonly visitSeconds: number;
    readonly hours: number;
  },
  random: () => number,
): Load {
  const { callersPerHour, requestsPerCaller, visitSeconds, hours } = options;
  const requests: TimedRequest[] = [];
  const visitMs = visitSeconds * 1_000;
  const endMs = hours * 3_600_000;
  // Those who came before the beginning are there, too.
  const spanMs = endMs + visitMs;
  const callers = Math.round((callersPerHour * spanMs) / 3_600_000);
  for (let caller = 0; caller < callers; caller++) {
    const cameAtMs = ((caller + random()) / callers) * spanMs - visitMs;
    for (let request = 0; request < requestsPerCaller; request++) {
      const atMs = cameAtMs + random() * visitMs;
      if (atMs >= 0 && atMs < endMs) requests.push({ atMs, caller });
    }
  }
  return { endMs, requests: requests.sort((one, other) => one.atMs - other.atMs) };
}

/** Callers who stay all the time, and whose requests come at random. */
export function stays(
  options: { readonly callers: number; readonly requestsPerHour: number; readonly hours: number },
  random: () => number,
): Load {
  const endMs = options.hours * 3_600_000;
  const count = Math.round(options.callers * options.requestsPerHour * options.hours);
  const requests = Array.from({ length: count }, () => ({
    atMs: random() * endMs,
    caller: Math.floor(random() * options.callers),
  }));
  return { endMs, requests: requests.sort((one, other) => one.atMs - other.atMs) };
}

/** A burst of callers who all come for the first time, and request one thing each. */
export function arrivals(
  options: { readonly callersPerSecond: number; readonly seconds: number },
  random: () => number,
): Load {
  const endMs = options.seconds * 1_000;
  const count = Math.round(options.callersPerSecond * options.seconds);
  const requests = Array.from({ length: count }, (_, caller) => ({ atMs: random() * endMs, caller }));
  return { endMs, requests: requests.sort((one, other) => one.atMs - other.atMs) };
}
