import { Inject, Injectable } from '@nestjs/common';
import { ConsentServiceDefinition, type ConsentService } from '@holdfast/contracts/customer_profile/v1/consent';
import { systemCaller } from '@holdfast/platform/caller';
import { Clock } from '@holdfast/platform/clock';
import { Database, rowsOf, type Transaction } from '@holdfast/platform/database';
import type { Rpc } from '@holdfast/platform/grpc';
import { Jobs, callOfJob, type JobResult, type JobRun } from '@holdfast/platform/jobs';
import { handOver } from './hand-over.js';
import { HAND_OVER_WRONG_NUMBER } from '../jobs.js';

/** Channels that reach a telephone number. */
const BY_NUMBER = ['call', 'sms'];

/**
 * Contacts answered by another person. The gate refuses the numbers from the commit on; a job makes customer-profile
 * suspend them until they are confirmed.
 */
@Injectable()
export class WrongNumbers {
  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
    private readonly jobs: Jobs,
    @Inject(ConsentServiceDefinition.fullName) private readonly consents: Rpc<ConsentService>,
  ) {}

  /** Takes effect at the gate with the commit, and submits the hand-over. */
  async record(
    tx: Transaction,
    {
      customerId,
      touchId,
      since,
      channel,
      numbers,
    }: { customerId: string; touchId: string; since: Date; channel: string; numbers: readonly Buffer[] },
  ): Promise<void> {
    if (!BY_NUMBER.includes(channel)) return;
    await rowsOf(
      tx,
      `insert into wrong_number (touch_id, customer_id, numbers, since) values ($1, $2, $3, $4) on conflict do nothing`,
      [touchId, customerId, numbers, since],
    );
    await this.jobs.submit(tx, {
      kind: HAND_OVER_WRONG_NUMBER,
      key: touchId,
      params: { touchId },
      caller: systemCaller('campaign'),
    });
  }

  /** Job `hand-over-wrong-number`. */
  async handOver(run: JobRun<{ touchId: string }>): Promise<JobResult> {
    const { touchId } = run.params;
    const [row] = await this.database.query<{ customer_id: string; numbers: Buffer[]; since: Date }>(
      'select customer_id, numbers, since from wrong_number where touch_id = $1',
      [touchId],
    );
    const { customer_id: customerId, numbers, since } = row!;
    await handOver(run, async () => {
      await this.consents.suspendNumbers(callOfJob('campaign', run), { customerId, numbers, touchId, since });
    });
    await this.database.query('update wrong_number set handed_over_at = $2 where touch_id = $1', [
      touchId,
      this.clock.now(),
    ]);
    return {};
  }
}
