import { field, items } from '../../object.ts';
import { error, errorIf, type Finding } from '../finding.ts';
import { quoted } from '../values/text.ts';

const CONFIG_MAP = 'configmap://';

/** TLS towards a service. */
export function clientTlsErrors(tls: unknown, namespace: string): readonly Finding[] {
  const has = (name: string) => String(field(tls, name) ?? '') !== '';
  const mode = field(tls, 'mode');
  const hasCredentials = (mode === 'SIMPLE' || mode === 'MUTUAL') && has('credentialName');
  const certificates = ['clientCertificate', 'caCertificates', 'privateKey', 'caCrl'];
  const both = 'cannot specify client certificates or CA certificate or CA CRL If credentialName is set';
  return [
    ...configMapErrors(String(field(tls, 'credentialName') ?? ''), namespace),
    ...skippedVerificationErrors(tls),
    // Who names a credential has the certificates there.
    ...errorIf(hasCredentials && certificates.some(has), both),
    ...errorIf(mode === 'MUTUAL' && !hasCredentials && !has('clientCertificate'), required('client certificate')),
    ...errorIf(mode === 'MUTUAL' && !hasCredentials && !has('privateKey'), required('private key')),
  ];
}

function required(what: string): string {
  return `${what} required for mutual tls`;
}

/** A ConfigMap is written `configmap://NAMESPACE/NAME`, and must be in the namespace of the object itself. */
function configMapErrors(credential: string, namespace: string): readonly Finding[] {
  if (!credential.startsWith(CONFIG_MAP)) return [];
  const [of = '', name] = credential.slice(CONFIG_MAP.length).split('/');
  const missing =
    name === undefined ? 'namespace and name' : of === '' ? 'namespace' : name === '' ? 'name' : undefined;
  const invalid = `invalid ${CONFIG_MAP} credentialName:`;
  if (missing !== undefined)
    return [error(`${invalid} invalid resource name ${quoted(credential)}. Expected ${missing}`)];
  return errorIf(of !== namespace, `${invalid} namespace must match the configuration namespace ${quoted(namespace)}`);
}

/** Names and authorities are of no use where nothing is verified. */
function skippedVerificationErrors(tls: unknown): readonly Finding[] {
  if (field(tls, 'insecureSkipVerify') !== true) return [];
  const has = (name: string) => String(field(tls, name) ?? '') !== '';
  const verifies = has('caCertificates') || items(field(tls, 'subjectAltNames')).length > 0;
  const cannot = (names: string) => `cannot specify ${names} or SubjectAltNames when InsecureSkipVerify is set true`;
  if (field(tls, 'mode') === 'SIMPLE') {
    return errorIf(verifies || has('credentialName'), cannot('CaCertificates or CredentialName'));
  }
  return errorIf(field(tls, 'mode') === 'MUTUAL' && verifies, cannot('CaCertificates'));
}
