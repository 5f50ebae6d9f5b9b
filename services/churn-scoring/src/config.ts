import { availableParallelism } from 'node:os';
import { z } from 'zod';
import { platformConfig } from '@holdfast/platform/config';

const settings = platformConfig.extend({
  /** HOLDFAST_TRAINING_WORKER: the compiled program of the training thread; `none` trains in the service's own. */
  trainingWorker: z.string().min(1).default('services/churn-scoring/dist/training/training.worker.js'),
  /** HOLDFAST_TRAINING_THREADS: threads that compute a training, each with one fit in memory at a time. */
  trainingThreads: z.coerce
    .number()
    .int()
    .min(1)
    .max(64)
    .default(() => Math.min(4, availableParallelism())),
  /** HOLDFAST_TRAINING_ROWS_MAX: of larger tables a uniform sample of about this size is trained on. */
  trainingRowsMax: z.coerce.number().int().min(1_000).default(300_000),
  /** HOLDFAST_SCORING_PIECE_ROWS_MAX: rows of one piece of scoring, held in memory until they are stored. */
  scoringPieceRowsMax: z.coerce.number().int().min(1).max(1_000_000).default(50_000),
});

/** Settings of churn-scoring; the only place that names them. */
export const churnScoringConfig = settings.refine(
  ({ mode, trainingWorker }) => mode !== 'production' || trainingWorker !== 'none',
  { path: ['trainingWorker'], message: 'none is for tests; production mode refuses it' },
);
export type ChurnScoringConfig = z.output<typeof churnScoringConfig>;
