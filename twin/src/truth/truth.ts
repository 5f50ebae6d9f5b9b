import { dayText, monthText } from '@holdfast/platform/calendar';
import fs from 'node:fs';
import path from 'node:path';
import { NEVER } from '../calendar/calendar.js';
import type { InjectedError } from '../error-injection/error-injector.js';
import type { TableSource } from '../extract/table-source.js';
import { bayesAucsOf, type BayesAucs } from '../hazard/bayes-auc.js';
import { BAYES_AUC_BAND, CAUSES, SINGLE_COLUMN_MAX } from '../hazard/causes.js';
import { REACTION_MONTHS } from '../hazard/life-state.js';
import { DEPARTURE_WAYS } from '../hazard/lives.js';
import { writeTable } from '../table/table-file.js';
import { flagText, type Cell } from '../table/table.js';
import { AGENTS, FIRST_AGENT, agentQuality } from '../treatment/old-rule.js';
import { ARMS, RESPONSE_TYPES } from '../treatment/trial.js';
import { isFamily } from '../world/household-kinds.js';
import { isActivated, subscriptionRange } from '../world/subscriptions.js';
import { householdOf } from '../world/world.js';
import { bestPolicyOf, bestTreatmentRows, type BestPolicy } from './best-policy.js';
import type { Difference } from './difference.js';
import { caseShares, type CaseShare } from './hard-cases.js';
import { oldRuleEffectOf, type OldRuleEffect } from './old-rule-effect.js';
import * as who from './parties.js';
import { rivalCampaignRows } from './rival-campaigns.js';
import { trialDifference, trueEffectOf, type TrueEffect } from './trial-effect.js';
import {
  agentTable,
  bestTreatmentTable,
  departureTable,
  injectedErrorTable,
  effectTable,
  firmTable,
  handOverTable,
  householdTable,
  lifeEventTable,
  oldRuleEffectTable,
  recycledTable,
  returnTable,
  rivalCampaignTable,
} from './truth-tables.js';
import type { ValueLossCounts } from './value-losses.js';

/** `truth/summary.json`. */
export interface TruthSummary {
  formatVersion: 1;
  seed: number;
  subscribers: number;
  from: string;
  to: string;
  departures: { count: number; ratePerMonth: number; byCause: Record<string, number>; visible: number };
  /** Value losses by the operator's measure, by cause, and the number of months that could be judged. */
  valueLosses: ValueLossCounts;
  /** Over all months with drivers, and over the last three. */
  bayesAuc:
    | { range: typeof BAYES_AUC_BAND; singleColumnMax: number; allMonths: BayesAucs; lastMonths: BayesAucs }
    | undefined;
  campaign: TrueEffect | undefined;
  /** Difference in means of the randomised campaign, offers together: the expected result of its analysis. */
  campaignDifference: Difference | undefined;
  oldRule: OldRuleEffect | undefined;
  bestPolicy: BestPolicy | undefined;
  households: { count: number; familyPairs: number; otherPairs: number };
  hardCases: CaseShare[];
  /** By table and kind. */
  injectedErrors: Record<string, Record<string, number>>;
}

const LAST_MONTHS = 3;

/** Writes the tables of the truth that span blocks, and the summary. */
export function writeTruth(
  folder: string,
  source: TableSource,
  injectedErrors: readonly InjectedError[],
  valueLosses: ValueLossCounts,
): TruthSummary {
  writeTable(householdTable, who.householdRows(source), folder);
  writeTable(lifeEventTable, who.lifeEventRows(source), folder);
  writeTable(firmTable, who.firmRows(source), folder);
  writeTable(returnTable, who.returnRows(source), folder);
  writeTable(handOverTable, who.handOverRows(source), folder);
  writeTable(recycledTable, who.recycledRows(source), folder);
  writeTable(departureTable, departureRows(source), folder);
  writeTable(effectTable, effectRows(source), folder);
  writeTable(oldRuleEffectTable, oldEffectRows(source), folder);
  writeTable(agentTable, agentRows(source), folder);
  writeTable(bestTreatmentTable, bestTreatmentRows(source), folder);
  writeTable(rivalCampaignTable, rivalCampaignRows(source), folder);
  const errorCells = (row: InjectedError): Cell[] => [
    row.table,
    row.file,
    row.line,
    row.kind,
    row.column,
    row.value,
    row.expected,
  ];
  writeTable(injectedErrorTable, injectedErrors.map(errorCells), folder);
  const summary = summaryOf(source, injectedErrors, valueLosses);
  fs.writeFileSync(path.join(folder, 'summary.json'), `${JSON.stringify(summary, null, 2)}\n`);
  return summary;
}

function* departureRows({ world, lives, identifiers }: TableSource): Generator<Cell[]> {
  for (const at of identifiers.inOrder(0, world.subscriptions.count)) {
    const month = lives.churnMonth[at]!;
    if (month < 0) continue;
    const cancelled = lives.cancelledDay[at]!;
    yield [
      identifiers.subscription(at),
      monthText(world.firstMonth + month),
      dayText(lives.churnDay[at]!),
      cancelled === NEVER || cancelled >= world.afterLastDay ? undefined : dayText(cancelled),
      DEPARTURE_WAYS[lives.departureWay[at]!],
      CAUSES[lives.cause[at]!],
      flagText(lives.isVisible[at] === 1),
    ];
  }
}

function* effectRows({ world, lives, identifiers }: TableSource): Generator<Cell[]> {
  for (const at of identifiers.inOrder(0, world.subscriptions.count)) {
    if (lives.isJudged[at] !== 1) continue;
    yield [
      identifiers.subscription(at),
      identifiers.household(householdOf(world, at)),
      ARMS[lives.arm[at]!],
      RESPONSE_TYPES[lives.responseType[at]!],
      flagText(lives.isCalled[at] === 1),
      flagText(lives.isAnswered[at] === 1),
      ...ARMS.map((_, arm) => flagText(((lives.outcomes[at]! >> arm) & 1) === 1)),
      ...ARMS.map((_, arm) => lives.outcomeChance[at * ARMS.length + arm]!.toPrecision(6)),
    ];
  }
}

function* oldEffectRows({ world, lives, identifiers }: TableSource): Generator<Cell[]> {
  for (const at of identifiers.inOrder(0, world.subscriptions.count)) {
    if (lives.isOldJudged[at] !== 1) continue;
    yield [
      identifiers.subscription(at),
      flagText(lives.isOldCalled[at] === 1),
      `T-STAFF-${FIRST_AGENT + lives.oldAgent[at]!}`,
      flagText(lives.isOldAnswered[at] === 1),
      RESPONSE_TYPES[lives.oldResponseType[at]!],
      flagText((lives.oldOutcomes[at]! & 1) === 1),
      flagText(((lives.oldOutcomes[at]! >> 1) & 1) === 1),
      lives.oldOutcomeChance[at * 2]!.toPrecision(6),
      lives.oldOutcomeChance[at * 2 + 1]!.toPrecision(6),
    ];
  }
}

function* agentRows({ stream }: TableSource): Generator<Cell[]> {
  for (let agent = 0; agent < AGENTS; agent += 1) {
    yield [`T-STAFF-${FIRST_AGENT + agent}`, agentQuality(stream, agent).toFixed(3)];
  }
}

function summaryOf(
  source: TableSource,
  injectedErrors: readonly InjectedError[],
  valueLosses: ValueLossCounts,
): TruthSummary {
  const { world, lives } = source;
  const months = Array.from({ length: world.months }, (_, month) => month);
  const judged = months.filter((month) => month >= REACTION_MONTHS);
  const count = world.subscriptions.count;
  const byCause: Record<string, number> = Object.fromEntries(CAUSES.map((cause) => [cause, 0]));
  let visible = 0;
  for (let at = 0; at < count; at += 1) {
    if (lives.churnMonth[at]! < 0) continue;
    byCause[CAUSES[lives.cause[at]!]!]! += 1;
    visible += lives.isVisible[at]!;
  }
  const atRisk = lives.hazard.reduce((sum, hazard) => sum + (hazard > 0 ? 1 : 0), 0);
  const left = Object.values(byCause).reduce((sum, churners) => sum + churners, 0);
  return {
    formatVersion: 1,
    seed: world.seed,
    subscribers: world.subscribers,
    from: monthText(world.firstMonth),
    to: monthText(world.firstMonth + world.months - 1),
    departures: { count: left, ratePerMonth: left / atRisk, byCause, visible },
    valueLosses,
    bayesAuc:
      judged.length === 0
        ? undefined
        : {
            range: BAYES_AUC_BAND,
            singleColumnMax: SINGLE_COLUMN_MAX,
            allMonths: bayesAucsOf(lives, count, judged),
            lastMonths: bayesAucsOf(lives, count, judged.slice(-LAST_MONTHS)),
          },
    campaign: trueEffectOf(lives, count),
    campaignDifference: trialDifference(world, lives),
    oldRule: oldRuleEffectOf(world, lives),
    bestPolicy: bestPolicyOf(source),
    households: { count: world.households.count, ...pairsOf(source) },
    hardCases: caseShares(source),
    injectedErrors: countsOf(injectedErrors),
  };
}

function pairsOf({ world }: TableSource): { familyPairs: number; otherPairs: number } {
  const { households, subscriptions } = world;
  let familyPairs = 0;
  let otherPairs = 0;
  for (let household = 0; household < households.count; household += 1) {
    const [from, after] = subscriptionRange(subscriptions, households, household);
    const size = Array.from({ length: after - from }).filter((_, place) =>
      isActivated(subscriptions, from + place),
    ).length;
    const pairs = (size * (size - 1)) / 2;
    if (isFamily(households.kind[household]!)) familyPairs += pairs;
    else otherPairs += pairs;
  }
  return { familyPairs, otherPairs };
}

function countsOf(injectedErrors: readonly InjectedError[]): Record<string, Record<string, number>> {
  const counts: Record<string, Record<string, number>> = {};
  for (const { table, kind } of injectedErrors) {
    counts[table] ??= {};
    counts[table][kind] = (counts[table][kind] ?? 0) + 1;
  }
  return counts;
}
