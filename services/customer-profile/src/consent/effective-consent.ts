import type { Purpose } from './terms.js';

/** A decision of a customer about one purpose and channel. */
export interface Decision {
  granted: boolean;
  basis: string;
  decidedAt: Date;
  /** Tells apart decisions of one moment: the greater was recorded later. */
  sequence: number;
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
 * What holds for one channel, from the latest decision about it and the latest about `any`.
 *
 * The channel's own decision beats the general one, with one exception: a later no to everything also withdraws what
 * was granted for this channel before. Whoever says "do not contact me" means all of it, and a withdrawal that is
 * overlooked costs more than a grant that has to be given again. A later yes to everything revives no channel that
 * was refused.
 *
 * When customers are merged, the more restrictive of their effective consents will hold.
 */
export function effectiveConsent(
  own: Decision | undefined,
  general: Decision | undefined,
  byDefault: EffectiveConsent,
): EffectiveConsent {
  if (own === undefined) return general ?? byDefault;
  const isWithdrawn = general !== undefined && !general.granted && isLater(general, own);
  return isWithdrawn ? general : own;
}

function isLater(one: Decision, other: Decision): boolean {
  const aheadMs = one.decidedAt.getTime() - other.decidedAt.getTime();
  return aheadMs > 0 || (aheadMs === 0 && one.sequence > other.sequence);
}

