import { stringify } from 'yaml';

/** A kubeconfig for a server with a certificate (PEM), or for one without TLS, of which clients are told not to look for one. */
export function kubeconfig(url: string, token: string, certificate?: string): string {
  const name = 'sandbox';
  const trust =
    certificate === undefined
      ? { 'insecure-skip-tls-verify': true }
      : { 'certificate-authority-data': Buffer.from(certificate).toString('base64') };
  return stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name, cluster: { server: url, ...trust } }],
    users: [{ name, user: { token } }],
    contexts: [{ name, context: { cluster: name, user: name, namespace: 'default' } }],
    'current-context': name,
  });
}
