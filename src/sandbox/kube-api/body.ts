import type { IncomingMessage } from 'node:http';
import { objectFromProtobuf } from './protobuf.ts';
import { tooLarge } from './status.ts';

const MOST_BODY_BYTES = 3 * 1024 * 1024;
const PROTOBUF = 'application/vnd.kubernetes.protobuf';

export interface Body {
  readonly text: string;
  readonly contentType: string;
}

/** Reads the whole body. A body that is too large is also read to its end: otherwise the client would not get the answer. */
export async function readBody(request: IncomingMessage): Promise<Body> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    const bytes = Buffer.from(chunk);
    size += bytes.length;
    if (size <= MOST_BODY_BYTES) chunks.push(bytes);
  }
  if (size > MOST_BODY_BYTES) throw tooLarge(`limit is ${MOST_BODY_BYTES}`);
  return asText(Buffer.concat(chunks), request.headers['content-type'] ?? '');
}

function asText(bytes: Buffer, contentType: string): Body {
  const object = contentType === PROTOBUF ? objectFromProtobuf(bytes) : undefined;
  if (object === undefined) return { text: bytes.toString(), contentType };
  return { text: JSON.stringify(object), contentType: 'application/json' };
}
