import { randomUUID } from 'node:crypto';
import { mkdir, open, rm } from 'node:fs/promises';
import path from 'node:path';

/** An unlinked open file: no other process can open it, and it ends with this process. */
interface NamelessFile {
  /** What opens it within this process. */
  path: string;
  close(): Promise<void>;
}

/** Writes bytes to a file without a name, for an engine that wants a path where there is a stream. */
export async function namelessFile(folder: string, bytes: AsyncIterable<Uint8Array>): Promise<NamelessFile> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const name = path.join(folder, randomUUID());
  const handle = await open(name, 'wx+', 0o600);
  await rm(name);
  try {
    for await (const chunk of bytes) await handle.write(chunk);
  } catch (thrown) {
    await handle.close();
    throw thrown;
  }
  return { path: `/dev/fd/${handle.fd}`, close: () => handle.close() };
}
