import { field, items } from '../../object.ts';
import { error, errorIf, type Finding, warningIf } from '../finding.ts';
import { texts } from '../values/text.ts';

const CIPHERS = [
  ...['ECDHE-ECDSA-AES128-GCM-SHA256', 'ECDHE-RSA-AES128-GCM-SHA256', 'ECDHE-ECDSA-AES256-GCM-SHA384'],
  ...['ECDHE-RSA-AES256-GCM-SHA384', 'ECDHE-ECDSA-CHACHA20-POLY1305', 'ECDHE-RSA-CHACHA20-POLY1305'],
  ...['ECDHE-ECDSA-AES128-SHA', 'ECDHE-RSA-AES128-SHA', 'ECDHE-ECDSA-AES256-SHA', 'ECDHE-RSA-AES256-SHA'],
  ...['AES128-GCM-SHA256', 'AES256-GCM-SHA384', 'AES128-SHA', 'AES256-SHA', 'DES-CBC3-SHA'],
];
const OWN = [
  'serverCertificate',
  'privateKey',
  'caCertificates',
  'tlsCertificates',
  'credentialName',
  'credentialNames',
];
const OLD_VERSIONS = ['TLSV1_0', 'TLSV1_1'];
const OLD =
  'TLS version below TLSV1_2 require setting compatible ciphers as by default they no longer include compatible ciphers.';

export function isPassthrough(tls: unknown): boolean {
  return ['PASSTHROUGH', 'AUTO_PASSTHROUGH'].includes(modeOf(tls));
}

/** TLS of a listener: a server of a Gateway, or a listener of a Sidecar. */
export function serverTlsFindings(tls: unknown): readonly Finding[] {
  if (tls === undefined) return [];
  const ciphers = texts(field(tls, 'cipherSuites'));
  const isOld = OLD_VERSIONS.includes(String(field(tls, 'minProtocolVersion')));
  return [
    ...warningIf(isOld && ciphers.length === 0, OLD),
    ...cipherFindings(ciphers),
    ...(modeOf(tls) === 'ISTIO_MUTUAL' ? istioMutualErrors(tls) : certificateFindings(tls)),
  ];
}

function cipherFindings(ciphers: readonly string[]): readonly Finding[] {
  const invalid = ciphers.filter((cipher) => !isCipher(cipher));
  const repeated = ciphers.filter((cipher, index) => isCipher(cipher) && ciphers.indexOf(cipher) < index);
  return [
    ...warningIf(invalid.length > 0, `ignoring invalid cipher suites: ${listed(invalid)}`),
    ...warningIf(repeated.length > 0, `ignoring duplicate cipher suites: ${listed(repeated)}`),
  ];
}

function listed(names: readonly string[]): string {
  return `[${[...new Set(names)].toSorted().join(' ')}]`;
}

/** What begins with a sign is an operator on ciphers, which istiod does not read. */
function isCipher(name: string): boolean {
  return name === 'ALL' || !/^[\p{L}\p{N}]/u.test(name) || CIPHERS.includes(name);
}

/** The mesh's own certificates are used, and no others. */
function istioMutualErrors(tls: unknown): readonly Finding[] {
  const words = [
    'server certificate',
    'private key',
    'CA bundle',
    'tlsCertificates',
    'credentialName',
    'credentialNames',
  ];
  return OWN.flatMap((name, at) => errorIf(has(tls, name), `ISTIO_MUTUAL TLS cannot have associated ${words[at]}`));
}

function certificateFindings(tls: unknown): readonly Finding[] {
  const sources = [
    has(tls, 'serverCertificate') && has(tls, 'privateKey'),
    ...['credentialName', 'credentialNames', 'tlsCertificates'].map((name) => has(tls, name)),
  ];
  const names = 'credential_name, credential_names, server_certificate/private_key, tls_certificates';
  const isUnused = isPassthrough(tls) && [...OWN, 'caCrl'].some((name) => has(tls, name));
  const isTerminated = ['SIMPLE', 'MUTUAL', 'OPTIONAL_MUTUAL'].includes(modeOf(tls));
  const hasCredentials = has(tls, 'credentialName') || has(tls, 'credentialNames');
  return [
    ...warningIf(isUnused, `${modeOf(tls)} mode does not use certificates, they will be ignored`),
    ...errorIf(sources.filter(Boolean).length > 1, `only one of ${names} should be specified`),
    ...(isTerminated && !hasCredentials ? terminationFindings(tls) : []),
    ...(isTerminated && hasCredentials ? [] : revocationErrors(tls)),
  ];
}

function terminationFindings(tls: unknown): readonly Finding[] {
  const isMutual = modeOf(tls) !== 'SIMPLE';
  const what = isMutual ? 'MUTUAL TLS' : 'SIMPLE TLS';
  const several = items(field(tls, 'tlsCertificates'));
  const certificates = several.length > 0 ? several : [tls];
  return [
    ...errorIf(isMutual && !has(tls, 'caCertificates'), `${what} requires a client CA bundle`),
    ...warningIf(several.length > 2, `${what} can support up to 2 server certificates`),
    ...certificates.flatMap((certificate) => [
      ...errorIf(!has(certificate, 'serverCertificate'), `${what} requires a server certificate`),
      ...errorIf(!has(certificate, 'privateKey'), `${what} requires a private key`),
    ]),
  ];
}

function revocationErrors(tls: unknown): readonly Finding[] {
  if (!has(tls, 'caCrl')) return [];
  const elsewhere = 'CRL is not supported with credentialName. CRL has to be specified in the credential';
  return [
    ...(has(tls, 'credentialName') ? [error(elsewhere)] : []),
    ...errorIf(modeOf(tls) === 'SIMPLE', 'CRL is not supported with SIMPLE TLS'),
  ];
}

function has(tls: unknown, name: string): boolean {
  const value = field(tls, name);
  return Array.isArray(value) ? value.length > 0 : String(value ?? '') !== '';
}

function modeOf(tls: unknown): string {
  return String(field(tls, 'mode') ?? 'PASSTHROUGH');
}
