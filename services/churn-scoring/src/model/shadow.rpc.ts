import { Inject, Injectable } from '@nestjs/common';
import type { ShadowService } from '@holdfast/contracts/churn_scoring/v1/shadow';
import { requireAllOrgUnits } from '@holdfast/platform/caller';
import type { Rpc } from '@holdfast/platform/grpc';
import { scoped } from '@holdfast/platform/scoped';
import { CONFIG } from '@holdfast/platform/service';
import type { ChurnScoringConfig } from '../config.js';
import { REASON_LENGTH_MAX, reasonTooLong } from './promotion.rpc.js';
import { Shadows } from './shadows.js';

/** ShadowService. Figures are about the models, over all rows of the operator, as those of validation. */
@Injectable()
export class ShadowRpc {
  constructor(
    private readonly shadows: Shadows,
    @Inject(CONFIG) private readonly config: ChurnScoringConfig,
  ) {}

  readonly handlers: Rpc<ShadowService> = {
    startShadow: scoped('model:promote', async ({ caller }, request) => {
      requireAllOrgUnits(caller, this.config.operator);
      if (request.reason.length > REASON_LENGTH_MAX) throw reasonTooLong({ max: REASON_LENGTH_MAX });
      return this.shadows.start(caller, request);
    }),

    stopShadow: scoped('model:promote', async ({ caller }, { modelId }) => {
      requireAllOrgUnits(caller, this.config.operator);
      return this.shadows.stop(caller, modelId);
    }),

    listShadows: scoped('model:read', async (_call, { modelId }) => ({ shadows: await this.shadows.list(modelId) })),
  };
}
