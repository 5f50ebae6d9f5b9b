import type { PolicyOutcome } from './policy.js';
import type { Responded } from './respond.js';

/** Output of `respond`. */
export function respondedLines({ files, rows, bytes, policy, seconds }: Responded): string[] {
  const { from, to, atStart, contacts, responses, costCny, noContact, underPolicy, gained, byType } = policy;
  const total = Object.values(seconds).reduce((sum, value) => sum + value, 0);
  const named = Object.entries(responses).map(([response, count]) => `${response.replaceAll('_', ' ')} ${count}`);
  const types = Object.entries(byType).map(
    ([type, { subscriptions, stayedExpected }]) => `${type} ${subscriptions} (${signed(stayedExpected, 2)})`,
  );
  const spent = costCny.contacts + costCny.offers;
  return [
    `${files.length} files, ${rows} rows, ${(bytes / 1e6).toFixed(1)} MB in ${total.toFixed(1)} s`,
    `${from} to ${to}: ${atStart} active at the start, ${contacts} contacts (${named.join(', ')})`,
    `without contact: ${outcomeText(noContact)}`,
    `under the policy: ${outcomeText(underPolicy)}`,
    `gained: ${signed(gained.stayed, 0)} stayed (expected ${signed(gained.stayedExpected, 2)}), ` +
      `${signed(gained.valueCny, 2)} CNY, cost ${spent.toFixed(2)} CNY, net ${signed(gained.netCny, 2)} CNY`,
    `contacted, with additional expected stayers: ${types.join(', ')}`,
  ];
}

function outcomeText({ stayed, stayedExpected, valueCny }: PolicyOutcome): string {
  return `${stayed} stayed (expected ${stayedExpected.toFixed(2)}), ${valueCny.toFixed(2)} CNY`;
}

function signed(value: number, digits: number): string {
  return `${value < 0 ? '' : '+'}${value.toFixed(digits)}`;
}
