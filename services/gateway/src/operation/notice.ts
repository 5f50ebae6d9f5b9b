import { z } from 'zod';
import { sources } from './answer.js';

/** What a reader must know of an answer; of a message with `key`, `textEn` and `textZhCn`. */
export const Notice = z
  .strictObject({ code: z.string(), message: z.string() })
  .register(sources, { from: { code: 'key', message: 'text' } });
