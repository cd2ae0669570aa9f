import { statusSchema } from './istio-status-schema.ts';
import { flag, labels, list, nullable, object, rule, text, texts, uint32, word } from './schema.ts';

interface ServerTls {
  readonly credentialName?: string;
  readonly credentialNames?: readonly string[];
  readonly tlsCertificates?: readonly unknown[];
}

const tlsVersion = word('TLS_AUTO', 'TLSV1_0', 'TLSV1_1', 'TLSV1_2', 'TLSV1_3');

const tls = object(
  {
    caCertCredentialName: text,
    caCertificates: text,
    caCrl: text,
    cipherSuites: texts,
    credentialName: text,
    credentialNames: list(text, { minItems: 1, maxItems: 2 }),
    ecdhCurves: texts,
    httpsRedirect: flag,
    insecureSkipVerify: nullable(flag),
    maxProtocolVersion: tlsVersion,
    minProtocolVersion: tlsVersion,
    mode: word('PASSTHROUGH', 'SIMPLE', 'MUTUAL', 'AUTO_PASSTHROUGH', 'ISTIO_MUTUAL', 'OPTIONAL_MUTUAL'),
    privateKey: text,
    serverCertificate: text,
    subjectAltNames: texts,
    tlsCertificates: list(object({ caCertificates: text, privateKey: text, serverCertificate: text }), {
      minItems: 1,
      maxItems: 2,
    }),
    verifyCertificateHash: texts,
    verifyCertificateSpki: texts,
  },
  {
    rules: [
      rule<ServerTls>(
        'only one of credentialNames or tlsCertificates can be set',
        (self) => self.tlsCertificates === undefined || self.credentialNames === undefined,
      ),
      rule<ServerTls>(
        'only one of credentialName or credentialNames can be set',
        (self) => self.credentialName === undefined || self.credentialNames === undefined,
      ),
      // The published rule looks at credentialNames, though its message says credentialName.
      rule<ServerTls>(
        'only one of credentialName or tlsCertificates can be set',
        (self) => self.credentialNames === undefined || self.tlsCertificates === undefined,
      ),
    ],
  },
);

const server = object(
  {
    bind: text,
    defaultEndpoint: text,
    hosts: texts,
    name: text,
    port: object(
      { name: text, number: uint32, protocol: text, targetPort: uint32 },
      { required: ['number', 'protocol', 'name'] },
    ),
    tls,
  },
  { required: ['port', 'hosts'] },
);

export const gatewaySchema = object({
  spec: object({ selector: labels, servers: list(server) }),
  status: statusSchema,
});
