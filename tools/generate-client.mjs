/**
 * Writes `libs/client/src/gen/operations.ts`, the types of the REST interface, from the OpenAPI document of the built
 * gateway. The document is made of the declared operations, without a database and without a running gateway.
 */
import { writeFileSync } from 'node:fs';
import path from 'node:path';

import { printTypes } from './client/print-types.mjs';

const repository = path.join(import.meta.dirname, '..');
const { CONTROLLERS } = await import(path.join(repository, 'services/gateway/dist/gateway.module.js'));
const { openApiDocument } = await import(path.join(repository, 'services/gateway/dist/openapi/document.js'));
const { controllerOperations } = await import(path.join(repository, 'services/gateway/dist/operation/operation.js'));

const types = printTypes(openApiDocument(controllerOperations(CONTROLLERS), ''));
writeFileSync(path.join(repository, 'libs/client/src/gen/operations.ts'), types);
