import { failure } from '@holdfast/platform/errors';

/** Unknown, or outside the caller's region: who may not see a customer must not learn that there is one. */
export const customerUnknown = failure('notFound', 'customer.unknown', {
  en: 'There is no such customer.',
  'zh-CN': '没有这个客户。',
});

/** More than one customer has the identifier: choosing one of them would be a guess. */
export const identifierAmbiguous = failure('conflict', 'identifier.ambiguous', {
  en: 'At that time {holders} customers have this identifier; those within your region: {customers}. A key can be given with its table.',
  'zh-CN': '该标识此时对应 {holders} 个客户；您区域内的客户：{customers}。按键查找时可指明表名。',
});

const tooManySubscriptions = failure('invalid', 'subscription.tooMany', {
  en: 'At most {max} subscriptions per request are allowed.',
  'zh-CN': '一次最多查询 {max} 个用户。',
});

/** Most subscriptions of one question. */
const SUBSCRIPTIONS_MAX = 500;

/** @throws invalid */
export function requireFew(subscriptionIds: readonly string[]): void {
  if (subscriptionIds.length > SUBSCRIPTIONS_MAX) throw tooManySubscriptions({ max: SUBSCRIPTIONS_MAX });
}
