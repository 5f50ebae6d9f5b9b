import { createHash } from 'node:crypto';
import { Table, categoryColumn, numberColumn } from '@holdfast/learning/table';
import { readServedModel, type ServedModel, type ServedModelJson } from '@holdfast/learning/served-model';
import { failure } from '@holdfast/platform/errors';
import type { Reference } from '../drift/distribution.js';
import { CauseModel, ofUsual, type CauseModelJson } from '../reason/cause-model.js';
import { ChangeFinder } from '../reason/changes.js';
import { Comparisons, type ComparisonTable } from '../reason/comparisons.js';
import { ReasonPacker } from '../reason/pack-reasons.js';
import { ReasonReader } from '../reason/read-reasons.js';
import type { TypedColumn } from '../table/typed-column.js';
import { ContainerFault, containerVersion, readContainer, writeContainer } from './container.js';
import { packJson, sectionBytes, unpackJson, type PackedMember } from './packed-json.js';

const FORMAT = 'holdfast-churn-scoring';
/** 4: a header and sections with checksums (decision 040). 5: probabilities of causes (decision 045). */
const VERSION = 5;
/**
 * Files of earlier versions are JSON and score as they did: those of 1 have no bands, so that numbers come without a
 * comparison, those of 1 and 2 name none of the seven reasons, and those up to 4 know the usual of all rows alone, and no
 * codes.
 */
const JSON_VERSIONS: readonly number[] = [1, 2, 3];
const SECTION_VERSIONS: readonly number[] = [4, VERSION];
const OPENING_BRACE = 0x7b;

const modelOfOtherVersion = failure('precondition', 'model.otherVersion', {
  en: 'A stored model has format {version}, which this release does not read. Train or promote another.',
  'zh-CN': '已存储模型的格式为 {version}，当前版本无法读取，请训练或启用其他模型。',
});

/** Everything that scoring and explaining need, and nothing that depends on when or where it was trained. */
interface ModelFile {
  /** In the order of the model's explanations. */
  readonly columns: readonly TypedColumn[];
  readonly model: ServedModelJson;
  readonly comparisons: ComparisonTable;
  readonly causes?: CauseModelJson;
  /** Of versions 3 and 4. */
  readonly usualCauses?: Readonly<Record<string, number>>;
  readonly origin?: ModelOrigin;
  readonly reference?: Reference;
}

/** How a model came about. JSON. */
export interface ModelOrigin {
  /** SHA-256 of the training rows. */
  readonly trainingHash: string;
  /** Version of the training program. */
  readonly training: number;
  readonly parameters: Readonly<Record<string, number | string | null>>;
}

interface Header extends ModelFile {
  readonly format: string;
  readonly origin: ModelOrigin;
  /** Members of `model` that are sections. */
  readonly packed: readonly PackedMember[];
}

/** A model ready to score. */
export interface LoadedModel {
  readonly model: ServedModel;
  readonly columns: readonly TypedColumn[];
  readonly comparisons: Comparisons;
  readonly causes: CauseModel;
  readonly packer: ReasonPacker;
  readonly reasons: ReasonReader;
  readonly changes: ChangeFinder;
  /** Undefined for files of former releases. */
  readonly origin: ModelOrigin | undefined;
  /** What its runs are compared with; see above. */
  readonly reference: Reference | undefined;
}

/** Equal models give equal bytes. */
export function encodeModelFile(
  model: ServedModel,
  columns: readonly TypedColumn[],
  comparisons: ComparisonTable,
  causes: CauseModelJson,
  origin: ModelOrigin,
  reference?: Reference,
): Uint8Array<ArrayBuffer> {
  const { document, members, sections } = packJson(JSON.parse(JSON.stringify(model)));
  const header: Header = {
    ...{ format: FORMAT, origin, columns, packed: members },
    model: document as ServedModelJson,
    ...{ comparisons, causes, ...(reference === undefined ? {} : { reference }) },
  };
  const named = sections.map((bytes, at) => ({ name: members[at]!.path, bytes }));
  return writeContainer(VERSION, { ...header }, named);
}

/**
 * @throws ContainerFault where the bytes are damaged, with the place
 * @throws precondition where they were written by a version that this one does not read
 */
export function decodeModelFile(bytes: Uint8Array): LoadedModel {
  const file = bytes[0] === OPENING_BRACE ? readJson(bytes) : readSections(bytes);
  const model = readServedModel(file.model);
  const causes = new CauseModel(file.causes ?? ofUsual(file.usualCauses ?? {}, file.columns), file.columns);
  const comparisons = new Comparisons(file.comparisons);
  return {
    model,
    columns: file.columns,
    comparisons,
    causes,
    packer: new ReasonPacker(file.columns, causes, comparisons),
    reasons: new ReasonReader(file.columns, causes, comparisons, () => baseOf(model, file.columns)),
    changes: new ChangeFinder(model, causes, file.columns),
    origin: file.origin,
    reference: file.reference,
  };
}

/** Of an explanation, in log-odds: it is the same for all rows. */
function baseOf(model: ServedModel, columns: readonly TypedColumn[]): number {
  const nothingKnown = columns.map(({ name, type }) =>
    type === 'category' ? categoryColumn(name, [null]) : numberColumn(name, [null]),
  );
  return model.explain(new Table(nothingKnown), Uint32Array.of(0)).base;
}

function readSections(bytes: Uint8Array): ModelFile {
  const version = containerVersion(bytes);
  if (!SECTION_VERSIONS.includes(version)) throw modelOfOtherVersion({ version: `${FORMAT} ${version}` });
  const { header, sections } = readContainer(bytes);
  // its checksum is that of what `encodeModelFile` wrote
  const { format, packed, ...file } = header as unknown as Header;
  if (format !== FORMAT) throw modelOfOtherVersion({ version: `${format} ${version}` });
  const isWhole = packed.every((member, at) => sectionBytes(member) === sections[at]?.bytes.length);
  if (!isWhole) throw new ContainerFault('content', 'header', 0, bytes.length);
  const lists = sections.map((section) => section.bytes);
  return { ...file, model: unpackJson(file.model, packed, lists) as ServedModelJson };
}

function readJson(bytes: Uint8Array): ModelFile {
  let file: ModelFile & { readonly format: string; readonly version: number };
  try {
    file = JSON.parse(new TextDecoder().decode(bytes)) as typeof file;
  } catch {
    throw new ContainerFault('content', 'json', 0, bytes.length);
  }
  if (file.format !== FORMAT || !JSON_VERSIONS.includes(file.version))
    throw modelOfOtherVersion({ version: `${file.format} ${file.version}` });
  return file;
}

export function checksumOf(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
