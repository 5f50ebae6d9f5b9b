import type { ScriptLine } from '@holdfast/contracts/campaign/v1/script';
import type { Money } from '@holdfast/contracts/platform/v1/money';
import { figure, modelSource, moneyLine, remark, type Context } from './lines.js';

/** When to contact, and what too early or too late would cost (CS-25). */
export function timingLines({ facts, words, formats }: Context): ScriptLine[] {
  const { timing, runId } = facts;
  if (timing === undefined) return [];
  const source = modelSource(facts, 'timing');
  const rule = { ...source, origin: 'parameter', name: 'timing.rule', version: runId, column: '' };
  const money = (line: (text: string) => string, amount: Money | undefined): ScriptLine[] =>
    amount === undefined ? [] : [moneyLine(line(formats.money(amount.minor, amount.currency)), amount, source)];
  const { bestAfterMonths, net, tooEarly, tooLate, offerCostMax, contractEndsMonth } = timing;
  const [bestMonth, contractEnds] = [timing.bestMonth, contractEndsMonth].map((month) => formats.months([month]));
  const isNow = bestAfterMonths === 0;
  return [
    ...(timing.bestMonth === ''
      ? money(words.noContactPays, offerCostMax)
      : money((text) => (isNow ? words.bestNow : words.bestMonth)(bestMonth!, text), net)),
    ...(isNow ? [] : money(words.tooEarly, tooEarly)),
    ...money(words.tooLate, tooLate),
    ...(contractEndsMonth === '' ? [] : [figure(words.contractEnds(contractEnds!), contractEndsMonth, source)]),
    figure(
      words.saveRate(formats.percent(timing.saveRate), timing.saveRateBasis !== 'measured'),
      timing.saveRate,
      rule,
    ),
  ];
}

/** What follows for early adopters and mature-stage choosers (CS-13, CS-30). */
export function segmentLines({ facts, words, formats }: Context): ScriptLine[] {
  const { segment } = facts;
  const source = modelSource(facts, 'segment');
  if (segment?.segment === 'early_adopter' && segment.eligibleOn !== '') {
    const { eligibleOn, agreement } = segment;
    return [
      figure(words.earlyAdopter(formats.day(eligibleOn)), eligibleOn, source),
      agreement === undefined
        ? remark(words.noAgreement)
        : figure(words.agreement(formats.day(agreement.endsOn)), agreement.endsOn, source),
    ];
  }
  if (segment?.segment !== 'mature_chooser') return [];
  const [offer] = segment.offers;
  if (offer?.difference === undefined) return [remark(words.chooser)];
  const { difference, atLeast, source: stated, statedOn, offer: name } = offer;
  const isFromMarket = stated === 'market_months';
  const amount = { minor: Math.abs(difference.minor), currency: difference.currency };
  const how = { isLess: difference.minor < 0, isBound: atLeast };
  return [
    remark(words.chooser),
    moneyLine(words.rivalOffer(name, formats.money(amount.minor, amount.currency), how), difference, {
      ...{ service: 'feature-store', column: 'offers', asOf: facts.tableAsOf },
      ...{
        origin: isFromMarket ? 'table' : 'parameter',
        name: isFromMarket ? stated : 'rival.offers',
        version: statedOn,
      },
    }),
  ];
}
