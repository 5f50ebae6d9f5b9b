import { bestPolicyLines } from '../truth/best-policy.js';
import type { Difference, OldRuleEffect } from '../truth/campaign-effects.js';
import type { TruthSummary } from '../truth/truth.js';
import type { ValueLossCounts } from '../truth/value-losses.js';
import { PUBLISHED, type Published } from './published.js';
import type { OperatorStatistics, Series } from './statistics.js';

const WIDTH = 560;
const HEIGHT = 180;
const FOOT = 18;
const LABELS_MAX = 14;

/** One HTML page with the statistics of an operator, in Chinese and English, without external resources. */
export function reportPage(statistics: OperatorStatistics, summary: TruthSummary): string {
  const { bayesAuc, campaign, campaignDifference, oldRule, bestPolicy, departures, valueLosses } = summary;
  const effect = campaign?.effect['offers'];
  const arpu = `${statistics.arpuMean.toFixed(1)} CNY`;
  const tailNote = `${percent(statistics.topTenthShare)} of the revenue is from the tenth with the highest bills.`;
  const dataGb = `${statistics.dataGbMean.toFixed(1)} GB`;
  const minutes = `${statistics.minutesMean.toFixed(0)} min`;
  const degree = `${statistics.degreeMean.toFixed(1)} on average, in either direction`;
  const subscribers = `${statistics.personsPerHousehold.toFixed(2)} subscribers`;
  const onePerson = `${percent(onePersonShare(statistics.householdSizes))} with one subscriber`;
  const householdNote = `${comparison(subscribers, PUBLISHED.household)} ${comparison(onePerson, PUBLISHED.onePerson)}`;
  const churnNote = `${percent(statistics.churnPerMonth)} per month, ${departures.count} in all`;
  const sections = [
    chart('用户月均收入 ARPU (CNY)', statistics.arpu, comparison(arpu, PUBLISHED.arpu)),
    chart('用户月均收入的尾部 Upper quantiles of ARPU (CNY)', statistics.arpuTail, tailNote),
    chart('月均流量 Data per month', undefined, comparison(dataGb, PUBLISHED.dataGb)),
    chart('月均通话分钟 Minutes per month, in and out', undefined, comparison(minutes, PUBLISHED.minutes)),
    chart('在网年限 Years of tenure', statistics.tenureYears),
    chart('工作日分时通话 Calls by hour, workdays', statistics.callsByHour, comparison('', PUBLISHED.day)),
    chart('休息日分时通话 Calls by hour, weekends and holidays', statistics.callsByHourAtRest),
    chart('按星期通话 Calls by weekday', statistics.callsByWeekday),
    chart('网内交往人数 On-net call partners in 30 days', statistics.degree, comparison(degree, PUBLISHED.degree)),
    chart('每户本网人数 Subscribers per household', statistics.householdSizes, householdNote),
    chart('生存曲线 Survival by months since activation (Kaplan-Meier)', statistics.survival),
    chart('离网原因 Churners by cause', statistics.causes, churnNote),
    chart('价值流失原因 Value losses by cause', seriesOf(valueLosses.byCause), lossNote(valueLosses)),
    chart('各原因离网风险率 Hazard by cause (‰ per month at risk)', statistics.hazardByCause),
    chart('按在网年限的离网风险率 Hazard by years of tenure (‰ per month)', statistics.hazardByTenure),
  ];
  const truths: string[] = [];
  if (bayesAuc !== undefined) {
    truths.push(
      `Bayes AUC two months ahead: ${bayesAuc.allMonths.observable.expected.toFixed(3)} for observable ` +
        `columns (range ${bayesAuc.range.low}–${bayesAuc.range.high}), ` +
        `${bayesAuc.allMonths.all.expected.toFixed(3)} with latent traits`,
    );
  }
  if (effect !== undefined) {
    truths.push(`True effect of the past campaign: ${percent(effect.realised)}, ${campaign!.judged} judged`);
  }
  if (campaignDifference !== undefined) {
    truths.push(`随机试验 Difference in means of the past campaign: ${interval(campaignDifference)}`);
  }
  if (oldRule !== undefined) truths.push(...oldRuleLines(oldRule));
  if (bestPolicy !== undefined) truths.push(...bestPolicyLines(bestPolicy).map((line) => `最优策略 ${line}`));
  const { familyPairs, otherPairs } = summary.households;
  truths.push(`${familyPairs} pairs of families, ${otherPairs} of others in one home`);
  return `<!doctype html>
<html lang="zh-CN">
<meta charset="utf-8">
<title>孪生运营商 · ${escaped(summary.from)} – ${escaped(summary.to)}</title>
<style>
  body { font: 15px/1.5 system-ui, sans-serif; max-width: 620px; margin: 2rem auto; padding: 0 1rem; color: #222; }
  h2 { font-size: 1rem; margin: 2rem 0 .3rem; } small { color: #666; } svg { width: 100%; height: auto; }
  rect { fill: #3b6ea5; } text { font-size: 10px; fill: #555; text-anchor: middle; }
</style>
<h1>孪生运营商 The twin</h1>
<p>${summary.subscribers} subscribers, ${escaped(summary.from)} to ${escaped(summary.to)}, seed ${summary.seed}</p>
<ul>${truths.map((line) => `<li>${escaped(line)}</li>`).join('')}</ul>
${sections.join('\n')}
</html>
`;
}

function seriesOf(counts: Record<string, number>): Series {
  const sorted = Object.entries(counts).sort(([, left], [, right]) => right - left);
  return { labels: sorted.map(([name]) => name), values: sorted.map(([, count]) => count) };
}

function lossNote({ judged, byCause }: ValueLossCounts): string {
  const count = Object.values(byCause).reduce((sum, losses) => sum + losses, 0);
  return `${count} losses, ${percent(count / Math.max(1, judged))} of the months that could be judged`;
}

function onePersonShare({ labels, values }: Series): number {
  return (values[labels.indexOf('1')] ?? 0) / values.reduce((sum, value) => sum + value, 0);
}

/** The naive comparison of a campaign without randomisation, and its error. */
function oldRuleLines({ called, judged, effectOnCalled, naive, naiveError }: OldRuleEffect): string[] {
  const isCovered = naive.low <= effectOnCalled.realised && effectOnCalled.realised <= naive.high;
  return [
    `旧规则活动（非随机） Campaign by the old rule (high bill, contract ending): ${called} of ${judged} called, ` +
      `true effect on the called ${percent(effectOnCalled.realised)}`,
    `直接比较均值 Naive difference in means: ${interval(naive)}; error 偏差 ${percent(naiveError)}, ` +
      `its interval ${isCovered ? 'covers' : 'misses'} the truth (${isCovered ? '覆盖' : '未覆盖'}真值)`,
  ];
}

function interval({ estimate, low, high }: Difference): string {
  return `${percent(estimate)} (${percent(low)} to ${percent(high)})`;
}

function chart(title: string, series: Series | undefined, note = ''): string {
  const image = series === undefined ? '' : bars(series);
  return `<section><h2>${escaped(title)}</h2>${image}<p>${note}</p></section>`;
}

/** The operator's value next to the published one. */
function comparison(own: string, { value, source }: Published): string {
  const here = own === '' ? '' : `Here: ${escaped(own)}. `;
  return `${here}Published: ${escaped(value)}. <small>${escaped(source)}</small>`;
}

/** Approximate width in SVG units. */
const CHARACTER_WIDTH = 5.5;

function bars({ labels, values }: Series): string {
  const highest = Math.max(...values, 1e-9);
  const step = WIDTH / Math.max(1, values.length);
  const every = Math.ceil(labels.length / LABELS_MAX);
  const svgBars = values.map((value, at) => {
    const height = (value / highest) * (HEIGHT - FOOT);
    const left = at * step;
    const label = escaped(labels[at]!);
    const place = `x="${left.toFixed(1)}" y="${(HEIGHT - FOOT - height).toFixed(1)}"`;
    const size = `width="${(step * 0.85).toFixed(1)}" height="${height.toFixed(1)}"`;
    const bar = `<rect ${place} ${size}><title>${label}: ${value.toPrecision(4)}</title></rect>`;
    // narrows a label that would overlap the next one
    const room = every * step - 4;
    const fitted =
      label.length * CHARACTER_WIDTH > room ? ` textLength="${room.toFixed(1)}" lengthAdjust="spacingAndGlyphs"` : '';
    const text = `<text x="${(left + step / 2).toFixed(1)}" y="${HEIGHT - 4}"${fitted}>${label}</text>`;
    return at % every === 0 ? bar + text : bar;
  });
  return `<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img">${svgBars.join('')}</svg>`;
}

function percent(share: number): string {
  return `${(100 * share).toFixed(2)} %`;
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
}
