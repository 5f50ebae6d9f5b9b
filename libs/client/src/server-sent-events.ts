import { textChunks } from './text-chunks.js';

/** One event of a stream (WHATWG HTML, 9.2). */
interface ServerSentEvent {
  event: string;
  data: string;
}

/** The events of a stream, as they arrive; without comments and events without data. */
export async function* serverSentEvents(
  bytes: ReadableStream<Uint8Array<ArrayBuffer>>,
): AsyncIterable<ServerSentEvent> {
  let rest = '';
  for await (const chunk of textChunks(bytes)) {
    rest += chunk;
    const blocks = rest.split(/\r?\n\r?\n/);
    rest = blocks.pop()!;
    for (const block of blocks) {
      const event = parseBlock(block);
      if (event !== undefined) yield event;
    }
  }
}

function parseBlock(block: string): ServerSentEvent | undefined {
  let event = 'message';
  const data: string[] = [];
  for (const line of block.split(/\r?\n/)) {
    const [, field, value] = /^([^:]*):? ?(.*)$/.exec(line)!;
    if (field === 'event') event = value!;
    if (field === 'data') data.push(value!);
  }
  return data.length === 0 ? undefined : { event, data: data.join('\n') };
}
