import type { ScriptLine, ScriptSection, ScriptSource } from '@holdfast/contracts/campaign/v1/script';
import type { Cause, Reason } from '@holdfast/contracts/churn_scoring/v1/scoring';
import type { Language } from '@holdfast/platform/errors';
import { LEVER_TEXTS } from '@holdfast/platform/levers';
import { namedCauses } from '@holdfast/platform/terms';
import { columnName, orgUnitNames } from './column-name.js';
import { FORMATS } from './formats.js';
import { figure, modelSource, moneyLine, remark, type Context } from './lines.js';
import { campaignSource, householdLines, offerLines, planFitLines } from './offer-lines.js';
import { evidenceSentence, reasonSentence, statementOf, valueJson, type ColumnStyle } from './reason-sentence.js';
import type { ScriptFacts } from './script-facts.js';
import { segmentLines, timingLines } from './timing-lines.js';
import { unitOf } from './unit.js';
import { isOpaque } from './words-of-values.js';
import { SECTION_KEYS, WORDS, type SectionKey, type Words } from './words.js';

/** Reasons to leave, reasons to stay and traits that an agent can keep in mind. */
const SHOWN_MAX = 3;
/** Facts for a cause: an agent reads no more in passing. */
const EVIDENCE_SHOWN_MAX = 2;

type Lines = (context: Context) => ScriptLine[];

const LINES: Readonly<Record<SectionKey, Lines>> = {
  churnTendency: churnTendencyLines,
  region: regionLines,
  arpu: arpuLines,
  behaviour: behaviourLines,
  priority: priorityLines,
  levers: leverLines,
  reasons: reasonLines,
  offer: offerLines,
  planFit: planFitLines,
  household: householdLines,
  opening: openingLines,
  notAvailable: notAvailableLines,
};

/**
 * The fields of a retention script (CA-17) in display order. Fields of campaigns are omitted in scripts of plain tables.
 */
export function scriptSections(facts: ScriptFacts, channel: string, language: Language): ScriptSection[] {
  const context: Context = {
    facts,
    language,
    channel,
    nameOf: (column) => columnName(column, facts.columnLabels, language),
    words: WORDS[language],
    formats: FORMATS[language],
  };
  const sections = SECTION_KEYS.map((key) => ({ key, title: context.words.titles[key], lines: LINES[key](context) }));
  return sections.filter(({ lines }) => lines.length > 0);
}

function churnTendencyLines({ facts, words, formats }: Context): ScriptLine[] {
  const { probability, atRiskProbabilityMin } = facts;
  return [
    figure(words.probability(formats.percent(probability)), probability, modelSource(facts)),
    figure(words.atRiskFrom(formats.percent(atRiskProbabilityMin)), atRiskProbabilityMin, {
      ...modelSource(facts),
      origin: 'parameter',
      name: 'risk.probabilityMin',
      version: facts.runId,
    }),
  ];
}

function regionLines({ facts, words }: Context): ScriptLine[] {
  const codes = orgUnitNames(facts.orgUnitPath);
  // If a name is missing, the codes are complete.
  const names = facts.orgUnitNames?.length === codes.length ? facts.orgUnitNames : codes;
  if (names.length === 0) return [remark(words.regionUnknown)];
  return [figure(words.region(names), names.join(' / '), tableSource(facts, facts.orgUnitColumn ?? ''))];
}

function arpuLines({ facts, words, formats }: Context): ScriptLine[] {
  if (facts.valueMinor === undefined) return [remark(words.arpuUnknown)];
  const money = formats.money(facts.valueMinor, facts.currency);
  const amount = { minor: facts.valueMinor, currency: facts.currency };
  return [moneyLine(words.arpu(money), amount, tableSource(facts, facts.valueColumn ?? ''))];
}

/** Reasons to stay, and what else is known of the customer among the model's reasons. */
function behaviourLines(context: Context): ScriptLine[] {
  const { facts, words } = context;
  const shown = shownReasons(facts).flatMap(({ columns }) => columns);
  const traits = facts.reasons.raising.flatMap((reason) => {
    const statement = statementOf(reason, styleOf(reason, context));
    if (statement === undefined || isOpaque(reason.column) || shown.includes(reason)) return [];
    const text = `${statement}${words.endOfSentence}`;
    return [{ text, valueJson: valueJson(reason), source: tableSource(facts, reason.column) }];
  });
  const reasonsToStay = facts.reasons.lowering.map((reason) => ({
    text: words.reasonToStay(reasonSentence(reason, styleOf(reason, context))),
    valueJson: valueJson(reason),
    source: modelSource(facts, reason.column),
  }));
  const shownTraits = [...segmentLines(context), ...traits.slice(0, SHOWN_MAX)];
  return orRemark([...shownTraits, ...reasonsToStay.slice(0, SHOWN_MAX)], words);
}

function styleOf(
  { column }: Pick<Reason, 'column'>,
  { facts, nameOf, language, words, formats }: Context,
): ColumnStyle {
  return { name: nameOf(column), unit: unitOf(column, facts), currency: facts.currency, language, words, formats };
}

function priorityLines(context: Context): ScriptLine[] {
  const { facts, words, formats } = context;
  const { rank, items, priority, contactCostMinor, currency, quadrant, campaign } = facts;
  const [rankNumber, itemsNumber] = [formats.number(rank), formats.number(items)];
  const rankText =
    campaign === undefined
      ? words.rank(rankNumber, itemsNumber)
      : words.onCampaign(rankNumber, itemsNumber, campaign.name);
  const text = formats.number(priority);
  const lines = [
    figure(rankText, rank, listSource(facts, 'rank')),
    figure(
      priorityText(facts, words, text),
      priority,
      campaign === undefined ? modelSource(facts, 'priority') : listSource(facts, 'priority'),
    ),
  ];
  if (contactCostMinor !== undefined) {
    const source =
      campaign?.contactCost === undefined
        ? { ...modelSource(facts), origin: 'parameter', name: 'contact.cost', version: facts.runId }
        : campaignSource(context, campaign, 'contactCost');
    const costText = words.contactCost(formats.money(contactCostMinor, currency));
    lines.push(moneyLine(costText, { minor: contactCostMinor, currency }, source));
  }
  const offerCost = campaign?.arm.cost;
  if (offerCost !== undefined) {
    const costText = words.offerCost(formats.money(offerCost.minor, offerCost.currency));
    lines.push(moneyLine(costText, offerCost, campaignSource(context, campaign!, 'cost')));
  }
  const quadrantText = words.quadrants[quadrant];
  if (quadrantText !== undefined) lines.push(figure(quadrantText, quadrant, modelSource(facts, 'quadrant')));
  return [...lines, ...timingLines(context)];
}

function priorityText({ valueMinor, campaign }: ScriptFacts, words: Words, priority: string): string {
  if (valueMinor === undefined) return words.priorityWithoutValue(priority);
  return campaign?.arm.cost === undefined ? words.priority(priority) : words.priorityWithOffer(priority);
}

/** Of subscriptions that leave involuntarily (CS-14). */
function leverLines({ facts, language, words, formats }: Context): ScriptLine[] {
  const { levers, involuntaryProbability: probability } = facts;
  if (levers.length === 0 || probability === undefined) return [];
  return [
    figure(words.involuntary(formats.percent(probability)), probability, modelSource(facts, 'involuntaryProbability')),
    ...levers.map((lever) => remark(LEVER_TEXTS[lever][language])),
  ];
}

interface ShownReason {
  cause: Cause | undefined;
  columns: Reason[];
}

/** The named causes, each with its strongest column; if there are fewer, columns without a cause. */
function shownReasons({ reasons }: ScriptFacts): ShownReason[] {
  const { raising, causes } = reasons;
  const ofCauses = namedCauses(reasons).map((cause): ShownReason => {
    return { cause, columns: raising.filter(({ column }) => cause.columns.includes(column)).slice(0, 1) };
  });
  // Columns of a cause that is not named are not its reasons.
  const others = raising.filter(({ column }) => !causes.some(({ columns }) => columns.includes(column)));
  return [...ofCauses, ...others.map((reason) => ({ cause: undefined, columns: [reason] }))].slice(0, SHOWN_MAX);
}

function reasonLines(context: Context): ScriptLine[] {
  const { facts, words } = context;
  const lines = shownReasons(facts).flatMap(({ cause, columns }) => [
    ...(cause === undefined ? [] : [causeLine(cause, context), ...evidenceLines(cause, context)]),
    ...(cause !== undefined && cause.evidence.length > 0 ? [] : columns).map((reason) => ({
      text: reasonSentence(reason, styleOf(reason, context)),
      valueJson: valueJson(reason),
      source: modelSource(facts, reason.column),
    })),
  ]);
  const { comparisonGroup, causes, hasClearReason } = facts.reasons;
  const isUnclear = comparisonGroup !== undefined && causes.length > 0 && !hasClearReason;
  const unclear = isUnclear ? [remark(words.noClearReason)] : [];
  return orRemark([...unclear, ...lines, ...changeLines(context)], words);
}

function changeLines({ facts, words, formats }: Context): ScriptLine[] {
  const { change } = facts.reasons;
  if (change === undefined) return [];
  const levers = change.levers.map((lever) => words.levers[lever] ?? lever);
  const { probability } = change;
  return [figure(words.change(levers, formats.percent(probability)), probability, modelSource(facts))];
}

/** The probability is that of the cause, if the customer churns. Scores of former releases have none. */
function causeLine({ cause, contribution, controllable, probability }: Cause, context: Context): ScriptLine {
  const { facts, words, formats } = context;
  const statement = words.causes[cause] ?? cause;
  const source = modelSource(facts);
  if (probability === 0) return figure(words.cause(statement, controllable), contribution, source);
  const told = words.probableCause(statement, formats.percent(probability));
  return figure(words.cause(told, controllable), probability, source);
}

/** Facts that support the cause, compared with subscriptions of the same tenure and plan. */
function evidenceLines({ evidence }: Cause, context: Context): ScriptLine[] {
  return evidence
    .slice(0, EVIDENCE_SHOWN_MAX)
    .map((fact) => ({
      text: evidenceSentence(fact, styleOf(fact, context)),
      valueJson: valueJson(fact),
      source: modelSource(context.facts, fact.column),
    }));
}

/** Contains no personal data: the identity of the listener is not verified yet. */
function openingLines({ channel, words }: Context): ScriptLine[] {
  return [remark(words.openings[channel] ?? words.openings['written']!)];
}

function notAvailableLines({ facts, words }: Context): ScriptLine[] {
  return [
    ...(facts.campaign === undefined ? [words.planMissing] : []),
    ...(facts.campaign !== undefined && facts.campaign.householdRun === undefined ? [words.householdsMissing] : []),
    ...(facts.valueMinor === undefined ? [words.arpuMissing] : []),
    ...(orgUnitNames(facts.orgUnitPath).length === 0 ? [words.regionMissing] : []),
  ].map(remark);
}

function orRemark(lines: ScriptLine[], words: Words): ScriptLine[] {
  return lines.length > 0 ? lines : [remark(words.nothingNotable)];
}

function tableSource(facts: ScriptFacts, column: string): ScriptSource {
  const { table, tableVersion, tableAsOf } = facts;
  return { service: 'feature-store', origin: 'table', name: table, version: tableVersion, column, asOf: tableAsOf };
}

function listSource({ queue, runId, builtAt }: ScriptFacts, column: string): ScriptSource {
  return { service: 'campaign', origin: 'table', name: queue, version: runId, column, asOf: builtAt };
}
