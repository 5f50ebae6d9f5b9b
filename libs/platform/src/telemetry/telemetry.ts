// Imported first in every main.ts. No loader hook: the CommonJS libraries that are instrumented are required here once,
// so that their patched exports are in the require cache when the rest imports them (a hook costs 4 s and 100 MB).
// This is the one module that reads the environment itself, because it must run before everything else.
import { appendFile } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { context, metrics, propagation, trace } from '@opentelemetry/api';
import type { ReadableSpan, SpanExporter } from '@opentelemetry/sdk-trace';
import { measureProcess } from '../measurements/process-measurements.js';

type ExportResult = Parameters<Parameters<SpanExporter['export']>[1]>[0];

const traces = process.env['HOLDFAST_TRACES'] ?? 'off';
const metricsPort = process.env['HOLDFAST_METRICS_PORT'] ?? '';
const metricsHost = process.env['HOLDFAST_METRICS_HOST'] || '127.0.0.1';
const service = process.env['HOLDFAST_SERVICE'] ?? 'holdfast';

if (traces !== 'off' || metricsPort !== '') startTelemetry();

function startTelemetry(): void {
  const require = createRequire(path.join(process.cwd(), 'package.json'));
  const load = <T>(name: string): T => require(name) as T;
  const { resourceFromAttributes } = load<typeof import('@opentelemetry/resources')>('@opentelemetry/resources');
  const resource = resourceFromAttributes({ 'service.name': service });
  const instrumentations: object[] = [];

  if (metricsPort !== '') {
    const { MeterProvider } = load<typeof import('@opentelemetry/sdk-metrics')>('@opentelemetry/sdk-metrics');
    const { PrometheusExporter } = load<typeof import('@opentelemetry/exporter-prometheus')>(
      '@opentelemetry/exporter-prometheus',
    );
    // The name of the service is a label of every series, so that rules do not depend on who scrapes them.
    const labels = { withResourceConstantLabels: /^service\.name$/, withoutScopeInfo: true };
    const readers = [new PrometheusExporter({ port: Number(metricsPort), host: metricsHost, ...labels })];
    metrics.setGlobalMeterProvider(new MeterProvider({ resource, readers }));
    measureProcess();
  }
  if (traces !== 'off') {
    const { TracerProvider, BatchSpanProcessor } =
      load<typeof import('@opentelemetry/sdk-trace')>('@opentelemetry/sdk-trace');
    const { AsyncLocalStorageContextManager } = load<typeof import('@opentelemetry/context-async-hooks')>(
      '@opentelemetry/context-async-hooks',
    );
    const { W3CTraceContextPropagator } = load<typeof import('@opentelemetry/core')>('@opentelemetry/core');
    const provider = new TracerProvider({
      resource,
      spanProcessors: [new BatchSpanProcessor({ exporter: exporterOf(traces, load) })],
    });
    trace.setGlobalTracerProvider(provider);
    context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
    propagation.setGlobalPropagator(new W3CTraceContextPropagator());
    process.once('beforeExit', () => void provider.forceFlush());
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => void provider.shutdown());

    const { HttpInstrumentation } = load<typeof import('@opentelemetry/instrumentation-http')>(
      '@opentelemetry/instrumentation-http',
    );
    const { GrpcInstrumentation } = load<typeof import('@opentelemetry/instrumentation-grpc')>(
      '@opentelemetry/instrumentation-grpc',
    );
    const { PgInstrumentation } = load<typeof import('@opentelemetry/instrumentation-pg')>(
      '@opentelemetry/instrumentation-pg',
    );
    instrumentations.push(
      new HttpInstrumentation({
        ignoreIncomingRequestHook: (request) => /^\/(healthz|readyz|metrics)/.test(request.url ?? ''),
        // A client may put a number or a secret into an address, though none takes one; the gateway names the route.
        startIncomingSpanHook: () => ({ 'url.path': undefined, 'url.query': undefined }),
      }),
      new GrpcInstrumentation(),
      // Statements are recorded, their parameters never.
      new PgInstrumentation({ requireParentSpan: true, ignoreConnectSpans: true, enhancedDatabaseReporting: false }),
    );
    const { registerInstrumentations } = load<typeof import('@opentelemetry/instrumentation')>(
      '@opentelemetry/instrumentation',
    );
    registerInstrumentations({ instrumentations: instrumentations as never });
  }
  for (const name of ['http', 'pg', '@grpc/grpc-js']) load(name);
}

function exporterOf(target: string, load: <T>(name: string) => T): SpanExporter {
  if (target.startsWith('file:')) return fileExporter(target.slice('file:'.length));
  const { OTLPTraceExporter } = load<typeof import('@opentelemetry/exporter-trace-otlp-http')>(
    '@opentelemetry/exporter-trace-otlp-http',
  );
  return new OTLPTraceExporter({ url: target });
}

/** A line of JSON per span, for development and for the test that looks for personal data in traces. */
function fileExporter(file: string): SpanExporter {
  return {
    export(spans: ReadableSpan[], done: (result: ExportResult) => void): void {
      const lines = spans.map((span) =>
        JSON.stringify({
          service,
          name: span.name,
          traceId: span.spanContext().traceId,
          spanId: span.spanContext().spanId,
          parentSpanId: span.parentSpanContext?.spanId,
          attributes: span.attributes,
          events: span.events,
          status: span.status,
        }),
      );
      appendFile(file, `${lines.join('\n')}\n`, { mode: 0o600 }, (error) => done({ code: error === null ? 0 : 1 }));
    },
    shutdown: async () => undefined,
  };
}
