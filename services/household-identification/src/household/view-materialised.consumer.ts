import { Injectable } from '@nestjs/common';
import { ViewMaterialised } from '@holdfast/contracts/feature_store/v1/view';
import { systemCaller } from '@holdfast/platform/caller';
import type { Transaction } from '@holdfast/platform/database';
import { Jobs } from '@holdfast/platform/jobs';
import { eventOf } from '@holdfast/platform/outbox';
import { IDENTIFY_HOUSEHOLDS, identifyKey, type IdentifySpec } from './identify-job.js';

export const viewMaterialised = eventOf('feature-store', ViewMaterialised);

/** A materialised month starts recognition; a request for it gets the same job. */
@Injectable()
export class ViewMaterialisedConsumer {
  constructor(private readonly jobs: Jobs) {}

  async handle(tx: Transaction, { month, sequence }: ViewMaterialised): Promise<void> {
    const spec: IdentifySpec = { month, sequence };
    const caller = systemCaller('household-identification');
    await this.jobs.submit(tx, { kind: IDENTIFY_HOUSEHOLDS, key: identifyKey(spec), params: spec, caller });
  }
}
