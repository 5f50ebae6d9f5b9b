import { ChurnLearner, defaultChurnLearner, panelChurnLearner } from '@holdfast/learning/churn-model';
import { DiscreteHazard } from '@holdfast/learning/discrete-hazard';
import { EvidenceRegression } from '@holdfast/learning/evidence-regression';
import type { Learner } from '@holdfast/learning/learner';
import type { MarginModel } from '@holdfast/learning/margin-model';
import { RecurrentNetwork } from '@holdfast/learning/recurrent-network';
import { CalibratedLearner, type ServedModel, type ServedModelJson } from '@holdfast/learning/served-model';
import type { ChallengerName } from '../model/challenger.js';
import { ImportedLearner } from './imported-model.js';
import type { TrainingInput } from './training-input.js';

/** What learns: as text, because it crosses into the thread that fits. */
export type LearnerName = 'trees' | 'imported' | ChallengerName;

/** A learner whose models can serve. */
export function servedLearner(name: LearnerName, input: TrainingInput): Learner<ServedModel> {
  switch (name) {
    case 'trees': {
      const { forward, isRetention = true } = input;
      return new ChurnLearner(withDirections(optionsOf(forward !== undefined, isRetention), input));
    }
    case 'imported':
      return new ImportedLearner(input.imported!);
    default:
      return new CalibratedLearner(challenger(name));
  }
}

/** A challenger that is only ranked, so that it needs no calibration. */
export function challenger(name: ChallengerName): Learner<MarginModel> {
  switch (name) {
    case 'weight-of-evidence':
      return new EvidenceRegression();
    case 'network':
      return new RecurrentNetwork();
    case 'survival':
      return new DiscreteHazard();
  }
}

/** Two inner folds instead of three, and as many trees as retention usually has, halve the time of a fit. */
const SHORT_PANEL_LEARNER = {
  ...panelChurnLearner,
  innerFolds: 2,
  boosting: { ...panelChurnLearner.boosting, treesMax: 150 },
};

function optionsOf(isPanel: boolean, isRetention: boolean) {
  if (!isPanel) return defaultChurnLearner;
  return isRetention ? panelChurnLearner : SHORT_PANEL_LEARNER;
}

/** Directions are those of churn that offers can prevent: other kinds are free. */
function withDirections(options: typeof panelChurnLearner, { columns, isRetention = true }: TrainingInput) {
  const monotone = Object.fromEntries(
    columns.flatMap(({ name, monotone: direction }) => (direction === undefined ? [] : [[name, direction]])),
  );
  return isRetention ? { ...options, boosting: { ...options.boosting, monotone } } : options;
}

/** A model that can serve, as it crosses between threads; every double survives. */
export function jsonOf(model: ServedModel): ServedModelJson {
  return model.toJSON() as ServedModelJson;
}
