import { Injectable } from '@nestjs/common';
import type {
  Lease,
  LeaseNextRequest,
  LeaseNextResponse,
  ListQueuesRequest,
  ListQueuesResponse,
  ListWorkItemsRequest,
  ListWorkItemsResponse,
  RecordDispositionsRequest,
  RecordDispositionsResponse,
  ReleaseLeaseRequest,
  ReleaseLeaseResponse,
  RenewLeaseRequest,
  WorkService,
} from '@holdfast/contracts/campaign/v1/work';
import { requireScope } from '@holdfast/platform/caller';
import { failure } from '@holdfast/platform/errors';
import type { Call, Rpc } from '@holdfast/platform/grpc';
import { isUuid } from '@holdfast/platform/identity';
import { requireChannel } from '../contact/channel.js';
import { Dispositions } from './disposition.js';
import { Leases } from './lease.js';
import { Queues } from '../list/queue.js';

const AGENT_CHARS_MAX = 100;
const DISPOSITIONS_MAX = 500;

const agentMalformed = failure('invalid', 'lease.agentMalformed', {
  en: 'The id of an agent has 1 to {max} characters.',
  'zh-CN': '坐席标识长度应为 1 到 {max} 个字符。',
});
const idMalformed = failure('invalid', 'id.malformed', {
  en: 'An id is a UUID in lower case.',
  'zh-CN': '标识必须是小写的 UUID。',
});
const tooMany = failure('invalid', 'disposition.tooMany', {
  en: 'At most {max} dispositions can be recorded at once.',
  'zh-CN': '一次最多提交 {max} 条处置结果。',
});

/** WorkService: checks scopes and the form of requests. */
@Injectable()
export class WorkRpc implements Rpc<WorkService> {
  constructor(
    private readonly queues: Queues,
    private readonly leases: Leases,
    private readonly dispositions: Dispositions,
  ) {}

  async listQueues(call: Call, _request: ListQueuesRequest): Promise<ListQueuesResponse> {
    requireScope(call.caller, 'work:read');
    return { queues: await this.queues.list(call) };
  }

  async listWorkItems(call: Call, request: ListWorkItemsRequest): Promise<ListWorkItemsResponse> {
    requireScope(call.caller, 'work:read');
    return this.queues.listItems(call, request);
  }

  async leaseNext(call: Call, request: LeaseNextRequest): Promise<LeaseNextResponse> {
    requireScope(call.caller, 'lease:write');
    if (request.channel !== '') requireChannel(request.channel);
    if (request.agent === '' || request.agent.length > AGENT_CHARS_MAX) throw agentMalformed({ max: AGENT_CHARS_MAX });
    if (request.subscriptionId !== '') requireUuid(request.subscriptionId);
    return this.leases.next(call, request);
  }

  async renewLease(call: Call, { leaseId }: RenewLeaseRequest): Promise<Lease> {
    requireScope(call.caller, 'lease:write');
    requireUuid(leaseId);
    return this.leases.renew(call, leaseId);
  }

  async releaseLease(call: Call, { leaseId }: ReleaseLeaseRequest): Promise<ReleaseLeaseResponse> {
    requireScope(call.caller, 'lease:write');
    requireUuid(leaseId);
    await this.leases.release(call, leaseId);
    return {};
  }

  async recordDispositions(call: Call, request: RecordDispositionsRequest): Promise<RecordDispositionsResponse> {
    requireScope(call.caller, 'disposition:write');
    const { dispositions } = request;
    if (dispositions.length > DISPOSITIONS_MAX) throw tooMany({ max: DISPOSITIONS_MAX });
    return { recorded: await this.dispositions.record(call, dispositions) };
  }
}

function requireUuid(id: string): void {
  if (!isUuid(id)) throw idMalformed();
}
