import type { Purpose } from '@holdfast/platform/terms';

/** A decision of a customer about one purpose and channel. */
interface Decision {
  granted: boolean;
  basis: string;
  decidedAt: Date;
  /** Orders decisions of one time: the greater was recorded later. */
  sequence: number;
}

/** A decision about the requested channel or about every channel. */
export interface ChannelDecision extends Decision {
  isOwn: boolean;
}

/** Whether something is allowed, and where that comes from. */
export interface EffectiveConsent {
  granted: boolean;
  basis: string;
}

/** What is allowed where the customer said nothing: only marketing can be, by the operator's setting. */
export function defaultConsent(purpose: Purpose, marketingDefault: boolean): EffectiveConsent {
  return { granted: purpose === 'marketing' && marketingDefault, basis: 'default' };
}

/**
 * What holds for one channel at a moment (docs/decisions/016). The most restrictive reading wins:
 * - a yes counts from its date on and not before; a no counts at once, whatever its date;
 * - a no that the customer stated is lifted by a yes that the customer states, and by no import;
 * - an imported no of the same moment as a stated yes, or later, withdraws it;
 * - of two imported decisions the later one holds, of one moment the no.
 * @param decisions all that were recorded, in any order, or at least the latest no and the latest yes in force of each
 *   channel and basis
 */
export function effectiveConsent<Found extends ChannelDecision>(
  decisions: readonly Found[],
  byDefault: EffectiveConsent,
  now: Date,
): Found | EffectiveConsent {
  const counting = decisions.filter(({ granted, decidedAt }) => !granted || decidedAt <= now);
  const stated = ofChannel(
    counting.filter(({ basis }) => basis === 'stated'),
    isRecordedLater,
  );
  const records = counting.filter(({ basis }) => basis !== 'stated');
  const imported = ofChannel(records, isMoreRestrictive);
  if (stated === undefined) return imported ?? byDefault;
  if (!stated.granted || imported === undefined || imported.granted) return stated;
  const noes = latestOfEach(records, isMoreRestrictive).filter(({ granted }) => !granted);
  // A general yes revives no channel that was refused, whatever its date.
  return noes.find((no) => no.decidedAt >= stated.decidedAt || (no.isOwn && !stated.isOwn)) ?? stated;
}

/**
 * The channel's own decision beats the general one, with one exception: a later no to everything also withdraws what
 * was granted for this channel before. A refusal covers all channels, and a withdrawal that is
 * overlooked costs more than a grant that has to be given again. A later yes to everything revives no channel that
 * was refused.
 */
function ofChannel<Found extends ChannelDecision>(decisions: readonly Found[], isLater: IsLater): Found | undefined {
  const latest = latestOfEach(decisions, isLater);
  const own = latest.find(({ isOwn }) => isOwn);
  const general = latest.find(({ isOwn }) => !isOwn);
  if (own === undefined || general === undefined) return own ?? general;
  return !general.granted && isLater(general, own) ? general : own;
}

type IsLater = (one: Decision, other: Decision) => boolean;

/** The latest about the channel and the latest about every channel. */
function latestOfEach<Found extends ChannelDecision>(decisions: readonly Found[], isLater: IsLater): Found[] {
  return [true, false].flatMap((isOwn) => {
    const [first, ...others] = decisions.filter((decision) => decision.isOwn === isOwn);
    if (first === undefined) return [];
    return [others.reduce((latest, other) => (isLater(other, latest) ? other : latest), first)];
  });
}

/** Of decisions that were stated, the one that was recorded last: the clock of one system orders them. */
function isRecordedLater(one: Decision, other: Decision): boolean {
  const aheadMs = one.decidedAt.getTime() - other.decidedAt.getTime();
  return aheadMs > 0 || (aheadMs === 0 && one.sequence > other.sequence);
}

/** Of imported ones the later; of one time the refusal, because the order of files has no meaning. */
function isMoreRestrictive(one: Decision, other: Decision): boolean {
  const aheadMs = one.decidedAt.getTime() - other.decidedAt.getTime();
  return aheadMs > 0 || (aheadMs === 0 && !one.granted && other.granted);
}
