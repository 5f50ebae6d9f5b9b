import type { Database } from '@holdfast/platform/database';
import { gauge, type Measured } from '@holdfast/platform/measurements';

interface ChampionFigures {
  kind: string;
  table: string;
  predicted: number | null;
  realised: number | null;
  auc: number | null;
}

/** Figures of the last month, which the champions had not seen; a table without months has none. */
const FIGURES = `
  select now.kind, now.table_name as "table",
    (model.validation #>> '{lastMonth,meanPrediction}')::float as predicted,
    (model.validation #>> '{lastMonth,realised}')::float as realised,
    (model.validation #>> '{lastMonth,auc,mean}')::float as auc
  from championship now join model on now.model_id = model.id
  where now.valid_to is null and model.validation ? 'lastMonth'
  order by now.kind, now.table_name limit 1000`;

/** Drift: what each champion predicted for its last month, and what happened. */
export function measureModels(database: Database): void {
  const read = (figure: 'predicted' | 'realised' | 'auc') => async (): Promise<Measured[]> => {
    const rows = await database.query<ChampionFigures>(FIGURES);
    return rows.flatMap(({ kind, table, [figure]: value }) => {
      const attributes = { 'holdfast.model.kind': kind, 'holdfast.model.table': table };
      return value === null ? [] : [{ value, attributes }];
    });
  };
  gauge('holdfast.model.predicted_share', read('predicted'));
  gauge('holdfast.model.realised_share', read('realised'));
  gauge('holdfast.model.auc', read('auc'));
}
