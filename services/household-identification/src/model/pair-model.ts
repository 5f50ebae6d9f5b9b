import { fitLogistic, type LogisticSetting } from '@holdfast/learning/logistic-regression';
import { probabilityOf } from '@holdfast/learning/logistic';
import { hashIntegers } from '@holdfast/learning/random';
import { allRows, type Table } from '@holdfast/learning/table';
import { UNKNOWN, type Subjects } from '../evidence/subjects.js';
import { hasLink } from '../pair/meetings.js';
import type { Pairs } from '../pair/pairs.js';
import { fixedLogits } from './fixed-weights.js';
import { pairTable } from './pair-table.js';
import { standingOf, type Sample, type Standing } from './sample.js';

const SETTING: LogisticSetting = { design: { knotCount: 4, levelRowsMin: 5, levelsMax: 20 }, lambda: 1 };
/** With fewer pairs of known families than this, weights that were thought up are better than weights learnt. */
export const KNOWN_PAIRS_MIN = 40;
const FOLDS = 3;
const ROUNDS_MAX = 6;

/** How the model does on known families that it has not seen. */
export interface HeldOut {
  families: number;
  /** Share of their pairs that are found. */
  recall: number;
  /** Share of pairs across two known families that are taken for one. */
  falseShare: number;
}

/** Gives pairs the probability that they belong to one household. */
export interface PairModel {
  probabilities(pairs: Pairs): Float64Array;
  heldOut: HeldOut | undefined;
}

/**
 * Learns from known families (HH-10). They are positives; of the others most are not families, but some are: most families
 * are in no family plan. Taking them all for strangers, the model first learns who is *known*; divided by the share of
 * families that are known, c, which is the mean over known pairs that were held out, it is the probability of being a family
 * (Elkan & Noto, "Learning classifiers from only positive and unlabeled data", KDD 2008, §2). Unlabelled pairs above one
 * half then count as families and the model is fitted again, until nothing changes (classification EM; Celeux & Govaert
 * 1992). This separates shared flats from families: flat sharers are never a known family.
 */
export async function trainPairModel(
  { pairs, metShare }: Sample,
  subjects: Subjects,
  yieldIfDue: () => Promise<void> = async () => undefined,
): Promise<PairModel> {
  const standings = Array.from({ length: pairs.count }, (_, row) => standingOf(pairs, subjects, row));
  const families = standings.filter((standing) => standing === 'family').length;
  if (families < KNOWN_PAIRS_MIN)
    return { probabilities: (asked) => fixedLogits(asked).map(probabilityOf), heldOut: undefined };
  const table = pairTable(pairs, subjects);
  const training: Training = { table, pairs, subjects, standings, yieldIfDue };
  const labels = await labelsOfFamilies(training);
  const model = fitLogistic(table, labels, allRows(pairs.count), SETTING);
  const shift = Math.log(metShare);
  return {
    probabilities: (asked) => {
      const logits = model.logits(pairTable(asked, subjects), allRows(asked.count));
      // fewer of those that only met were learnt from than there are
      return logits.map((logit, row) => probabilityOf(hasLink(asked.links[row]!) ? logit : logit + shift));
    },
    heldOut: await heldOutOf(training, labels),
  };
}

/** Known pairs, to learn from. */
interface Training {
  table: Table;
  pairs: Pairs;
  subjects: Subjects;
  standings: readonly Standing[];
  yieldIfDue: () => Promise<void>;
}

/** 1 for pairs that are families, known ones and those that look like them. */
async function labelsOfFamilies(training: Training): Promise<Uint8Array> {
  const { table, pairs, standings, yieldIfDue } = training;
  const isKnown = Uint8Array.from(standings, (standing) => (standing === 'family' ? 1 : 0));
  const knownProbability = await crossFitted(training, isKnown);
  const known = knownProbability.filter((_, row) => isKnown[row] === 1);
  const knownShare = known.reduce((sum, probability) => sum + probability, 0) / known.length;
  const imputed = (probabilities: Float64Array, half: number): Uint8Array =>
    Uint8Array.from(standings, (standing, row) =>
      standing === 'family' || (standing === 'unlabelled' && probabilities[row]! >= half) ? 1 : 0,
    );
  let labels = imputed(knownProbability, knownShare / 2);
  for (let round = 0; round < ROUNDS_MAX; round += 1) {
    const model = fitLogistic(table, labels, allRows(pairs.count), SETTING);
    const next = imputed(model.predict(table, allRows(pairs.count)), 0.5);
    if (next.every((label, row) => label === labels[row])) break;
    labels = next;
    await yieldIfDue();
  }
  return labels;
}

/** Probabilities by models that have not seen the row's household. */
async function crossFitted(
  { table, pairs, subjects, yieldIfDue }: Training,
  labels: Uint8Array,
): Promise<Float64Array> {
  const folds = Uint8Array.from({ length: pairs.count }, (_, row) => foldOf(pairs, subjects, row));
  const rows = allRows(pairs.count);
  const probabilities = new Float64Array(pairs.count);
  for (let fold = 0; fold < FOLDS; fold += 1) {
    const heldOut = rows.filter((row) => folds[row] === fold);
    const others = rows.filter((row) => folds[row] !== fold);
    const model = fitLogistic(table, labels, others, SETTING);
    model.predict(table, heldOut).forEach((probability, at) => (probabilities[heldOut[at]!] = probability));
    await yieldIfDue();
  }
  return probabilities;
}

/** Pairs of one household stay together. */
function foldOf({ left }: Pairs, { known }: Subjects, row: number): number {
  const subject = left[row]!;
  const household = known[subject]!;
  return (household === UNKNOWN ? hashIntegers(subject, 1) : hashIntegers(household, 2)) % FOLDS;
}

async function heldOutOf(training: Training, labels: Uint8Array): Promise<HeldOut> {
  const probabilities = await crossFitted(training, labels);
  const share = (wanted: Standing): { rows: number; found: number } => {
    const rows = probabilities.filter((_, row) => training.standings[row] === wanted);
    const found = rows.filter((probability) => probability >= 0.5).length;
    return { rows: rows.length, found: found / Math.max(1, rows.length) };
  };
  const [families, strangers] = [share('family'), share('strangers')];
  return { families: families.rows, recall: families.found, falseShare: strangers.found };
}
