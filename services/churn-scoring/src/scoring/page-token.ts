import { z } from 'zod';
import { pageTokenInvalid } from '@holdfast/platform/paging';

/** Pages go on in the run and order in which the first began, though a newer run may have been published. */
const pageSchema = z.object({
  runId: z.uuid(),
  sort: z.string(),
  figure: z.string().regex(/^-?(\d+(\.\d+)?(e[+-]?\d+)?|Infinity)$/),
  subscriptionId: z.uuid(),
});
type ScorePage = z.output<typeof pageSchema>;

export function encodePage(page: ScorePage): string {
  return Buffer.from(JSON.stringify(page)).toString('base64url');
}

/** @throws invalid */
export function decodePage(token: string): ScorePage {
  try {
    return pageSchema.parse(JSON.parse(Buffer.from(token, 'base64url').toString('utf8')));
  } catch {
    throw pageTokenInvalid();
  }
}
