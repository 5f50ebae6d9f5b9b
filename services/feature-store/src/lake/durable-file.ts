import { open, rename, type FileHandle } from 'node:fs/promises';
import path from 'node:path';

/**
 * Writes all bytes at the end of an open file. On a full disk the operating system takes a part of them first, and
 * `FileHandle.write` reports that as a success.
 * @throws ENOSPC, EDQUOT, EFBIG
 */
export async function writeAll(handle: FileHandle, bytes: Uint8Array): Promise<void> {
  for (let rest = bytes; rest.length > 0;) {
    const { bytesWritten } = await handle.write(rest);
    rest = rest.subarray(bytesWritten);
  }
}

/** Renames a file whose bytes, and whose name, are on disk when this returns. */
export async function moveSynced(from: string, to: string): Promise<void> {
  await synced(from);
  await rename(from, to);
  await synced(path.dirname(to));
}

/** Writes what the operating system holds of a file, or the names in a folder, to the disk. */
async function synced(place: string): Promise<void> {
  const handle = await open(place, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
