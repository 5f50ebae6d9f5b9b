import { failure } from '@holdfast/platform/errors';
import { ANY_CHANNEL, CHANNELS as CONTACT_CHANNELS } from '@holdfast/platform/terms';

/** Stands for every channel. */
export const ANY = ANY_CHANNEL;
/** Channels of a decision. */
export const CHANNELS = [...CONTACT_CHANNELS, ANY] as const;
export type Channel = (typeof CHANNELS)[number];

/** Channels that reach a telephone number, so that refusals follow the number. */
export const BY_NUMBER: readonly Channel[] = ['call', 'sms', ANY];

const termUnknown = failure('invalid', 'consent.termUnknown', {
  en: 'The {field} is one of {known}.',
  'zh-CN': '{field} 只能是 {known} 之一。',
});

/** @throws invalid if `text` is not a term. */
export function termOf<T extends string>(field: string, known: readonly T[], text: string): T {
  const term = known.find((candidate) => candidate === text);
  if (term === undefined) throw termUnknown({ field, known: known.join(', ') });
  return term;
}
