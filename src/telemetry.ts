import { DiagConsoleLogger, DiagLogLevel, diag } from "@opentelemetry/api";
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-proto";
import {
  defaultResource,
  detectResources,
  envDetector,
  resourceFromAttributes,
} from "@opentelemetry/resources";
import { BatchSpanProcessor, NodeTracerProvider } from "@opentelemetry/sdk-trace-node";
import { version } from "./core/version.ts";

/**
 * The ready-made set-up of OpenTelemetry: `node --import valetkey/telemetry`. It exports spans by OTLP over HTTP. The
 * standard variables OTEL_… configure it. OpenTelemetry's packages read all but these two, which they leave to the set-up.
 */
const { OTEL_SDK_DISABLED = "", OTEL_TRACES_EXPORTER = "otlp" } = process.env;

if (OTEL_SDK_DISABLED.toLowerCase() !== "true" && OTEL_TRACES_EXPORTER !== "none") start();

function start(): void {
  // Errors of the exporter go to the standard error output, where they do not disturb the log.
  diag.setLogger(new DiagConsoleLogger(), DiagLogLevel.WARN);
  const provider = new NodeTracerProvider({
    resource: defaultResource()
      .merge(resourceFromAttributes({ "service.name": "valetkey", "service.version": version }))
      .merge(detectResources({ detectors: [envDetector] })),
    spanProcessors: [new BatchSpanProcessor(new OTLPTraceExporter())],
  });
  provider.register();
  // The server exports the last spans when it stops. This is for programs that end because nothing is left to do.
  process.once("beforeExit", () => void provider.shutdown());
}
