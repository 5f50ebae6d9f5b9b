import { bestPolicyLines } from '../truth/best-policy.js';
import type { ValueLossCounts } from '../truth/value-losses.js';
import type { Created } from './write-operator.js';

/** Output of `create`. */
export function createdLines({ files, rows, bytes, events, keptBlocks, summary, seconds }: Created): string[] {
  const total = Object.values(seconds).reduce((sum, value) => sum + value, 0);
  const { departures, valueLosses, bayesAuc, campaign, oldRule, bestPolicy, injectedErrors } = summary;
  const eventsPerSecond = perSecond(events, seconds['events']!);
  const churnRate = (100 * departures.ratePerMonth).toFixed(2);
  const stepSeconds = Object.entries(seconds).map(([step, value]) => `${step} ${value.toFixed(1)}`);
  const lines = [
    `${summary.subscribers} subscribers, ${summary.from} to ${summary.to}, seed ${summary.seed}`,
    `${files.length} files, ${rows} rows, ${(bytes / 1e6).toFixed(1)} MB`,
    keptBlocks === 0
      ? `${events} events made, ${eventsPerSecond} events/s; ${perSecond(rows, total)} rows/s written`
      : `${events} events made; went on where an earlier run had stopped, with ${keptBlocks} blocks of it kept`,
    `seconds: ${stepSeconds.join(', ')}, all ${total.toFixed(1)}`,
    `churned: ${departures.count}, ${churnRate} % per month; ${shares(departures.byCause)}`,
  ];
  if (valueLosses.judged > 0) lines.push(valueLossLine(valueLosses));
  if (bayesAuc !== undefined) {
    const { observable, all } = bayesAuc.allMonths;
    lines.push(
      `Bayes AUC, two months ahead: observable columns ${observable.expected.toFixed(3)}, ` +
        `with latent traits ${all.expected.toFixed(3)}`,
    );
  }
  if (campaign !== undefined) {
    const { realised, expected } = campaign.effect['offers']!;
    const effect = `true effect ${percent(realised)} (expected ${percent(expected)})`;
    lines.push(`past campaign: ${campaign.judged} judged, ${effect}`);
  }
  if (oldRule !== undefined) {
    const { called, effectOnCalled, naive } = oldRule;
    lines.push(
      `campaign by the old rule: ${called} called, true effect on the called ${percent(effectOnCalled.realised)}, ` +
        `naive difference ${percent(naive.estimate)}`,
    );
  }
  if (bestPolicy !== undefined) lines.push(...bestPolicyLines(bestPolicy));
  const injected = Object.values(injectedErrors).flatMap((kinds) => Object.values(kinds));
  lines.push(`injected errors: ${injected.reduce((sum, count) => sum + count, 0)}`);
  return lines;
}

function valueLossLine({ judged, byCause }: ValueLossCounts): string {
  const count = Object.values(byCause).reduce((sum, losses) => sum + losses, 0);
  return `value losses: ${count}, ${((100 * count) / judged).toFixed(2)} % of months; ${shares(byCause)}`;
}

function perSecond(count: number, seconds: number): string {
  return Math.round(count / Math.max(seconds, 1e-3)).toString();
}

function shares(counts: Record<string, number>): string {
  const total = Object.values(counts).reduce((sum, count) => sum + count, 0);
  const sorted = Object.entries(counts).sort(([, left], [, right]) => right - left);
  return sorted.map(([name, count]) => `${name} ${Math.round((100 * count) / Math.max(1, total))} %`).join(', ');
}

function percent(share: number): string {
  return `${(100 * share).toFixed(2)} points`;
}
