import { statusSchema } from './istio-status-schema.ts';
import {
  double,
  duration,
  flag,
  int32,
  integer,
  labels,
  list,
  map,
  nullable,
  object,
  rule,
  type Schema,
  string,
  text,
  texts,
  uint32,
  unsigned,
  word,
} from './schema.ts';

const connectionPool = object({
  http: object({
    h2UpgradePolicy: word('DEFAULT', 'DO_NOT_UPGRADE', 'UPGRADE'),
    http1MaxPendingRequests: int32,
    http2KeepAlive: object({ interval: duration, timeout: duration }),
    http2MaxRequests: int32,
    idleTimeout: duration,
    maxConcurrentStreams: int32,
    maxRequestsPerConnection: int32,
    maxRetries: int32,
    useClientProtocol: flag,
  }),
  tcp: object({
    connectTimeout: duration,
    idleTimeout: text,
    maxConnectionDuration: duration,
    maxConnections: int32,
    tcpKeepalive: object({ interval: duration, probes: uint32, time: duration }),
  }),
});

const httpCookie = object(
  {
    attributes: list(object({ name: text, value: text }, { required: ['name'] })),
    name: text,
    path: text,
    ttl: text,
  },
  { required: ['name'] },
);

const consistentHash = object(
  {
    httpCookie,
    httpHeaderName: text,
    httpQueryParameterName: text,
    maglev: object({ tableSize: unsigned }),
    minimumRingSize: unsigned,
    ringHash: object({ minimumRingSize: unsigned }),
    useSourceIp: flag,
  },
  {
    atMostOneOf: [
      ['httpHeaderName', 'httpCookie', 'useSourceIp', 'httpQueryParameterName'],
      ['ringHash', 'maglev'],
    ],
  },
);

const failover = { enabled: nullable(flag), failover: list(object({ from: text, to: text })), failoverPriority: texts };

const percentage: Schema = { ...double, minimum: 0, maximum: 100, nullable: true };

const loadBalancer = object(
  {
    backendUtilization: object({
      errorUtilizationPenaltyPercent: uint32,
      metricNamesForComputingUtilization: texts,
      weightExpirationPeriod: text,
      weightStabilizationPeriod: text,
      weightUpdatePeriod: text,
    }),
    consistentHash,
    localityLbSetting: object({ distribute: list(object({ from: text, to: map(uint32) })), ...failover }),
    simple: word('UNSPECIFIED', 'LEAST_CONN', 'RANDOM', 'PASSTHROUGH', 'ROUND_ROBIN', 'LEAST_REQUEST'),
    warmup: object(
      { aggression: { ...double, minimum: 0, nullable: true }, duration, minimumPercent: percentage },
      { required: ['duration'] },
    ),
    warmupDurationSecs: duration,
    zoneAwareLbSetting: object({ ...failover, minClusterSize: nullable({ ...uint32, minimum: 1 }) }),
  },
  { atMostOneOf: [['simple', 'consistentHash', 'backendUtilization']] },
);

const outlierDetection = object({
  baseEjectionTime: duration,
  consecutive5xxErrors: nullable(uint32),
  consecutiveErrors: int32,
  consecutiveGatewayErrors: nullable(uint32),
  consecutiveLocalOriginFailures: nullable(uint32),
  interval: duration,
  maxEjectionPercent: int32,
  minHealthPercent: int32,
  outlierDetectionHttpErrorCodes: list(integer({ minimum: 100, maximum: 599 })),
  splitExternalLocalOriginErrors: flag,
});

const tls = object({
  caCertificates: text,
  caCrl: text,
  clientCertificate: text,
  credentialName: text,
  insecureSkipVerify: nullable(flag),
  mode: word('DISABLE', 'SIMPLE', 'MUTUAL', 'ISTIO_MUTUAL'),
  privateKey: text,
  sni: text,
  subjectAltNames: texts,
});

const policy = { connectionPool, loadBalancer, outlierDetection, tls };

const trafficPolicy = object({
  ...policy,
  portLevelSettings: list(object({ ...policy, port: object({ number: uint32 }) }), { maxItems: 4096 }),
  proxyProtocol: object({ version: word('V1', 'V2') }),
  retryBudget: object({ budgetInterval: text, minRetryConcurrency: uint32, percent: percentage }),
  tunnel: object({ protocol: text, targetHost: text, targetPort: uint32 }, { required: ['targetHost', 'targetPort'] }),
});

type Labels = Readonly<Record<string, string>>;

const matchLabels = map(
  string({
    maxLength: 63,
    rules: [rule<string>('wildcard not allowed in label value match', (self) => !self.includes('*'))],
  }),
  {
    maxProperties: 4096,
    rules: [
      rule<Labels>(
        'wildcard not allowed in label key match',
        (self) => !Object.keys(self).some((key) => key.includes('*')),
      ),
      rule<Labels>('key must not be empty', (self) => !Object.keys(self).includes('')),
    ],
  },
);

export const destinationRuleSchema = object({
  spec: object(
    {
      exportTo: texts,
      host: text,
      subsets: list(object({ labels, name: text, trafficPolicy }, { required: ['name'] })),
      trafficPolicy,
      workloadSelector: object({ matchLabels }),
    },
    { required: ['host'] },
  ),
  status: statusSchema,
});
