import { randomUUID } from 'node:crypto';
import { mkdir, rm, statfs, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { failed, ok, warning, type Finding } from './finding.js';
import { problemOf } from './problem.js';

const BYTES_PER_GB = 1e9;
const FREE_GB_LOW = 10;
const FREE_GB_MIN = 1;

/** The lake's folder: it can be written, and has space. @param folder absolute, or below the present one */
export async function checkLake(folder: string): Promise<Finding[]> {
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const probe = path.join(folder, `.doctor-${randomUUID()}`);
    await writeFile(probe, 'x', { mode: 0o600, flush: true });
    await rm(probe);
    const { bavail, bsize } = await statfs(folder);
    const gigabytes = (bavail * bsize) / BYTES_PER_GB;
    const values = { folder, free: gigabytes.toFixed(1) };
    if (gigabytes < FREE_GB_MIN) return [failed('lake.full', values)];
    return [gigabytes < FREE_GB_LOW ? warning('lake.full', values) : ok('lake.writable', values)];
  } catch (thrown) {
    return [failed('lake.notWritable', { folder, problem: problemOf(thrown) })];
  }
}
