import fs from 'node:fs';
import path from 'node:path';

import { read } from './secrets.mjs';

/** URL of the running database of a home, as PostgreSQL's superuser, who sees every service's schema. @param {string} home */
export function superuserUrl(home) {
  const [, , , port] = fs.readFileSync(path.join(home, 'postgres', 'postmaster.pid'), 'utf8').split('\n');
  const password = read(path.join(home, 'secrets', 'database-superuser.password'));
  return `postgres://postgres:${encodeURIComponent(password)}@127.0.0.1:${port}/holdfast`;
}
