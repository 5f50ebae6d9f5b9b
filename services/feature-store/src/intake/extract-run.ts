import type { JobRun } from '@holdfast/platform/jobs';
import type { Engine } from '../engine/engine.js';
import type { LoadedExtract } from '../facts/extracts.js';
import type { ConsentCells } from '../refusal/read-consents.js';
import type { RefusalCounts } from '../refusal/refusals.js';
import type { ExtractSource } from './check-extract-table.js';
import type { ImportRow } from './import-state.js';

/** The table whose consents are read before all checks. */
export const CUSTOMERS = 'customers';

/** Refusals of an extract, with the cells that they are from if its customers are still to be imported. */
export interface ExtractRefusals extends RefusalCounts {
  cells?: ConsentCells;
}

/** One run over one extract. */
export interface ExtractRun extends ExtractSource {
  run: JobRun;
  row: ImportRow;
  engine: Engine;
  dataKey: Buffer;
  /** Visible extracts, by sequence. */
  earlier: readonly LoadedExtract[];
  refusals: ExtractRefusals;
}
