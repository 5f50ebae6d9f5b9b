import { Injectable } from '@nestjs/common';
import type { ContactService } from '@holdfast/contracts/campaign/v1/contact';
import { Clock } from '@holdfast/platform/clock';
import { failure } from '@holdfast/platform/errors';
import type { Rpc } from '@holdfast/platform/grpc';
import { isUuid } from '@holdfast/platform/identity';
import { requireChannel, requirePurpose } from './channel.js';
import { Contactability, SUBSCRIPTIONS_PER_REQUEST_MAX } from './contactability.js';
import { scoped } from '@holdfast/platform/scoped';

const tooMany = failure('invalid', 'contact.tooMany', {
  en: 'At most {max} subscriptions can be checked at once.',
  'zh-CN': '一次最多查询 {max} 个用户。',
});
const subscriptionMalformed = failure('invalid', 'subscription.malformed', {
  en: 'A subscription id is a UUID in lower case.',
  'zh-CN': '用户标识必须是小写的 UUID。',
});

@Injectable()
export class ContactRpc {
  constructor(
    private readonly contactability: Contactability,
    private readonly clock: Clock,
  ) {}

  readonly handlers: Rpc<ContactService> = {
    checkContactability: scoped('contact:check', async (call, request) => {
      requirePurpose(request.purpose);
      requireChannel(request.channel);
      if (request.subscriptionIds.length > SUBSCRIPTIONS_PER_REQUEST_MAX)
        throw tooMany({ max: SUBSCRIPTIONS_PER_REQUEST_MAX });
      if (!request.subscriptionIds.every(isUuid)) throw subscriptionMalformed();
      const verdicts = await this.contactability.check(call, { ...request, at: request.at ?? this.clock.now() });
      return {
        answers: request.subscriptionIds.map((subscriptionId) => {
          const { allowed, reasons, retryAt } = verdicts.of(subscriptionId).verdict;
          return { subscriptionId, allowed, reasons: [...reasons], retryAt };
        }),
      };
    }),
  };
}
