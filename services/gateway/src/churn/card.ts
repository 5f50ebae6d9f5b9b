import { z } from 'zod';
import { Notice } from '../operation/notice.js';
import { ChurnCause, Count, JsonValue, Month, Probability } from '../operation/wire.js';
import { Model } from './models.http.js';
import { Championship, Promotion } from './promotions.http.js';
import { Shadow } from './shadows.http.js';

const Data = z.strictObject({
  rows: Count.describe('Rows with a label that it learned from'),
  positives: Count.describe('Churned rows'),
  subscriptions: Count.nullable().describe('Null where the table has one row for each'),
  months: z.array(Month).describe('Of the rows; empty where the table has a single snapshot'),
  labelledRows: Count.describe('Rows with a label in the table'),
  sampleShare: Probability.describe("Share of the table's subscriptions that was read"),
  columns: Count.describe('That the table offers to models'),
});

const Method = z.strictObject({
  programVersion: Count.nullable().describe('Version of the training program; null for former releases'),
  settings: JsonValue.nullable().describe('Seed, folds and other settings; null for former releases'),
  columns: Count.describe('That it uses'),
  trees: Count,
  leavesMax: Count.describe('Leaves of its largest tree'),
  depthMax: Count.describe('Splits on the longest way to a leaf'),
  treeWeight: Probability.describe('Weight of the trees in the log-odds; the rest is that of the regression'),
  calibration: z.string(),
  trainingRate: Probability.describe('Churn share of its training rows'),
});

export const Card = z
  .strictObject({
    model: Model.nullable(),
    goal: z.string().describe('Business goal when it was trained (`model.businessGoals`)'),
    data: Data.nullable().describe('Null for former releases'),
    method: Method.nullable(),
    deployments: z.array(Championship).describe('Spans in which it was champion, newest first'),
    shadows: z.array(Shadow).describe('Spans in which it was in shadow, newest first, each with its newest run'),
    promotions: z.array(Promotion).describe('Requests to promote it, newest first'),
    limits: z.array(Notice).describe('Limits and known weaknesses'),
    reasons: z
      .array(
        z.strictObject({
          reason: ChurnCause.nullable().describe('Null for columns that no reason is assigned to'),
          share: Probability.describe('Of the mean absolute contributions of all columns'),
          columns: z.array(z.string()),
        }),
      )
      .describe('How much the columns of each reason matter, most first'),
    checksum: z.string().describe('SHA-256 of the model file'),
  })
  .meta({ id: 'ModelCard' });

export type CardJson = z.output<typeof Card>;
