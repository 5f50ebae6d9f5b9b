import { createHash } from 'node:crypto';

/** Bytes that are not a file as `writeContainer` gave it. */
export class ContainerFault extends Error {
  constructor(
    readonly fault: 'notThisFormat' | 'truncated' | 'tooLong' | 'checksum' | 'content',
    /** Part that is at fault: `header`, or the name of a section. */
    readonly part: string,
    /** Where it begins and ends, in bytes. */
    readonly from: number,
    readonly to: number,
  ) {
    super(`${fault} in ${part}, bytes ${from} to ${to}`);
    this.name = 'ContainerFault';
  }
}

interface Section {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** What the header has of a section: they follow it in this order. */
interface SectionEntry {
  readonly name: string;
  readonly bytes: number;
  readonly sha256: string;
}

/** As the first bytes of PNG: text editors and transfers that change line ends or the eighth bit change it. */
const magic = Uint8Array.of(0x89, 0x48, 0x46, 0x4d, 0x0d, 0x0a, 0x1a, 0x0a);
const digestBytes = 32;
const headerFrom = magic.length + 4 + 4 + digestBytes;
/** From this version on the digest of the header covers the version too. */
const COVERED_FROM = 5;

/**
 * A file of a JSON header and binary sections, each with its SHA-256, so that damage is found with its place:
 *
 *   8 bytes  89 48 46 4d 0d 0a 1a 0a
 *   u32      version, little-endian
 *   u32      bytes of the header, little-endian
 *   32 bytes SHA-256 of the version and the header; up to version 4 of the header alone
 *   the header, JSON in UTF-8, with `sections`: name, bytes and SHA-256 of each
 *   the sections, one after another
 */
export function writeContainer(
  version: number,
  header: Readonly<Record<string, unknown>>,
  sections: readonly Section[],
): Uint8Array<ArrayBuffer> {
  const entries = sections.map(({ name, bytes }): SectionEntry => {
    return { name, bytes: bytes.length, sha256: sha256(bytes).toString('hex') };
  });
  const text = new TextEncoder().encode(JSON.stringify({ ...header, sections: entries }));
  const file = new Uint8Array(headerFrom + text.length + sections.reduce((sum, { bytes }) => sum + bytes.length, 0));
  const view = new DataView(file.buffer);
  file.set(magic);
  view.setUint32(magic.length, version, true);
  view.setUint32(magic.length + 4, text.length, true);
  file.set(headerDigest(version, text), headerFrom - digestBytes);
  file.set(text, headerFrom);
  let at = headerFrom + text.length;
  for (const { bytes } of sections) {
    file.set(bytes, at);
    at += bytes.length;
  }
  return file;
}

/** The version of a file, whatever else it has. @throws ContainerFault where it is another format */
export function containerVersion(file: Uint8Array): number {
  if (magic.some((byte, at) => file[at] !== byte)) throw new ContainerFault('notThisFormat', 'header', 0, magic.length);
  if (file.length < headerFrom) throw new ContainerFault('truncated', 'header', 0, headerFrom);
  return viewOf(file).getUint32(magic.length, true);
}

/** @throws ContainerFault where a byte is not as it was written */
export function readContainer(file: Uint8Array): {
  readonly header: Readonly<Record<string, unknown>>;
  readonly sections: readonly Section[];
} {
  const version = containerVersion(file);
  const headerTo = headerFrom + viewOf(file).getUint32(magic.length + 4, true);
  if (headerTo > file.length) throw new ContainerFault('truncated', 'header', headerFrom, headerTo);
  const text = file.subarray(headerFrom, headerTo);
  const digest = file.subarray(headerFrom - digestBytes, headerFrom);
  if (!headerDigest(version, text).equals(digest)) throw new ContainerFault('checksum', 'header', headerFrom, headerTo);
  const header = JSON.parse(new TextDecoder().decode(text)) as Record<string, unknown> & { sections: SectionEntry[] };
  let at = headerTo;
  const sections = header.sections.map(({ name, bytes, sha256: digest }) => {
    const section = part(file, name, at, at + bytes, Buffer.from(digest, 'hex'));
    at += bytes;
    return { name, bytes: section };
  });
  if (file.length > at) throw new ContainerFault('tooLong', 'end', at, file.length);
  return { header, sections };
}

/** A file of one version is never read as one of another: the version is part of what is checked. */
function headerDigest(version: number, text: Uint8Array): Buffer {
  const number = Buffer.alloc(4);
  number.writeUInt32LE(version);
  return sha256(version < COVERED_FROM ? text : Buffer.concat([number, text]));
}

function part(file: Uint8Array, name: string, from: number, to: number, digest: Buffer): Uint8Array {
  if (to > file.length) throw new ContainerFault('truncated', name, from, to);
  const bytes = file.subarray(from, to);
  if (!sha256(bytes).equals(digest)) throw new ContainerFault('checksum', name, from, to);
  return bytes;
}

function sha256(bytes: Uint8Array): Buffer {
  return createHash('sha256').update(bytes).digest();
}

function viewOf(file: Uint8Array): DataView {
  return new DataView(file.buffer, file.byteOffset, file.byteLength);
}
