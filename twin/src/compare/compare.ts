import fs from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import { missing, type Judgement } from './judgement.js';
import * as measures from './measures.js';
import { judgeHouseholds } from './pairs.js';
import { listSchemas, reportSchema } from './report-format.js';
import { readTruth } from './truth-reader.js';

/**
 * Compares a system's report with the truth. Missing parts are listed, not counted as misses.
 * @param folder made by `create`
 * @throws Error for an unreadable or invalid report
 */
export function compare(folder: string, reportFile: string): Judgement[] {
  const truth = readTruth(folder);
  const report = parsed(reportSchema, readJson(reportFile), reportFile);
  const list = <T>(value: string | T, schema: z.ZodType<T>): T => {
    if (typeof value !== 'string') return value;
    const file = path.resolve(path.dirname(reportFile), value);
    return parsed(schema, readJson(file), file);
  };
  const { imports, rejects, model, valueLoss, reasons, planFit, households, pastCampaign, effect } = report;
  return [
    judge(imports, 'import', 'rejected rows per table', (it) => measures.judgeImports(it, truth)),
    judge(rejects, 'import', 'single rejects', (it) => measures.judgeRejects(list(it, listSchemas.rejects), truth)),
    judge(model, 'model', 'AUC forward in time', (it) => measures.judgeModel(it, truth)),
    judge(valueLoss, 'value loss', VALUE_MEASURE, measures.judgeValueLoss),
    judge(reasons, 'reasons', REASON_MEASURE, (it) => measures.judgeReasons(list(it, listSchemas.reasons), truth)),
    judge(planFit, 'plan fit', 'bill above the best, false savings, bills', ({ recommendations }) =>
      measures.judgePlanFit(list(recommendations, listSchemas.recommendations), truth),
    ),
    judge(households, 'households', 'pairs', ({ households: found, rules = {} }) =>
      judgeHouseholds(list(found, listSchemas.households), list(rules, listSchemas.rules), truth),
    ),
    judge(pastCampaign, 'campaign', 'churn by arm', (it) => measures.judgeArms(it, truth)),
    judge(effect, 'campaign', 'effect of the offers', (it) => measures.judgeEffect(it, truth)),
  ].flat();
}

const VALUE_MEASURE = 'average precision against the drop of the bill';
const REASON_MEASURE = 'true cause among the first three';

function judge<T>(part: T | null | undefined, name: string, measure: string, measured: (part: T) => Judgement[]) {
  return part === undefined || part === null ? [missing(name, measure)] : measured(part);
}

function readJson(file: string): unknown {
  try {
    return JSON.parse(fs.readFileSync(file, 'utf8'));
  } catch (error) {
    throw new Error(`${file} cannot be read as JSON`, { cause: error });
  }
}

function parsed<T>(schema: z.ZodType<T>, value: unknown, file: string): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  throw new Error(`${file} is not a valid report: ${z.prettifyError(result.error)}`);
}
