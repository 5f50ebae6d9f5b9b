import { jobKind } from '@holdfast/platform/jobs';
import { z } from 'zod';

/** Decides what is due for a table after an event, and requests it. */
export const FOLLOW_TABLE = jobKind('follow-table', {
  table: z.string(),
  /** Empty for the newest. */
  version: z.string(),
  /** Sequence of the newest extract of a view that arrived; version of a plain table; else empty. */
  source: z.string(),
  /** What happened: the version arrived, its training ended, or another model became champion. */
  after: z.enum(['arrival', 'training', 'promotion']),
  /** Id of what happened, so that each happening has its own job. */
  cause: z.string(),
});
