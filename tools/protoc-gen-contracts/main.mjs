/**
 * The buf plugin that generates `libs/contracts/src/gen` from `proto/` (decision 022): reads a CodeGeneratorRequest from
 * standard input, writes the CodeGeneratorResponse to standard output.
 */
import { buffer } from 'node:stream/consumers';
import { create, createFileRegistry, fromBinary, toBinary } from '@bufbuild/protobuf';
import {
  CodeGeneratorRequestSchema,
  CodeGeneratorResponseSchema,
  CodeGeneratorResponse_Feature as Feature,
  FileDescriptorSetSchema,
} from '@bufbuild/protobuf/wkt';

import { printFile } from './print-file.mjs';

const request = fromBinary(CodeGeneratorRequestSchema, await buffer(process.stdin));
const registry = createFileRegistry(create(FileDescriptorSetSchema, { file: request.protoFile }));
const file = [...registry.files]
  .filter(({ proto }) => request.fileToGenerate.includes(proto.name))
  .map((each) => ({ name: `${each.name}.ts`, content: printFile(each) }));
const response = create(CodeGeneratorResponseSchema, { file, supportedFeatures: BigInt(Feature.PROTO3_OPTIONAL) });
process.stdout.write(toBinary(CodeGeneratorResponseSchema, response));
