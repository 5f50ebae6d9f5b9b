import type { ServerResponse } from 'node:http';
import { metrics } from '@opentelemetry/api';
import { PrometheusExporter } from '@opentelemetry/exporter-prometheus';
import { MeterProvider } from '@opentelemetry/sdk-metrics';

/** Switches measurements on in a test's process, before the code that measures is loaded. Reads them as Prometheus does. */
export function startScraping(): () => Promise<string> {
  const exporter = new PrometheusExporter({ preventServerStart: true, withoutScopeInfo: true });
  metrics.setGlobalMeterProvider(new MeterProvider({ readers: [exporter] }));
  return () =>
    new Promise((resolve, reject) => {
      const response = {
        setHeader: () => undefined,
        end: (text: string) => (response.statusCode === 500 ? reject(new Error(text)) : resolve(text)),
        statusCode: 0,
      };
      exporter.getMetricsRequestHandler(undefined as never, response as never as ServerResponse);
    });
}
