/** What a deployment is asked to do. Callers come evenly and stay for a visit, in which their requests come at random. */
export interface Workload {
  readonly callersPerHour: number;
  /** Requests of one caller in one visit, which is shorter than `refreshAfterSeconds`. */
  readonly requestsPerCaller: number;
  readonly visitSeconds: number;
  /** Each request goes to one of them at random. */
  readonly replicas: number;
  readonly redis: boolean;
}

export interface Settings {
  readonly sessionSeconds: number;
  /** How long a URL has to work. */
  readonly expiresInSeconds: number;
  /** How many sessions a replica keeps. Above it, the least recently used ones are removed. */
  readonly maxSessions: number;
}

export interface Prediction {
  readonly requestsPerSecond: number;
  readonly stsCallsPerSecond: number;
  readonly sessionsPerReplica: number;
  readonly redisCommandsPerSecond: number;
  /** Sessions in Redis. */
  readonly redisEntries: number;
}

/** GETRANGE, SET NX, GETRANGE, SET and EVALSHA. */
const commandsOfNewSession = 5;
/** GETRANGE. */
const commandsOfFoundSession = 1;
/** SharedSessions removes an entry this long before its session expires. */
const unusedSeconds = 30;

/** After how long a caller's next request renews a session, if all URLs have to work for the same time. */
export function refreshAfterSeconds({ sessionSeconds, expiresInSeconds }: Settings): number {
  const usableSeconds = sessionSeconds - expiresInSeconds;
  return usableSeconds - Math.min(120, usableSeconds / 4);
}

/** For callers who come and go. */
export function predict(workload: Workload, settings: Settings): Prediction {
  const { callersPerHour, requestsPerCaller, replicas, redis } = workload;
  const callersPerSecond = callersPerHour / 3_600;
  const keptSeconds = secondsInCache(workload, settings);
  const misses = missesPerCaller(workload, keptSeconds);
  const stsCalls = redis ? 1 : misses;
  const commands = redis ? commandsOfNewSession + (misses - 1) * commandsOfFoundSession : 0;
  const { sessionSeconds, maxSessions } = settings;
  // A copy of a session that another replica assumed lives for a shorter time.
  const lifeSeconds = sessionSeconds - (redis ? meanAgeSeconds(workload) : 0);
  const uncapped = (callersPerSecond * visitedReplicas(workload) * lifeSeconds) / replicas;
  return {
    requestsPerSecond: callersPerSecond * requestsPerCaller,
    stsCallsPerSecond: callersPerSecond * stsCalls,
    sessionsPerReplica: Math.min(uncapped, maxSessions),
    redisCommandsPerSecond: callersPerSecond * commands,
    redisEntries: redis ? callersPerSecond * (sessionSeconds - unusedSeconds) : 0,
  };
}

/** AssumeRole calls per second for callers who stay all the time and request something `requestsPerHour` times. */
export function stsCallsOfStayingCallers(
  workload: {
    readonly callers: number;
    readonly requestsPerHour: number;
    readonly replicas: number;
    readonly redis: boolean;
  },
  settings: Settings,
): number {
  const pools = workload.redis ? 1 : workload.replicas;
  const secondsBetweenRequests = (3_600 / workload.requestsPerHour) * pools;
  return (workload.callers * pools) / (refreshAfterSeconds(settings) + secondsBetweenRequests);
}

/** How many replicas a caller visits. */
export function visitedReplicas({
  replicas,
  requestsPerCaller,
}: Pick<Workload, "replicas" | "requestsPerCaller">): number {
  return replicas * (1 - (1 - 1 / replicas) ** requestsPerCaller);
}

/**
 * How many of a caller's requests find no session at their replica: those that follow no other request of the caller at
 * the same replica within `keptSeconds`.
 */
export function missesPerCaller(
  { replicas, requestsPerCaller, visitSeconds }: Workload,
  keptSeconds: number,
): number {
  const kept = Math.min(keptSeconds, visitSeconds);
  const share = kept / visitSeconds / replicas;
  const within = replicas * (1 - (1 - share) ** requestsPerCaller);
  return within + requestsPerCaller * (1 - kept / visitSeconds) * (1 - share) ** (requestsPerCaller - 1);
}

/**
 * For how long after its last use a session stays in a full cache (Che's approximation): the time with which the cache has
 * exactly as many sessions as fit.
 */
function secondsInCache(workload: Workload, { sessionSeconds, maxSessions }: Settings): number {
  const perSecond = workload.callersPerHour / 3_600;
  let [low, high] = [0, sessionSeconds];
  if (perSecond * secondsKept(workload, high) <= maxSessions) return high;
  for (let round = 0; round < 50; round++) {
    const middle = (low + high) / 2;
    if (perSecond * secondsKept(workload, middle) > maxSessions) high = middle;
    else low = middle;
  }
  return low;
}

/** For how long one replica has a session of a caller, on average, if it keeps one for `kept` seconds after its last use. */
function secondsKept({ replicas, requestsPerCaller, visitSeconds }: Workload, kept: number): number {
  const has = (seconds: number) => 1 - (1 - seconds / visitSeconds / replicas) ** requestsPerCaller;
  const shorter = Math.min(kept, visitSeconds);
  const steps = 200;
  const mean = Array.from({ length: steps }, (_, step) => has(((step + 0.5) / steps) * shorter)).reduce(
    (sum, each) => sum + each / steps,
    0,
  );
  return 2 * shorter * mean + Math.abs(visitSeconds - kept) * has(shorter);
}

/** How old a session is when a replica first uses it, on average over the replicas that a caller visits. */
function meanAgeSeconds(workload: Workload): number {
  const { replicas, requestsPerCaller: requests, visitSeconds } = workload;
  const steps = 200;
  const firstAnywhere = visitSeconds / (requests + 1);
  let sum = 0;
  for (let step = 0; step < steps; step++) {
    const visited = (step + 0.5) / steps;
    const firstHere = requests * (1 - visited / replicas) ** (requests - 1) * (1 / replicas);
    sum += (firstHere * visited * visitSeconds) / steps;
  }
  const meanFirstHere = (sum * replicas) / visitedReplicas(workload);
  return meanFirstHere - firstAnywhere;
}
