import { object, rule, string } from './schema.ts';

const DNS_1123 = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;

/** The values that every part of an HTTPRoute is made of. */
export const sectionName = string({ minLength: 1, maxLength: 253, pattern: DNS_1123 });
export const hostname = string({ minLength: 1, maxLength: 253, pattern: DNS_1123 });
export const group = string({
  maxLength: 253,
  pattern: /^$|^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/,
});
export const kind = string({ minLength: 1, maxLength: 63, pattern: /^[a-zA-Z]([-a-zA-Z0-9]*[a-zA-Z0-9])?$/ });
export const objectName = string({ minLength: 1, maxLength: 253 });
const namespace = string({ minLength: 1, maxLength: 63, pattern: /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/ });
export const headerName = string({ minLength: 1, maxLength: 256, pattern: /^[A-Za-z0-9!#$%&'*+\-.^_\x60|~]+$/ });
export const headerValue = string({ minLength: 1, maxLength: 4096, pattern: /^[!-~]+([\t ]?[!-~]+)*$/ });
export const gatewayDuration = string({ pattern: /^([0-9]{1,5}(h|m|s|ms)){1,4}$/ });
export const port = { type: 'integer', format: 'int32', minimum: 1, maximum: 65_535 } as const;

interface BackendReference {
  readonly group: string;
  readonly kind: string;
  readonly port?: number;
}

export const serviceHasPort = rule<BackendReference>(
  'Must have port for Service reference',
  (self) => self.group !== '' || self.kind !== 'Service' || self.port !== undefined,
);

export const backendReferenceFields = {
  group: { ...group, default: '' },
  kind: { ...kind, default: 'Service' },
  name: objectName,
  namespace,
  port,
};

export const backendReference = object(backendReferenceFields, { required: ['name'], rules: [serviceHasPort] });

export const parentReference = object(
  {
    group: { ...group, default: 'gateway.networking.k8s.io' },
    kind: { ...kind, default: 'Gateway' },
    name: objectName,
    namespace,
    port,
    sectionName,
  },
  { required: ['name'] },
);
