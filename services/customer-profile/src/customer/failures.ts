import { failure } from '@holdfast/platform/errors';

/** Unknown, or outside the caller's region: who may not see a customer must not learn that there is one. */
export const customerUnknown = failure('notFound', 'customer.unknown', {
  en: 'There is no such customer.',
  'zh-CN': '没有这个客户。',
});

const tooManySubscriptions = failure('invalid', 'subscription.tooMany', {
  en: 'At most {max} subscriptions can be asked about at once.',
  'zh-CN': '一次最多查询 {max} 个用户。',
});

/** Most subscriptions of one question. */
export const SUBSCRIPTIONS_MAX = 500;

/** @throws invalid */
export function requireFew(subscriptionIds: readonly string[]): void {
  if (subscriptionIds.length > SUBSCRIPTIONS_MAX) throw tooManySubscriptions({ max: SUBSCRIPTIONS_MAX });
}
