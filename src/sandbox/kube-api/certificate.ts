import { generateKeyPairSync, randomBytes, sign, X509Certificate } from 'node:crypto';

/** A self-signed certificate and its key, as PEM. */
export interface Certificate {
  readonly key: string;
  readonly cert: string;
}

const TAGS = { boolean: 0x01, integer: 0x02, bits: 0x03, octets: 0x04, oid: 0x06, utf8: 0x0c, time: 0x17 } as const;
const SEQUENCE = 0x30;
const SET = 0x31;

// Object identifiers, encoded in DER.
const COMMON_NAME = [0x55, 0x04, 0x03];
const BASIC_CONSTRAINTS = [0x55, 0x1d, 0x13];
const SUBJECT_ALTERNATIVE_NAMES = [0x55, 0x1d, 0x11];
const ECDSA_WITH_SHA256 = [0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02];

const A_DAY_MS = 24 * 3600_000;

/**
 * Makes a certificate for 127.0.0.1, valid for a year. The server needs one because kubectl sends a token only over TLS. It is
 * written out here because Node can read certificates, but not create them.
 */
export function selfSigned(): Certificate {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  const body = toBeSigned(publicKey.export({ type: 'spki', format: 'der' }));
  const signature = sign('sha256', body, privateKey);
  const der = node(SEQUENCE, body, algorithm(), node(TAGS.bits, [0], signature));
  return {
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    cert: new X509Certificate(der).toString(),
  };
}

function toBeSigned(publicKey: Buffer): Buffer {
  const name = node(SEQUENCE, node(SET, node(SEQUENCE, oid(COMMON_NAME), node(TAGS.utf8, Buffer.from('sandbox')))));
  const validity = node(SEQUENCE, time(Date.now() - A_DAY_MS), time(Date.now() + 365 * A_DAY_MS));
  // A number of sixteen bytes. The first byte makes it positive.
  const serial = node(TAGS.integer, [0x01], randomBytes(15));
  const version3 = node(0xa0, node(TAGS.integer, [2]));
  const extensions = node(0xa3, node(SEQUENCE, isAuthority(), names()));
  return node(SEQUENCE, version3, serial, algorithm(), name, validity, name, publicKey, extensions);
}

function isAuthority(): Buffer {
  const yes = node(TAGS.boolean, [0xff]);
  return node(SEQUENCE, oid(BASIC_CONSTRAINTS), yes, node(TAGS.octets, node(SEQUENCE, yes)));
}

function names(): Buffer {
  const dnsName = node(0x82, Buffer.from('localhost'));
  const address = node(0x87, [127, 0, 0, 1]);
  return node(SEQUENCE, oid(SUBJECT_ALTERNATIVE_NAMES), node(TAGS.octets, node(SEQUENCE, dnsName, address)));
}

function algorithm(): Buffer {
  return node(SEQUENCE, oid(ECDSA_WITH_SHA256));
}

function oid(bytes: readonly number[]): Buffer {
  return node(TAGS.oid, bytes);
}

/** `261123053300Z` */
function time(ms: number): Buffer {
  const digits = new Date(ms).toISOString().replace(/\D/g, '').slice(2, 14);
  return node(TAGS.time, Buffer.from(`${digits}Z`));
}

function node(tag: number, ...parts: readonly (readonly number[] | Buffer)[]): Buffer {
  const content = Buffer.concat(parts.map((part) => Buffer.from(part)));
  return Buffer.concat([Buffer.from([tag, ...lengthOf(content)]), content]);
}

function lengthOf({ length }: Buffer): readonly number[] {
  if (length < 0x80) return [length];
  return length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
}
