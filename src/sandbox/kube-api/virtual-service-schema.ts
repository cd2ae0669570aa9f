import { statusSchema } from './istio-status-schema.ts';
import {
  double,
  duration,
  flag,
  int32,
  labels,
  list,
  map,
  nullable,
  object,
  string,
  text,
  texts,
  uint32,
  word,
} from './schema.ts';

const stringMatch = object({ exact: text, prefix: text, regex: text }, { atMostOneOf: [['exact', 'prefix', 'regex']] });

const destination = object({ host: text, port: object({ number: uint32 }), subset: text }, { required: ['host'] });

const percent = object({ value: double });

const headerOperations = object({ add: labels, remove: texts, set: labels });

const headers = object({ request: headerOperations, response: headerOperations });

const corsPolicy = object({
  allowCredentials: nullable(flag),
  allowHeaders: texts,
  allowMethods: texts,
  allowOrigin: texts,
  allowOrigins: list(stringMatch),
  exposeHeaders: texts,
  maxAge: duration,
  unmatchedPreflights: word('UNSPECIFIED', 'FORWARD', 'IGNORE'),
});

const directResponse = object(
  {
    body: object({ bytes: string({ format: 'byte' }), string: text }, { atMostOneOf: [['string', 'bytes']] }),
    status: uint32,
  },
  { required: ['status'] },
);

const fault = object({
  abort: object(
    { grpcStatus: text, http2Error: text, httpStatus: int32, percentage: percent },
    { atMostOneOf: [['httpStatus', 'grpcStatus', 'http2Error']] },
  ),
  delay: object(
    { exponentialDelay: duration, fixedDelay: duration, percent: int32, percentage: percent },
    { atMostOneOf: [['fixedDelay', 'exponentialDelay']] },
  ),
});

const httpMatch = object({
  authority: stringMatch,
  gateways: texts,
  headers: map(stringMatch),
  ignoreUriCase: flag,
  method: stringMatch,
  name: text,
  port: uint32,
  queryParams: map(stringMatch),
  scheme: stringMatch,
  sourceLabels: labels,
  sourceNamespace: text,
  statPrefix: text,
  uri: stringMatch,
  withoutHeaders: map(stringMatch),
});

const redirect = object(
  {
    authority: text,
    derivePort: word('FROM_PROTOCOL_DEFAULT', 'FROM_REQUEST_PORT'),
    port: uint32,
    prefixRewrite: text,
    redirectCode: uint32,
    scheme: text,
    uri: text,
  },
  { atMostOneOf: [['port', 'derivePort']] },
);

const retries = object({
  attempts: int32,
  backoff: duration,
  perTryTimeout: duration,
  retryIgnorePreviousHosts: nullable(flag),
  retryOn: text,
  retryRemoteLocalities: nullable(flag),
});

const rewrite = object({ authority: text, uri: text, uriRegexRewrite: object({ match: text, rewrite: text }) });

const httpRoute = object({
  corsPolicy,
  delegate: object({ name: text, namespace: text }),
  directResponse,
  fault,
  headers,
  match: list(httpMatch),
  mirror: destination,
  mirror_percent: nullable(uint32),
  mirrorPercent: nullable(uint32),
  mirrorPercentage: percent,
  mirrors: list(object({ destination, percentage: percent }, { required: ['destination'] })),
  name: text,
  redirect,
  retries,
  rewrite,
  route: list(object({ destination, headers, weight: int32 }, { required: ['destination'] })),
  timeout: duration,
});

const layer4Match = {
  destinationSubnets: texts,
  gateways: texts,
  port: uint32,
  sourceLabels: labels,
  sourceNamespace: text,
};
const layer4Route = list(object({ destination, weight: int32 }, { required: ['destination'] }));

const tcpRoute = object({ match: list(object({ ...layer4Match, sourceSubnet: text })), route: layer4Route });

const tlsRoute = object(
  { match: list(object({ ...layer4Match, sniHosts: texts }, { required: ['sniHosts'] })), route: layer4Route },
  { required: ['match'] },
);

export const virtualServiceSchema = object({
  spec: object({
    exportTo: texts,
    gateways: texts,
    hosts: texts,
    http: list(httpRoute),
    tcp: list(tcpRoute),
    tls: list(tlsRoute),
  }),
  status: statusSchema,
});
