import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes } from 'node:crypto';

const IV_BYTES = 12;
const TAG_BYTES = 16;

/** Encrypts what is stored for one purpose (AES-256-GCM, iv ‖ tag ‖ ciphertext), each value bound to its place. */
export class Sealing {
  private readonly key: Buffer;

  /** @param purpose values of another purpose cannot be opened */
  constructor(secret: string, purpose: string) {
    this.key = Buffer.from(hkdfSync('sha256', secret, '', `holdfast ${purpose}`, 32));
  }

  seal(plain: Buffer, place: string): Buffer {
    const iv = randomBytes(IV_BYTES);
    const cipher = createCipheriv('aes-256-gcm', this.key, iv).setAAD(Buffer.from(place));
    const sealed = Buffer.concat([cipher.update(plain), cipher.final()]);
    return Buffer.concat([iv, cipher.getAuthTag(), sealed]);
  }

  /** @throws if it was changed, or belongs elsewhere */
  open(sealed: Buffer, place: string): Buffer {
    return openSealed(this.key, sealed, place);
  }
}

/**
 * Opens iv ‖ tag ‖ ciphertext.
 * @param key 32 bytes @throws if it was changed, was sealed with another key, or belongs elsewhere
 */
export function openSealed(key: Buffer, sealed: Buffer, place: string): Buffer {
  const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(0, IV_BYTES));
  decipher.setAAD(Buffer.from(place)).setAuthTag(sealed.subarray(IV_BYTES, IV_BYTES + TAG_BYTES));
  return Buffer.concat([decipher.update(sealed.subarray(IV_BYTES + TAG_BYTES)), decipher.final()]);
}

/** The key by which personal data is found without being read, derived from the profile key (64 hex digits). */
export function profileHashingKey(profileKey: string): Buffer {
  return Buffer.from(hkdfSync('sha256', Buffer.from(profileKey, 'hex'), '', 'holdfast hashing', 32));
}

/** Fingerprint of the profile key, as customer-profile stores it with what it sealed. */
export function profileKeyFingerprint(profileKey: string): Buffer {
  return createHmac('sha256', profileHashingKey(profileKey))
    .update(JSON.stringify(['fingerprint']))
    .digest();
}
