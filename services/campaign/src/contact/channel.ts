import { failure } from '@holdfast/platform/errors';
import { CHANNELS, PURPOSES } from '@holdfast/platform/terms';

const channelUnknown = failure('invalid', 'contact.channelUnknown', {
  en: 'Unknown channel. Use one of: {known}.',
  'zh-CN': '没有此渠道。可用渠道：{known}。',
});
const purposeUnknown = failure('invalid', 'contact.purposeUnknown', {
  en: 'Unknown purpose. Use one of: {known}.',
  'zh-CN': '没有此目的。可用目的：{known}。',
});

/** @throws invalid */
export function requireChannel(channel: string): void {
  if (!CHANNELS.some((known) => known === channel)) throw channelUnknown({ known: CHANNELS.join(', ') });
}

/** @throws invalid */
export function requirePurpose(purpose: string): void {
  if (!PURPOSES.some((known) => known === purpose)) throw purposeUnknown({ known: PURPOSES.join(', ') });
}
