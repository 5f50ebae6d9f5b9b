import { Injectable } from '@nestjs/common';
import type { WorkService } from '@holdfast/contracts/campaign/v1/work';
import { failure } from '@holdfast/platform/errors';
import type { Rpc } from '@holdfast/platform/grpc';
import { isUuid } from '@holdfast/platform/identity';
import { requireChannel } from '../contact/channel.js';
import { Dispositions } from './disposition.js';
import { Leases } from './lease.js';
import { Queues } from '../list/queue.js';
import { scoped } from '@holdfast/platform/scoped';

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
export class WorkRpc {
  constructor(
    private readonly queues: Queues,
    private readonly leases: Leases,
    private readonly dispositions: Dispositions,
  ) {}

  readonly handlers: Rpc<WorkService> = {
    listQueues: scoped('work:read', async (call) => ({ queues: await this.queues.list(call) })),

    listWorkItems: scoped('work:read', (call, request) => this.queues.listItems(call, request)),

    leaseNext: scoped('lease:write', async (call, request) => {
      if (request.channel !== '') requireChannel(request.channel);
      if (request.agent === '' || request.agent.length > AGENT_CHARS_MAX)
        throw agentMalformed({ max: AGENT_CHARS_MAX });
      if (request.subscriptionId !== '') requireUuid(request.subscriptionId);
      return this.leases.next(call, request);
    }),

    renewLease: scoped('lease:write', async (call, { leaseId }) => {
      requireUuid(leaseId);
      return this.leases.renew(call, leaseId);
    }),

    releaseLease: scoped('lease:write', async (call, { leaseId }) => {
      requireUuid(leaseId);
      await this.leases.release(call, leaseId);
      return {};
    }),

    recordDispositions: scoped('disposition:write', async (call, request) => {
      const { dispositions } = request;
      if (dispositions.length > DISPOSITIONS_MAX) throw tooMany({ max: DISPOSITIONS_MAX });
      return { recorded: await this.dispositions.record(call, dispositions) };
    }),
  };
}

function requireUuid(id: string): void {
  if (!isUuid(id)) throw idMalformed();
}
