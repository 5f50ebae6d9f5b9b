import { Injectable } from '@nestjs/common';
import type {
  CheckContactabilityRequest,
  CheckContactabilityResponse,
  ContactService,
} from '@holdfast/contracts/campaign/v1/contact';
import { requireScope } from '@holdfast/platform/caller';
import { Clock } from '@holdfast/platform/clock';
import { failure } from '@holdfast/platform/errors';
import type { Call, Rpc } from '@holdfast/platform/grpc';
import { isUuid } from '@holdfast/platform/identity';
import { requireChannel, requirePurpose } from './channel.js';
import { Contactability, SUBSCRIPTIONS_PER_REQUEST_MAX } from './contactability.js';

const tooMany = failure('invalid', 'contact.tooMany', {
  en: 'At most {max} subscriptions can be checked at once.',
  'zh-CN': '一次最多查询 {max} 个用户。',
});
const subscriptionMalformed = failure('invalid', 'subscription.malformed', {
  en: 'A subscription id is a UUID in lower case.',
  'zh-CN': '用户标识必须是小写的 UUID。',
});

@Injectable()
export class ContactRpc implements Rpc<ContactService> {
  constructor(
    private readonly contactability: Contactability,
    private readonly clock: Clock,
  ) {}

  async checkContactability(call: Call, request: CheckContactabilityRequest): Promise<CheckContactabilityResponse> {
    requireScope(call.caller, 'contact:check');
    requirePurpose(request.purpose);
    requireChannel(request.channel);
    if (request.subscriptionIds.length > SUBSCRIPTIONS_PER_REQUEST_MAX) {
      throw tooMany({ max: SUBSCRIPTIONS_PER_REQUEST_MAX });
    }
    if (!request.subscriptionIds.every(isUuid)) throw subscriptionMalformed();
    const verdicts = await this.contactability.check(call, { ...request, at: request.at ?? this.clock.now() });
    return {
      answers: request.subscriptionIds.map((subscriptionId) => {
        const { allowed, reasons, retryAt } = verdicts.of(subscriptionId).verdict;
        return { subscriptionId, allowed, reasons: [...reasons], retryAt };
      }),
    };
  }
}
