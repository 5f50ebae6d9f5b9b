import type { BestPolicy, PolicyGain } from './best-policy.js';

/** Gain of the best policy per thousand, with and without a budget. */
export function bestPolicyLines({ from, to, noContact, budgetShare, byValue, byRetention }: BestPolicy): string[] {
  const share = `${(100 * budgetShare).toFixed(0)} % contacted`;
  return [
    `best policy, ${from} to ${to}, per 1,000 active subscriptions (without contact ${noContact.stayedPerThousand.toFixed(1)} stay, ` +
      `${noContact.cnyPerThousand.toFixed(0)} CNY): for value ${gainText(byValue.unlimited)}; ` +
      `${share} ${gainText(byValue.budget)}`,
    `best policy for retention: ${gainText(byRetention.unlimited)}; ${share} ${gainText(byRetention.budget)}`,
  ];
}

function gainText({ contacts, stayedPerThousand, netCnyPerThousand }: PolicyGain): string {
  const net = `${netCnyPerThousand < 0 ? '' : '+'}${netCnyPerThousand.toFixed(0)} CNY net`;
  return `+${stayedPerThousand.toFixed(2)} stay, ${net} by ${contacts} contacts in all`;
}
