import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';

/** Rows are written in texts of about this length: a write per row would take most of the time. */
const TEXT_LENGTH_MIN = 65_536;

type Rows = AsyncIterable<unknown>;

/** Long lists of a report as JSON files, `NAME.json`, written row by row: a list need not fit into memory. */
export class ListFiles {
  constructor(readonly folder: string) {}

  /** An array of rows. @returns the text that stands for the list in the summary */
  async write(name: string, rows: Rows): Promise<string> {
    await this.replace(name, arrayText(rows));
    return `list:${name}`;
  }

  /** An object with an array of rows per key, keys in the order of their first row. */
  async writeGroups(name: string, rows: AsyncIterable<readonly [key: string, row: unknown]>): Promise<string> {
    const groups = new Map<string, RowFile>();
    try {
      for await (const [key, row] of rows) {
        const file = groups.get(key) ?? new RowFile(path.join(this.folder, `.${name}.${groups.size}.part`));
        groups.set(key, file);
        await file.add(row);
      }
      for (const file of groups.values()) await file.write();
      await this.replace(name, groupsText(groups));
    } finally {
      for (const { file } of groups.values()) await rm(file, { force: true });
    }
    return `list:${name}`;
  }

  /** Replaces a file completely or not at all. */
  private async replace(name: string, texts: AsyncIterable<string>): Promise<void> {
    await mkdir(this.folder, { recursive: true, mode: 0o700 });
    const partial = path.join(this.folder, `.${name}.part`);
    try {
      await pipeline(texts, createWriteStream(partial, { mode: 0o600 }));
      await rename(partial, path.join(this.folder, `${name}.json`));
    } finally {
      await rm(partial, { force: true });
    }
  }
}

async function* arrayText(rows: Rows): AsyncGenerator<string> {
  yield '[';
  yield* rowTexts(rows);
  yield '\n]\n';
}

async function* groupsText(groups: ReadonlyMap<string, RowFile>): AsyncGenerator<string> {
  let separator = '{';
  for (const [key, { file }] of groups) {
    yield `${separator}${JSON.stringify(key)}:[`;
    yield* createReadStream(file, 'utf8') as AsyncIterable<string>;
    yield '\n]';
    separator = ',\n';
  }
  yield groups.size === 0 ? '{}\n' : '}\n';
}

async function* rowTexts(rows: Rows): AsyncGenerator<string> {
  const text = new RowText();
  for await (const row of rows) {
    text.add(row);
    if (text.isLong) yield text.take();
  }
  yield text.take();
}

/** Rows as JSON, with a comma before each but the first. */
class RowText {
  private text = '';
  private separator = '\n';

  add(row: unknown): void {
    this.text += this.separator + JSON.stringify(row);
    this.separator = ',\n';
  }

  get isLong(): boolean {
    return this.text.length >= TEXT_LENGTH_MIN;
  }

  /** The text since the last call. */
  take(): string {
    const taken = this.text;
    this.text = '';
    return taken;
  }
}

/** Rows of one key, to be copied into the list. */
class RowFile {
  private readonly text = new RowText();
  private isNew = true;

  constructor(readonly file: string) {}

  async add(row: unknown): Promise<void> {
    this.text.add(row);
    if (this.text.isLong) await this.write();
  }

  /** Writes what is not written yet. */
  async write(): Promise<void> {
    if (this.isNew) await mkdir(path.dirname(this.file), { recursive: true, mode: 0o700 });
    await writeFile(this.file, this.text.take(), { flag: this.isNew ? 'w' : 'a', mode: 0o600 });
    this.isNew = false;
  }
}
