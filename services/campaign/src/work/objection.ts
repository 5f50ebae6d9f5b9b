import { Inject, Injectable } from '@nestjs/common';
import { ConsentServiceDefinition, type ConsentService } from '@holdfast/contracts/customer_profile/v1/consent';
import { systemCaller } from '@holdfast/platform/caller';
import { Clock } from '@holdfast/platform/clock';
import { Database, rowsOf, type Transaction } from '@holdfast/platform/database';
import type { Call, Rpc } from '@holdfast/platform/grpc';
import { Jobs, callOfJob, type JobResult, type JobRun } from '@holdfast/platform/jobs';
import { handOver, type ContactNote } from './hand-over.js';
import { HAND_OVER_OBJECTION } from '../jobs.js';

const PAGE_SUPPRESSIONS = 200;

/**
 * Customers who refuse all further contacts. The gate refuses them from the commit on; a job sends the suppression to
 * customer-profile, which may be down.
 */
@Injectable()
export class Objections {
  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
    private readonly jobs: Jobs,
    @Inject(ConsentServiceDefinition.fullName) private readonly consents: Rpc<ConsentService>,
  ) {}

  /** Takes effect at the gate with the commit, and submits the hand-over. */
  async record(tx: Transaction, { customerId, touchId, since, numbers }: ContactNote): Promise<void> {
    const sql = `insert into objection (customer_id, touch_id, since, numbers) values ($1, $2, $3, $4)
      on conflict (customer_id) do update set touch_id = excluded.touch_id, since = excluded.since,
        numbers = excluded.numbers, handed_over_at = null`;
    await rowsOf(tx, sql, [customerId, touchId, since, numbers]);
    const request = { key: touchId, params: { customerId }, caller: systemCaller('campaign') };
    await this.jobs.submit(tx, { kind: HAND_OVER_OBJECTION, ...request });
  }

  /** Job `hand-over-objection`. */
  async handOver(run: JobRun<{ customerId: string }>): Promise<JobResult> {
    const { customerId } = run.params;
    await handOver(run, () => this.suppress(callOfJob('campaign', run), customerId));
    const sql = 'update objection set handed_over_at = $2 where customer_id = $1';
    await this.database.query(sql, [customerId, this.clock.now()]);
    return {};
  }

  /** Idempotent: a run after a crash adds no second suppression. */
  private async suppress(call: Call, customerId: string): Promise<void> {
    const page = { customerId, pageSize: PAGE_SUPPRESSIONS, pageToken: '' };
    const { suppressions } = await this.consents.listSuppressions(call, page);
    const suppression = { customerId, channel: 'any', reason: 'request', to: undefined };
    const exists = suppressions.some(
      ({ channel, reason, to }) => channel === suppression.channel && reason === suppression.reason && to === undefined,
    );
    if (!exists) await this.consents.addSuppression(call, suppression);
  }
}
