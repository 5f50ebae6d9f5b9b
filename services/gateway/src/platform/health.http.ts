import { Controller } from '@nestjs/common';
import { HealthCheckResponse_ServingStatus as ServingStatus } from '@holdfast/contracts/grpc/health/v1/health';
import { systemCaller } from '@holdfast/platform/caller';
import { Database } from '@holdfast/platform/database';
import { GRPC_SERVICES } from '@holdfast/platform/services';
import { z } from 'zod';
import { ServiceClients } from '../service-clients.js';
import { Answer, Operation, operationsOf } from '../operation/operation.js';

const operation = operationsOf('platform');

const live = operation('GET /healthz', {
  summary: 'Whether this process runs',
  scope: 'open',
  response: z.strictObject({ status: z.literal('ok') }),
  example: { response: { status: 'ok' } },
});

const Readiness = z.strictObject({ status: z.enum(['ready', 'not ready']), parts: z.record(z.string(), z.boolean()) });

const ready = operation('GET /readyz', {
  summary: 'Whether the system can work',
  description: '200 if the database and every service answer, else 503 with who does not.',
  scope: 'open',
  response: Readiness,
  also: { 503: { description: 'A part does not answer', response: Readiness } },
  example: { response: { status: 'ready', parts: { database: true, campaign: true } } },
});

const CHECK_MS_MAX = 2_000;

/** Health of the gateway and its services. */
@Controller()
export class HealthHttp {
  constructor(
    private readonly services: ServiceClients,
    private readonly database: Database,
  ) {}

  @Operation(live)
  async live() {
    return { status: 'ok' as const };
  }

  @Operation(ready)
  async ready(): Promise<Answer> {
    const call = { caller: systemCaller('gateway'), deadlineAtMs: Date.now() + CHECK_MS_MAX };
    const checks: [string, Promise<boolean>][] = [
      ['database', this.database.query('select 1').then(() => true)],
      ...GRPC_SERVICES.map((service): [string, Promise<boolean>] => [
        service,
        this.services.of[service].health
          .check(call, { service: '' })
          .then(({ status }) => status === ServingStatus.SERVING),
      ]),
    ];
    const answers = await Promise.all(checks.map(([, answer]) => answer.catch(() => false)));
    const parts = Object.fromEntries(checks.map(([name], i) => [name, answers[i]!]));
    const isReady = answers.every(Boolean);
    return new Answer({ status: isReady ? 'ready' : 'not ready', parts }, { status: isReady ? 200 : 503 });
  }
}
