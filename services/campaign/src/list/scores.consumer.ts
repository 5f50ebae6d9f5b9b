import { Injectable } from '@nestjs/common';
import { ScoresPublished } from '@holdfast/contracts/churn_scoring/v1/scoring';
import { systemCaller } from '@holdfast/platform/caller';
import type { Transaction } from '@holdfast/platform/database';
import { Jobs } from '@holdfast/platform/jobs';
import { eventOf } from '@holdfast/platform/outbox';
import { BUILD_LIST } from '../jobs.js';

export const scoresPublished = eventOf('churn-scoring', ScoresPublished);

/** Every published run of scores of type `status` gets a list build. */
@Injectable()
export class ScoresConsumer {
  constructor(private readonly jobs: Jobs) {}

  async submitListBuild(tx: Transaction, event: ScoresPublished): Promise<void> {
    if (event.kind !== 'status') return;
    const { runId } = event;
    await this.jobs.submit(tx, { kind: BUILD_LIST, key: runId, params: { runId }, caller: systemCaller('campaign') });
  }
}
