import { z } from 'zod';
import { MONTH_PATTERN } from '@holdfast/platform/calendar';

const CAUSES_MAX = 60;

/** Causes of months with more or fewer churners than usual, as operators annotate them: the parameter `forecast.causes`. */
export const forecastCausesSchema = z
  .array(
    z
      .strictObject({
        en: z.string().min(1).max(200),
        'zh-CN': z.string().min(1).max(200),
        from: z.string().regex(MONTH_PATTERN),
        to: z.string().regex(MONTH_PATTERN),
        orgUnit: z
          .string()
          .regex(/^([^/\s]+\/)+$/, 'must be a path such as demo/shenyang/')
          .max(500)
          .optional(),
        effect: z.number().gt(-1).max(20).optional(),
      })
      .refine(({ from, to }) => from <= to, 'from must not be after to'),
  )
  .max(CAUSES_MAX);

/** A cause; `effect` is the relative change of the number of churners, 0.2 for a fifth more. */
export type ForecastCause = z.output<typeof forecastCausesSchema>[number];
