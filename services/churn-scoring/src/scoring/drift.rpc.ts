import { Injectable } from '@nestjs/common';
import type { DriftService } from '@holdfast/contracts/churn_scoring/v1/drift';
import type { Rpc } from '@holdfast/platform/grpc';
import { scoped } from '@holdfast/platform/scoped';
import { kindOf } from '../model/kind.js';
import { RunDrifts } from './run-drift.js';
import { Runs } from './runs.js';

/** Drift is about a model, over all rows of a run, as its validation: it has no row and no region. */
@Injectable()
export class DriftRpc {
  constructor(
    private readonly runs: Runs,
    private readonly drifts: RunDrifts,
  ) {}

  readonly handlers: Rpc<DriftService> = {
    getRunDrift: scoped('model:read', async (_call, { runId, kind, table }) =>
      this.drifts.of(await this.runs.findOfTable(runId, kindOf(kind), table)),
    ),
  };
}
