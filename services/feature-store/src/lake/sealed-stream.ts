import { SEAL_BYTES, openWithNonce, sealWithNonce } from './lake-keys.js';

const FRAME_BYTES = 256 * 1024;
const LENGTH_BYTES = 4;

/**
 * Encrypts a stream in frames, each on its own, so that a file of any size is written and read in little memory and a
 * truncated or re-ordered one is detected (the STREAM construction of Hoang, Reyhanitabar, Rogaway and Vizár, 2015: the nonce
 * is the frame's number and whether it is the last). Frame: its length (uint32), tag, ciphertext.
 * @param key used for this stream alone.
 */
export async function* sealStream(
  key: Buffer,
  plain: AsyncIterable<Uint8Array>,
  context: string,
): AsyncGenerator<Buffer> {
  let held: Uint8Array[] = [];
  let heldBytes = 0;
  let frame = 0;
  for await (const chunk of plain) {
    held.push(chunk);
    heldBytes += chunk.length;
    if (heldBytes <= FRAME_BYTES) continue;
    let bytes = Buffer.concat(held);
    // More than a frame is left, so that the last frame is never empty unless the stream is.
    for (; bytes.length > FRAME_BYTES; bytes = bytes.subarray(FRAME_BYTES)) {
      yield sealFrame(key, frame, false, bytes.subarray(0, FRAME_BYTES), context);
      frame += 1;
    }
    held = [bytes];
    heldBytes = bytes.length;
  }
  yield sealFrame(key, frame, true, Buffer.concat(held), context);
}

/** @throws if a byte was changed, or frames are missing. */
export async function* openStream(
  key: Buffer,
  sealed: AsyncIterable<Uint8Array>,
  context: string,
): AsyncGenerator<Buffer> {
  let rest: Buffer = Buffer.alloc(0);
  let frame = 0;
  let waiting: Buffer | undefined;
  for await (const chunk of sealed) {
    rest = Buffer.concat([rest, chunk]);
    while (rest.length >= LENGTH_BYTES && rest.length >= LENGTH_BYTES + rest.readUInt32BE(0)) {
      // A frame is opened when the next one begins: only the last is sealed as the last.
      if (waiting !== undefined) yield openFrame(key, frame++, false, waiting, context);
      const end = LENGTH_BYTES + rest.readUInt32BE(0);
      waiting = rest.subarray(LENGTH_BYTES, end);
      rest = rest.subarray(end);
    }
    if (rest.length > LENGTH_BYTES + FRAME_BYTES + SEAL_BYTES)
      throw new Error('The sealed file has a frame beyond measure');
  }
  if (waiting === undefined || rest.length > 0) throw new Error('The sealed file is cut off');
  yield openFrame(key, frame, true, waiting, context);
}

function sealFrame(key: Buffer, frame: number, isLast: boolean, plain: Uint8Array, context: string): Buffer {
  const sealed = sealWithNonce(key, nonceOf(frame, isLast), plain, context);
  const length = Buffer.alloc(LENGTH_BYTES);
  length.writeUInt32BE(sealed.length);
  return Buffer.concat([length, sealed]);
}

function openFrame(key: Buffer, frame: number, isLast: boolean, sealed: Buffer, context: string): Buffer {
  return openWithNonce(key, nonceOf(frame, isLast), sealed, context);
}

function nonceOf(frame: number, isLast: boolean): Buffer {
  const nonce = Buffer.alloc(12);
  nonce.writeUInt32BE(frame, 4);
  nonce.writeUInt8(isLast ? 1 : 0, 11);
  return nonce;
}
