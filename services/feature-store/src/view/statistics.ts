import type { FeatureStatistics } from '@holdfast/contracts/feature_store/v1/view';
import type { Connection } from '../engine/engine.js';
import { featuresOf, type TableVersion } from '../lake/catalogue.js';
import { exactDeviation, exactMean } from './exact.js';

const QUANTILES = [0, 0.05, 0.25, 0.5, 0.75, 0.95, 1];
/** Features in one pass: quantiles hold all their values. */
const FEATURES_PER_PASS = 24;

export interface ViewStatistics {
  rows: number;
  features: FeatureStatistics[];
}

/**
 * Count, missing, mean, spread and quantiles of the features over some rows of a version.
 * @param rows SQL from `from` on, of rows with the columns of a stored version
 */
export async function viewStatistics(
  connection: Connection,
  version: TableVersion,
  rows: string,
): Promise<ViewStatistics> {
  const query = async (selected: readonly string[]): Promise<Record<string, unknown>> =>
    (await connection.runAndReadAll(`select ${selected.join(', ')} ${rows}`)).getRowObjectsJS()[0]!;
  const total = Number((await query(['count(*) as total']))['total']);
  const columns = featuresOf(version);
  const features: FeatureStatistics[] = [];
  for (let at = 0; at < columns.length; at += FEATURES_PER_PASS) {
    const pass = columns.slice(at, at + FEATURES_PER_PASS);
    const found = await query(pass.flatMap(({ place, type }) => selectedOf(place, type !== 'category')));
    features.push(...pass.map(({ name, place }) => statisticsOf(name, place, total, found)));
  }
  return { rows: total, features };
}

function selectedOf(place: number, isNumber: boolean): string[] {
  const cell = `f${place}`;
  const counts = [`count(${cell}) as n${place}`, `count(distinct ${cell}) as d${place}`];
  if (!isNumber) return counts;
  const quantiles = `quantile_cont(${cell}, [${QUANTILES.join(', ')}]) as q${place}`;
  return [...counts, `${exactMean(cell)} as a${place}`, `${exactDeviation(cell)} as s${place}`, quantiles];
}

function statisticsOf(
  feature: string,
  place: number,
  total: number,
  found: Record<string, unknown>,
): FeatureStatistics {
  const [mean, deviation] = [found[`a${place}`], found[`s${place}`]] as (number | null | undefined)[];
  const present = Number(found[`n${place}`]);
  return {
    feature,
    missing: total - present,
    distinct: Number(found[`d${place}`]),
    mean: mean ?? undefined,
    deviation: deviation ?? undefined,
    quantiles: (found[`q${place}`] as number[] | null | undefined) ?? [],
  };
}
