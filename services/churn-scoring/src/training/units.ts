import type { FitContext } from '@holdfast/learning/learner';
import { compareAuc } from '@holdfast/learning/measured';
import type { ClassWeights } from '@holdfast/learning/metrics';
import { readServedModel, type ServedModelJson } from '@holdfast/learning/served-model';
import { Table, type Column } from '@holdfast/learning/table';
import { measureHeldOut, type HeldOut, type Validation, type ValidationPlan } from '@holdfast/learning/validation';
import type { ChallengerName } from '../model/challenger.js';
import { learnCauses } from '../reason/learn-causes.js';
import { compareWithChampion } from './champion-comparison.js';
import { treatedRows } from './contacted-rows.js';
import type { ContactedTreatment } from '../model/contacted.js';
import { describeModel } from './describe-model.js';
import { excludedColumns } from './excluded-columns.js';
import type { OutOfFold } from './horizons.js';
import { challenger, jsonOf, servedLearner, type LearnerName } from './learners.js';
import { columnsOf, type TrainingInput } from './training-input.js';
import { explainLeavers, type LeaversOfFold } from './validated-leavers.js';
import { lastMonthOf } from './validation-report.js';

/** The columns of an input that are learned from. */
export interface UnitSource {
  readonly input: TrainingInput;
  readonly kept: readonly Column[];
  readonly table: Table;
}

interface UnitContext {
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((done: number) => void) | undefined;
}

interface FitArgs<Name extends string> {
  readonly learner: Name;
  readonly rows: Uint32Array;
  readonly seed: number;
  readonly treatment: ContactedTreatment;
}

/** A fitted model with the rows it was fitted on. */
interface ModelArgs {
  readonly model: ServedModelJson;
  readonly outOfFold: OutOfFold | undefined;
  readonly rows: Uint32Array;
}

/**
 * The work of a training that takes long, in parts. A part depends on nothing but the input and its arguments, all of
 * which can be cloned into another thread, as can its result: so a result is the same wherever and whenever it is computed.
 */
const UNITS = {
  excluded: ({ input, table }: UnitSource, { rows }: { rows: Uint32Array }) => excludedColumns(input, table, rows),

  fit: async (of: UnitSource, args: FitArgs<LearnerName>, context: UnitContext) => {
    const { input, table } = of;
    let outOfFold: OutOfFold | undefined;
    const model = await servedLearner(args.learner, input).fit(
      table,
      input.labels,
      await learnedRows(of, args, context),
      {
        ...fitContext(input, args.seed, context),
        onOutOfFold: (training, logits) => (outOfFold = { rows: training, logits }),
      },
    );
    return { model: jsonOf(model), outOfFold };
  },

  fitChallenger: async (of: UnitSource, args: FitArgs<ChallengerName>, context: UnitContext) => {
    const { input, table } = of;
    const rows = await learnedRows(of, args, context);
    const model = await challenger(args.learner).fit(table, input.labels, rows, fitContext(input, args.seed, context));
    return { kind: model.kind, json: model.toJSON() };
  },

  measure: ({ input: { labels, seed, forward } }: UnitSource, { heldOut, plan, weights, capacityShare }: MeasureArgs) =>
    measureHeldOut(heldOut, labels, plan, { seed, ...groupsOf(forward) }, weights, capacityShare),

  compare: (_of: UnitSource, { predictions, labels, of }: CompareArgs) => compareAuc(predictions, labels, of),

  compareWithChampion: ({ input }: UnitSource, { validation, capacityShare }: ChampionArgs) => {
    const { champion, data, labels, seed, forward } = input;
    const compared = { data, labels, seed, months: forward?.months, subscriptions: forward?.subscriptions };
    return compareWithChampion(champion!, validation, { ...compared, capacityShare });
  },

  lastMonth: (
    { input: { labels, forward, seed } }: UnitSource,
    { validation, weights, capacityShare }: ComparisonArgs & { weights: ClassWeights | undefined },
  ) => lastMonthOf(validation, labels, forward?.months, { seed, weights, capacityShare }),

  explainLeavers: ({ input, table }: UnitSource, { fold, model, outOfFold }: ModelArgs & { fold: LeaversOfFold }) =>
    explainLeavers(fold, { model: readServedModel(model), outOfFold }, table, input),

  causes: ({ input, table }: UnitSource, { model: json, outOfFold, rows }: ModelArgs) => {
    const { labels, leaveReasons, seed } = input;
    const model = readServedModel(json);
    const columns = columnsOf(model.parts.columns, input);
    return learnCauses({ model, outOfFold, columns, table, rows, labels, leaveReasons, seed });
  },

  describe: (
    { input, kept, table }: UnitSource,
    { model: json, rows, weights }: Omit<ModelArgs, 'outOfFold'> & { weights: ClassWeights | undefined },
  ) => {
    const model = readServedModel(json);
    return describeModel(model, columnsOf(model.parts.columns, input), { input, kept, table, rows, weights });
  },
};

interface MeasureArgs {
  readonly heldOut: HeldOut;
  readonly plan: ValidationPlan;
  readonly weights: ClassWeights | undefined;
  readonly capacityShare: number;
}

interface CompareArgs {
  readonly predictions: Parameters<typeof compareAuc>[0];
  readonly labels: Uint8Array;
  readonly of: Parameters<typeof compareAuc>[2];
}

interface ComparisonArgs {
  readonly validation: Validation;
  readonly capacityShare: number;
}

interface ChampionArgs {
  readonly validation: Pick<Validation, 'predictedRows' | 'predictions'>;
  readonly capacityShare: number;
}

export type UnitName = keyof typeof UNITS;
export type UnitArgs<Name extends UnitName> = Parameters<(typeof UNITS)[Name]>[1];
export type UnitResult<Name extends UnitName> = Awaited<ReturnType<(typeof UNITS)[Name]>>;

/** A unit of one of several inputs; crosses into the thread that computes it. */
export interface UnitCall<Name extends UnitName = UnitName> {
  readonly name: Name;
  readonly args: UnitArgs<Name>;
  /** Place of the input. */
  readonly input: number;
  /** Names of columns that are not learned from. */
  readonly excluded: readonly string[];
}

/** Computes units of some inputs in this thread, whose tables it keeps. */
export class UnitSources {
  private readonly tables: (Table | undefined)[] = [];
  private readonly sources = new Map<string, UnitSource>();

  constructor(private readonly inputs: readonly TrainingInput[]) {}

  async compute({ name, args, input, excluded }: UnitCall, context: UnitContext): Promise<unknown> {
    const unit = UNITS[name] as (of: UnitSource, args: unknown, context: UnitContext) => unknown;
    return unit(this.source(input, excluded), args, context);
  }

  private source(place: number, excluded: readonly string[]): UnitSource {
    const key = JSON.stringify([place, excluded]);
    let source = this.sources.get(key);
    if (source === undefined) {
      const input = this.inputs[place]!;
      const names = new Set(input.data.map(({ name }) => name));
      for (const name of excluded) names.delete(name);
      const table = (this.tables[place] ??= new Table(input.data)).only(names);
      source = { input, kept: table.columns, table };
      this.sources.set(key, source);
    }
    return source;
  }
}

async function learnedRows(
  { input, table }: UnitSource,
  { rows, seed, treatment }: FitArgs<LearnerName>,
  { signal }: UnitContext,
): Promise<Uint32Array> {
  const { contacted } = input;
  if (contacted === undefined) return rows;
  return treatedRows(treatment, { table, rows, contacted }, fitContext(input, seed, { signal }));
}

/** What of the context of a fit follows from the input. */
export function groupsOf(forward: TrainingInput['forward']): Pick<FitContext, 'groups' | 'months'> {
  return forward === undefined ? {} : { groups: forward.subscriptions, months: forward.months };
}

function fitContext({ forward }: TrainingInput, seed: number, { signal, onProgress }: UnitContext): FitContext {
  return { seed, ...groupsOf(forward), ...(signal && { signal }), ...(onProgress && { onProgress }) };
}
