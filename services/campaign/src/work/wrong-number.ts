import { Inject, Injectable } from '@nestjs/common';
import { ConsentServiceDefinition, type ConsentService } from '@holdfast/contracts/customer_profile/v1/consent';
import { systemCaller } from '@holdfast/platform/caller';
import { Clock } from '@holdfast/platform/clock';
import { Database, type Transaction, insertRow } from '@holdfast/platform/database';
import type { Rpc } from '@holdfast/platform/grpc';
import { Jobs, callOfJob, type JobResult, type JobRun } from '@holdfast/platform/jobs';
import { handOver, type ContactNote } from './hand-over.js';
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
  async record(tx: Transaction, channel: string, note: ContactNote): Promise<void> {
    if (!BY_NUMBER.includes(channel)) return;
    const { customerId, touchId, since, numbers } = note;
    const row = { touch_id: touchId, customer_id: customerId, numbers, since };
    await insertRow(tx, 'wrong_number', row, 'on conflict do nothing');
    const request = { key: touchId, params: { touchId }, caller: systemCaller('campaign') };
    await this.jobs.submit(tx, { kind: HAND_OVER_WRONG_NUMBER, ...request });
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
    const sql = 'update wrong_number set handed_over_at = $2 where touch_id = $1';
    await this.database.query(sql, [touchId, this.clock.now()]);
    return {};
  }
}
