import { setTimeout as sleep } from 'node:timers/promises';
import {
  HealthCheckResponse_ServingStatus as ServingStatus,
  type Health,
  type HealthCheckRequest,
  type HealthCheckResponse,
} from '@holdfast/contracts/grpc/health/v1/health';
import type { Bus } from '../bus/bus.js';
import type { Database } from '../database/database.js';
import type { Call, Rpc } from '../grpc/grpc.js';

const WATCH_EVERY_MS = 2_000;

/** The standard health service: serving while the database and JetStream answer. */
export class HealthRpc implements Rpc<Health> {
  constructor(
    private readonly database: Database,
    private readonly bus: Bus,
  ) {}

  async check(_call: Call, _request: HealthCheckRequest): Promise<HealthCheckResponse> {
    return { status: await this.status() };
  }

  async *watch(call: Call, _request: HealthCheckRequest): AsyncIterable<HealthCheckResponse> {
    let last: ServingStatus | undefined;
    for (;;) {
      const status = await this.status();
      if (status !== last) yield { status };
      last = status;
      await sleep(WATCH_EVERY_MS, undefined, { signal: call.signal });
    }
  }

  private async status(): Promise<ServingStatus> {
    const answers = await this.database.query('select 1').then(
      () => this.bus.connected,
      () => false,
    );
    return answers ? ServingStatus.SERVING : ServingStatus.NOT_SERVING;
  }
}
