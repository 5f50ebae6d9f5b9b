import { Injectable } from '@nestjs/common';
import type { View360Service } from '@holdfast/contracts/customer_profile/v1/view360';
import type { Rpc } from '@holdfast/platform/grpc';
import { HouseholdEvidence } from './household-evidence.js';
import { Timeline } from './timeline.js';
import { Views360 } from './views360.js';
import { forClients, forServices } from '@holdfast/platform/scoped';

/** RPC service for the 360 view and household evidence; checks scopes. */
@Injectable()
export class View360Rpc {
  constructor(
    private readonly views: Views360,
    private readonly evidence: HouseholdEvidence,
    private readonly timeline: Timeline,
  ) {}

  readonly handlers: Rpc<View360Service> = {
    getView360: forClients('profile:read', (call, request) => this.views.of(call, request)),

    readHouseholdEvidence: forServices(['household-identification'], (_call, request) => this.evidence.read(request)),

    listTimeline: forClients('profile:read', ({ caller }, request) => this.timeline.list(caller, request)),
  };
}
