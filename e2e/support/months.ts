import type { Month, MonthStep } from '@holdfast/client/gen/operations';
import { ApiError } from '@holdfast/client/errors';
import type { RestClient } from '@holdfast/client/rest-client';

import { eventually } from './eventually.js';

/** The steps of a month by name, once nothing more comes, without any request. @param table null for the extract */
export async function stepsOfMonth(
  client: RestClient,
  month: string,
  table: string | null,
  withinMs = 180_000,
): Promise<Map<MonthStep['step'], MonthStep>> {
  const steps = await eventually(
    `the month ${month} of ${table ?? 'the extract'} is done`,
    async () => {
      const found = (await readMonth(client, month))?.steps.filter((step) => step.table === table) ?? [];
      const isOpen = found.some(({ state }) => state === 'waiting' || state === 'running');
      return found.length > 0 && !isOpen && found;
    },
    { withinMs },
  );
  return new Map(steps.map((step) => [step.step, step]));
}

/** Undefined while nothing of it has arrived, or while a service does not answer. */
async function readMonth(client: RestClient, month: string): Promise<Month | undefined> {
  try {
    const found = await client.call('GET /api/v1/months/{month}', { month });
    return found.unavailable.length === 0 ? found : undefined;
  } catch (error) {
    if (error instanceof ApiError && error.status === 404) return undefined;
    throw error;
  }
}
