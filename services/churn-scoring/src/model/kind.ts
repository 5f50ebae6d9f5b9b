import { failure } from '@holdfast/platform/errors';

/** Kinds of predictions: `status`, that the subscriber churns. */
const KINDS: readonly string[] = ['status'];

const kindUnknown = failure('invalid', 'model.kindUnknown', {
  en: 'There is no kind of model {kind}; there is: {kinds}.',
  'zh-CN': '没有模型类型 {kind}；可用类型：{kinds}。',
});

/** The requested kind; `status` by default. @throws invalid */
export function kindOf(asked: string): string {
  const kind = asked === '' ? 'status' : asked;
  if (!KINDS.includes(kind)) throw kindUnknown({ kind, kinds: KINDS.join(', ') });
  return kind;
}
