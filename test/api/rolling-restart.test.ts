import { describe, expect, test } from "vitest";
import { restartUnderLoad } from "../support/rolling-restarts.ts";
import { hasHAProxy, hasNginx } from "../support/shell.ts";

// `RESTARTS=8 REQUESTS=20000 npx vitest run test/api/rolling-restart.test.ts` measures what the guide says.
const isMeasured = process.env.RESTARTS !== undefined;
const restarts = Number(process.env.RESTARTS ?? 2);
const requests = Number(process.env.REQUESTS ?? restarts * 100);

const cases = [
  { proxy: "nginx", delaySeconds: 1, workers: 1 },
  { proxy: "haproxy", delaySeconds: 3, workers: 2 },
  ...(isMeasured
    ? ([
        { proxy: "nginx", delaySeconds: 1, workers: 2 },
        { proxy: "haproxy", delaySeconds: 3, workers: 1 },
      ] as const)
    : []),
] as const;

describe.each(cases)("servers behind $proxy with $workers workers", ({ proxy, delaySeconds, workers }) => {
  test.runIf(proxy === "nginx" ? hasNginx : hasHAProxy)(
    "lose no request while they are restarted one after the other",
    { timeout: 600_000 },
    async () => {
      const env = {
        VALETKEY_DRAIN_DELAY_SECONDS: process.env.DRAIN_DELAY ?? String(delaySeconds),
        ...(workers > 1 && { VALETKEY_WORKERS: String(workers) }),
      };
      // A pause leaves processor time to the tests that run at the same time.
      const pauseMs = isMeasured ? 0 : 10;
      const { sent, lost } = await restartUnderLoad({ proxy, restarts, requests, pauseMs, env });
      if (isMeasured) {
        console.log(
          `${proxy}, ${workers} workers: ${sent} requests, ${restarts} restarts, ${lost.length} lost`,
        );
      }
      expect(lost).toEqual([]);
      expect(sent).toBeGreaterThanOrEqual(requests);
    },
  );
});
