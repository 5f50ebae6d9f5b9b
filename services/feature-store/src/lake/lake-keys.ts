import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';

const CIPHER = 'aes-256-gcm';
const KEY_BYTES = 32;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** What a data key is used for; each use has a key derived from it, so that no nonce meets another. */
type KeyUse = 'raw' | 'subjects' | 'rejects' | 'facts';

/**
 * Envelope encryption: every import has its own random data key, stored wrapped by the master key. Losing the data key
 * erases all that the import holds of persons.
 */
export class LakeKeys {
  private readonly master: Buffer;

  /** @param masterHex 64 hex digits. */
  constructor(masterHex: string) {
    this.master = Buffer.from(masterHex, 'hex');
    if (this.master.length !== KEY_BYTES) throw new Error('The lake key must be 64 hex digits');
  }

  newDataKey(): Buffer {
    return randomBytes(KEY_BYTES);
  }

  /** The data key as it is stored; it opens for its import alone. */
  wrap(dataKey: Buffer, importId: string): Buffer {
    return seal(this.master, dataKey, importId);
  }

  unwrap(wrapped: Buffer, importId: string): Buffer {
    return open(this.master, wrapped, importId);
  }

  /**
   * Key of the pseudonyms that stand for personal texts in keys of tables, such as numbers: the same for all imports, so that
   * the same number is the same row in each. Hex.
   */
  pseudonymKey(): string {
    return keyFor('facts', this.master, 'pseudonyms').toString('hex');
  }
}

/** @param part distinguishes several things of one use, such as the files of an extract: each has its own key */
export function keyFor(use: KeyUse, dataKey: Buffer, part = ''): Buffer {
  const info = part === '' ? `holdfast lake ${use}` : `holdfast lake ${use} ${part}`;
  return Buffer.from(hkdfSync('sha256', dataKey, Buffer.alloc(0), info, KEY_BYTES));
}

/** Encrypts a small thing: nonce, tag, ciphertext. It opens only with the same context. */
export function seal(key: Buffer, plain: Uint8Array, context: string): Buffer {
  const nonce = randomBytes(NONCE_BYTES);
  return Buffer.concat([nonce, sealWithNonce(key, nonce, plain, context)]);
}

/** @throws if it was sealed with another key or context, or changed since. */
export function open(key: Buffer, sealed: Buffer, context: string): Buffer {
  return openWithNonce(key, sealed.subarray(0, NONCE_BYTES), sealed.subarray(NONCE_BYTES), context);
}

/** As `seal` with the nonce given (12 bytes, once a key), which is not in the result. */
export function sealWithNonce(key: Buffer, nonce: Buffer, plain: Uint8Array, context: string): Buffer {
  const cipher = createCipheriv(CIPHER, key, nonce);
  cipher.setAAD(Buffer.from(context, 'utf8'));
  const body = Buffer.concat([cipher.update(plain), cipher.final()]);
  return Buffer.concat([cipher.getAuthTag(), body]);
}

export function openWithNonce(key: Buffer, nonce: Buffer, sealed: Buffer, context: string): Buffer {
  const decipher = createDecipheriv(CIPHER, key, nonce);
  decipher.setAAD(Buffer.from(context, 'utf8'));
  decipher.setAuthTag(sealed.subarray(0, TAG_BYTES));
  return Buffer.concat([decipher.update(sealed.subarray(TAG_BYTES)), decipher.final()]);
}

/** What sealing adds, the nonce aside. */
export const SEAL_BYTES = TAG_BYTES;
