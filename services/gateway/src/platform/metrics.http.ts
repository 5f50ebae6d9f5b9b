import { Controller, Inject } from '@nestjs/common';
import { failure } from '@holdfast/platform/errors';
import { CONFIG } from '@holdfast/platform/service';
import { z } from 'zod';
import type { GatewayConfig } from '../config.js';
import { Answer, Operation, operationsOf } from '../operation/operation.js';

const operation = operationsOf('platform');

const readMetrics = operation('GET /metrics', {
  summary: "This process's measurements in Prometheus' text format",
  description: 'Only if HOLDFAST_METRICS_PORT is set, which serves them as well.',
  scope: 'open',
  raises: ['metrics.off', 'metrics.unavailable'],
  response: z.string(),
  formats: ['text/plain'],
  example: { response: '# TYPE http_server_request_duration histogram' },
});

const metricsOff = failure('notFound', 'metrics.off', {
  en: 'Measurements are switched off: HOLDFAST_METRICS_PORT is not set.',
  'zh-CN': '未启用指标：未设置 HOLDFAST_METRICS_PORT。',
});
const metricsUnavailable = failure('unavailable', 'metrics.unavailable', {
  en: 'Measurements cannot be read at the moment.',
  'zh-CN': '暂时无法读取指标。',
});

/** Proxy of the exporter's port for clients that reach only this one. */
@Controller()
export class MetricsHttp {
  constructor(@Inject(CONFIG) private readonly config: GatewayConfig) {}

  @Operation(readMetrics)
  async read(): Promise<Answer> {
    if (this.config.metricsPort === 0) throw metricsOff();
    try {
      const answer = await fetch(`http://127.0.0.1:${this.config.metricsPort}/metrics`, {
        signal: AbortSignal.timeout(5_000),
      });
      return new Answer(await answer.text(), { contentType: 'text/plain; version=0.0.4; charset=utf-8' });
    } catch (cause) {
      throw metricsUnavailable({}, { retryAfterSeconds: 1, cause });
    }
  }
}
