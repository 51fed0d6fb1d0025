import { Gauge } from "prom-client";
import type { RoleConnections } from "../access/role-connections.ts";
import type { Metrics } from "../core/metrics.ts";
import type { UploadBudget } from "../storage/streaming/upload-budget.ts";

export interface MeasuredParts {
  readonly roles: Pick<RoleConnections, "openBreakers">;
  readonly uploadBudget: Pick<UploadBudget, "totalBytes" | "freeBytes">;
}

/** States that are read when the metrics are scraped. */
export function registerRuntimeMetrics({ registry }: Metrics, { roles, uploadBudget }: MeasuredParts): void {
  const registers = [registry];
  new Gauge({
    name: "valetkey_circuit_breakers_open",
    help: "How many circuit breakers are open, by dependency. STS has one for each role.",
    labelNames: ["dependency"],
    registers,
    collect() {
      this.set({ dependency: "sts" }, roles.openBreakers);
    },
  });
  new Gauge({
    name: "valetkey_upload_budget_bytes",
    help: "The memory that files which pass through uploadFile may use together.",
    registers,
  }).set(uploadBudget.totalBytes);
  new Gauge({
    name: "valetkey_upload_budget_used_bytes",
    help: "The memory that files which pass through uploadFile use now.",
    registers,
    collect() {
      this.set(uploadBudget.totalBytes - uploadBudget.freeBytes);
    },
  });
}
