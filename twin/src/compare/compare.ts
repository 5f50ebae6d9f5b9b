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
  const { imports, rejects, model, reasons, planFit, households, pastCampaign, effect } = report;
  return [
    ...(imports === undefined ? [missing('import', 'rejected rows per table')] : measures.judgeImports(imports, truth)),
    ...(rejects === undefined
      ? [missing('import', 'rejects one by one')]
      : measures.judgeRejects(list(rejects, listSchemas.rejects), truth)),
    ...(model === undefined || model === null
      ? [missing('model', 'AUC forward in time')]
      : measures.judgeModel(model, truth)),
    ...(reasons === undefined
      ? [missing('reasons', 'true cause among the first three')]
      : measures.judgeReasons(list(reasons, listSchemas.reasons), truth)),
    ...(planFit === undefined || planFit === null
      ? [missing('plan fit', 'bill above the best, false savings, bills')]
      : measures.judgePlanFit(list(planFit.recommendations, listSchemas.recommendations), truth)),
    ...(households === undefined || households === null
      ? [missing('households', 'pairs')]
      : judgeHouseholds(
          list(households.households, listSchemas.households),
          households.rules === undefined ? undefined : list(households.rules, listSchemas.rules),
          truth,
        )),
    ...(pastCampaign === undefined || pastCampaign === null
      ? [missing('campaign', 'left by arm')]
      : measures.judgeArms(pastCampaign, truth)),
    ...(effect === undefined || effect === null
      ? [missing('campaign', 'effect of the offers')]
      : measures.judgeEffect(effect, truth)),
  ];
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
  throw new Error(`${file} is no report: ${z.prettifyError(result.error)}`);
}
