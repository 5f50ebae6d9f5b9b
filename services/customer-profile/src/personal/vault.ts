import {
  createCipheriv,
  createDecipheriv,
  createHmac,
  createSecretKey,
  hkdfSync,
  randomBytes,
  type KeyObject,
} from 'node:crypto';
import { profileHashingKey, profileKeyFingerprint } from '@holdfast/platform/sealing';

const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/**
 * Seals personal values and finds them again without reading them. Both keys are derived (HKDF, RFC 5869) from the
 * profile key. Without that key, a copy of the database reveals no names.
 */
export class Vault {
  private readonly sealingKey: KeyObject;
  private readonly hashingKey: KeyObject;
  /** Of the profile key. */
  readonly fingerprint: Buffer;

  /** @param profileKey 64 hex digits. */
  constructor(profileKey: string) {
    this.sealingKey = derive(profileKey, 'holdfast sealing');
    this.hashingKey = createSecretKey(profileHashingKey(profileKey));
    this.fingerprint = profileKeyFingerprint(profileKey);
  }

  /** By what an identifier is found: 32 bytes, the same for the same kind and value. */
  lookup(kind: string, value: string): Buffer {
    return this.hash('identifier', kind, value);
  }

  /** Shows whether the value of a field changed. Two customers of one name have different digests. */
  digest(customerId: string, name: string, value: string): Buffer {
    return this.hash('field', customerId, name, value);
  }

  /**
   * AES-256-GCM: nonce, tag, ciphertext. Bound to the customer and the field, so that a value that is moved to another
   * row does not open there.
   */
  seal(customerId: string, name: string, value: string): Buffer {
    const nonce = randomBytes(NONCE_BYTES);
    const cipher = createCipheriv('aes-256-gcm', this.sealingKey, nonce).setAAD(placeOf(customerId, name));
    const sealed = Buffer.concat([cipher.update(value, 'utf8'), cipher.final()]);
    return Buffer.concat([nonce, cipher.getAuthTag(), sealed]);
  }

  /** @throws an Error if it was sealed elsewhere or with another key. */
  open(customerId: string, name: string, sealed: Buffer): string {
    const decipher = createDecipheriv('aes-256-gcm', this.sealingKey, sealed.subarray(0, NONCE_BYTES), {
      authTagLength: TAG_BYTES,
    })
      .setAAD(placeOf(customerId, name))
      .setAuthTag(sealed.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES));
    return decipher.update(sealed.subarray(NONCE_BYTES + TAG_BYTES), undefined, 'utf8') + decipher.final('utf8');
  }

  /** Several values under one seal, by name. */
  sealFields(subjectId: string, kind: string, fields: Readonly<Record<string, string>>): Buffer {
    return this.seal(subjectId, kind, JSON.stringify(fields));
  }

  /** @throws an Error if they were sealed elsewhere or with another key. */
  openFields(subjectId: string, kind: string, sealed: Buffer): Record<string, string> {
    return JSON.parse(this.open(subjectId, kind, sealed)) as Record<string, string>;
  }

  private hash(...parts: string[]): Buffer {
    return createHmac('sha256', this.hashingKey).update(JSON.stringify(parts)).digest();
  }
}

/** As a key object: an import seals and hashes millions of values, and with bare bytes each takes three times as long. */
function derive(profileKey: string, use: string): KeyObject {
  return createSecretKey(Buffer.from(hkdfSync('sha256', Buffer.from(profileKey, 'hex'), '', use, 32)));
}

function placeOf(customerId: string, name: string): Buffer {
  return Buffer.from(`${customerId}/${name}`);
}
