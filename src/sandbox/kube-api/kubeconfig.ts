import { stringify } from 'yaml';

/** A kubeconfig that trusts the server's certificate (PEM). Without a certificate, for a server without TLS, it turns the check off. */
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
