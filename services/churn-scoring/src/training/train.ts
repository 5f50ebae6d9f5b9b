import { ChurnModel } from '@holdfast/learning/churn-model';
import { forwardFolds } from '@holdfast/learning/forward-in-time';
import { inOrder, type FitContext } from '@holdfast/learning/learner';
import { defaultCapacityShare } from '@holdfast/learning/measured';
import { logitOf } from '@holdfast/learning/logistic';
import { weightsFor } from '@holdfast/learning/metrics';
import { Table, allRows } from '@holdfast/learning/table';
import type { ServedModel } from '@holdfast/learning/served-model';
import { predictHeldOut, type Validation, type ValidationPlan } from '@holdfast/learning/validation';
import { CHALLENGERS } from '../model/challenger.js';
import { encodeModelFile, type ModelOrigin } from '../model/model-file.js';
import { importedMethod } from '../model/model-row.js';
import { judgeCauses } from '../reason/judge-causes.js';
import { judgeChallengers } from './challengers.js';
import type { ContactedTreatment } from '../model/contacted.js';
import { predictedAsInformed } from './as-informed.js';
import type { Champion } from './champion-comparison.js';
import { allLeavers, leaversByFold } from './validated-leavers.js';
import { billDropBaseline } from './baseline.js';
import { horizonsOf } from './horizons.js';
import { capacityReport } from './capacity.js';
import { jsonOf, type LearnerName } from './learners.js';
import { comparedTreatment, judgeContacted } from './judge-contacted.js';
import { ServedElsewhere } from './learners-elsewhere.js';
import { RecordedFits } from './recorded-fits.js';
import { TrainingStages, type Stage } from './training-stages.js';
import { columnsOf, type TrainingInput, type TrainingProgress, type TrainingResult } from './training-input.js';
import { TrainingUnits, unitsInThread } from './training-units.js';
import { groupsOf } from './units.js';
import { validationReport } from './validation-report.js';

/** Fewer of a class give folds, and folds within folds, that have next to none. */
export const CLASS_ROWS_MIN = 20;

/** Increases when the training changes, so that the same request trains again after an upgrade. */
export const TRAINING_VERSION = 11;

interface TrainingContext {
  readonly signal?: AbortSignal;
  readonly onProgress: (now: TrainingProgress) => void;
  /** Where what takes long is computed; by default in this thread. */
  readonly units?: TrainingUnits;
}

/**
 * Measures a model on rows that it did not see, then fits it on all rows to train on. With a given split the measured
 * model is the one that is kept; forward in time the judged models have fewer months than the one that is kept, which
 * learns from all labelled months. Deterministic: equal inputs give equal bytes.
 *
 * Uninformative and leaking columns are excluded before: that uses the held-out labels, but can only
 * lower what is measured. With a natural prevalence the models judged are served at it, as the one that is kept, and rows
 * are weighted to it: what is shown is what the served probabilities are worth where they are served.
 *
 * All that takes long is a unit (`units.ts`). Units that do not depend on each other are requested at once, so that several
 * threads compute them; which of them ends first changes no result.
 * @throws CannotLearnError
 */
export async function train(input: TrainingInput, context: TrainingContext): Promise<TrainingResult> {
  const { labels, seed, naturalPrevalence, imported, isRetention = true } = input;
  const { signal = new AbortController().signal } = context;
  const allUnits = context.units ?? new TrainingUnits(unitsInThread([input]), 0, signal);
  const { rows: labelled = allRows(labels.length) } = input;
  const plan = planOf(input, labelled);
  const rows = plan.kind === 'givenSplit' ? plan.training : labelled;
  const excluded = imported === undefined ? await allUnits.run('excluded', { rows }) : [];
  const isExcluded = new Set(excluded.map(({ column }) => column));
  const units = allUnits.without([...isExcluded]);
  const kept = input.data.filter(({ name }) => !isExcluded.has(name));
  const table = new Table(kept);
  const shift = naturalPrevalence === null ? null : logitOf(naturalPrevalence) - logitOf(rateOf(labels, rows));
  const judgedRate = rateOf(labels, plan.kind === 'givenSplit' ? plan.test : rows);
  const weights = naturalPrevalence === null ? undefined : weightsFor(judgedRate, naturalPrevalence);
  const { capacity = { contacts: 0, share: defaultCapacityShare } } = input;
  const capacityShare = capacity.share;

  const isContacted = input.contacted !== undefined && imported === undefined && isRetention;
  const treatment = isContacted ? (input.contactedRows ?? 'keep') : 'keep';
  const fitsBy = (name: LearnerName, rowsBy = treatment): RecordedFits => {
    return new RecordedFits(new ServedElsewhere(name, units, rowsBy), shift);
  };
  const usual = imported === undefined ? 'trees' : 'imported';
  let fits = fitsBy(usual);
  const stages = new TrainingStages((stage) => phaseOf(stage, fits, fitsOf(plan)), context.onProgress);
  const reporting = (onProgress?: (done: number) => void): FitContext => {
    return { seed, ...groupsOf(input.forward), ...(onProgress && { onProgress }) };
  };
  const validate = async (report: (done: number) => void): Promise<Validation> => {
    const predicting = reporting((done) => report(0.99 * done));
    const heldOut = await predictHeldOut(fits, table, labels, rows, plan, predicting);
    const validated = await units.run('measure', { heldOut, plan, weights, capacityShare });
    report(1);
    return validated;
  };
  const trees = validate(stages.of('validating'));
  const months = input.forward?.months;
  const isMonotone = input.columns.some(({ monotone }) => monotone !== undefined);
  const challenging = judgeChallengers(
    input.challengers ?? [],
    { table, labels, rows, plan, trees, months, treatment, isMonotone },
    units,
    reporting(stages.of('challengers')),
  );
  const [ofTrees, { figures: challengers, best }] = await inOrder([trees, challenging]);
  let validation = ofTrees;
  if (best !== undefined) {
    fits = fitsBy(best);
    validation = await validate(stages.of('validatingBest'));
  }
  stages.skip('validatingBest');

  const ofFit = (on: Uint32Array) => {
    const { model, outOfFold } = fits.of(on);
    return { model: jsonOf(model), outOfFold, rows: on };
  };
  const finish = async () => {
    const report = stages.of('fitting');
    if (plan.kind !== 'givenSplit') await fits.fit(table, labels, rows, reporting(report));
    report(1);
    const fitted = fits.of(rows).model;
    const model = naturalPrevalence === null ? fitted : fitted.servedAt(naturalPrevalence);
    const served = { ...ofFit(rows), model: jsonOf(model) };
    const learned = await inOrder([
      horizonsOf(input, plan, fits, table, rows, (early) => fits.fit(table, labels, early, reporting())),
      units.run('causes', served),
      units.run('describe', { ...served, weights }),
    ]);
    return { model, learned };
  };
  const fitOnce = (on: Uint32Array) => fits.find(on)?.model ?? fits.fit(table, labels, on, reporting());
  const compareWithOwn = async (champion: Champion | undefined) => {
    if (champion === undefined) return undefined;
    let compared: Pick<Validation, 'predictedRows' | 'predictions'> = validation;
    if (plan.kind === 'forward' && imported === undefined) {
      const { months, leadMonths } = input.forward!;
      const judged = { table, labels, rows, months, leadMonths, folds: plan.folds, classRowsMin: CLASS_ROWS_MIN };
      compared = await predictedAsInformed(champion, validation, judged, async (on) => fitOnce(on));
    }
    return units.run('compareWithChampion', { validation: compared, capacityShare });
  };
  const ofFolds = plan.kind === 'forward' && isRetention ? leaversByFold(plan.folds, labels) : [];
  const judgeContacts = () => {
    const { contacted } = input;
    if (contacted === undefined || !isContacted) return Promise.resolve(undefined);
    const judged = { table, labels, rows, contacted, plan, months, treatment, validation };
    return judgeContacted(judged, fitsBy(best ?? usual, comparedTreatment(treatment)), units, reporting());
  };
  const [{ model, learned }, lastMonth, comparison, byFold, contacted] = await inOrder([
    finish(),
    units.run('lastMonth', { validation, weights, capacityShare }),
    compareWithOwn(input.champion),
    inOrder(ofFolds.map((fold) => units.run('explainLeavers', { fold, ...ofFit(fold.training) }))),
    judgeContacts(),
  ]);
  const [horizons, causes, { importance, comparisons, reference }] = learned;
  stages.of('explaining')(1);
  const columns = columnsOf(model.parts.columns, input);
  const used = new Set(model.parts.columns);
  const unused = (imported === undefined ? kept : [])
    .filter(({ name }) => !used.has(name))
    .map(({ name }) => ({ column: name, reason: 'uninformative' }));
  const leavers = plan.kind === 'forward' && isRetention ? allLeavers(byFold) : undefined;
  return {
    bytes: encodeModelFile(model, columns, comparisons, causes, originOf(input, treatment), reference),
    method: imported === undefined ? methodOf(model, best) : importedMethod(imported.format),
    validation: {
      ...validationReport(validation, labels, plan, weights, months),
      lastMonth,
      capacity: capacityReport(validation, labels, plan, capacity),
      horizons: horizons.figures,
      challengers,
      baseline: input.hasBaseline === true ? billDropBaseline(validation, { ...input, capacity }) : undefined,
      causes: leavers && judgeCauses(leavers.causes, input.leaveReasons, causes, seed),
      contacted,
    },
    importance,
    excluded: [...excluded, ...unused],
    prevalence: model.parts.servedRate ?? model.parts.trainingRate,
    leavers,
    horizons: horizons.stored,
    comparison,
  };
}

function phaseOf(stage: Stage, { name, ended }: RecordedFits, fits: number): string {
  const isBest = CHALLENGERS.some((each) => each === name);
  if (stage === 'validatingBest' && !isBest) return 'fitting';
  const isValidating = stage === 'validating' || stage === 'validatingBest';
  return isValidating ? `validating ${Math.min(ended + 1, fits)}/${fits}` : stage;
}

function originOf(input: TrainingInput, treatment: ContactedTreatment): ModelOrigin {
  const { trainingHash, seed, folds, repeats, forward, naturalPrevalence } = input;
  const { leadMonths = null, judgedMonthsMax = null } = forward ?? {};
  const usual = { seed, folds, repeats, leadMonths, judgedMonthsMax, naturalPrevalence };
  const parameters = treatment === 'keep' ? usual : { ...usual, contactedRows: treatment };
  return { trainingHash, training: TRAINING_VERSION, parameters };
}

/** Too few months to judge one forward leave folds, which keep the rows of a subscription together. */
function planOf({ split, folds, repeats, forward, labels }: TrainingInput, labelled: Uint32Array): ValidationPlan {
  if (forward !== undefined && split === undefined) {
    const { leadMonths, judgedMonthsMax } = forward;
    const judged = forwardFolds({ ...forward, labels, rows: labelled }, leadMonths, judgedMonthsMax, CLASS_ROWS_MIN);
    if (judged.length > 0) return { kind: 'forward', folds: judged };
  }
  if (split === undefined) return { kind: 'repeatedFolds', folds, repeats };
  const rowsWith = (part: number): Uint32Array => labelled.filter((row) => split[row] === part);
  return { kind: 'givenSplit', training: rowsWith(1), test: rowsWith(0) };
}

function fitsOf(plan: ValidationPlan): number {
  switch (plan.kind) {
    case 'givenSplit':
      return 1;
    case 'forward':
      return plan.folds.length;
    case 'repeatedFolds':
      return plan.folds * plan.repeats;
  }
}

function rateOf(labels: Uint8Array, rows: Uint32Array): number {
  return rows.reduce((sum, row) => sum + labels[row]!, 0) / rows.length;
}

/** Such as `boosting 0.60 + logistic 0.40, platt`, or `survival, identity`. */
function methodOf(model: ServedModel, challenger: string | undefined): string {
  if (!(model instanceof ChurnModel)) return `${challenger}, ${model.parts.calibration.kind}`;
  const { treeWeight, calibration } = model.parts;
  const methods = [
    { name: 'boosting', weight: treeWeight },
    { name: 'logistic', weight: 1 - treeWeight },
  ];
  const used = methods.filter(({ weight }) => weight > 0).map(({ name, weight }) => `${name} ${weight.toFixed(2)}`);
  return `${used.join(' + ')}, ${calibration.kind}`;
}
