import { Inject, Injectable } from '@nestjs/common';
import { MonthClosed } from '@holdfast/contracts/feature_store/v1/extract';
import { systemCaller } from '@holdfast/platform/caller';
import type { Transaction } from '@holdfast/platform/database';
import { eventOf } from '@holdfast/platform/outbox';
import { Parameters } from '@holdfast/platform/parameters';
import type { PreferenceRecommendationParameters } from '../parameters.js';
import { FitJob } from './fit-job.js';

export const monthClosed = eventOf('feature-store', MonthClosed);

/** Fits every closed month, so that new misfits are found (PR-14). */
@Injectable()
export class MonthClosedConsumer {
  constructor(
    private readonly job: FitJob,
    @Inject(Parameters) private readonly parameters: PreferenceRecommendationParameters,
  ) {}

  async handle(tx: Transaction, { month, sequence }: MonthClosed): Promise<void> {
    const monthsBilled = await this.parameters.get('fit.months');
    await this.job.submit(tx, month, sequence, systemCaller('preference-recommendation'), monthsBilled);
  }
}
