/**
 * Writes `services/gateway/src/operation/problem-codes.ts`: the codes of all failures with their kinds, and the kinds of
 * jobs, as they are declared in the sources of the services.
 */
import { writeFileSync } from 'node:fs';
import path from 'node:path';

import { printCodes } from './client/print-codes.mjs';

const repository = path.join(import.meta.dirname, '..');
writeFileSync(path.join(repository, 'services/gateway/src/operation/problem-codes.ts'), printCodes(repository));
