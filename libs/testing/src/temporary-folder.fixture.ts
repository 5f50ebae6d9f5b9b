import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

/** A folder for the tests of a file, removed after them. */
export class TemporaryFolder {
  readonly path = mkdtempSync(path.join(tmpdir(), 'holdfast-test-'));

  constructor() {
    afterAll(() => rmSync(this.path, { recursive: true, force: true }));
  }

  at(...names: string[]): string {
    return path.join(this.path, ...names);
  }

  /** Creates the file's parents. @returns its path */
  write(file: string, content: string | Uint8Array): string {
    mkdirSync(path.dirname(this.at(file)), { recursive: true });
    writeFileSync(this.at(file), content);
    return this.at(file);
  }

  read(file: string): string {
    return readFileSync(this.at(file), 'utf8');
  }

  /** Removes the contents, for tests that each need an empty folder. */
  clear(): void {
    rmSync(this.path, { recursive: true, force: true });
    mkdirSync(this.path);
  }
}
