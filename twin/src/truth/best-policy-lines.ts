import type { BestPolicy, PolicyGain } from './best-policy.js';

/** Gain of the best policy per thousand, with and without a budget. */
export function bestPolicyLines({ from, to, leftAlone, budgetShare, byMoney, byStaying }: BestPolicy): string[] {
  const share = `${(100 * budgetShare).toFixed(0)} % contacted`;
  return [
    `best policy, ${from} to ${to}, per 1,000 there (left alone ${leftAlone.stayedPerThousand.toFixed(1)} stay, ` +
      `${leftAlone.cnyPerThousand.toFixed(0)} CNY): for money ${gainText(byMoney.unlimited)}; ` +
      `${share} ${gainText(byMoney.budget)}`,
    `best policy for staying: ${gainText(byStaying.unlimited)}; ${share} ${gainText(byStaying.budget)}`,
  ];
}

function gainText({ contacts, stayedPerThousand, netCnyPerThousand }: PolicyGain): string {
  const net = `${netCnyPerThousand < 0 ? '' : '+'}${netCnyPerThousand.toFixed(0)} CNY net`;
  return `+${stayedPerThousand.toFixed(2)} stay, ${net} by ${contacts} contacts in all`;
}
