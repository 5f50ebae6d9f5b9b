/**
 * Writes the generated parts of docs/extract.md from the built input contract: manifest, types, rules and tables. Part of
 * `npm run generate`.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';

import { withContract } from './extract-docs/print-contract.mjs';

const document = path.join(import.meta.dirname, '../docs/extract.md');
writeFileSync(document, withContract(readFileSync(document, 'utf8')));
