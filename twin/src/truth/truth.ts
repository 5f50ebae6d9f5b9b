import fs from 'node:fs';
import path from 'node:path';
import { dayText, monthText } from '@holdfast/platform/calendar';
import { NEVER } from '../calendar/calendar.js';
import type { InjectedError } from '../error-injection/error-injector.js';
import type { TableSource } from '../extract/table-source.js';
import { bayesAucsOf } from '../hazard/bayes-auc.js';
import { BAYES_AUC_BAND, CAUSES, SINGLE_COLUMN_MAX } from '../hazard/causes.js';
import { REACTION_MONTHS } from '../hazard/life-state.js';
import { DEPARTURE_WAYS, type CampaignColumns } from '../hazard/lives.js';
import { flagText, writeTable, type Cell } from '../table/table.js';
import { AGENTS, FIRST_AGENT, OLD_ARMS, agentQuality } from '../treatment/old-rule.js';
import { ARMS, RESPONSE_TYPES } from '../treatment/trial.js';
import { isFamily } from '../world/household-kinds.js';
import { subscriptionRange } from '../world/subscriptions.js';
import { householdOf } from '../world/world.js';
import { bestPolicyOf, bestTreatmentRows } from './best-policy.js';
import { trialDifference, trueEffectOf, oldRuleEffectOf } from './campaign-effects.js';
import { caseShares } from './hard-cases.js';
import * as parties from './parties.js';
import { rivalCampaignRows } from './rival-campaigns.js';
import * as tables from './truth-tables.js';
import type { ValueLossCounts } from './value-losses.js';

/** `truth/summary.json`. */
export type TruthSummary = ReturnType<typeof summaryOf>;

const LAST_MONTHS = 3;

/** Writes the tables of the truth that span blocks, and the summary. */
export function writeTruth(
  folder: string,
  source: TableSource,
  injectedErrors: readonly InjectedError[],
  valueLosses: ValueLossCounts,
): TruthSummary {
  writeTable(tables.householdTable, parties.householdRows(source), folder);
  writeTable(tables.lifeEventTable, parties.lifeEventRows(source), folder);
  writeTable(tables.firmTable, parties.firmRows(source), folder);
  writeTable(tables.returnTable, parties.returnRows(source), folder);
  writeTable(tables.handOverTable, parties.handOverRows(source), folder);
  writeTable(tables.recycledTable, parties.recycledRows(source), folder);
  writeTable(tables.departureTable, departureRows(source), folder);
  writeTable(tables.effectTable, effectRows(source), folder);
  writeTable(tables.oldRuleEffectTable, oldEffectRows(source), folder);
  writeTable(tables.agentTable, agentRows(source), folder);
  writeTable(tables.bestTreatmentTable, bestTreatmentRows(source), folder);
  writeTable(tables.rivalCampaignTable, rivalCampaignRows(source), folder);
  writeTable(tables.injectedErrorTable, injectedErrors.map(errorCells), folder);
  const summary = summaryOf(source, injectedErrors, valueLosses);
  fs.writeFileSync(path.join(folder, 'summary.json'), `${JSON.stringify(summary, null, 2)}\n`);
  return summary;
}

function errorCells({ table, file, line, kind, column, value, expected }: InjectedError): Cell[] {
  return [table, file, line, kind, column, value, expected];
}

function* departureRows({ world, lives, identifiers, all }: TableSource): Generator<Cell[]> {
  for (const at of all) {
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

function* effectRows({ world, lives: { trial }, identifiers, all }: TableSource): Generator<Cell[]> {
  for (const at of all) {
    if (trial.isJudged[at] !== 1) continue;
    yield [
      identifiers.subscription(at),
      identifiers.household(householdOf(world, at)),
      ARMS[trial.arm[at]!],
      RESPONSE_TYPES[trial.responseType[at]!],
      flagText(trial.isCalled[at] === 1),
      flagText(trial.isAnswered[at] === 1),
      ...outcomeCells(trial, at, ARMS.length),
    ];
  }
}

function* oldEffectRows({ lives: { oldRule }, identifiers, all }: TableSource): Generator<Cell[]> {
  for (const at of all) {
    if (oldRule.isJudged[at] !== 1) continue;
    yield [
      identifiers.subscription(at),
      flagText(oldRule.isCalled[at] === 1),
      `T-STAFF-${FIRST_AGENT + oldRule.agent[at]!}`,
      flagText(oldRule.isAnswered[at] === 1),
      RESPONSE_TYPES[oldRule.responseType[at]!],
      ...outcomeCells(oldRule, at, OLD_ARMS.length),
    ];
  }
}

function outcomeCells({ outcomes, outcomeChance }: CampaignColumns, at: number, arms: number): Cell[] {
  const chances = [...outcomeChance.subarray(at * arms, (at + 1) * arms)];
  return [
    ...chances.map((_, arm) => flagText(((outcomes[at]! >> arm) & 1) === 1)),
    ...chances.map((chance) => chance.toPrecision(6)),
  ];
}

function* agentRows({ stream }: TableSource): Generator<Cell[]> {
  for (let agent = 0; agent < AGENTS; agent += 1) {
    yield [`T-STAFF-${FIRST_AGENT + agent}`, agentQuality(stream, agent).toFixed(3)];
  }
}

function summaryOf(source: TableSource, injectedErrors: readonly InjectedError[], valueLosses: ValueLossCounts) {
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
  const departures = Object.values(byCause).reduce((sum, churners) => sum + churners, 0);
  return {
    formatVersion: 1,
    seed: world.seed,
    subscribers: world.subscribers,
    from: monthText(world.firstMonth),
    to: monthText(world.firstMonth + world.months - 1),
    departures: { count: departures, ratePerMonth: departures / atRisk, byCause, visible },
    valueLosses,
    /** Over all months with drivers, and over the last three. */
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
    /** The expected result of an analysis of the randomised campaign, offers together. */
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
    const size = subscriptions.activatedDay.subarray(from, after).filter((day) => day !== NEVER).length;
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
