import { BinaryWriter } from '@bufbuild/protobuf/wire';
import type { MethodDefinition } from '@grpc/grpc-js';

/** A generated message's static part. */
interface Codec {
  encode(message: never, writer: BinaryWriter): BinaryWriter;
  decode(input: Uint8Array): unknown;
}

interface MethodShape {
  name: string;
  requestType: Codec;
  requestStream: boolean;
  responseType: Codec;
  responseStream: boolean;
}

/** A generated service definition (`…ServiceDefinition`). */
export interface ServiceShape {
  fullName: string;
  methods: Readonly<Record<string, MethodShape>>;
}

/** The definition of a method in the form of grpc-js. */
export function methodDefinition(service: ServiceShape, method: MethodShape): MethodDefinition<unknown, unknown> {
  return {
    path: `/${service.fullName}/${method.name}`,
    requestStream: method.requestStream,
    responseStream: method.responseStream,
    requestSerialize: (message) => encode(method.requestType, message),
    requestDeserialize: (bytes) => method.requestType.decode(bytes),
    responseSerialize: (message) => encode(method.responseType, message),
    responseDeserialize: (bytes) => method.responseType.decode(bytes),
  };
}

/** One for all messages: it keeps its buffer, where a new one doubles its own until a message of megabytes has room. */
const writer = new BinaryWriter();

function encode(codec: Codec, message: unknown): Buffer {
  try {
    codec.encode(message as never, writer);
  } catch (thrown) {
    writer.finish(); // what was written before
    throw thrown;
  }
  const bytes = writer.finish();
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
