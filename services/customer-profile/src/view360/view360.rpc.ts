import { Injectable } from '@nestjs/common';
import type {
  GetView360Request,
  ListTimelineRequest,
  ListTimelineResponse,
  ReadHouseholdEvidenceRequest,
  View360,
  View360Service,
} from '@holdfast/contracts/customer_profile/v1/view360';
import type { ColumnBatch } from '@holdfast/contracts/platform/v1/columns';
import { requireScope, requireSystem } from '@holdfast/platform/caller';
import type { Call, Rpc } from '@holdfast/platform/grpc';
import { HouseholdEvidence } from './household-evidence.js';
import { Timeline } from './timeline.js';
import { Views360 } from './views360.js';

/** RPC service for the 360 view and household evidence; checks scopes. */
@Injectable()
export class View360Rpc implements Rpc<View360Service> {
  constructor(
    private readonly views: Views360,
    private readonly evidence: HouseholdEvidence,
    private readonly timeline: Timeline,
  ) {}

  async getView360(call: Call, request: GetView360Request): Promise<View360> {
    requireScope(call.caller, 'profile:read');
    return this.views.of(call, request);
  }

  async *readHouseholdEvidence(call: Call, request: ReadHouseholdEvidenceRequest): AsyncIterable<ColumnBatch> {
    requireSystem(call.caller);
    yield* this.evidence.read(request);
  }

  async listTimeline(call: Call, request: ListTimelineRequest): Promise<ListTimelineResponse> {
    requireScope(call.caller, 'profile:read');
    return this.timeline.list(call.caller, request);
  }
}
