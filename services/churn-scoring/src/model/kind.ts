import { failure } from '@holdfast/platform/errors';

/**
 * Kinds of predictions: `status`, that the subscriber churns and is not made to leave; `involuntary`, that it leaves for
 * arrears, fraud or death. The outcomes compete: a row that leaves by one kind is negative for the other, so that both
 * probabilities and that of staying add up to 1 (decision 041). `value`, that the subscription loses value (CS-07), by
 * churn or by lower bills.
 */
export const KINDS = ['status', 'involuntary', 'value'] as const;
export type Kind = (typeof KINDS)[number];

/** The kind by which lists and campaigns retain customers. */
export const RETENTION: Kind = 'status';

const kindUnknown = failure('invalid', 'model.kindUnknown', {
  en: 'There is no kind of model {kind}; there is: {kinds}.',
  'zh-CN': '没有模型类型 {kind}；可用类型：{kinds}。',
});

/** The requested kind; `status` by default. @throws invalid */
export function kindOf(asked: string): Kind {
  if (asked === '') return RETENTION;
  const kind = KINDS.find((each) => each === asked);
  if (kind === undefined) throw kindUnknown({ kind: asked, kinds: KINDS.join(', ') });
  return kind;
}
