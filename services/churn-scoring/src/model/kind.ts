import { failure } from '@holdfast/platform/errors';

/** What can be predicted: `status`, that the subscriber leaves. */
const KINDS: readonly string[] = ['status'];

const kindUnknown = failure('invalid', 'model.kindUnknown', {
  en: 'There is no kind of model {kind}; there is: {kinds}.',
  'zh-CN': '没有模型类型 {kind}；可用类型：{kinds}。',
});

/** The kind asked for; `status` where none is. @throws invalid */
export function kindOf(asked: string): string {
  const kind = asked === '' ? 'status' : asked;
  if (!KINDS.includes(kind)) throw kindUnknown({ kind, kinds: KINDS.join(', ') });
  return kind;
}
